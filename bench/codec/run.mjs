// `node bench/codec/run.mjs [--smoke] [--json FILE] [--only TEXT] [--kinds peerwire,JSON]`: our emitted codecs beside others, encode
// and decode apart, in one process. Repetitions are interleaved, medians printed. Asserts that everything comes back, and
// nothing about time. The rivals are installed by `npm ci --prefix bench/codec/rivals`; without them it is JSON and peerwire.
import { deepStrictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { existsSync, writeFileSync } from "node:fs";
import { median, option } from "../statistics.mjs";
import json from "./kinds/json.mjs";
import peerwire from "./kinds/peerwire.mjs";
import { TITLES, VALUES } from "./values.mjs";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 1 : Number(option("rounds") ?? 15);
const sliceMs = smoke ? 1 : 12;

const kinds = { peerwire: peerwire(), JSON: json() };
if (existsSync(new URL("rivals/node_modules", import.meta.url))) {
  const { generateRivals } = await import("./rivals/generate.mjs");
  generateRivals();
  const msgpackr = await import("./kinds/msgpackr.mjs");
  const protobuf = await import("./kinds/protobuf.mjs");
  kinds["msgpackr"] = msgpackr.plain();
  kinds["msgpackr records"] = msgpackr.records();
  kinds["avsc"] = (await import("./kinds/avsc.mjs")).default();
  kinds["protobufjs"] = protobuf.protobufjs();
  kinds["ts-proto"] = protobuf.tsProtoKind();
  kinds["protobuf-es"] = protobuf.protobufEs();
}
const chosen = option("kinds")?.split(",") ?? Object.keys(kinds);

let sink;
/** Nanoseconds a call, over one slice of time. */
function slice(run) {
  const batch = 32;
  const start = process.hrtime.bigint();
  const end = start + BigInt(sliceMs) * 1_000_000n;
  let calls = 0;
  let now = start;
  while (now < end) {
    for (let i = 0; i < batch; i++) sink = run();
    calls += batch;
    now = process.hrtime.bigint();
  }
  return Number(now - start) / calls;
}

const results = [];
for (const [shape, title] of Object.entries(TITLES)) {
  if (!title.includes(option("only") ?? "")) continue;
  const subjects = chosen.map((kind) => {
    const codec = kinds[kind][shape];
    const value = codec.prepare(VALUES[shape]);
    const bytes = codec.encode(value);
    // Copied: some hand out views of a buffer that they go on writing.
    const received = bytes.constructor === Buffer ? Buffer.from(bytes) : bytes.slice();
    if (kind === "peerwire") deepStrictEqual(codec.decode(received), VALUES[shape]);
    return {
      kind,
      bytes: bytes.length,
      encode: () => codec.encode(value),
      decode: () => codec.decode(received),
      times: { encode: [], decode: [] },
    };
  });
  for (let round = -2; round < rounds; round++) {
    for (const subject of subjects) {
      for (const direction of ["encode", "decode"]) {
        const nanoseconds = slice(subject[direction]);
        if (round >= 0) subject.times[direction].push(nanoseconds);
      }
    }
  }
  const found = subjects.map(({ kind, bytes, times }) => {
    const encode = median(times.encode);
    const decode = median(times.decode);
    return { kind, bytes, encode, decode, both: encode + decode };
  });
  results.push({ shape, title, kinds: found });
  print(title, found);
}
if (sink === undefined) throw new Error("nothing was decoded");
const file = option("json");
if (file !== undefined) writeFileSync(file, `${JSON.stringify({ results }, null, 2)}\n`);

function print(title, found) {
  console.log(`  ${title}`);
  const ours = found.find(({ kind }) => kind === "peerwire");
  for (const { kind, bytes, encode, decode, both } of [...found].sort((a, b) => a.both - b.both)) {
    const times = `encode ${micro(encode)}  decode ${micro(decode)}  both ${micro(both)} us`;
    const ratio = ours === undefined || kind === "peerwire" ? "" : `   peerwire is ${(both / ours.both).toFixed(2)} x`;
    console.log(`    ${kind.padEnd(17)} ${String(bytes).padStart(5)} bytes   ${times}${ratio}`);
  }
}

function micro(nanoseconds) {
  return (nanoseconds / 1000).toFixed(2).padStart(7);
}
