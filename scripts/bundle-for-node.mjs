// `bundle-for-node.mjs [FOLDER]`: dist/node out of dist/runtime: what package.json exports, as the few files that Node loads.
// Bundlers get dist/runtime, a file for each of ours, and drop what an app does not use.
// Source: docs/decisions/0012-node-loads-few-files.md.
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const entries = Object.values(exports).filter((entry) => typeof entry === "object");
for (const entry of entries)
  if (entry.node !== entry.default.replace("./dist/runtime/", "./dist/node/"))
    throw new Error(`package.json exports ${entry.default} to bundlers and ${entry.node} to Node`);

await build({
  absWorkingDir: root,
  entryPoints: entries.map((entry) => entry.default),
  outbase: "dist/runtime",
  outdir: "dist/node",
  chunkNames: "shared-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  packages: "external",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
