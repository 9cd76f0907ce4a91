/** Records of a payload stream as plain objects, and their bytes. Source: schema/peerwire/v1/payload.proto. */
import { ProtocolError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import {
  type FieldTable,
  bool,
  bytes,
  nested,
  optional,
  readFields,
  uint32,
  writeFields,
} from "../protobuf/field-table.js";
import { varintBytes } from "../protobuf/output.js";
import { ProtobufReader } from "../protobuf/reader.js";
import { ProtobufWriter } from "../protobuf/writer.js";
import { error } from "./error-fields.js";
import type { WireError } from "./instruction.js";

export interface PayloadRecord {
  /** 0 except in a payload's first record. */
  payloadId: number;
  value: Uint8Array | undefined;
  hasReferences: boolean;
  end: { error: WireError | undefined } | undefined;
}

const END: FieldTable<{ error: WireError | undefined }> = [[10, "error", optional(error)]];
const RECORD: FieldTable<PayloadRecord> = [
  [8, "payloadId", uint32],
  [18, "value", optional(bytes)],
  [24, "hasReferences", bool],
  [34, "end", optional(nested(() => END))],
];

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
  writeFields(w, RECORD, { payloadId, value: undefined, hasReferences: false, end });
  w.end(size);
  return w.finish();
}

/**
 * @param owned  whether `from` may be kept: then the value is a view of it, else a copy.
 * @throws {ProtocolError} "bad-instruction"
 */
export function readRecord(from: Uint8Array, owned: boolean): PayloadRecord {
  const start = startOfOnlyValue(from);
  if (start > 0) {
    const value = from.subarray(start);
    return { payloadId: 0, value: owned ? value : new Uint8Array(value), hasReferences: false, end: undefined };
  }
  try {
    return readFields(new ProtobufReader(from, DEFAULT_LIMITS, owned ? 0 : Number.POSITIVE_INFINITY), RECORD);
  } catch (thrown) {
    throw new ProtocolError(
      "bad-instruction",
      `a payload record of ${from.length} bytes that does not decode: ${(thrown as Error).message}`,
    );
  }
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

/** @returns where it ends. */
function putVarint(target: Uint8Array, at: number, value: number): number {
  while (value > 0x7f) {
    target[at++] = (value & 0x7f) | 0x80;
    value = value >>> 7;
  }
  target[at] = value;
  return at + 1;
}
