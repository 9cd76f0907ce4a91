// `node --expose-gc tests/interop/leak.mjs`: 100,000 streams opened, echoed and closed over a socket leave the tables at 0 and less
// than 50 bytes each; 10,000 idle streams cost at most 2 KiB each. Both ends are in this process.
import { Buffer } from "node:buffer";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Session } from "peerwire/mux";
import { dialTransport, listenTransport } from "peerwire/node";

const limits = { maxInboundStreams: 20_000 };
const echo = (stream) => {
  stream.receive({
    onData: (chunk) => {
      stream.write(chunk.slice());
      stream.consume(chunk.length);
    },
    onEnd: () => stream.end(),
    onDrain: () => undefined,
    onClose: () => undefined,
  });
};
let accepted;
const server = new Promise((resolve) => (accepted = resolve));
const listener = await listenTransport("tcp://127.0.0.1:0", (transport) => {
  accepted(new Session(transport, { role: "server", onStream: echo, limits }));
});
const client = new Session(await dialTransport(listener.address), { role: "client", limits });
const far = await server;

function once(client) {
  return new Promise((resolve, reject) => {
    const stream = client.open();
    stream.receive({
      onData: (chunk) => stream.consume(chunk.length),
      onEnd: () => undefined,
      onDrain: () => undefined,
      onClose: (error) => (error ? reject(error) : resolve()),
    });
    stream.write(Buffer.from("echo"));
    stream.end();
  });
}
async function rounds(count) {
  for (let done = 0; done < count; done += 100) await Promise.all(Array.from({ length: 100 }, () => once(client)));
}
async function bytes(kind) {
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await setTimeout(50);
  }
  return process.memoryUsage()[kind];
}

await rounds(100);
const rss = await bytes("rss");
const idle = Array.from({ length: 10_000 }, () => client.open());
while (far.stats().streams < 10_000) await setTimeout(10);
const each = ((await bytes("rss")) - rss) / 10_000 / 2;
console.log(`10,000 idle streams: ${each.toFixed(0)} bytes of RSS each, at each end`);
for (const stream of idle) stream.end();
while (far.stats().streams > 0) await setTimeout(10);

await rounds(20_000);
const before = await bytes("heapUsed");
await rounds(100_000);
const slope = ((await bytes("heapUsed")) - before) / 100_000;
const tables = client.stats().streams + far.stats().streams;
console.log(`100,000 streams: ${slope.toFixed(1)} bytes of heap each, ${tables} left in the tables`);

await client.close();
await listener.close();
if (slope >= 50 || tables !== 0 || each > 2048) process.exit(1);
