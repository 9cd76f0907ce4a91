// `npm run bench -- references [--smoke] [--json FILE]`: what a live reference costs each side in memory, whether objects
// that come and go leave anything behind, and what a callback costs beside a call.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const smoke = process.argv.includes("--smoke");
const jsonFile = process.argv.includes("--json") ? process.argv[process.argv.indexOf("--json") + 1] : undefined;

const memory = run("memory.mjs", smoke ? 10_000 : 100_000);
const { cycles, left, callUs, callbackUs } = run("cycles.mjs", smoke ? 1_000 : 100_000, smoke ? 200 : 5_000);
const ratio = callbackUs / callUs;
console.log(`bytes for each live reference   exporter ${memory.exported}   holder ${memory.imported}`);
console.log(`${cycles} objects acquired and dropped   left in the tables ${left.join(" and ")}`);
console.log(
  `round trip   call ${callUs.toFixed(1)} us   callback ${callbackUs.toFixed(1)} us   ratio ${ratio.toFixed(2)}`,
);
if (jsonFile !== undefined)
  writeFileSync(jsonFile, `${JSON.stringify({ memory, cycles, left, callUs, callbackUs, ratio }, null, 2)}\n`);

function run(file, ...args) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return JSON.parse(execFileSync(process.execPath, ["--expose-gc", path, ...args.map(String)], { encoding: "utf8" }));
}
