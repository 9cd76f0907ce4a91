// What the figures are to be, and what they are: the first table of docs/benchmarks.md.

/** The best of the kinds that are neither ours nor raw, and cross between processes. */
function rival(kinds) {
  const others = Object.entries(kinds).filter(
    ([name]) => name !== "peerwire" && name !== "raw" && !name.endsWith("(worker)"),
  );
  return others.sort(([, a], [, b]) => b.perSecond - a.perSecond)[0];
}

const of = (name) => (kinds) => kinds[name] && { text: name, ratio: kinds.peerwire.perSecond / kinds[name].perSecond };
const ofBest = (kinds) => {
  const best = rival(kinds);
  if (best === undefined) return undefined;
  const [name, { perSecond }] = best;
  return { text: `the best rival (${name})`, ratio: kinds.peerwire.perSecond / perSecond };
};

/** Workload of bench/rpc; at least so many times what. `atMost` turns it round, for times. */
const RPC = [
  {
    workload: "echo 16 B, 1 in flight",
    atMost: 1.15,
    is: ({ peerwire, raw }) => ({ text: "raw's p50", ratio: peerwire.p50 / raw.p50 }),
  },
  { workload: "echo 16 B, 64 in flight", atLeast: 0.6, is: of("raw") },
  { workload: "echo 16 B, 64 in flight", atLeast: 1.8, is: ofBest },
  { workload: "echo 16 B, 64 in flight", atLeast: 3, is: of("capnweb (TCP)") },
  { workload: "echo 16 B, 64 in flight", atLeast: 3, is: of("deepkit") },
  { workload: "echo 16 B, 64 in flight", atLeast: 50, is: of("grpc-js") },
  { workload: "echo 16 B, 1024 in flight", atLeast: 0.3, is: of("raw") },
  { workload: "echo 16 B, 1024 in flight", atLeast: 1.8, is: ofBest },
  { workload: "order of 20 lines, 64 in flight", atLeast: 2.5, is: ofBest },
  { workload: "echo 1 MiB, 4 in flight", atLeast: 0.7, is: of("raw") },
  { workload: "echo 1 MiB, 4 in flight", atLeast: 1.5, is: ofBest },
  { workload: "stream of small messages", atLeast: 0.4, is: of("raw") },
  { workload: "stream of small messages", atLeast: 4, is: ofBest },
  { workload: "64 callbacks in parallel", atLeast: 2, is: ofBest },
  {
    workload: "chain of four, 5 ms away",
    atMost: 1.05,
    is: ({ peerwire, raw }) => ({ text: "raw's one round trip", ratio: peerwire.p50 / raw.p50 }),
  },
  {
    workload: "connect to first reply",
    atMost: 1.5,
    is: ({ peerwire, raw }) => ({ text: "raw", ratio: peerwire.p50 / raw.p50 }),
  },
];

/** Calls of a hub beside a flood, and beside the floors that bench/hub/README.md explains. */
function hubRows([calm, ...floods]) {
  return floods.flatMap(({ flood, p99, withProcessor }) => {
    if (flood !== "events" && flood !== "calls") return [];
    const title = `hub, a plugin floods with ${flood}`;
    const aim = { atMost: 2 };
    const rows = [row(title, { text: "the calm p99 of the others", ratio: p99 / calm.p99 }, aim)];
    const ratio = withProcessor / calm.withProcessor;
    if (ratio > 0) rows.push(row(title, { text: "the same, but for waiting for a processor", ratio }, aim));
    return rows;
  });
}

/** MiB per second of a window of 256 KiB over 50 ms. */
const FIXED_WINDOW_RATE = 5;

const YAMUX = ["yamux-js", "@libp2p/yamux"];
/** Workload of bench/mux; at least so many times each of what. */
const MUX = [
  { workload: "16 B, one stream, 1 in flight", atLeast: 0.9, others: ["raw"] },
  { workload: "16 B, one stream, 64 in flight", atLeast: 0.9, others: ["raw"] },
  { workload: "16 B, 64 streams", atLeast: 0.65, others: ["raw"] },
  { workload: "16 B, a stream each, 64 in flight", atLeast: 6, others: YAMUX },
  { workload: "1 MiB, 1 in flight", atLeast: 0.75, others: ["raw"] },
  { workload: "1 MiB, 1 in flight", atLeast: 2, others: ["@libp2p/yamux"] },
  { workload: "1 MiB, 4 in flight", atLeast: 0.75, others: ["raw"] },
  { workload: "1 MiB, 4 in flight", atLeast: 2, others: ["@libp2p/yamux"] },
];

function muxRows(results) {
  const rows = [];
  for (const { workload, others, atLeast } of MUX) {
    for (const text of others) {
      const ratio = results[workload]?.peerwire?.times?.[text]?.ratio;
      if (ratio !== undefined) rows.push(row(`mux: ${workload}`, { text, ratio }, { atLeast }));
    }
  }
  for (const [workload, { peerwire }] of Object.entries(results)) {
    if (peerwire?.busyMs === undefined) continue;
    const ratio = peerwire.busyMs / peerwire.idleMs;
    rows.push(row(`mux: ${workload}`, { text: "its p99 on an idle link", ratio }, { atMost: 3 }));
  }
  const rate = results["50 ms link"]?.peerwire?.rate;
  const ratio = rate / FIXED_WINDOW_RATE;
  if (rate) rows.push(row("mux: 50 ms link", { text: "what 256 KiB of window allow", ratio }, { atLeast: 10 }));
  return rows;
}

/** Encode and decode together, as multiples of ours next to them: of the rival that comes nearest, and of protobuf-es. */
function codecRows({ title, kinds }) {
  const ours = kinds.find(({ kind }) => kind === "peerwire");
  const others = kinds.filter((one) => one !== ours).sort((a, b) => a.ratio - b.ratio);
  const es = others.find(({ kind }) => kind === "protobuf-es");
  if (ours === undefined || es === undefined) return [];
  return [
    row(`codec: ${title}`, { text: `the best rival (${others[0].kind})`, ratio: others[0].ratio }, { atLeast: 1 }),
    row(`codec: ${title}`, { text: "protobuf-es", ratio: es.ratio }, { atLeast: 5 }),
  ];
}

/** What is live and idle: bytes for each, on the side that needs more. */
const MEMORY = { "references": 300, "idle streams": 2048 };

export function targets({ rpc, cold, codec, memory, mux, hub }) {
  const rows = [];
  for (const { workload, is, atLeast, atMost } of RPC) {
    const kinds = rpc?.results.find((result) => result.workload === workload)?.kinds;
    const found = kinds?.peerwire && is(kinds);
    if (found) rows.push(row(workload, found, { atLeast, atMost }));
  }
  const p99 = (workload) => rpc?.results.find((result) => result.workload === workload)?.kinds.peerwire?.p99;
  const [idle, busy] = [p99("echo 16 B, 1 in flight"), p99("echo 16 B beside 1 MiB echoes")];
  if (idle && busy)
    rows.push(row("echo 16 B beside 1 MiB echoes", { text: "its p99 alone", ratio: busy / idle }, { atMost: 3 }));
  for (const { title, unit, count, near, far } of memory?.results ?? []) {
    const atMost = MEMORY[title];
    if (atMost !== undefined)
      rows.push(row(`${count.toLocaleString("en")} ${title}`, { text: unit, ratio: Math.max(near, far) }, { atMost }));
  }
  const at = (name) => cold?.results.find((result) => result.name === name)?.ms;
  if (at("raw") && at("peerwire"))
    rows.push(row("cold start", { text: "raw", ratio: at("peerwire") / at("raw") }, { atMost: 2.5 }));
  rows.push(...muxRows(mux?.results ?? {}), ...hubRows(hub?.results ?? []));
  for (const result of codec?.results ?? []) rows.push(...codecRows(result));
  return `## What we want, and what it is

| workload | measured | wanted | |
| --- | ---: | ---: | --- |
${rows.join("\n")}
`;
}

function row(workload, { text, ratio }, { atLeast, atMost }) {
  const isMet = atLeast === undefined ? ratio <= atMost : ratio >= atLeast;
  const wanted = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const measured = text.startsWith("bytes") ? `${ratio} ${text}` : `${ratio.toFixed(2)} x ${text}`;
  return `| ${workload} | ${measured} | ${wanted} | ${isMet ? "met" : "missed"} |`;
}
