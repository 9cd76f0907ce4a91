// `node bench/report.mjs FILE`: docs/benchmarks.md and its plots from what `npm run bench -- --json FILE` measured. A `note`
// that is added to the file says what readers must know of that run.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bars } from "./report/bars.mjs";
import { rivalsAhead } from "./report/rivals-ahead.mjs";
import { targets } from "./report/targets.mjs";

const [input] = process.argv.slice(2);
const report = JSON.parse(readFileSync(input, "utf8"));
const docs = fileURLToPath(new URL("../docs/", import.meta.url));
mkdirSync(`${docs}benchmarks`, { recursive: true });

/** How each suite's figures become sections; a suite that is not here brings its own tables. */
const SECTIONS = {
  rpc: ({ results }) => results.map(workload),
  cold: (suite) => [cold(suite)],
  mux: (suite) => [mux(suite)],
  codec: ({ results }) => results.map(codec),
  codegen: ({ results }) => results.map(codegen),
  references: (suite) => [references(suite)],
};
const sections = [];
for (const [name, suite] of Object.entries(report.suites)) {
  for (const section of SECTIONS[name]?.(suite) ?? plain(name, suite)) sections.push(section);
}
writeFileSync(
  `${docs}benchmarks.md`,
  `# Benchmarks

Written by \`node bench/report.mjs\` from what \`npm run bench -- --json FILE\` measured on ${report.date}, in one run:
Node ${report.node}, ${report.cpu}, ${report.cores} cores, ${report.memoryGiB} GiB. Client and server in processes of their own over loopback TCP
(WebSocket where a rival has nothing else), repetitions interleaved, medians. \`raw\` is frames with a length and an id over a
socket, all of one turn in one write: what Node can do without types, checks or order. Figures of one machine mean little;
ratios within one run do. To repeat: \`npm ci --prefix bench/rpc/rivals\`, the same for \`bench/mux/rivals\` and
\`bench/codec/rivals\`, then the command above.
${report.note === undefined ? "" : `\n${report.note}\n`}
${targets(report.suites)}
${rivalsAhead(report.suites)}
${sections.join("\n")}`,
);

function workload({ workload: title, kinds }) {
  const raw = kinds.raw?.perSecond;
  const rows = Object.entries(kinds).sort(([, a], [, b]) => b.perSecond - a.perSecond);
  const picture = `benchmarks/${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.svg`;
  writeFileSync(
    `${docs}${picture}`,
    bars(
      title,
      "per second",
      rows.map(([name, one]) => [name, one.perSecond]),
    ),
  );
  const line = ([name, one]) =>
    `| ${name} | ${count(one.perSecond)} | ${count(one.min)} to ${count(one.max)} | ${raw === undefined ? "" : (one.perSecond / raw).toFixed(2)} | ${count(one.p50)} | ${count(one.p99)} | ${one.clientCpu.toFixed(1)} + ${one.serverCpu.toFixed(1)} |`;
  return `## ${title}

![${title}](${picture})

| | per second | lowest to highest | of raw | p50 µs | p99 µs | CPU µs, client + server |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.map(line).join("\n")}
`;
}

function cold({ results }) {
  const raw = results.find(({ name }) => name === "raw")?.ms;
  const line = ({ name, ms, min, max }) =>
    `| ${name} | ${ms.toFixed(0)} | ${min.toFixed(0)} to ${max.toFixed(0)} | ${raw === undefined ? "" : (ms / raw).toFixed(2)} |`;
  return `## Cold start: from the start of a process to its first reply

| | ms | lowest to highest | of raw |
| --- | ---: | ---: | ---: |
${results.map(line).join("\n")}
`;
}

function mux({ results }) {
  const lines = Object.entries(results).flatMap(([title, kinds]) =>
    Object.entries(kinds).map(([name, one]) => {
      const against = kinds.peerwire?.times?.[name];
      return `| ${title} | ${name} | ${muxFigures({ ...one, against }).join(" | ")} |`;
    }),
  );
  return `## The multiplexer by itself

Repetitions are interleaved; ours against another is the median of what it was in each.

| workload | | | lowest to highest | CPU µs, client + server | ours against it |
| --- | --- | ---: | ---: | ---: | ---: |
${lines.join("\n")}
`;
}

function codec({ title, kinds }) {
  const micro = (nanoseconds) => (nanoseconds / 1000).toFixed(2);
  const line = ({ kind, bytes, encode, encodeRange, decode, decodeRange, both, ratio }) =>
    `| ${kind} | ${bytes} | ${micro(encode)} | ${encodeRange.map(micro).join(" to ")} | ${micro(decode)} | ${decodeRange.map(micro).join(" to ")} | ${micro(both)} | ${ratio === undefined ? "" : ratio.toFixed(2)} |`;
  return `## Codec: ${title}

Processor time, garbage collection included, each codec in a process of its own; ours checks every value in both directions.
Against ours: the median of what it was next to each slice of the other, for a machine has slow and fast seconds.

| | bytes | encode µs | lowest to highest | decode µs | lowest to highest | both µs | of ours |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${[...kinds]
  .sort((a, b) => a.both - b.both)
  .map(line)
  .join("\n")}
`;
}

function codegen({ interfaces, files, startMs, generateMs, editMs, tscMs }) {
  const seconds = (ms) => (ms / 1000).toFixed(2);
  return `## The generator: ${count(interfaces)} interfaces in ${count(files)} files

| | seconds |
| --- | ---: |
| start of the process | ${seconds(startMs)} |
| all generated | ${seconds(generateMs)} |
| again after an edit of one file, under \`--watch\` | ${seconds(editMs)} |
| tsc over what was generated | ${seconds(tscMs)} |
`;
}

function references({ memory, cycles, left, callUs, callbackUs }) {
  return `## References

A live reference takes ${memory.exported} bytes of heap at its owner and ${memory.imported} at its holder. After ${count(cycles)} objects
were acquired and dropped, the tables of the two hold ${left.join(" and ")}. A round trip in one process takes ${callUs.toFixed(1)} µs
as a call, and ${callbackUs.toFixed(1)} µs as a callback.
`;
}

function muxFigures({ failure, rate, idleMs, busyMs, range, clientCpu, serverCpu, against }) {
  if (failure !== undefined) return [`failed: ${failure}`, "", "", ""];
  const between = (key, text) => range?.[key]?.map(text).join(" to ") ?? "";
  if (busyMs !== undefined) {
    const ms = (value) => value.toFixed(3);
    const figure = `${ms(idleMs)} ms idle, ${ms(busyMs)} ms beside it: ${(busyMs / idleMs).toFixed(1)} x`;
    return [figure, `${between("idleMs", ms)}, ${between("busyMs", ms)}`, "", ""];
  }
  const micro = (value) => value.toFixed(value < 100 ? 2 : 0);
  const cpu = clientCpu === undefined ? "" : `${micro(clientCpu)} + ${micro(serverCpu)}`;
  const times = (value) => value.toFixed(2);
  const ratio = against && `${times(against.ratio)} (${against.range.map(times).join(" to ")})`;
  return [count(rate), between("rate", count), cpu, ratio ?? ""];
}

/** A suite that brings its own tables: `tables: [{ title, columns, rows }]`. */
function plain(name, { tables = [] }) {
  return tables.map(
    ({ title, columns, rows }) => `## ${name}: ${title}

| ${columns.join(" | ")} |
| ${columns.map((_, at) => (at === 0 ? "---" : "---:")).join(" | ")} |
${rows.map((row) => `| ${row.map((cell) => (typeof cell === "number" ? count(cell) : cell)).join(" | ")} |`).join("\n")}
`,
  );
}

function count(value) {
  return value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en");
}
