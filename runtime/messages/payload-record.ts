/** Records of a payload stream as plain objects, and their bytes. Source: schema/peerwire/v1/payload.proto. */
import { ProtocolError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import { ProtobufReader } from "../protobuf/reader.js";
import { ProtobufWriter } from "../protobuf/writer.js";
import { readError } from "./error-reader.js";
import { writeError } from "./instruction-writer.js";
import type { WireError } from "./instruction.js";

export interface PayloadRecord {
  /** 0 except in a payload's first record. */
  payloadId: number;
  value: Uint8Array | undefined;
  hasReferences: boolean;
  end: { error: WireError | undefined } | undefined;
}

/** A larger record is never a payload's first, and arrives whole only while somebody waits for it. Source: payload.proto. */
export const LARGE_RECORD_BYTES: number = 64 * 1024;
/** What a record has beside its value, at most, except for an error. */
export const RECORD_HEAD_BYTES = 32;

/**
 * Writes the bytes in front of a value to the start of `target`, which has RECORD_HEAD_BYTES: a large value need not be
 * copied behind them. By hand, for each small item of a stream has one. @returns how many they are.
 */
export function writeItemHead(
  target: Uint8Array,
  valueBytes: number,
  payloadId: number,
  hasReferences: boolean,
): number {
  const begins = payloadId === 0 ? 0 : 1 + varintBytes(payloadId);
  let at = putVarint(target, 0, begins + (hasReferences ? 2 : 0) + 1 + varintBytes(valueBytes) + valueBytes);
  if (payloadId !== 0) {
    target[at++] = 0x08;
    at = putVarint(target, at, payloadId);
  }
  if (hasReferences) {
    target[at++] = 0x18;
    target[at++] = 1;
  }
  target[at++] = 0x12;
  return putVarint(target, at, valueBytes);
}

/** A record without a value: a payload's beginning, or its end. */
export function encodeMark(payloadId: number, end: PayloadRecord["end"]): Uint8Array {
  const w = new ProtobufWriter(DEFAULT_LIMITS, 32);
  const size = w.beginDelimited();
  if (payloadId !== 0) w.uint32(8, payloadId, "payload_id");
  if (end !== undefined) {
    const at = w.begin(34, "end");
    if (end.error !== undefined) writeError(w, 10, end.error);
    w.end(at);
  }
  w.end(size);
  return w.finish();
}

/**
 * @param owned  whether `bytes` may be kept: then the value is a view of it, else a copy.
 * @throws {ProtocolError} "bad-instruction"
 */
export function readRecord(bytes: Uint8Array, owned: boolean): PayloadRecord {
  const start = startOfOnlyValue(bytes);
  if (start > 0) {
    const value = bytes.subarray(start);
    return { payloadId: 0, value: owned ? value : new Uint8Array(value), hasReferences: false, end: undefined };
  }
  const r = new ProtobufReader(bytes, DEFAULT_LIMITS, owned ? 0 : Number.POSITIVE_INFINITY);
  const record: PayloadRecord = { payloadId: 0, value: undefined, hasReferences: false, end: undefined };
  try {
    while (r.more()) {
      const tag = r.tag();
      if (tag === 18) record.value = r.bytes("value");
      else if (tag === 8) record.payloadId = r.uint32("payload_id");
      else if (tag === 24) record.hasReferences = r.bool("has_references");
      else if (tag === 34) record.end = readEnd(r);
      else r.skip(tag);
    }
  } catch (error) {
    throw new ProtocolError(
      "bad-instruction",
      `a payload record of ${bytes.length} bytes that does not decode: ${(error as Error).message}`,
    );
  }
  return record;
}

function readEnd(r: ProtobufReader): { error: WireError | undefined } {
  const outer = r.enter("end");
  let error: WireError | undefined;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) error = readError(r);
    else r.skip(tag);
  }
  r.leave(outer);
  return { error };
}

/** Most records are one value and nothing else. @returns where it starts; 0 where the record is another. */
function startOfOnlyValue(bytes: Uint8Array): number {
  if (bytes[0] !== 0x12) return 0;
  let length = 0;
  for (let at = 1; at < 5 && at < bytes.length; at++) {
    const byte = bytes[at]!;
    length |= (byte & 0x7f) << (7 * (at - 1));
    if (byte < 0x80) return at + 1 + length === bytes.length ? at + 1 : 0;
  }
  return 0;
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

/** @returns where it ends. */
function putVarint(target: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    target[at++] = (value & 0x7f) | 0x80;
    value = value >>> 7;
  }
  target[at] = value;
  return at + 1;
}
