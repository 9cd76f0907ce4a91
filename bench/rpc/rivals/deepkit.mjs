// Deepkit RPC over TCP, its types compiled by its own compiler when the process starts.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { RpcClient, RpcKernel } from "@deepkit/rpc";
import { RpcTcpClientAdapter, RpcTcpServer } from "@deepkit/rpc-tcp";
import { DeepkitLoader } from "@deepkit/type-compiler";
import ts from "typescript";
import { listening } from "../framed-socket.mjs";

async function loadController() {
  const source = new URL("./deepkit-api.ts", import.meta.url);
  const typed = new DeepkitLoader().transform(readFileSync(source, "utf8"), source.pathname);
  const { outputText } = ts.transpileModule(typed, {
    compilerOptions: { target: "ES2022", module: "ESNext", experimentalDecorators: true },
  });
  const folder = new URL("./node_modules/.bench/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const compiled = new URL(`deepkit-api-${process.pid}.mjs`, folder);
  const implementation = new URL("../implementation.mjs", import.meta.url).href;
  writeFileSync(compiled, outputText.replace('"../implementation.mjs"', JSON.stringify(implementation)));
  return (await import(compiled.href)).BenchController;
}

export async function serve() {
  const kernel = new RpcKernel();
  const BenchController = await loadController();
  kernel.registerController(BenchController, "bench");
  const probe = createServer();
  const port = await listening(probe); // Deepkit's server takes a port, and does not tell one
  await new Promise((resolve) => probe.close(resolve));
  await new RpcTcpServer(kernel, `127.0.0.1:${port}`).start();
  return port;
}

export async function connect(port) {
  const client = new RpcClient(new RpcTcpClientAdapter(`127.0.0.1:${port}`));
  await client.connect();
  const bench = client.controller("bench");
  return {
    close: () => {
      client.disconnect();
    },
    echo: (bytes) => bench.echo(bytes),
    add: (a, b) => bench.add(a, b),
    place: (order) => bench.place(order),
    sink: (bytes) => bench.sink(bytes),
    ticks: async (count) => {
      const items = await bench.ticks(count);
      let seen = 0;
      await new Promise((resolve, reject) => {
        items.subscribe({
          next: ({ sequence }) => {
            if (sequence === seen) seen++;
          },
          error: reject,
          complete: resolve,
        });
      });
      return seen;
    },
  };
}
