// The browser's side of carriers.mjs: what a test asks of it is in `window.peerwire`.
import { accept, connect, serve, webStreamTransport } from "peerwire";
import { connect as connectWebSocket } from "peerwire/websocket";
import { BenchService } from "../../dist/generated/examples/bench/bench.rpc.js";

const roots = [serve(BenchService, { echo: async (bytes) => bytes })];

/** A peer that serves an echo, over the carrier that is asked for. */
async function open(carrier, url) {
  switch (carrier) {
    case "websocket":
      return connectWebSocket(url);
    case "worker":
      return connect(new Worker("/worker.js", { type: "module" }));
    case "port": {
      const { port1, port2 } = new MessageChannel();
      const [peer] = await Promise.all([connect(port1), accept(port2, { roots })]);
      return peer;
    }
    default: {
      const [there, back] = [new TransformStream(), new TransformStream()];
      const near = webStreamTransport({ readable: back.readable, writable: there.writable });
      const far = { readable: there.readable, writable: back.writable };
      const [peer] = await Promise.all([connect(near), accept(far, { roots })]);
      return peer;
    }
  }
}

async function converse(carrier, url, bytes) {
  const peer = await open(carrier, url);
  const bench = await peer.root(BenchService);
  const small = [...(await bench.echo(Uint8Array.of(1, 2, 3)))];
  const many = await Promise.all(Array.from({ length: 100 }, (_, index) => bench.echo(Uint8Array.of(index))));
  const chunk = new Uint8Array(1024 * 1024).map((_, index) => index * 7);
  const started = performance.now();
  const answers = await Promise.all(Array.from({ length: bytes / chunk.length }, () => bench.echo(chunk)));
  const seconds = (performance.now() - started) / 1000;
  const large = answers.every(
    (answer) => answer.length === chunk.length && answer.every((byte, at) => byte === chunk[at]),
  );
  await peer.close();
  return {
    small,
    many: many.filter((answer, index) => answer[0] === index).length,
    large,
    megabytesPerSecond: Math.round((2 * bytes) / 1e6 / seconds),
  };
}

async function refusal(url) {
  return connectWebSocket(url).then(
    () => "it connected",
    (error) => error.message,
  );
}

async function abort(url) {
  const controller = new AbortController();
  const dialling = connectWebSocket(url, { signal: controller.signal });
  controller.abort(new Error("enough"));
  return dialling.then(
    () => "it connected",
    (error) => error.message,
  );
}

async function hold(url) {
  await connectWebSocket(url);
}

Object.assign(window, { peerwire: { converse, refusal, abort, hold } });
