// `node end.mjs KIND`: one codec, in a process of its own, so that nobody's garbage and nobody's types are another's. Measures
// what its parent asks for: a shape, a direction, so many milliseconds.
import { deepStrictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { KINDS } from "./kinds.mjs";
import { VALUES } from "./values.mjs";

const kind = process.argv[2];
const codecs = await KINDS[kind]();
let sink;

const subjects = {};
for (const [shape, value] of Object.entries(VALUES)) {
  const codec = codecs[shape];
  const prepared = codec.prepare(value);
  const bytes = codec.encode(prepared);
  // Copied: some hand out views of a buffer that they go on writing.
  const received = bytes.constructor === Buffer ? Buffer.from(bytes) : bytes.slice();
  if (kind === "peerwire") deepStrictEqual(codec.decode(received), value);
  subjects[shape] = {
    bytes: bytes.length,
    encode: () => codec.encode(prepared),
    decode: () => codec.decode(received),
  };
}

process.on("message", ({ shape, direction, ms }) => {
  const subject = subjects[shape];
  process.send({ bytes: subject.bytes, nanoseconds: slice(subject[direction], ms) });
});
process.send("ready");

/** Nanoseconds of processor time a call, garbage collection included, over one slice of time. */
function slice(run, ms) {
  const batch = 32;
  const end = performance.now() + ms;
  const before = process.cpuUsage();
  let calls = 0;
  do {
    for (let i = 0; i < batch; i++) sink = run();
    calls += batch;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  if (sink === undefined) throw new Error(`${kind} gave nothing back`);
  return ((user + system) * 1000) / calls;
}
