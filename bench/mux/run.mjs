// `node bench/mux/run.mjs [--smoke] [--json FILE] [--only TEXT] [--kinds raw,peerwire]`: the multiplexer beside a raw socket and beside
// other yamux in JavaScript. Both ends in a process of their own, repetitions interleaved, medians. Asserts nothing about
// time. The rivals are installed by `npm ci --prefix bench/mux/rivals`; without them only raw and peerwire are measured.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { WORKLOADS } from "./workloads.mjs";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const smoke = process.argv.includes("--smoke");
const repetitions = smoke ? 1 : Number(option("--repetitions") ?? 5);
const ms = smoke ? 100 : Number(option("--ms") ?? 1000);
const hasRivals = existsSync(file("rivals/node_modules"));
const kinds =
  option("--kinds")?.split(",") ?? (hasRivals ? ["raw", "peerwire", "yamux-js", "@libp2p/yamux"] : ["raw", "peerwire"]);
const workloads = Object.keys(WORKLOADS).filter((name) => name.includes(option("--only") ?? ""));
const LINKS = { "50 ms link": ["25"], "20 ms link": ["10", "50"] }; // delay-line.mjs: ms each way, MiB per second
/** What a window of 256 KiB allows on the long one, MiB per second. */
const FIXED_WINDOW_RATE = 0.25 / 0.05;

const children = [];
async function start(script, ...args) {
  const child = spawn(process.execPath, [file(script), ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return String(await once(child.stdout, "data")).trim();
}

function measure(kind, port, workload) {
  try {
    const args = [file("end.mjs"), "client", kind, port, workload, String(ms)];
    const printed = execFileSync(process.execPath, args, {
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return JSON.parse(printed);
  } catch (error) {
    return {
      failure: error.code === "ETIMEDOUT" ? "no result within 30 s" : String(error.stderr).trim().split("\n").at(-1),
    };
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

function summary(runs) {
  const good = runs.filter((run) => !run.failure);
  if (good.length === 0) return { failure: runs[0].failure };
  const keys = Object.keys(good[0]);
  return Object.fromEntries(keys.map((key) => [key, median(good.map((run) => run[key]))]));
}

function line(workload, kind, result, all) {
  const name = `  ${kind.padEnd(14)}`;
  if (result.failure) return `${name} failed: ${result.failure}`;
  if (workload.startsWith("p99")) {
    const { rate, idleMs, busyMs } = result;
    return `${name} ${idleMs.toFixed(3)} ms idle, ${busyMs.toFixed(3)} ms beside ${rate.toFixed(0)} MiB/s: ${(busyMs / idleMs).toFixed(2)} x`;
  }
  if (workload.startsWith("50 ms")) {
    return `${name} ${result.rate.toFixed(1).padStart(8)} MiB/s, ${(result.rate / FIXED_WINDOW_RATE).toFixed(1)} x a fixed 256 KiB window`;
  }
  const ratios = kinds
    .filter((other) => other !== kind && all[other]?.rate)
    .map((other) => `${(result.rate / all[other].rate).toFixed(2)} x ${other}`);
  return `${name} ${result.rate.toFixed(result.rate < 10 ? 1 : 0).padStart(8)}/s${kind === "peerwire" ? `   ${ratios.join(", ")}` : ""}`;
}

const results = {};
try {
  const ports = {};
  for (const kind of kinds) {
    const port = await start("end.mjs", "server", kind);
    ports[kind] = { "": port };
    for (const [link, args] of Object.entries(LINKS)) ports[kind][link] = await start("delay-line.mjs", port, ...args);
  }
  for (const workload of workloads) {
    const runs = Object.fromEntries(kinds.map((kind) => [kind, []]));
    const link = Object.keys(LINKS).find((name) => workload.includes(name)) ?? "";
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const kind of kinds) {
        if (runs[kind].at(-1)?.failure === undefined) runs[kind].push(measure(kind, ports[kind][link], workload));
      }
    }
    results[workload] = Object.fromEntries(kinds.map((kind) => [kind, summary(runs[kind])]));
    console.log(workload);
    for (const kind of kinds) console.log(line(workload, kind, results[workload][kind], results[workload]));
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length };
  if (option("--json"))
    writeFileSync(option("--json"), `${JSON.stringify({ ...machine, ms, repetitions, results }, null, 2)}\n`);
} finally {
  for (const child of children) child.stdin.end();
}
