// `npm run bench -- codegen [--smoke] [--json FILE] [--interfaces N]`: how long the generator takes over a made-up project of
// 2,000 interfaces in 200 files, how long after an edit of one of them, and how long tsc takes over what it wrote. Each
// generation from nothing runs in a process of its own, medians. Nothing is asserted about time; that tsc is content is.
import { performance } from "node:perf_hooks";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWorkload } from "./workload.mjs";

const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const smoke = process.argv.includes("--smoke");
const interfaces = Number(option("--interfaces") ?? (smoke ? 20 : 2000));
const repetitions = smoke ? 1 : 5;
const root = fileURLToPath(new URL("../..", import.meta.url));
const one = fileURLToPath(new URL("one.mjs", import.meta.url));

const folder = mkdtempSync(join(realpathSync(tmpdir()), "peerwire-bench-"));
try {
  const files = writeWorkload(folder, interfaces).length;
  const runs = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    rmSync(join(folder, "generated"), { recursive: true, force: true });
    runs.push(JSON.parse(execFileSync(process.execPath, [one, folder, String(files)], { encoding: "utf8" })));
  }
  const median = (key) => runs.map((run) => run[key]).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  const result = {
    interfaces,
    files,
    startMs: median("startMs"),
    generateMs: median("generateMs"),
    editMs: median("editMs"),
    ...typeCheck(),
  };
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  console.log(
    `${interfaces} interfaces in ${files} files: generated in ${seconds(result.generateMs)} after a start of ${seconds(result.startMs)}; again after an edit of one file in ${seconds(result.editMs)}; tsc over the output in ${seconds(result.tscMs)}`,
  );
  const machine = { node: process.version, cpu: cpus()[0]?.model };
  const json = option("--json");
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...machine, results: [result] }, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** As a user's tsc sees it: the package by its own name, every strict flag. */
function typeCheck() {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/peerwire"), "dir");
  const compilerOptions = {
    target: "es2023",
    lib: ["es2023", "dom", "dom.asynciterable", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    types: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src", "generated"] }));
  const started = performance.now();
  const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
    encoding: "utf8",
  });
  if (tsc.status !== 0) throw new Error(`tsc minds the output:\n${tsc.stdout.slice(0, 2000)}`);
  return { tscMs: performance.now() - started };
}
