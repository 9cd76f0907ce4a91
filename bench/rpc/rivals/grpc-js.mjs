// @grpc/grpc-js: no callbacks and no objects by reference.
import { fileURLToPath } from "node:url";
import { Server, ServerCredentials, credentials, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { implementation } from "../implementation.mjs";

const schema = fileURLToPath(new URL("./bench.proto", import.meta.url));
const { BenchService } = loadPackageDefinition(loadSync(schema, { longs: Number })).rivals.v1;
const options = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

/** From an asynchronous function of the request to what grpc-js calls. */
const unary = (answer) => (call, callback) => {
  answer(call.request).then((value) => callback(null, value), callback);
};

export function serve() {
  const server = new Server(options);
  server.addService(BenchService.service, {
    Echo: unary(async ({ body }) => ({ body: await implementation.echo(body) })),
    Add: unary(async ({ a, b }) => ({ sum: await implementation.add(a, b) })),
    Place: unary(async ({ order }) => ({ order: await implementation.place(order) })),
    Sink: unary(async ({ body }) => ({ length: await implementation.sink(body) })),
    Ticks: async (call) => {
      for await (const tick of implementation.ticks(call.request.count)) {
        if (!call.write(tick)) await new Promise((resolve) => call.once("drain", resolve));
      }
      call.end();
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

export async function connect(port) {
  const client = new BenchService(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  const ask = (method, request) =>
    new Promise((resolve, reject) => {
      client[method](request, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  return {
    close: () => {
      client.close();
    },
    echo: async (body) => (await ask("Echo", { body })).body,
    add: async (a, b) => (await ask("Add", { a, b })).sum,
    place: async (order) => (await ask("Place", { order })).order,
    sink: async (body) => (await ask("Sink", { body })).length,
    ticks: async (count) => {
      let seen = 0;
      for await (const { sequence } of client.Ticks({ count })) if (sequence === seen) seen++;
      return seen;
    },
  };
}
