// `npm run bench -- hub [--smoke] [--json FILE]`: how long a hub's calls to two plugins take while a third one floods it
// with events, or with calls, beside how long they take without. Wanted: a p99 under twice its baseline.
// The flooder has the lowest priority: what counts is what the hub lets it take, not who gets this machine's processors.
// The flood comes and goes several times, and medians are compared: figures of a few milliseconds vary from run to run.
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serve } from "peerwire";
import { Hub } from "peerwire/hub";
import { DeskEventsService, DeskService } from "../../dist/generated/examples/hub/newsroom.rpc.js";
import { median, option } from "../statistics.mjs";

const smoke = process.argv.includes("--smoke");
const CALLS = smoke ? 200 : 10_000;
const ROUNDS = smoke ? 1 : 5;
const WARM_CALLS = smoke ? 200 : 10_000;
const FLOODS = ["nothing", "events", "calls"];

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
const plugin = fileURLToPath(new URL("./plugin.mjs", import.meta.url));
const children = ["a", "b", "flooder"].map((name) => fork(plugin, [name, address]));
const [a, b] = await Promise.all(["a", "b", "flooder"].map((name) => hub.waitFor(name, DeskService)));

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
await hub.shutdown({ deadlineMs: 0 });

const rows = [...rounds].map(([flood, all]) => {
  const [p50, p99, perSecond] = ["p50", "p99", "perSecond"].map((key) => median(all.map((one) => one[key])));
  return { flood, p50, p99, perSecond };
});
const calm = rows[0].p99;
const columns = ["what the third plugin sends", "a second", "p50 µs", "p99 µs", "p99 against none"];
const table = rows.map(({ flood, p50, p99, perSecond }) => [
  flood,
  Math.round(perSecond),
  Math.round(p50),
  Math.round(p99),
  `${(p99 / calm).toFixed(2)} x`,
]);
for (const [flood, rate, p50, p99, ratio] of table)
  console.log(
    `  ${flood.padEnd(8)} ${String(rate).padStart(8)}/s   calls to the others: p50 ${p50} µs, p99 ${p99} µs   ${ratio}`,
  );
const json = option("json");
if (json !== undefined) {
  const title = "Calls from a hub to two plugins while a third one floods it";
  writeFileSync(json, `${JSON.stringify({ tables: [{ title, columns, rows: table }] }, null, 2)}\n`);
}

/** One call at a time, to a and b in turn. */
async function timeCalls(calls) {
  const times = [];
  const before = taken;
  const began = performance.now();
  for (let i = 0; i < calls; i++) {
    const sent = performance.now();
    await (i % 2 === 0 ? a : b).work("text");
    times.push((performance.now() - sent) * 1000);
  }
  const seconds = (performance.now() - began) / 1000;
  times.sort((x, y) => x - y);
  return {
    p50: times[Math.floor(calls / 2)],
    p99: times[Math.floor(calls * 0.99)],
    perSecond: (taken - before) / seconds,
  };
}
