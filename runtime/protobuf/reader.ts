/**
 * Reads protobuf strictly: a value of the wrong wire type, bad UTF-8, an integer out of its type's range, a length past
 * the end is refused with the path to it, before any memory is spent on it. Unknown fields are skipped.
 * Emitted code loops `while (r.more()) switch (r.tag())`. What it calls most has its common case in few lines, and the
 * others in a method of their own: V8 puts small methods where they are called, and stops when the sum is too large.
 */
import { CallError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import type { PathKey } from "./path.js";
import { ValuePath, describeValue } from "./path.js";
import { TextInput } from "./text-input.js";
import type { PackedType } from "./writer.js";

export interface ReaderLimits {
  maxNesting: number;
  maxElements: number;
  maxBigintDigits: number;
}

/** Bytes fields up to this size are copied: a small view would keep the whole receive buffer alive. */
const COPY_BYTES = 4096;

/** Up to here a loop is faster than the view that a copy of a part takes. */
const COPIED_BY_HAND_BYTES = 48;

export class ProtobufReader extends TextInput {
  #elements = 0;
  readonly #maxElements: number;
  /** Of bigints of any size (bigints.ts). */
  readonly maxBigintDigits: number;
  readonly #maxNesting: number;
  readonly #copyBytes: number;
  readonly #path: ValuePath;

  /** @param copyBytes  bytes fields up to this size are copied, larger ones are views of `buffer`. */
  constructor(buffer: Uint8Array, limits: ReaderLimits = DEFAULT_LIMITS, copyBytes: number = COPY_BYTES) {
    super(buffer);
    this.#maxElements = limits.maxElements;
    this.maxBigintDigits = limits.maxBigintDigits;
    this.#maxNesting = limits.maxNesting;
    this.#copyBytes = copyBytes;
    this.#path = new ValuePath(limits.maxNesting);
  }

  protected override restart(buffer: Uint8Array): void {
    super.restart(buffer);
    this.#elements = 0;
    this.#path.reset();
  }

  // Messages

  tag(): number {
    const { at } = this;
    if (at < this.end) {
      const tag = this.buffer[at]!;
      if (tag > 7 && tag < 0x80) {
        this.at = at + 1;
        return tag;
      }
    }
    return this.#longTag();
  }

  #longTag(): number {
    const tag = this.varint32("tag");
    if (tag < 8) throw this.#malformed("field number 0");
    return tag;
  }

  /** Enters a nested message. @returns what `leave` needs. */
  enter(name: string, key?: PathKey): number {
    const length = this.length(name, key);
    this.#path.enter(name, key);
    const outer = this.end;
    this.end = this.at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#path.leave();
    this.end = outer;
  }

  /** Enters a message that is a part of the one around it to people: neither path nor depth know of it. */
  enterPart(): number {
    const length = this.length("");
    const outer = this.end;
    this.end = this.at + length;
    return outer;
  }

  leavePart(outer: number): void {
    this.end = outer;
  }

  /** Passes over a field that this side does not know. */
  skip(tag: number): void {
    this.#skip(tag, 0);
  }

  // Scalars

  string(name: string, key?: PathKey): string {
    const text = this.commonText() ?? this.text(this.length(name, key));
    if (text === undefined) throw this.refuse(name, "expected UTF-8", key);
    return text;
  }

  bytes(name: string, key?: PathKey): Uint8Array<ArrayBuffer> {
    const length = this.length(name, key);
    const start = this.at;
    this.at += length;
    // Not slice: of a Buffer it would be a view, and Uint8Array's own would make a Buffer.
    if (length > this.#copyBytes)
      return new Uint8Array(this.buffer.buffer as ArrayBuffer, this.buffer.byteOffset + start, length);
    if (length > COPIED_BY_HAND_BYTES) return new Uint8Array(this.buffer.subarray(start, this.at));
    const copy = new Uint8Array(length);
    for (let i = 0; i < length; i++) copy[i] = this.buffer[start + i]!;
    return copy;
  }

  bool(name: string): boolean {
    return this.varint32(name) !== 0;
  }

  double(name: string): number {
    const { at, dataView } = this;
    if (at + 8 > this.end) this.need(8, name);
    this.at = at + 8;
    return dataView === undefined ? this.firstFloat64(at) : dataView.getFloat64(at, true);
  }

  float(name: string): number {
    this.need(4, name);
    const value = this.view().getFloat32(this.at, true);
    this.at += 4;
    return value;
  }

  int32(name: string): number {
    const { at } = this;
    if (at < this.end) {
      const first = this.buffer[at]!;
      if (first < 0x80) {
        this.at = at + 1;
        return first;
      }
    }
    return this.#longInt32(name);
  }

  #longInt32(name: string): number {
    const short = this.shortVarint();
    if (short >= 0) return short;
    const low = this.varint64(name) | 0;
    if ((this.high | 0) !== low >> 31)
      throw this.refuse(name, `expected a 32-bit integer, got ${this.toBigInt(low, true)}`);
    return low;
  }

  uint32(name: string): number {
    return this.varint32(name);
  }

  sint32(name: string): number {
    const value = this.varint32(name);
    return (value >>> 1) ^ -(value & 1);
  }

  fixed32(name: string): number {
    this.need(4, name);
    const value = this.view().getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  sfixed32(name: string): number {
    return this.fixed32(name) | 0;
  }

  int53(name: string): number {
    const short = this.shortVarint();
    if (short >= 0) return short;
    const low = this.varint64(name);
    const value = (this.high | 0) * 0x1_0000_0000 + low;
    if (!Number.isSafeInteger(value))
      throw this.refuse(name, `expected a safe integer, got ${this.toBigInt(low, true)}`);
    return value;
  }

  int64(name: string): bigint {
    return this.toBigInt(this.varint64(name), true);
  }

  uint64(name: string): bigint {
    return this.toBigInt(this.varint64(name), false);
  }

  sint64(name: string): bigint {
    const value = this.uint64(name);
    return (value >> 1n) ^ -(value & 1n);
  }

  fixed64(name: string): bigint {
    this.need(8, name);
    const value = this.view().getBigUint64(this.at, true);
    this.at += 8;
    return value;
  }

  sfixed64(name: string): bigint {
    return BigInt.asIntN(64, this.fixed64(name));
  }

  /** An enum's number: emitted code looks up what it means, and refuses what it does not know. */
  enum(name: string): number {
    return this.varint32(name);
  }

  // Many values

  /**
   * A repeated number or boolean, packed or not, behind what `before` has of it.
   * @returns both: in `before`, or in a new array where that was empty.
   */
  packed<T>(tag: number, before: T[], name: string, type: PackedType): T[] {
    const read = (this as unknown as Record<PackedType, (this: this, name: string) => T>)[type];
    if ((tag & 7) !== 2) {
      this.element(name);
      before.push(read.call(this, name));
      return before;
    }
    const outer = this.enter(name);
    const list = type === "double" && before.length === 0 ? (this.#doubles() as T[]) : before;
    const isPlain = type === "int32" || type === "uint32" || type === "enum" || type === "int53";
    while (this.at < this.end) {
      if (isPlain && this.#shortIntegers(list as number[])) break;
      this.element("");
      list.push(read.call(this, ""));
    }
    this.leave(outer);
    return list;
  }

  /** The integers that take up to four bytes, as most do. @returns whether these are all. */
  #shortIntegers(list: number[]): boolean {
    const { buffer, end } = this;
    let { at } = this;
    let left = this.#maxElements - this.#elements;
    while (at < end) {
      const start = at;
      let byte = buffer[at++]!;
      let value = byte & 0x7f;
      for (let shift = 7; byte > 0x7f && shift < 28 && at < end; shift += 7) {
        byte = buffer[at++]!;
        value |= (byte & 0x7f) << shift;
      }
      if (byte > 0x7f) {
        at = start;
        break;
      }
      if (left-- <= 0) throw this.#tooMany("");
      list.push(value);
    }
    this.at = at;
    this.#elements = this.#maxElements - left;
    return at === end;
  }

  /** The doubles that are whole: what lists of numbers mostly are. An array that is made as long as it will be is 2 x faster. */
  #doubles(): number[] {
    const { at } = this;
    const count = (this.end - at) >>> 3;
    this.#count(count, "");
    const list = new Array<number>(count);
    const view = this.view();
    for (let i = 0; i < count; i++) list[i] = view.getFloat64(at + i * 8, true);
    this.at = at + count * 8;
    return list;
  }

  /** The strings of a repeated field that follow one another here, behind what `before` has. @returns as `packed`. */
  strings<T extends string>(tag: number, before: T[], name: string): T[] {
    const count = this.#run(tag);
    this.#count(count, name);
    const first = before.length;
    const list = first === 0 ? new Array<T>(count) : before;
    for (let i = first; i < first + count; i++) {
      if (i > first) this.at++; // the tag, which was seen when they were counted
      list[i] = this.string(name, i) as T;
    }
    return list;
  }

  /** How many short fields of this length-delimited tag follow one another; at least the one whose tag was read. */
  #run(tag: number): number {
    const { buffer, end } = this;
    let count = 1;
    for (let next = this.at; tag < 0x80 && next < end && buffer[next]! < 0x80; count++) {
      next += buffer[next]! + 2;
      if (next > end || buffer[next - 1] !== tag) break;
    }
    return count;
  }

  /** Counts one element of a list or map against the limit of the whole message. */
  element(name: string): void {
    this.#count(1, name);
  }

  #count(count: number, name: string): void {
    this.#elements += count;
    if (this.#elements > this.#maxElements) throw this.#tooMany(name);
  }

  #tooMany(name: string): CallError {
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `${this.#path.to(name)}: more than ${this.#maxElements} elements in one message (limits.maxElements)`,
    );
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

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.varint64("unknown field");
        return;
      case 1:
        this.need(8, "unknown field");
        this.at += 8;
        return;
      case 2: {
        const length = this.length("unknown field");
        this.at += length;
        return;
      }
      case 3:
        if (depth >= this.#maxNesting) throw this.#malformed(`groups nested deeper than ${this.#maxNesting}`);
        for (;;) {
          const inner = this.tag();
          if ((inner & 7) === 4) {
            if (inner >>> 3 !== tag >>> 3) throw this.#malformed("a group that ends as another");
            return;
          }
          this.#skip(inner, depth + 1);
        }
      case 5:
        this.need(4, "unknown field");
        this.at += 4;
        return;
      default:
        throw this.#malformed(`wire type ${tag & 7}`);
    }
  }

  #malformed(what: string): CallError {
    return this.refuse("", `not a protobuf message: ${what}`);
  }
}
