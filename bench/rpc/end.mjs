// One end of a measurement, in a process of its own: `end.mjs server KIND`, or `end.mjs client KIND PORT WORKLOAD MS`.
// A server tells its port, and its processor time when asked; it lives as long as the process that started it. A client
// prints what it measured, or null where its kind cannot do that.
import { performance } from "node:perf_hooks";
import { kinds, load } from "./kinds.mjs";
import { workloads } from "./workloads.mjs";

const [role, name, ...rest] = process.argv.slice(2);
const kind = await load(kinds[name]);
if (role === "server") {
  process.on("message", () => process.send({ cpu: process.cpuUsage() }));
  process.on("disconnect", () => process.exit(0));
  // Some rivals' servers fail with the connection of a client that was given up; the next client is measured all the same.
  process.on("uncaughtException", (error) => console.error(`${name}, server: ${error.message}`));
  process.send({ port: await kind.serve() });
} else {
  const [port, workloadName, ms] = rest;
  const workload = workloads.find((one) => one.name === workloadName);
  const connect = () => kind.connect(Number(port));
  const client = await connect();
  const measured = client[workload.needs] === undefined ? null : await measure(client, connect, workload, Number(ms));
  process.stdout.write(JSON.stringify(measured), () => process.exit(0));
}

async function measure(client, connect, workload, ms) {
  const make = () => workload.call(client, connect);
  const background = keepBusy(client, workload.beside);
  const warm = await run(make, workload, ms / 3, []);
  const times = [];
  const before = process.cpuUsage();
  const { calls, elapsedMs } = await run(make, workload, ms, times);
  const { user, system } = process.cpuUsage(before);
  background.stop();
  times.sort((a, b) => a - b);
  const at = (share) => (times[Math.floor(times.length * share)] ?? 0) * 1000;
  return {
    calls,
    warmAndMeasured: calls + warm.calls,
    perSecond: (calls * 1000) / elapsedMs,
    p50: at(0.5),
    p99: at(0.99),
    cpu: user + system,
  };
}

/** Lanes that each make one call after the other, for `ms` or one call each, whichever is longer. */
async function run(make, { inFlight, each = 1, after }, ms, times) {
  const start = performance.now();
  const end = start + ms;
  let calls = 0;
  const lane = async () => {
    let now = performance.now();
    do {
      const result = await make();
      const then = performance.now();
      times.push(then - now);
      now = then;
      calls += each;
      if (after !== undefined) {
        await after(result);
        now = performance.now();
      }
    } while (now < end);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { calls, elapsedMs: performance.now() - start };
}

/** Calls that are not counted, until stopped. */
function keepBusy(client, beside) {
  let isBusy = true;
  const lane = async () => {
    while (isBusy) await beside.call(client);
  };
  for (let lanes = beside?.inFlight ?? 0; lanes > 0; lanes--) void lane();
  return { stop: () => (isBusy = false) };
}
