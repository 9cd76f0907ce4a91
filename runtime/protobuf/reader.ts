/**
 * Reads protobuf strictly: a value of the wrong wire type, bad UTF-8, an integer out of its type's range, a length past
 * the end is refused with the path to it, before any memory is spent on it. Unknown fields are skipped.
 * Emitted code loops `while (r.more()) switch (r.tag())`.
 */
import { CallError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import { type PathKey, ValuePath, describeValue } from "./path.js";
import { readUtf8 } from "./utf8.js";
import type { PackedType } from "./writer.js";

export interface ReaderLimits {
  maxNesting: number;
  maxElements: number;
}

/** Bytes fields up to this size are copied: a small view would keep the whole receive buffer alive. */
const COPY_BYTES = 4096;

export class ProtobufReader {
  #buffer: Uint8Array;
  #lazyView: DataView | undefined; // most messages hold no fixed-size number
  #at: number;
  #end: number;
  #elements = 0;
  readonly #path: ValuePath;
  readonly #limits: ReaderLimits;
  readonly #copyBytes: number;

  /** @param copyBytes  bytes fields up to this size are copied, larger ones are views of `buffer`. */
  constructor(buffer: Uint8Array, limits: ReaderLimits = DEFAULT_LIMITS, copyBytes: number = COPY_BYTES) {
    this.#buffer = buffer;
    this.#at = 0;
    this.#end = buffer.length;
    this.#limits = limits;
    this.#copyBytes = copyBytes;
    this.#path = new ValuePath(limits.maxNesting);
  }

  // Messages

  /** Whether the message at hand has more fields. */
  more(): boolean {
    return this.#at < this.#end;
  }

  tag(): number {
    const tag = this.#varint32("tag");
    if (tag < 8) throw this.#malformed("field number 0");
    return tag;
  }

  /** Enters a nested message. @returns what `leave` needs. */
  enter(name: string, key?: PathKey): number {
    const length = this.#length(name, key);
    this.#path.enter(name, key);
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#path.leave();
    this.#end = outer;
  }

  /** Enters a message that is a part of the one around it to people: neither path nor depth know of it. */
  enterPart(): number {
    const length = this.#length("");
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  leavePart(outer: number): void {
    this.#end = outer;
  }

  /** Passes over a field that this side does not know. */
  skip(tag: number): void {
    this.#skip(tag, 0);
  }

  // Scalars

  string(name: string, key?: PathKey): string {
    const length = this.#length(name, key);
    const start = this.#at;
    this.#at += length;
    try {
      return readUtf8(this.#buffer, start, this.#at);
    } catch {
      throw this.refuse(name, "expected UTF-8", key);
    }
  }

  bytes(name: string, key?: PathKey): Uint8Array<ArrayBuffer> {
    const length = this.#length(name, key);
    const start = this.#at;
    this.#at += length;
    // Not slice: of a Buffer it would be a view, and Uint8Array's own would make a Buffer.
    return length <= this.#copyBytes
      ? new Uint8Array(this.#buffer.subarray(start, this.#at))
      : new Uint8Array(this.#buffer.buffer as ArrayBuffer, this.#buffer.byteOffset + start, length);
  }

  bool(name: string): boolean {
    return this.#varint32(name) !== 0;
  }

  double(name: string): number {
    this.#need(8, name);
    const value = this.#view().getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  float(name: string): number {
    this.#need(4, name);
    const value = this.#view().getFloat32(this.#at, true);
    this.#at += 4;
    return value;
  }

  int32(name: string): number {
    const value = this.#varint64(name, true);
    if (value < -0x80000000n || value > 0x7fffffffn) throw this.refuse(name, `expected a 32-bit integer, got ${value}`);
    return Number(value);
  }

  uint32(name: string): number {
    return this.#varint32(name);
  }

  sint32(name: string): number {
    const value = this.#varint32(name);
    return (value >>> 1) ^ -(value & 1);
  }

  fixed32(name: string): number {
    this.#need(4, name);
    const value = this.#view().getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  sfixed32(name: string): number {
    return this.fixed32(name) | 0;
  }

  int53(name: string): number {
    const first = this.#buffer[this.#at];
    if (first !== undefined && first < 0x80 && this.#at < this.#end) {
      this.#at++;
      return first;
    }
    const value = Number(this.#varint64(name, true));
    if (!Number.isSafeInteger(value)) throw this.refuse(name, `expected a safe integer, got ${value}`);
    return value;
  }

  int64(name: string): bigint {
    return this.#varint64(name, true);
  }

  uint64(name: string): bigint {
    return this.#varint64(name, false);
  }

  sint64(name: string): bigint {
    const value = this.#varint64(name, false);
    return (value >> 1n) ^ -(value & 1n);
  }

  fixed64(name: string): bigint {
    this.#need(8, name);
    const value = this.#view().getBigUint64(this.#at, true);
    this.#at += 8;
    return value;
  }

  sfixed64(name: string): bigint {
    return BigInt.asIntN(64, this.fixed64(name));
  }

  /** An enum's number: emitted code looks up what it means, and refuses what it does not know. */
  enum(name: string): number {
    return this.#varint32(name);
  }

  // Many values

  /** Appends a repeated number or boolean, packed or not. */
  packed(tag: number, into: unknown[], name: string, type: PackedType): void {
    if ((tag & 7) !== 2) {
      this.element(name);
      into.push(this.#scalar(type, name));
      return;
    }
    const outer = this.enter(name);
    while (this.more()) {
      this.element("");
      into.push(this.#scalar(type, ""));
    }
    this.leave(outer);
  }

  /** Counts one element of a list or map against the limit of the whole message. */
  element(name: string): void {
    if (++this.#elements > this.#limits.maxElements) {
      throw new CallError(
        "RESOURCE_EXHAUSTED",
        `${this.#path.to(name)}: more than ${this.#limits.maxElements} elements in one message (limits.maxElements)`,
      );
    }
  }

  // Refusals

  /** The error for a field that the type requires and the message lacks, to be thrown. */
  missing(name: string): CallError {
    return this.refuse(name, "is missing");
  }

  /** The error for a value that does not fit its type, to be thrown. */
  invalid(name: string, expected: string, value: unknown, key?: PathKey): CallError {
    return this.refuse(name, `expected ${expected}, got ${describeValue(value)}`, key);
  }

  refuse(name: string, why: string, key?: PathKey): CallError {
    const path = this.#path.to(name, key);
    return new CallError("INVALID_ARGUMENT", path === "" ? why : `${path}: ${why}`);
  }

  // Bytes

  #scalar(type: PackedType, name: string): unknown {
    return type === "enum" ? this.#varint32(name) : this[type](name);
  }

  #view(): DataView {
    this.#lazyView ??= new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength);
    return this.#lazyView;
  }

  #length(name: string, key?: PathKey): number {
    const length = this.#varint32(name, key);
    this.#need(length, name, key);
    return length;
  }

  #need(bytes: number, name: string, key?: PathKey): void {
    if (bytes > this.#end - this.#at)
      throw this.refuse(name, `${bytes} bytes announced, ${this.#end - this.#at} are there`, key);
  }

  #varint32(name: string, key?: PathKey): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= this.#end) throw this.refuse(name, "the message ends inside a number", key);
      const byte = this.#buffer[this.#at++]!;
      if (shift === 28 && byte > 0x0f) break;
      value = (value | ((byte & 0x7f) << shift)) >>> 0;
      if (byte < 0x80) return value;
    }
    throw this.refuse(name, "expected a number of at most 32 bits", key);
  }

  #varint64(name: string, signed: boolean): bigint {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw this.refuse(name, "the message ends inside a number");
      const byte = this.#buffer[this.#at++]!;
      if (shift === 63 && byte > 1) break;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high |= (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) {
        const top = signed ? high | 0 : high >>> 0;
        return (BigInt(top) << 32n) | BigInt(low >>> 0);
      }
    }
    throw this.refuse(name, "expected a number of at most 64 bits");
  }

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint64("unknown field", false);
        return;
      case 1:
        this.#need(8, "unknown field");
        this.#at += 8;
        return;
      case 2: {
        const length = this.#length("unknown field");
        this.#at += length;
        return;
      }
      case 3:
        if (depth >= this.#limits.maxNesting)
          throw this.#malformed(`groups nested deeper than ${this.#limits.maxNesting}`);
        for (;;) {
          const inner = this.tag();
          if ((inner & 7) === 4) {
            if (inner >>> 3 !== tag >>> 3) throw this.#malformed("a group that ends as another");
            return;
          }
          this.#skip(inner, depth + 1);
        }
      case 5:
        this.#need(4, "unknown field");
        this.#at += 4;
        return;
      default:
        throw this.#malformed(`wire type ${tag & 7}`);
    }
  }

  #malformed(what: string): CallError {
    return this.refuse("", `not a protobuf message: ${what}`);
  }
}
