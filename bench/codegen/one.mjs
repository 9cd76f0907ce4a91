// One generation from nothing, then some after edits, in this process: prints its times. Arguments: the project, its files.
import { performance } from "node:perf_hooks";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleText } from "./workload.mjs";

const [folder, files] = [process.argv[2], Number(process.argv[3])];
const started = performance.now();
const { generate, parseJson } = await import("../../dist/codegen/generate.js");
const { readConfig } = await import("../../dist/codegen/config.js");
const { Memory } = await import("../../dist/codegen/memory.js");
const { staleFiles, writeFiles } = await import("../../dist/codegen/passes/write.js");
const startMs = performance.now() - started;

const config = readConfig(folder, folder, parseJson);
const memory = new Memory(config);
function run(options = { memory }) {
  const from = performance.now();
  const { files, diagnostics } = generate(config, { allowBreaking: false, ...options });
  const errors = diagnostics.filter((one) => one.severity === "error");
  if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
  writeFiles(staleFiles(files));
  return performance.now() - from;
}

const generateMs = run({});
// As --watch begins: what it remembers, it has seen once.
run();
const edits = [];
const path = join(folder, "src/module0.ts");
for (const extra of ["  one(): Promise<void>;", "  one(): Promise<void>;\n  two(): Promise<string>;", ""]) {
  writeFileSync(path, moduleText(0, files, extra));
  edits.push(run());
}
console.log(JSON.stringify({ startMs, generateMs, editMs: edits.sort((a, b) => a - b)[1] }));
