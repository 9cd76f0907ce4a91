/** Records of a payload stream as plain objects, and their bytes. Source: schema/peerwire/v1/payload.proto. */
import { ProtocolError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import { ProtobufReader } from "../protobuf/reader.js";
import { ProtobufWriter } from "../protobuf/writer.js";
import { readError } from "./instruction-reader.js";
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

/** The bytes in front of a value, so that a large value need not be copied behind them. */
export function encodeItemHead(valueBytes: number, payloadId: number, hasReferences: boolean): Uint8Array {
  const fields = new ProtobufWriter(DEFAULT_LIMITS, 32);
  if (payloadId !== 0) fields.uint32(8, payloadId, "payload_id");
  if (hasReferences) fields.bool(24, true, "has_references");
  const length = varint(valueBytes);
  const size = varint(fields.length + 1 + length.length + valueBytes);
  return new Uint8Array([...size, ...fields.view(), 0x12, ...length]);
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
 * @param owned  whether `bytes` may be kept: then a large value is a view of it, else a copy.
 * @throws {ProtocolError} "bad-instruction"
 */
export function readRecord(bytes: Uint8Array, owned: boolean): PayloadRecord {
  const r = new ProtobufReader(bytes, DEFAULT_LIMITS, owned ? undefined : Number.POSITIVE_INFINITY);
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

function varint(value: number): number[] {
  const bytes: number[] = [];
  while (value > 0x7f) {
    bytes.push((value & 0x7f) | 0x80);
    value = Math.floor(value / 0x80);
  }
  bytes.push(value);
  return bytes;
}
