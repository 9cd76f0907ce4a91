// `npm run test:bundle`: what an app of one interface costs a browser: bundled by esbuild, minified, compressed. Prints its
// size by floor, and fails where it has grown past the limit. From the sources: needs no build.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const LIMIT_BYTES = 67_000; // gzip; what is reached, so that growth is seen. The aim is 15,000: docs/transports.md, "Browsers"
const root = fileURLToPath(new URL("..", import.meta.url));
const APP = `
  import { connect } from "peerwire/websocket";
  import { FolderService } from "./generated/examples/files/volume.rpc.js";
  const peer = await connect("wss://example.org/rpc");
  console.log(await (await peer.root(FolderService)).path());`;

const { outputFiles, metafile } = await build({
  stdin: { contents: APP, resolveDir: root, loader: "ts" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "browser", // an import of node: would fail here
  metafile: true,
  write: false,
  absWorkingDir: root,
  alias: {
    "peerwire/emitted-v1": "./runtime/api/emitted-v1.ts",
    "peerwire/websocket": "./runtime/websocket.ts",
    "peerwire": "./runtime/index.ts",
  },
});
const code = outputFiles[0].contents;
const gzip = gzipSync(code, { level: constants.Z_BEST_COMPRESSION }).length;
const floors = new Map();
for (const [file, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs)) {
  const floor = file.split("/").slice(0, 2).join("/");
  floors.set(floor, (floors.get(floor) ?? 0) + bytesInOutput);
}
for (const [floor, bytes] of [...floors].sort(([, a], [, b]) => b - a))
  console.log(`${String(bytes).padStart(8)}  ${floor}`);
console.log(
  `${code.length} bytes minified, ${gzip} gzip, ${brotliCompressSync(code).length} brotli (limit ${LIMIT_BYTES} gzip)`,
);
const foreign = [...floors.keys()].filter((floor) => !/^(runtime|generated|examples)\/|^<stdin>/.test(floor));
if (foreign.length > 0) throw new Error(`a browser loads ${foreign.join(", ")}`);
if (gzip > LIMIT_BYTES) throw new Error(`the bundle has grown to ${gzip} bytes; the limit is ${LIMIT_BYTES}`);
