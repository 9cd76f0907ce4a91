// This project, as a user has it: typed, validated, in E-order. From `npm run build` and `npm run build:examples`.
import { connect as dial, listen, release, serve as root } from "peerwire/node";
import { BenchService } from "../../../dist/generated/examples/bench/bench.rpc.js";
import { implementation } from "../implementation.mjs";

/** For the workload of 16 MiB; 4 MiB is the default. */
export const options = { limits: { maxMessageBytes: 32 * 1024 * 1024 } };
export const served = { ...options, roots: [root(BenchService, implementation)] };

export async function serve() {
  const server = await listen("tcp://127.0.0.1:0", served);
  return Number(new URL(server.address).port);
}

export async function connect(port) {
  return clientOf(await dial(`tcp://127.0.0.1:${port}`, options));
}

export async function clientOf(peer) {
  const bench = await peer.root(BenchService);
  let another;
  const back = async (value) => value + 1;
  return {
    echo: (bytes) => bench.echo(bytes),
    echoOfAnother: async (bytes) => (another ??= await bench.another()).echo(bytes),
    add: (a, b) => bench.add(a, b),
    place: (order) => bench.place(order),
    sink: (bytes) => bench.sink(bytes),
    ticks: async (count) => {
      let seen = 0;
      for await (const tick of bench.ticks(count)) if (tick.sequence === seen) seen++;
      return seen;
    },
    callBackInParallel: (times) => bench.callBack(back, times, true),
    callBackInSequence: (times) => bench.callBack(back, times, false),
    close: () => peer.close(),
    chain: async () => {
      const first = bench.first();
      const second = first.next();
      const third = second.next();
      try {
        return await third.depth();
      } finally {
        // The garbage collector would, at some time; a few thousand chains later the server refuses more (limits.maxExports).
        for (const link of [first, second, third]) release(link);
      }
    },
  };
}
