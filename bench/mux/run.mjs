// `npm run bench -- mux [--smoke] [--json FILE] [--only TEXT] [--kinds raw,peerwire] [--repetitions N] [--ms N]`: the
// multiplexer beside a raw socket and beside other yamux in JavaScript. Both ends in a process of their own, repetitions
// interleaved, medians with their lowest and highest. A ratio is taken within each repetition, for a machine's speed moves
// between them; repetitions in which other programs took much of the processors are made again, a few times. Asserts
// nothing about time. The rivals are installed by `npm ci --prefix bench/mux/rivals`; without them only raw and peerwire run.
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { median, option } from "../statistics.mjs";
import { LINKS, oneRun, startServer, stop } from "./processes.mjs";
import { WORKLOADS } from "./workloads.mjs";

const smoke = process.argv.includes("--smoke");
const repetitions = smoke ? 1 : Number(option("repetitions") ?? 5);
/** A repetition in which other programs had more of the processors than this is made again, up to so many of a workload. */
const CALM_SHARE = 0.1;
const EXTRA_REPETITIONS = smoke ? 0 : 3;
const ms = smoke ? 100 : Number(option("ms") ?? 1000);
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
  const link = Object.keys(LINKS).find((name) => workload.includes(name)) ?? "";
  const made = [];
  const failed = new Set();
  for (let isCalm = 0; isCalm < repetitions && made.length < repetitions + EXTRA_REPETITIONS;) {
    const repetition = { runs: {}, others: 0 };
    for (const kind of kinds.filter((one) => !failed.has(one))) {
      const run = await oneRun(servers[kind], link, [kind, workload, String(ms)]);
      if (run.failure) failed.add(kind);
      repetition.runs[kind] = run;
      repetition.others = Math.max(repetition.others, run.others ?? 0);
    }
    made.push(repetition);
    if (repetition.others <= CALM_SHARE) isCalm++;
  }
  const kept = made.sort((a, b) => a.others - b.others).slice(0, repetitions);
  return {
    measured: Object.fromEntries(kinds.map((kind) => [kind, summary(kind, kept)])),
    othersShare: median(kept.map((repetition) => repetition.others)),
  };
}

/** Of each figure the median and its `range`; `times`: ours against each of the others, repetition by repetition. */
function summary(kind, repetitions) {
  const good = repetitions.filter(({ runs }) => runs[kind] && !runs[kind].failure);
  if (good.length === 0) return { failure: repetitions.find(({ runs }) => runs[kind])?.runs[kind].failure };
  const all = (key) => good.map(({ runs }) => runs[kind][key]);
  const result = {};
  const range = {};
  for (const key of Object.keys(good[0].runs[kind]).filter((one) => one !== "others")) {
    result[key] = median(all(key));
    range[key] = rangeOf(all(key));
  }
  if (kind !== "peerwire" || result.idleMs !== undefined) return { ...result, range };
  const times = {};
  for (const other of kinds.filter((one) => one !== kind)) {
    const ratios = good.map(({ runs }) => runs[kind].rate / runs[other]?.rate).filter((ratio) => ratio > 0);
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
