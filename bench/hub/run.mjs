// `npm run bench -- hub [--smoke] [--json FILE]`: how long a hub's calls to two plugins take while a third one floods it
// with events, or with calls, beside how long they take without. Wanted: a p99 under twice its baseline.
// Hub, plugins and flooder may be more than the processors take at once, so two lines show what that alone costs: a flooder
// that only computes, and one whose bytes the hub's process reads from a plain socket and throws away. The last columns leave out
// what hub and plugin spent ready to run and without a processor: what remains is the hub's own doing.
// The flood comes and goes several times, and medians are compared: figures of a few milliseconds vary from run to run.
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serve } from "peerwire";
import { Hub } from "peerwire/hub";
import { DeskEventsService, DeskService } from "../../dist/generated/examples/hub/newsroom.rpc.js";
import { median, option } from "../statistics.mjs";
import { processorWaits } from "./waits.mjs";

const smoke = process.argv.includes("--smoke");
const CALLS = smoke ? 200 : 10_000;
const ROUNDS = smoke ? 1 : 5;
const WARM_CALLS = smoke ? 200 : 10_000;
const FLOODS = ["nothing", "nothing, busily", "bytes", "events", "calls"];

let taken = 0; // from the flooder
const desk = {
  work: async (text) => {
    taken++;
    return text;
  },
};
const hub = new Hub({ roots: [serve(DeskService, desk)] });
hub.on(DeskEventsService, () => void taken++);
const address = await hub.listen("tcp://127.0.0.1:0");
/** For what the operating system and Node make of a flood, with nothing of ours. */
const sink = createServer((socket) => {
  socket.on("data", () => void taken++);
  socket.on("error", () => undefined); // its end, when it is killed
});
await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
const plugin = fileURLToPath(new URL("./plugin.mjs", import.meta.url));
const children = ["a", "b", "flooder"].map((name) => fork(plugin, [name, address, String(sink.address().port)]));
const [a, b] = await Promise.all(["a", "b", "flooder"].map((name) => hub.waitFor(name, DeskService)));

const waits = [process.pid, children[0].pid, children[1].pid].map(processorWaits);

await timeCalls(WARM_CALLS);
const rounds = new Map(FLOODS.map((flood) => [flood, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const flood of FLOODS) {
    children[2].send(flood);
    await setTimeout(smoke ? 20 : 200);
    rounds.get(flood).push(await timeCalls(CALLS));
  }
}
for (const child of children) child.kill();
sink.close();
await hub.shutdown({ deadlineMs: 0 });

const rows = [...rounds].map(([flood, all]) => {
  const of = (key) => median(all.map((one) => one[key]));
  return { flood, p50: of("p50"), p99: of("p99"), perSecond: of("perSecond"), withProcessor: of("withProcessor") };
});
const [calm] = rows;
const times = (value, base) => (Number.isNaN(value) ? "" : `${(value / base).toFixed(2)} x`);
const columns = [
  "what the third plugin sends",
  "a second",
  "p50 µs",
  "p99 µs",
  "against none",
  "p99 µs but for waiting for a processor",
  "against none",
];
const table = rows.map(({ flood, p50, p99, perSecond, withProcessor }) => [
  flood,
  Math.round(perSecond),
  Math.round(p50),
  Math.round(p99),
  times(p99, calm.p99),
  Number.isNaN(withProcessor) ? "" : Math.round(withProcessor),
  times(withProcessor, calm.withProcessor),
]);
for (const [flood, rate, p50, p99, ratio, own, ownRatio] of table)
  console.log(
    `  ${flood.padEnd(16)} ${String(rate).padStart(8)}/s   calls to the others: p50 ${p50} µs, p99 ${p99} µs   ${ratio}   but for waiting for a processor ${own} µs   ${ownRatio}`,
  );
const json = option("json");
if (json !== undefined) {
  const title = "Calls from a hub to two plugins while a third one floods it";
  writeFileSync(json, `${JSON.stringify({ tables: [{ title, columns, rows: table }], results: rows }, null, 2)}\n`);
}

/** One call at a time, to a and b in turn. */
async function timeCalls(calls) {
  const times = [];
  const withProcessor = [];
  const before = taken;
  const began = performance.now();
  for (let i = 0; i < calls; i++) {
    const waitedBefore = waited(i % 2);
    const sent = performance.now();
    await (i % 2 === 0 ? a : b).work("text");
    const took = (performance.now() - sent) * 1000;
    times.push(took);
    withProcessor.push(took - (waited(i % 2) - waitedBefore));
  }
  const seconds = (performance.now() - began) / 1000;
  return {
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    perSecond: (taken - before) / seconds,
    withProcessor: percentile(withProcessor, 0.99),
  };
}

/** By the hub and the plugin that it calls, microseconds. NaN where the system does not tell. */
function waited(plugin) {
  return (waits[0]?.() ?? NaN) + (waits[1 + plugin]?.() ?? NaN);
}

function percentile(values, share) {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length * share)];
}
