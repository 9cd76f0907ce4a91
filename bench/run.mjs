// `npm run bench [-- NAME] [--smoke] [--json FILE] [--only=...]`: runs the benchmarks of bench/NAME, or all of them. The
// file gets every suite's figures with the machine, versions and date; `node bench/report.mjs FILE` makes docs/benchmarks.md.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { option } from "./statistics.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const all = readdirSync(here).filter((name) => existsSync(`${here}/${name}/run.mjs`));
const [first, ...rest] = process.argv.slice(2);
const named = first !== undefined && !first.startsWith("--");
if (named && !all.includes(first)) {
  console.error(`there is no benchmark "${first}"; there are ${all.join(", ")}`);
  process.exit(2);
}
const file = option("json");
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const suites = {};
try {
  for (const name of named ? [first] : all) {
    console.log(`\n${name}`);
    const json = join(folder, `${name}.json`);
    const given = (named ? rest : process.argv.slice(2)).filter((argument) => !isJson(argument));
    const args = [`${here}/${name}/run.mjs`, ...given, ...(file === undefined ? [] : ["--json", json])];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
    if (existsSync(json)) suites[name] = JSON.parse(readFileSync(json, "utf8"));
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (file !== undefined) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) };
  const when = { date: new Date().toISOString().slice(0, 10), node: process.version, platform: process.platform };
  writeFileSync(file, `${JSON.stringify({ ...when, ...machine, suites }, null, 2)}\n`);
}

function isJson(argument) {
  return argument === "--json" || argument === file || argument.startsWith("--json=");
}
