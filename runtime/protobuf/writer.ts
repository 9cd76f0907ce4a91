/**
 * Writes protobuf: checks each value, then puts it into one growing buffer. No coercion: a value of another type, an
 * integer out of range, an invalid Date is refused with the path to it.
 * Fields are written by the number that protobuf calls a tag (field << 3 | wire type), as emitted code knows it.
 * Nested messages are written in place: `begin` leaves one byte for the length, `end` fills it in, and moves the
 * message up in the rare case that it needs more.
 */
import { CallError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import { Output, varintBytes } from "./output.js";
import { type PathKey, ValuePath, describeValue } from "./path.js";
import { writeUtf8 } from "./utf8.js";

/** The scalars that a packed list may hold. */
export type PackedType =
  | "double"
  | "float"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "sfixed32"
  | "int53"
  | "int64"
  | "uint64"
  | "sint64"
  | "fixed64"
  | "sfixed64"
  | "bool"
  | "enum";

export interface WriterLimits {
  maxNesting: number;
  maxElements: number;
  maxBigintDigits: number;
}

/** Characters of a string that a loop writes faster than the platform. */
const SHORT = 48;

const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

export class ProtobufWriter extends Output {
  #elements = 0;
  readonly #path: ValuePath;
  readonly #maxElements: number;
  /** Of bigints of any size (bigints.ts). */
  readonly maxBigintDigits: number;

  constructor(limits: WriterLimits = DEFAULT_LIMITS, initialBytes?: number) {
    super(initialBytes);
    this.#maxElements = limits.maxElements;
    this.maxBigintDigits = limits.maxBigintDigits;
    this.#path = new ValuePath(limits.maxNesting);
  }

  override reset(): void {
    super.reset();
    this.#elements = 0;
    this.#path.reset();
  }

  /** Where the message stands that is being written. */
  protected get path(): ValuePath {
    return this.#path;
  }

  // Messages

  /** Opens a nested message. @returns where it started, for `end`. */
  begin(tag: number, name: string, key?: PathKey): number {
    this.#path.enter(name, key, tag);
    this.reserve(11);
    this.putTag(tag);
    return this.openPart();
  }

  /** Opens a nested message that paths know by another number than its tag's: an entry of a list with places of their own. */
  beginAt(place: number, tag: number, name: string): number {
    this.#path.enter(name, undefined, place << 3);
    this.reserve(11);
    this.varint(tag);
    return this.openPart();
  }

  /** Opens a size-delimited message: one that a stream carries, with its length in front and no tag. */
  beginDelimited(): number {
    this.#path.enter("", undefined);
    this.reserve(5);
    return this.openPart();
  }

  end(start: number): void {
    this.#path.leave();
    this.endPart(start);
  }

  /** Opens a message that is a part of the one around it to people: neither path nor depth know of it. */
  beginPart(tag: number): number {
    this.reserve(11);
    this.putTag(tag);
    return this.openPart();
  }

  endPart(start: number): void {
    this.putLength(start);
  }

  // Scalars

  /** Text that is well-formed: a lone surrogate has no bytes in UTF-8, and is refused. */
  string(tag: number, value: string, name: string, key?: PathKey): void {
    if (typeof value !== "string") throw this.invalid(name, "a string", value, key);
    const { length } = value;
    this.reserve(10 + length * 3);
    if (length <= SHORT && tag < 0x80) {
      // What most strings are, until one of its characters says otherwise. Two in a step: fewer steps, and fewer checks.
      const { buffer, at } = this;
      const start = at + 2;
      let bits = 0;
      let i = 0;
      for (; i + 2 <= length; i += 2) {
        const unit = value.charCodeAt(i);
        const next = value.charCodeAt(i + 1);
        bits |= unit | next;
        buffer[start + i] = unit;
        buffer[start + i + 1] = next;
      }
      if (i < length) {
        const unit = value.charCodeAt(i);
        bits |= unit;
        buffer[start + i] = unit;
      }
      if (bits <= 0x7f) {
        buffer[at] = tag;
        buffer[at + 1] = length;
        this.at = start + length;
        return;
      }
    }
    this.#text(tag, value, name, key);
  }

  /** Any well-formed text, for which there is room. */
  #text(tag: number, value: string, name: string, key: PathKey | undefined): void {
    const { length } = value;
    this.putTag(tag);
    // Where even three bytes a character stay under 128, and where one a character does not, the length's size is known.
    const guess = varintBytes(length);
    const start = this.at + guess;
    const bytes = writeUtf8(value, this.buffer, start);
    if (bytes < 0) throw this.refuse(name, "expected well-formed text, got a string with half a surrogate pair", key);
    const needed = varintBytes(bytes);
    if (needed !== guess) this.buffer.copyWithin(this.at + needed, start, start + bytes);
    this.varint(bytes);
    this.at += bytes;
  }

  bytes(tag: number, value: Uint8Array, name: string, key?: PathKey): void {
    if (!isUint8Array(value)) throw this.invalid(name, "a Uint8Array", value, key);
    this.reserve(10 + value.length);
    this.putTag(tag);
    this.varint(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  bool(tag: number, value: boolean, name: string, key?: PathKey): void {
    if (typeof value !== "boolean") throw this.invalid(name, "a boolean", value, key);
    this.reserve(6);
    this.putTag(tag);
    this.buffer[this.at++] = value ? 1 : 0;
  }

  double(tag: number, value: number, name: string, key?: PathKey): void {
    if (typeof value !== "number") throw this.invalid(name, "a number", value, key);
    this.reserve(13);
    this.putTag(tag);
    const { at } = this;
    this.fixed.setFloat64(at, value, true);
    this.at = at + 8;
  }

  float(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(9);
    this.putTag(tag);
    this.#float(value, name, key);
  }

  int32(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(15);
    if (tag < 0x80 && isOneByte(value)) {
      // What most tags and numbers are.
      const { buffer, at } = this;
      buffer[at] = tag;
      buffer[at + 1] = value;
      this.at = at + 2;
      return;
    }
    this.putTag(tag);
    this.#int32(value, name, key);
  }

  uint32(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(10);
    this.putTag(tag);
    this.varint(this.#checkUint32(value, name, key));
  }

  sint32(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(10);
    this.putTag(tag);
    this.#sint32(value, name, key);
  }

  fixed32(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(9);
    this.putTag(tag);
    this.putFixed32(this.#checkUint32(value, name, key));
  }

  sfixed32(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(9);
    this.putTag(tag);
    this.putFixed32(this.#checkInt32(value, name, key) >>> 0);
  }

  /** A safe integer, as int64. */
  int53(tag: number, value: number, name: string, key?: PathKey): void {
    this.reserve(15);
    this.putTag(tag);
    this.#int53(value, name, key);
  }

  int64(tag: number, value: bigint, name: string, key?: PathKey): void {
    this.reserve(15);
    this.putTag(tag);
    this.varint64(BigInt.asUintN(64, this.#checkInt64(value, name, key)));
  }

  uint64(tag: number, value: bigint, name: string, key?: PathKey): void {
    this.reserve(15);
    this.putTag(tag);
    this.varint64(this.#checkUint64(value, name, key));
  }

  sint64(tag: number, value: bigint, name: string, key?: PathKey): void {
    this.reserve(15);
    this.putTag(tag);
    this.#sint64(value, name, key);
  }

  fixed64(tag: number, value: bigint, name: string, key?: PathKey): void {
    this.reserve(13);
    this.putTag(tag);
    this.putFixed64(this.#checkUint64(value, name, key));
  }

  sfixed64(tag: number, value: bigint, name: string, key?: PathKey): void {
    this.reserve(13);
    this.putTag(tag);
    this.putFixed64(BigInt.asUintN(64, this.#checkInt64(value, name, key)));
  }

  /** The number of an enum value, which emitted code has looked up already. */
  enum(tag: number, value: number): void {
    this.reserve(10);
    this.putTag(tag);
    this.varint(value);
  }

  // Many values

  /** A list of numbers or booleans in one field, which `array` or `set` has counted. Not written where it is empty. */
  packed(
    tag: number,
    values: Iterable<unknown> & { readonly length?: number; readonly size?: number },
    name: string,
    type: PackedType,
  ): void {
    if ((values.length ?? values.size) === 0) return;
    const start = this.begin(tag, name);
    const list = isArray(values) ? (values as unknown as readonly unknown[]) : [...values];
    if (type === "double") this.#doubles(list as readonly number[]);
    else {
      const isPlain = type === "int32" || type === "uint32" || type === "enum" || type === "int53";
      for (let i = 0; i < list.length; i++) {
        if (isPlain) i = this.#shortIntegers(list, i);
        if (i < list.length) this.#packedElement(type, list[i], i);
      }
    }
    this.end(start);
  }

  /** A list of strings, each a field of its own. @returns the list, once it is known to be one. */
  strings(tag: number, values: readonly string[], name: string): readonly string[] {
    this.array(values, name);
    for (let i = 0; i < values.length; i++) this.string(tag, values[i]!, name, i);
    return values;
  }

  /** The array, once it is known to be one, and to fit. */
  array<T>(value: readonly T[], name: string): readonly T[] {
    if (!isArray(value)) throw this.invalid(name, "an array", value);
    this.count(value.length, name);
    return value;
  }

  set<T>(value: ReadonlySet<T>, name: string): ReadonlySet<T> {
    if (Object.prototype.toString.call(value) !== "[object Set]") throw this.invalid(name, "a Set", value);
    this.count(value.size, name);
    return value;
  }

  map<K, V>(value: ReadonlyMap<K, V>, name: string): ReadonlyMap<K, V> {
    if (Object.prototype.toString.call(value) !== "[object Map]") throw this.invalid(name, "a Map", value);
    this.count(value.size, name);
    return value;
  }

  /** The own entries of a record. */
  record<V>(value: Readonly<Record<string, V>>, name: string): [string, V][] {
    const entries = Object.entries(this.plain(value, name));
    this.count(entries.length, name);
    return entries;
  }

  /** The value, once it is known to be an object: not null, and no array. */
  plain<T>(value: T, name: string, key?: PathKey): T {
    if (typeof value !== "object" || value === null || isArray(value))
      throw this.invalid(name, "an object", value, key);
    return value;
  }

  /** Counts elements against the limit of the whole message. */
  count(count: number, name: string): void {
    this.#elements += count;
    if (this.#elements > this.#maxElements) throw this.#tooMany(name);
  }

  #tooMany(name: string): CallError {
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `${this.#path.to(name)}: ${this.#elements} elements in one message, and the limit is ${this.#maxElements} (limits.maxElements); send fewer, or stream them`,
    );
  }

  // Refusals

  /** The error for a value that does not fit its type, to be thrown. */
  invalid(name: string, expected: string, value: unknown, key?: PathKey): CallError {
    return this.refuse(name, `expected ${expected}, got ${describeValue(value)}`, key);
  }

  refuse(name: string, why: string, key?: PathKey): CallError {
    const path = this.#path.to(name, key);
    return new CallError("INVALID_ARGUMENT", path === "" ? why : `${path}: ${why}`);
  }

  // Bytes

  /** What lists of numbers mostly are. */
  #doubles(values: readonly number[]): void {
    this.reserve(values.length * 8);
    const { fixed, at } = this;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (typeof value !== "number") throw this.invalid("", "a number", value, i);
      fixed.setFloat64(at + i * 8, value, true);
    }
    this.at = at + values.length * 8;
  }

  /** The integers from `index` on that take up to four bytes, as most do. @returns the index of the first that does not. */
  #shortIntegers(values: readonly unknown[], index: number): number {
    this.reserve((values.length - index) * 4);
    const { buffer } = this;
    let { at } = this;
    let i = index;
    for (; i < values.length; i++) {
      let value = values[i];
      if (!isShort(value)) break;
      for (; value > 0x7f; value >>>= 7) buffer[at++] = (value & 0x7f) | 0x80;
      buffer[at++] = value;
    }
    this.at = at;
    return i;
  }

  #packedElement(type: PackedType, value: unknown, index: number): void {
    this.reserve(10);
    // The checks below refuse what is not of the type; until then the casts only say what is expected.
    const number = value as number;
    const bigint = value as bigint;
    switch (type) {
      case "double":
        return this.#double(number, "", index);
      case "float":
        return this.#float(number, "", index);
      case "int32":
        return this.#int32(number, "", index);
      case "uint32":
      case "enum":
        return this.varint(this.#checkUint32(number, "", index));
      case "sint32":
        return this.#sint32(number, "", index);
      case "fixed32":
        return this.putFixed32(this.#checkUint32(number, "", index));
      case "sfixed32":
        return this.putFixed32(this.#checkInt32(number, "", index) >>> 0);
      case "int53":
        return this.#int53(number, "", index);
      case "int64":
        return this.varint64(BigInt.asUintN(64, this.#checkInt64(bigint, "", index)));
      case "uint64":
        return this.varint64(this.#checkUint64(bigint, "", index));
      case "sint64":
        return this.#sint64(bigint, "", index);
      case "fixed64":
        return this.putFixed64(this.#checkUint64(bigint, "", index));
      case "sfixed64":
        return this.putFixed64(BigInt.asUintN(64, this.#checkInt64(bigint, "", index)));
      case "bool":
        if (typeof value !== "boolean") throw this.invalid("", "a boolean", value, index);
        this.buffer[this.at++] = value ? 1 : 0;
    }
  }

  #double(value: number, name: string, key?: PathKey): void {
    if (typeof value !== "number") throw this.invalid(name, "a number", value, key);
    const { at } = this;
    this.fixed.setFloat64(at, value, true);
    this.at = at + 8;
  }

  #float(value: number, name: string, key?: PathKey): void {
    if (typeof value !== "number") throw this.invalid(name, "a number", value, key);
    if (!Object.is(Math.fround(value), value))
      throw this.invalid(name, "a number that a 32-bit float holds exactly", value, key);
    this.fixed.setFloat32(this.at, value, true);
    this.at += 4;
  }

  #int32(value: number, name: string, key?: PathKey): void {
    this.#checkInt32(value, name, key);
    if (value >= 0) this.varint(value);
    else this.negativeVarint(value);
  }

  #sint32(value: number, name: string, key?: PathKey): void {
    this.#checkInt32(value, name, key);
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  #int53(value: number, name: string, key?: PathKey): void {
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      throw this.invalid(name, "a safe integer", value, key);
    if (value >= 0) this.varint(value);
    else this.negativeVarint(value);
  }

  #sint64(value: bigint, name: string, key?: PathKey): void {
    this.#checkInt64(value, name, key);
    this.varint64(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  #checkInt32(value: number, name: string, key?: PathKey): number {
    if (typeof value !== "number" || value !== (value | 0))
      throw this.invalid(name, "an integer from -2^31 to 2^31-1", value, key);
    return value;
  }

  #checkUint32(value: number, name: string, key?: PathKey): number {
    if (typeof value !== "number" || value !== value >>> 0)
      throw this.invalid(name, "an integer from 0 to 2^32-1", value, key);
    return value;
  }

  #checkInt64(value: bigint, name: string, key?: PathKey): bigint {
    if (typeof value !== "bigint" || value < MIN_INT64 || value > MAX_INT64) {
      throw this.invalid(name, "a bigint from -2^63 to 2^63-1", value, key);
    }
    return value;
  }

  #checkUint64(value: bigint, name: string, key?: PathKey): bigint {
    if (typeof value !== "bigint" || value < 0n || value > MAX_UINT64)
      throw this.invalid(name, "a bigint from 0 to 2^64-1", value, key);
    return value;
  }
}

/** Whether it is an integer that takes one byte. */
function isOneByte(value: number): boolean {
  return typeof value === "number" && (value & 0x7f) === value;
}

/** Whether it is an integer that takes at most four bytes, as most do. */
function isShort(value: unknown): value is number {
  return typeof value === "number" && (value & 0x0fffffff) === value;
}

function isArray(value: unknown): boolean {
  return Array.isArray(value);
}

// `instanceof` fails across realms, and a jest sandbox or a worker's clone is one.
function isUint8Array(value: unknown): boolean {
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === "[object Uint8Array]";
}
