// Every carrier that a browser has, from a page: a WebSocket to Node, a dedicated worker, a MessagePort, web streams.
import assert from "node:assert/strict";
import { build } from "esbuild";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { listen, serve } from "peerwire/node";
import { WebSocketServer } from "ws";
import { BenchService } from "../../dist/generated/examples/bench/bench.rpc.js";

const MiB = 1024 * 1024;

/** @param context  of playwright. @param step  runs a named check. */
export async function carriers(context, step) {
  const { outputFiles } = await build({
    entryPoints: ["page.mjs", "worker.mjs"].map((name) => fileURLToPath(new URL(name, import.meta.url))),
    bundle: true,
    format: "esm",
    outdir: "/",
    write: false,
  });
  const scripts = new Map(outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf("/")), contents]));
  const http = createServer((request, response) => {
    const script = scripts.get(request.url);
    response.setHeader("Content-Type", script ? "text/javascript" : "text/html");
    response.end(
      script ?? '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  }).listen(0, "127.0.0.1");
  const origin = await new Promise((resolve) =>
    http.once("listening", () => resolve(`http://127.0.0.1:${http.address().port}`)),
  );
  const ends = [];
  const echo = { echo: async (bytes) => bytes };
  const server = await listen(http, {
    webSocket: { path: "/rpc" },
    roots: [serve(BenchService, echo)],
    onPeer: (peer) => void peer.closed.then((error) => ends.push(error.code)),
  });
  const other = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => false }); // accepts, and does not speak our subprotocol
  try {
    const page = await context.newPage();
    await page.goto(origin);
    await page.waitForFunction(() => "peerwire" in window);
    const socket = origin.replace("http", "ws");
    for (const carrier of ["websocket", "worker", "port", "streams"]) {
      await step(`${carrier}: small calls, 100 at once, and 16 MiB both ways`, async () => {
        const result = await page.evaluate(
          ([name, url, bytes]) => window.peerwire.converse(name, url, bytes),
          [carrier, `${socket}/rpc`, 16 * MiB],
        );
        assert.deepEqual(
          { ...result, megabytesPerSecond: 0 },
          { small: [1, 2, 3], many: 100, large: true, megabytesPerSecond: 0 },
        );
        console.log(`    ${result.megabytesPerSecond} MB/s`);
      });
    }
    await step("websocket: a server that is not there, and one that is something else, are refused", async () => {
      const nowhere = await page.evaluate((url) => window.peerwire.refusal(url), "ws://127.0.0.1:1/");
      assert.match(nowhere, /cannot be reached/);
      assert.match(await page.evaluate((url) => window.peerwire.refusal(url), `${socket}/other`), /cannot be reached/);
      const { port } = other.address();
      assert.match(
        await page.evaluate((url) => window.peerwire.refusal(url), `ws://127.0.0.1:${port}`),
        /peerwire\.1|cannot/,
      );
    });
    await step("websocket: a connection can be given up while it is dialled", async () => {
      assert.equal(await page.evaluate((url) => window.peerwire.abort(url), `${socket}/rpc`), "enough");
    });
    await step("websocket: a page that is closed is a lost connection", async () => {
      ends.length = 0;
      await page.evaluate((url) => window.peerwire.hold(url), `${socket}/rpc`);
      await page.close();
      while (ends.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(ends, ["transport-closed"]);
    });
  } finally {
    other.close();
    await server.close();
    http.close();
  }
}
