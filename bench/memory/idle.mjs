// What idle things cost, in bytes of RSS on each side: streams of one session, or sessions of one listener. The parent
// (run.mjs) starts one process for each side: `idle.mjs serve WHAT`, then `idle.mjs dial WHAT PORT COUNT`. Each prints
// one line of JSON: the server its port and, once the client has ended, what it had grown by; the client the same.
import { createServer, connect as dialSocket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { Session } from "../../dist/runtime/streams/session.js";
import { socketTransport } from "../../dist/runtime/bytes/socket-transport.js";
import { connect, listen } from "../../dist/runtime/node.js";

const [role, what, port, count] = process.argv.slice(2);
const keep = [];
const limits = {
  maxInboundStreams: 20_000,
  maxUnacknowledgedStreams: 20_000,
  acceptBacklog: 20_000,
  maxSessions: 20_000,
};

if (role === "serve") {
  process.on("disconnect", () => process.exit(0));
  process.on("message", async () => process.send({ rss: await rss() }));
  process.send({ port: await serve() });
} else {
  const before = await rss();
  await dial(Number(port), Number(count));
  process.send({ grown: ((await rss()) - before) / Number(count) });
  process.on("message", () => process.exit(0)); // the server has been looked at meanwhile
}

async function serve() {
  if (what === "sessions") return Number(new URL((await listen("tcp://127.0.0.1:0", { limits })).address).port);
  const server = createServer((socket) => {
    keep.push(new Session(socketTransport(socket), { role: "server", limits, onStream: receive }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}

async function dial(to, many) {
  if (what === "sessions") {
    for (let i = 0; i < many; i++) keep.push(await connect(`tcp://127.0.0.1:${to}`, { limits }));
    return;
  }
  const socket = dialSocket(to, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const session = new Session(socketTransport(socket), { role: "client", limits });
  for (let i = 0; i < many; i++) {
    const stream = session.open();
    receive(stream);
    stream.write(new Uint8Array(4)); // as every stream of peerwire begins
    keep.push(stream);
    if (i % 200 === 199) await session.ping();
  }
  await session.ping();
}

function receive(stream) {
  keep.push(stream);
  stream.receive({
    onData: (chunk) => stream.consume(chunk.length),
    onEnd: () => undefined,
    onDrain: () => undefined,
    onClose: () => undefined,
  });
}

/** Once garbage is gone and all is still. */
async function rss() {
  for (let i = 0; i < 8; i++) {
    globalThis.gc();
    await setTimeout(25);
  }
  return process.memoryUsage().rss;
}
