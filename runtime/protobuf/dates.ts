/** Dates as google.protobuf.Timestamp: milliseconds, exact over the whole range of Date. */
import type { PathKey } from "./path.js";
import type { ProtobufReader } from "./reader.js";
import type { ProtobufWriter } from "./writer.js";

/** @throws {CallError} INVALID_ARGUMENT where it is no Date, or no valid one. */
export function writeDate(w: ProtobufWriter, tag: number, value: Date, name: string, key?: PathKey): void {
  const ms = isDate(value) ? value.getTime() : Number.NaN;
  if (Number.isNaN(ms)) throw w.invalid(name, "a valid Date", value, key);
  const seconds = Math.floor(ms / 1000);
  const nanos = (ms - seconds * 1000) * 1_000_000;
  const start = w.begin(tag, name, key);
  if (seconds !== 0) w.int53(8, seconds, "seconds");
  if (nanos !== 0) w.int32(16, nanos, "nanos");
  w.end(start);
}

export function readDate(r: ProtobufReader, name: string, key?: PathKey): Date {
  const outer = r.enter(name, key);
  let seconds = 0;
  let nanos = 0;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) seconds = r.int53("seconds");
    else if (tag === 16) nanos = r.int32("nanos");
    else r.skip(tag);
  }
  const date = new Date(seconds * 1000 + Math.floor(nanos / 1_000_000));
  if (Number.isNaN(date.getTime())) throw r.refuse("", `expected a time that Date can hold, got ${seconds} s`);
  r.leave(outer);
  return date;
}

// `instanceof` fails across realms, and a jest sandbox or a worker's clone is one.
function isDate(value: unknown): boolean {
  return value instanceof Date || Object.prototype.toString.call(value) === "[object Date]";
}
