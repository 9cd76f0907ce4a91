/** Combinations of bits: enums tagged `@flags`. */
import type { PathKey } from "./path.js";
import type { ProtobufReader } from "./reader.js";
import type { ProtobufWriter } from "./writer.js";

export function writeFlags(
  w: ProtobufWriter,
  tag: number,
  value: number,
  mask: number,
  name: string,
  key?: PathKey,
): void {
  if (typeof value === "number" && (value & ~mask) !== 0) throw w.invalid(name, bitsOf(mask), value, key);
  w.uint32(tag, value, name, key);
}

export function readFlags(r: ProtobufReader, mask: number, name: string, key?: PathKey): number {
  const value = r.uint32(name);
  if ((value & ~mask) !== 0) throw r.invalid(name, bitsOf(mask), value, key);
  return value;
}

function bitsOf(mask: number): string {
  return `bits of 0x${mask.toString(16)}`;
}
