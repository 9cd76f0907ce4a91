// `npm run bench -- rpc [--smoke] [--json FILE]`: calls per second of peerwire and of a raw socket, each end in a process of
// its own, repetitions interleaved, medians. Nothing is asserted about time.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const smoke = process.argv.includes("--smoke");
const jsonFile = process.argv.includes("--json") ? process.argv[process.argv.indexOf("--json") + 1] : undefined;
const end = fileURLToPath(new URL("../../dist/bench/rpc/end.js", import.meta.url));
const workloads = ["16 B, 1 in flight", "16 B, 64 in flight", "1 MiB, 4 in flight"];
const kinds = ["raw", "peerwire"];
const repetitions = smoke ? 1 : 7;
const milliseconds = smoke ? 150 : 1500;

const servers = {};
const results = [];
try {
  for (const kind of kinds) {
    const child = spawn(process.execPath, [end, "server", kind], { stdio: ["pipe", "pipe", "inherit"] });
    servers[kind] = { child, port: String(await once(child.stdout, "data")).trim() };
  }
  for (const workload of workloads) {
    const runs = Object.fromEntries(kinds.map((kind) => [kind, []]));
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const kind of kinds) {
        const printed = execFileSync(
          process.execPath,
          [end, "client", kind, servers[kind].port, workload, String(milliseconds)],
          { encoding: "utf8" },
        );
        runs[kind].push(JSON.parse(printed));
      }
    }
    results.push(summary(workload, runs));
    const { peerwire, raw, ratio } = results.at(-1);
    console.log(
      `${workload.padEnd(20)} raw ${Math.round(raw.callsPerSecond).toString().padStart(8)}/s   peerwire ${Math.round(peerwire.callsPerSecond).toString().padStart(8)}/s   ratio ${ratio.toFixed(2)}   p50 ${peerwire.p50.toFixed(0)} us against ${raw.p50.toFixed(0)} us`,
    );
  }
  if (jsonFile !== undefined)
    writeFileSync(jsonFile, `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, results }, null, 2)}\n`);
} finally {
  for (const { child } of Object.values(servers)) child.stdin.end();
}

function summary(workload, runs) {
  const medians = Object.fromEntries(kinds.map((kind) => [kind, middle(runs[kind])]));
  return { workload, ...medians, ratio: medians.peerwire.callsPerSecond / medians.raw.callsPerSecond };
}

function middle(runs) {
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  return { callsPerSecond: median("callsPerSecond"), p50: median("p50"), p99: median("p99") };
}
