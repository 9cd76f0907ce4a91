/**
 * The example in a browser: serves a page, and over a WebSocket of the same server what the page explores.
 *   node dist/examples/browser/serve.js [FOLDER] [--port PORT]
 * FOLDER (by default this repository) can be read; beside it the page sees a drop box, a folder that is empty at first and
 * gone at the end, which it may write to. Prints one line, `open http://127.0.0.1:PORT/`.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { listen, serve } from "peerwire/node";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";
import { openVolume } from "../files/disk-volume.js";
import { buildSite } from "./site.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url)); // from dist/examples/browser
const { values, positionals } = parseArgs({
  options: { port: { type: "string", default: "4080" } },
  allowPositionals: true,
});
const dropBox = mkdtempSync(join(tmpdir(), "peerwire-drop-box-"));
process.once("exit", () => rmSync(dropBox, { recursive: true, force: true }));

const http = createServer(await buildSite(join(repository, "examples/browser/page")));
try {
  await once(http.listen(Number(values.port), "127.0.0.1"), "listening");
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
const server = await listen(http, {
  name: "files",
  webSocket: { path: "/rpc" },
  roots: [
    serve(VolumeService, await openVolume(positionals[0] ?? repository), "files"),
    serve(VolumeService, await openVolume(dropBox, { writable: true }), "drop box"),
  ],
});
console.log(`open http://127.0.0.1:${(http.address() as AddressInfo).port}/`);

const stop = (): void => void server.close().then(() => process.exit(0));
process.once("SIGTERM", stop).once("SIGINT", stop);
