// `npm run bench -- codec [--smoke] [--json FILE] [--only TEXT] [--kinds peerwire,JSON] [--rounds N]`: our emitted codecs beside
// others, encode and decode apart. Each codec has a process of its own, which has seen all shapes before it is measured; one
// of them works at a time, in turn; processor time, garbage collection included; medians with min and max, and ratios
// between neighbours. Asserts that everything comes back, and nothing about time. The rivals are installed by
// `npm ci --prefix bench/codec/rivals`; without them it is JSON and peerwire.
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median, option } from "../statistics.mjs";
import { ALWAYS, KINDS } from "./kinds.mjs";
import { TITLES } from "./values.mjs";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 1 : Number(option("rounds") ?? 21);
const sliceMs = smoke ? 1 : 15;
const warmUpRounds = smoke ? 1 : 4;
const OURS = "peerwire";
const DIRECTIONS = ["encode", "decode"];

const installed = existsSync(new URL("rivals/node_modules", import.meta.url));
if (installed) (await import("./rivals/generate.mjs")).generateRivals();
const kinds = option("kinds")?.split(",") ?? (installed ? Object.keys(KINDS) : ALWAYS);
const shapes = Object.keys(TITLES).filter((shape) => TITLES[shape].includes(option("only") ?? ""));

const ends = {};
const results = [];
try {
  for (const kind of kinds) {
    ends[kind] = fork(fileURLToPath(new URL("end.mjs", import.meta.url)), [kind]);
    await once(ends[kind], "message");
  }
  for (let round = 0; round < warmUpRounds; round++) for (const shape of Object.keys(TITLES)) await measure(shape);
  for (const shape of shapes) {
    const found = Object.fromEntries(kinds.map((kind) => [kind, { encode: [], decode: [], ratios: [], bytes: 0 }]));
    for (let round = 0; round < rounds; round++) {
      progress(`${TITLES[shape]}, round ${round + 1} of ${rounds}`);
      for (const { kind, bytes, times, ratio } of await measure(shape)) {
        for (const direction of DIRECTIONS) found[kind][direction].push(times[direction]);
        found[kind].ratios.push(ratio);
        found[kind].bytes = bytes;
      }
    }
    progress("");
    const result = {
      shape,
      title: TITLES[shape],
      kinds: kinds.map((kind) => figures(kind, found[kind])),
    };
    results.push(result);
    print(result);
  }
} finally {
  for (const end of Object.values(ends)) end.disconnect();
}
const file = option("json");
if (file !== undefined) writeFileSync(file, `${JSON.stringify({ results }, null, 2)}\n`);

/** One slice of every codec and direction; `ratio`: against ours, which works right behind each other codec. */
async function measure(shape) {
  const found = [];
  for (const kind of kinds) {
    const times = {};
    let [theirs, ours, bytes] = [0, 0, 0];
    for (const direction of DIRECTIONS) {
      const answer = await slice(kind, shape, direction);
      bytes = answer.bytes;
      theirs += times[direction] = answer.nanoseconds;
      if (kind !== OURS && kinds.includes(OURS)) ours += (await slice(OURS, shape, direction)).nanoseconds;
    }
    found.push({ kind, bytes, times, ratio: theirs / ours });
  }
  return found;
}

async function slice(kind, shape, direction) {
  ends[kind].send({ shape, direction, ms: sliceMs });
  const [answer] = await once(ends[kind], "message");
  return answer;
}

/** Medians, and of each direction its range; `ratio`: against ours, by neighbours, for a machine has slow and fast seconds. */
function figures(kind, { bytes, ratios, ...times }) {
  const [encode, decode] = DIRECTIONS.map((direction) => median(times[direction]));
  const [encodeRange, decodeRange] = DIRECTIONS.map((direction) => [
    Math.min(...times[direction]),
    Math.max(...times[direction]),
  ]);
  const ratio = kind === OURS || !kinds.includes(OURS) ? undefined : median(ratios);
  return { kind, bytes, encode, encodeRange, decode, decodeRange, both: encode + decode, ratio };
}

function print({ title, kinds: found }) {
  console.log(`  ${title}: us of processor time, median (min to max)`);
  for (const one of [...found].sort((a, b) => a.both - b.both)) {
    const encode = `encode ${micro(one.encode)} ${range(one.encodeRange)}`;
    const decode = `decode ${micro(one.decode)} ${range(one.decodeRange)}`;
    const ratio = one.ratio === undefined ? "" : `  peerwire is ${one.ratio.toFixed(2)} x`;
    const size = `${String(one.bytes).padStart(5)} bytes`;
    console.log(`    ${one.kind.padEnd(17)}${size}  ${encode}  ${decode}  both ${micro(one.both)}${ratio}`);
  }
}

function micro(nanoseconds) {
  return (nanoseconds / 1000).toFixed(2).padStart(6);
}

function range([least, most]) {
  return `(${(least / 1000).toFixed(2)} to ${(most / 1000).toFixed(2)})`.padEnd(16);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(79)}\r`);
}
