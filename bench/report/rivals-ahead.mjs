// Where a rival is ahead: the workloads of bench/rpc in which one does more a second than we do, and the start of a process.

/** A worker's messages cross no socket: it is compared with ours to a worker. */
const isWorker = (name) => name.endsWith("(worker)");

export function rivalsAhead({ rpc, cold }) {
  const lines = (rpc?.results ?? []).map(({ workload, kinds }) => line(workload, kinds, (one) => one.perSecond));
  if (cold) {
    const kinds = Object.fromEntries(cold.results.map((one) => [one.name, one]));
    lines.push(line("start of a process to its first reply", kinds, (one) => 1 / one.ms));
  }
  return `## Where a rival is ahead

As multiples of ours by calls a second, or by time for the start; of ours to a worker, for those that call a worker.

${lines.filter((one) => one !== undefined).join("\n")}
`;
}

function line(workload, kinds, speed) {
  const ahead = Object.entries(kinds)
    .filter(([name]) => name !== "raw" && !name.startsWith("peerwire"))
    .map(([name, one]) => ({
      name,
      times: speed(one) / speed(kinds[isWorker(name) ? "peerwire (worker)" : "peerwire"]),
    }))
    .filter(({ times }) => times > 1)
    .sort((a, b) => b.times - a.times);
  if (ahead.length === 0) return undefined;
  return `- ${workload}: ${ahead.map(({ name, times }) => `${name} ${times.toFixed(2)} x`).join(", ")}`;
}
