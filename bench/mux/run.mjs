// `npm run bench -- mux [--smoke] [--json FILE] [--only TEXT] [--kinds raw,peerwire] [--repetitions N] [--ms N]`: the
// multiplexer beside a raw socket and beside other yamux in JavaScript. Both ends in a process of their own. A repetition
// has new clients, which are warmed up and then work in turn, each for a quarter of a second at a time: a machine's speed
// moves from one second to the next, so a ratio is taken between slices that follow each other. Figures are medians of the
// slices, and those of the repetitions' medians, with their lowest and highest; repetitions in which other programs took
// much of the processors are made again, a few times. Asserts nothing about time. The rivals are installed by
// `npm ci --prefix bench/mux/rivals`; without them only raw and peerwire run.
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { median, option } from "../statistics.mjs";
import { LINKS, runFor, startClient, startServer, stop, watchOthers } from "./processes.mjs";
import { WORKLOADS } from "./workloads.mjs";

const smoke = process.argv.includes("--smoke");
const repetitions = smoke ? 1 : Number(option("repetitions") ?? 5);
/** A repetition in which other programs had more of the processors than this is made again, up to so many of a workload. */
const CALM_SHARE = 0.1;
const EXTRA_REPETITIONS = smoke ? 0 : 3;
/** Of one run; many slices together take twice that. */
const ms = smoke ? 100 : Number(option("ms") ?? 1000);
const SLICES = smoke ? 1 : 8;
/** Compilers are done after half a second where messages are small, and after one and a half where they are 1 MiB. */
const WARM_MS = 1.5 * ms;
const hasRivals = existsSync(fileURLToPath(new URL("rivals/node_modules", import.meta.url)));
const kinds =
  option("kinds")?.split(",") ?? (hasRivals ? ["raw", "peerwire", "yamux-js", "@libp2p/yamux"] : ["raw", "peerwire"]);
const workloads = Object.keys(WORKLOADS).filter((name) => name.includes(option("only") ?? ""));
/** What a window of 256 KiB allows on the long one, MiB per second. */
const FIXED_WINDOW_RATE = 0.25 / 0.05;

const servers = {};
const results = {};
const others = {}; // programs: their share of the processors
try {
  for (const kind of kinds) servers[kind] = await startServer(kind);
  for (const workload of workloads) {
    const { measured, othersShare } = await measure(workload);
    results[workload] = measured;
    others[workload] = othersShare;
    const disturbed = `   (other programs had ${Math.round(othersShare * 100)} % of the processors)`;
    console.log(`${workload}${othersShare > CALM_SHARE ? disturbed : ""}`);
    for (const kind of kinds) console.log(line(workload, kind, measured[kind]));
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model, cpus: cpus().length };
  if (option("json"))
    writeFileSync(option("json"), `${JSON.stringify({ ...machine, ms, repetitions, results, others }, null, 2)}\n`);
} finally {
  for (const server of Object.values(servers)) stop(server);
}

/** Repetitions, and what share of the processors went to other programs; the calmest ones are kept. */
async function measure(workload) {
  const made = [];
  const failures = {};
  for (let isCalm = 0; isCalm < repetitions && made.length < repetitions + EXTRA_REPETITIONS;) {
    const repetition = await repeat(workload, failures);
    made.push(repetition);
    if (repetition.others <= CALM_SHARE) isCalm++;
  }
  const kept = made.sort((a, b) => a.others - b.others).slice(0, repetitions);
  return {
    measured: Object.fromEntries(kinds.map((kind) => [kind, summary(kind, kept, failures[kind])])),
    othersShare: median(kept.map((repetition) => repetition.others)),
  };
}

/** @returns of each kind `runs`, the figures of its slices in their order, and the share of `others`. */
async function repeat(workload, failures) {
  const { inSlices = false } = WORKLOADS[workload];
  const link = Object.keys(LINKS).find((name) => workload.includes(name)) ?? "";
  const clients = {};
  const runs = {};
  const inTurn = async (work) => {
    for (const kind of kinds.filter((one) => failures[one] === undefined)) {
      try {
        await work(kind);
      } catch (error) {
        failures[kind] = error.message;
      }
    }
  };
  await inTurn(async (kind) => {
    clients[kind] = await startClient(servers[kind], link, kind, workload);
    runs[kind] = [];
  });
  const othersShare = await watchOthers(Object.values(servers), Object.values(clients));
  if (inSlices) await inTurn((kind) => runFor(clients[kind], servers[kind], WARM_MS));
  for (let slice = 0; slice < (inSlices ? SLICES : 1); slice++) {
    await inTurn(async (kind) => {
      runs[kind].push(await runFor(clients[kind], servers[kind], inSlices ? (2 * ms) / SLICES : ms));
    });
  }
  const others = await othersShare();
  for (const client of Object.values(clients)) client.kill();
  return { runs, others };
}

/** Of each figure the median and its `range`; `times`: ours against each of the others, slice by slice. */
function summary(kind, repetitions, failure) {
  if (failure !== undefined) return { failure };
  const result = {};
  const range = {};
  for (const key of Object.keys(repetitions[0].runs[kind][0])) {
    const medians = repetitions.map(({ runs }) => median(runs[kind].map((run) => run[key])));
    result[key] = median(medians);
    range[key] = rangeOf(medians);
  }
  if (kind !== "peerwire" || result.idleMs !== undefined) return { ...result, range };
  const times = {};
  for (const other of kinds.filter((one) => one !== kind)) {
    const ratios = repetitions
      .filter(({ runs }) => runs[other]?.length === runs[kind].length)
      .map(({ runs }) => median(runs[kind].map(({ rate }, slice) => rate / runs[other][slice].rate)));
    if (ratios.length > 0) times[other] = { ratio: median(ratios), range: rangeOf(ratios) };
  }
  return { ...result, range, times };
}

function rangeOf(numbers) {
  return [Math.min(...numbers), Math.max(...numbers)];
}

function line(workload, kind, result) {
  const name = `  ${kind.padEnd(14)}`;
  if (result.failure) return `${name} failed: ${result.failure}`;
  const { rate, range, clientCpu, serverCpu, idleMs, busyMs, times = {} } = result;
  const between = (key, digits) => range[key].map((value) => value.toFixed(digits)).join(" to ");
  if (idleMs !== undefined) {
    return `${name} ${idleMs.toFixed(3)} ms idle (${between("idleMs", 3)}), ${busyMs.toFixed(3)} ms (${between("busyMs", 3)}) beside ${rate.toFixed(0)} MiB/s: ${(busyMs / idleMs).toFixed(2)} x`;
  }
  const isLink = workload.startsWith("50 ms");
  const digits = rate < 10 || isLink ? 1 : 0;
  const figure = `${rate.toFixed(digits).padStart(8)}${isLink ? " MiB/s" : "/s"} (${between("rate", digits)})`;
  const cpu = `CPU us ${micro(clientCpu)} + ${micro(serverCpu)}`;
  const ratios = Object.entries(times).map(
    ([
      other,
      {
        ratio,
        range: [low, high],
      },
    ]) => `${ratio.toFixed(2)} x ${other} (${low.toFixed(2)} to ${high.toFixed(2)})`,
  );
  if (isLink) ratios.unshift(`${(rate / FIXED_WINDOW_RATE).toFixed(1)} x a fixed 256 KiB window`);
  return [`${name} ${figure.padEnd(32)} ${cpu.padEnd(22)}`, ...ratios].join("  ");
}

function micro(value) {
  return value.toFixed(value < 100 ? 2 : 0);
}
