// Objects that come and go, and callbacks beside calls, over loopback TCP in one process. Prints one line of JSON:
// what both tables hold after so many acquire-and-drop cycles, and microseconds for a call and for a callback.
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { connect, listen, serve } from "peerwire/node";
import { BenchService } from "../../dist/generated/examples/bench/bench.rpc.js";

const cycles = Number(process.argv[2]);
const calls = Number(process.argv[3]);

class Link {
  async next() {
    return new Link();
  }
  async depth() {
    return 0;
  }
}
const impl = {
  add: async (a, b) => a + b,
  first: async () => new Link(),
  callBack: async (back, times) => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += await back(i);
    return sum;
  },
};
const server = await listen("tcp://127.0.0.1:0", { roots: [serve(BenchService, impl)] });
const client = await connect(server.address);
const bench = await client.root(BenchService);
await bench.add(1, 1);
const [far] = server.peers;

for (let left = cycles; left > 0; left -= 100) {
  const links = await Promise.all(Array.from({ length: Math.min(100, left) }, () => bench.first()));
  for (const link of links) link.dispose();
}
await client.ping();
const held = () =>
  [far.references().exports, client.references().imports].map(({ entries, retains }) => entries + retains);
for (let turn = 0; turn < 1000 && held().some((count) => count > 0); turn++) await setImmediate();

const back = async (value) => value;
const call = [];
const callback = [];
for (let round = 0; round < 8; round++) {
  call.push(
    await microseconds(async () => {
      for (let i = 0; i < calls; i++) await bench.add(i, 1);
    }),
  );
  callback.push(await microseconds(() => bench.callBack(back, calls, false)));
}
console.log(
  JSON.stringify({ cycles, left: held(), callUs: median(call.slice(1)), callbackUs: median(callback.slice(1)) }),
);
await client.close();
await server.close();

async function microseconds(run) {
  const start = performance.now();
  await run();
  return ((performance.now() - start) * 1000) / calls;
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
