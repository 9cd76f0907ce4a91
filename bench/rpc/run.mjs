// `npm run bench -- rpc [--smoke] [--only=WORD,...] [--kinds=WORD,...]
// [--repetitions=N] [--ms=N] [--json FILE]`: calls of peerwire, of its rivals
// and of a raw socket, each end in a process of its own, repetitions interleaved, medians. Nothing is asserted about time.
// Rivals take part once installed: `npm ci --prefix bench/rpc/rivals`.
import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { median, option } from "../statistics.mjs";
import { kinds as allKinds, load } from "./kinds.mjs";
import { workloads as allWorkloads } from "./workloads.mjs";

const smoke = process.argv.includes("--smoke");
const repetitions = smoke ? 1 : Number(option("repetitions") ?? 5);
const milliseconds = smoke ? 100 : Number(option("ms") ?? 1000);
const longestMs = 60_000; // of one measurement: a rival that hangs is left out and named
const end = fileURLToPath(new URL("./end.mjs", import.meta.url));
const delayLine = fileURLToPath(new URL("../mux/delay-line.mjs", import.meta.url));

const wanted = option("kinds") ?? (smoke ? "raw,peerwire" : undefined);
const chosen = (names, words) => names.filter((name) => !words || words.split(",").some((word) => name.includes(word)));
const workloads = allWorkloads.filter(({ name }) => chosen([name], option("only")).length > 0);
const kinds = [];
for (const name of chosen(Object.keys(allKinds), wanted)) {
  if ((await load(allKinds[name])) !== undefined) kinds.push(name);
  else console.log(`${name}: not installed (npm ci --prefix bench/rpc/rivals)`);
}

const servers = {};
const lines = []; // delay lines
const results = [];
try {
  for (const name of kinds) servers[name] = await startServer(name);
  for (const workload of workloads) {
    const result = { workload: workload.name, kinds: await measure(workload) };
    results.push(result);
    console.log(table(result));
  }
} finally {
  for (const { child } of Object.values(servers)) child.disconnect();
  for (const line of lines) line.stdin.end();
}
const json = option("json");
if (json !== undefined) {
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    date: new Date().toISOString(),
  };
  writeFileSync(json, `${JSON.stringify({ ...machine, repetitions, milliseconds, results }, null, 2)}\n`);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(79)}\r`);
}

async function startServer(name) {
  const child = fork(end, ["server", name], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [{ port }] = await once(child, "message");
  return { child, port };
}

/** Microseconds of processor time that a server has used so far. */
async function serverCpu({ child }) {
  child.send("cpu");
  const [{ cpu }] = await once(child, "message");
  return cpu.user + cpu.system;
}

async function measure(workload) {
  const able = kinds.filter((name) => workload.delayMs === undefined || servers[name].port !== 0); // a worker has no link
  const runs = new Map(able.map((name) => [name, []]));
  const ports = {};
  for (const name of able) {
    ports[name] =
      workload.delayMs === undefined
        ? servers[name].port
        : await throughDelayLine(servers[name].port, workload.delayMs);
  }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const name of [...runs.keys()]) {
      progress(`${workload.name}: ${repetition + 1} of ${repetitions}, ${name}`);
      const run = await oneRun(workload, name, ports[name]);
      if (run === undefined) runs.delete(name);
      else runs.get(name).push(run);
    }
  }
  progress("");
  return Object.fromEntries([...runs].map(([name, all]) => [name, summary(all)]));
}

/** @returns undefined where the kind cannot do it. */
async function oneRun(workload, name, port) {
  const before = await serverCpu(servers[name]);
  const args = [end, "client", name, String(port), workload.name, String(milliseconds)];
  let printed;
  try {
    printed = execFileSync(process.execPath, args, {
      encoding: "utf8",
      timeout: longestMs,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    console.error(
      `\n${name} cannot ${workload.name}: ${String(error.stderr ?? error.message)
        .trim()
        .split("\n")
        .at(-1)}`,
    );
    return undefined;
  }
  const run = JSON.parse(printed);
  if (run === null) return undefined;
  return {
    ...run,
    serverCpu: ((await serverCpu(servers[name])) - before) / run.warmAndMeasured,
    clientCpu: run.cpu / run.calls,
  };
}

async function throughDelayLine(port, ms) {
  const line = spawn(process.execPath, [delayLine, String(port), String(ms)], { stdio: ["pipe", "pipe", "inherit"] });
  lines.push(line);
  return Number(String((await once(line.stdout, "data"))[0]).trim());
}

function summary(runs) {
  const of = (key) => runs.map((run) => run[key]);
  return {
    perSecond: median(of("perSecond")),
    min: Math.min(...of("perSecond")),
    max: Math.max(...of("perSecond")),
    p50: median(of("p50")),
    p99: median(of("p99")),
    clientCpu: median(of("clientCpu")),
    serverCpu: median(of("serverCpu")),
  };
}

/** One workload, the fastest first; ratios to raw. */
function table({ workload, kinds: measured }) {
  const raw = measured.raw?.perSecond;
  const rows = Object.entries(measured).sort(([, a], [, b]) => b.perSecond - a.perSecond);
  const number = (value, width) => Math.round(value).toLocaleString("en").padStart(width);
  const head = `\n${workload}\n  ${"".padEnd(20)}${"per second".padStart(12)}${"min".padStart(11)}${"max".padStart(11)}${"of raw".padStart(9)}${"p50 us".padStart(10)}${"p99 us".padStart(10)}${"CPU us".padStart(20)}`;
  return [
    head,
    ...rows.map(
      ([name, one]) =>
        `  ${name.padEnd(20)}${number(one.perSecond, 12)}${number(one.min, 11)}${number(one.max, 11)}${(raw === undefined ? "" : (one.perSecond / raw).toFixed(3)).padStart(9)}${number(one.p50, 10)}${number(one.p99, 10)}${`${one.clientCpu.toFixed(1)} + ${one.serverCpu.toFixed(1)}`.padStart(20)}`,
    ),
  ].join("\n");
}
