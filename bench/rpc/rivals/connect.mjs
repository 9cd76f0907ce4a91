// Connect for Node over HTTP/2: no callbacks and no objects by reference.
import { createServer } from "node:http2";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import { listening } from "../framed-socket.mjs";
import { implementation } from "../implementation.mjs";
import { BenchService } from "./generated/bench_pb.js";

export function serve() {
  const routes = (router) =>
    router.service(BenchService, {
      echo: async ({ body }) => ({ body: await implementation.echo(body) }),
      add: async ({ a, b }) => ({ sum: await implementation.add(a, b) }),
      place: async ({ order }) => ({ order: await implementation.place(order) }),
      sink: async ({ body }) => ({ length: await implementation.sink(body) }),
      ticks: ({ count }) => implementation.ticks(count),
    });
  return listening(createServer(connectNodeAdapter({ routes, readMaxBytes: 0xffff_ffff })));
}

export async function connect(port) {
  const transport = createConnectTransport({
    baseUrl: `http://127.0.0.1:${port}`,
    httpVersion: "2",
    useBinaryFormat: true,
    readMaxBytes: 0xffff_ffff,
  });
  const client = createClient(BenchService, transport);
  return {
    echo: async (body) => (await client.echo({ body })).body,
    add: async (a, b) => (await client.add({ a, b })).sum,
    place: async (order) => (await client.place({ order })).order,
    sink: async (body) => (await client.sink({ body })).length,
    ticks: async (count) => {
      let seen = 0;
      for await (const { sequence } of client.ticks({ count })) if (sequence === seen) seen++;
      return seen;
    },
  };
}
