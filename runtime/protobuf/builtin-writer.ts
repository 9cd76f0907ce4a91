/**
 * Writes what JavaScript has and protobuf has no scalar for: dates, URLs, regular expressions, typed arrays, bigints of any
 * size. Knows no references.
 */
import { bigintToBytes } from "./bigints.js";
import { type ByteBuffers, type TypedArrays, bytesOf, categoryOf } from "./values.js";
import { type PackedType, ProtobufWriter, type WriterLimits } from "./writer.js";
import type { PathKey } from "./path.js";
import { type Rule, breachOf } from "./rules.js";
import { DEFAULT_LIMITS } from "../base/limits.js";

export const isLittleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export interface BuiltinLimits extends WriterLimits {
  maxBigintDigits: number;
}

export class BuiltinWriter extends ProtobufWriter {
  readonly #maxBigintDigits: number;

  constructor(limits: BuiltinLimits = DEFAULT_LIMITS) {
    super(limits);
    this.#maxBigintDigits = limits.maxBigintDigits;
  }

  /** google.protobuf.Timestamp: milliseconds, exact over the whole range of Date. */
  timestamp(tag: number, value: Date, name: string, key?: PathKey): void {
    const ms = isDate(value) ? value.getTime() : Number.NaN;
    if (Number.isNaN(ms)) throw this.invalid(name, "a valid Date", value, key);
    const seconds = Math.floor(ms / 1000);
    const nanos = (ms - seconds * 1000) * 1_000_000;
    const start = this.begin(tag, name, key);
    if (seconds !== 0) this.int53(8, seconds, "seconds");
    if (nanos !== 0) this.int32(16, nanos, "nanos");
    this.end(start);
  }

  url(tag: number, value: URL, name: string, key?: PathKey): void {
    if (categoryOf(value) !== "url") throw this.invalid(name, "a URL", value, key);
    this.string(tag, value.href, name, key);
  }

  /** Its `lastIndex` stays here, as with structuredClone. */
  regexp(tag: number, value: RegExp, name: string, key?: PathKey): void {
    if (categoryOf(value) !== "regexp") throw this.invalid(name, "a RegExp", value, key);
    const start = this.begin(tag, name, key);
    this.string(10, value.source, "source");
    if (value.flags !== "") this.string(18, value.flags, "flags");
    this.end(start);
  }

  /** A bigint of any size that the limit allows. */
  bigint(tag: number, value: bigint, name: string, key?: PathKey): void {
    if (typeof value !== "bigint") throw this.invalid(name, "a bigint", value, key);
    this.bytes(tag, bigintToBytes(this.#inLimit(value, name, key)), name, key);
  }

  /** @throws {CallError} where it has more digits than the limit allows. */
  #inLimit(value: bigint, name: string, key?: PathKey): bigint {
    if (value >= -MAX_UINT64 && value <= MAX_UINT64) return value;
    const digits = value.toString().length - (value < 0n ? 1 : 0);
    if (digits > this.#maxBigintDigits) {
      throw this.refuse(
        name,
        `a bigint of ${digits} digits, and the limit is ${this.#maxBigintDigits} (limits.maxBigintDigits)`,
        key,
      );
    }
    return value;
  }

  /** A string of a template literal type. */
  matching(tag: number, value: string, template: RegExp, name: string, key?: PathKey): void {
    if (typeof value === "string" && !template.test(value)) throw this.invalid(name, matchOf(template), value, key);
    this.string(tag, value, name, key);
  }

  /** A combination of bits. */
  flags(tag: number, value: number, mask: number, name: string, key?: PathKey): void {
    if (typeof value === "number" && (value & ~mask) !== 0)
      throw this.invalid(name, `bits of 0x${mask.toString(16)}`, value, key);
    this.uint32(tag, value, name, key);
  }

  /** @throws {CallError} INVALID_ARGUMENT where the value breaks the rule. */
  check(value: unknown, rule: Rule, name: string): void {
    const breach = breachOf(value, rule);
    if (breach !== undefined) throw this.invalid(name, breach.expected, breach.value, breach.key);
  }

  /** The elements of a typed array as one packed field. Not written where it is empty. */
  typedArray<T extends keyof TypedArrays>(
    tag: number,
    value: ArrayBufferView,
    name: string,
    type: T,
  ): { readonly length: number } {
    if (categoryOf(value) !== type) throw this.invalid(name, `a ${type}`, value);
    const array = value as TypedArrays[T];
    if (array.length === 0) return array;
    const packed = VARINT_ARRAYS[type];
    if (packed === undefined) this.bytes(tag, littleEndian(array), name);
    else this.packed(tag, array, name, packed);
    return array;
  }

  /** An ArrayBuffer or a view of one, as bytes. */
  binary(
    tag: number,
    value: ArrayBufferView | ArrayBuffer,
    name: string,
    type: keyof ByteBuffers,
    key?: PathKey,
  ): void {
    if (categoryOf(value) !== type) throw this.invalid(name, `a ${type}`, value, key);
    this.bytes(tag, bytesOf(value), name, key);
  }

  /** The elements of any of them, little-endian, as bytes. */
  memory(tag: number, value: ArrayBufferView | ArrayBuffer, name: string): void {
    this.bytes(tag, littleEndian(value), name);
  }
}

/** The memory of a typed array as the wire wants it, which is as nearly every machine has it. */
function littleEndian(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  const size = "BYTES_PER_ELEMENT" in value ? (value.BYTES_PER_ELEMENT as number) : 1;
  return isLittleEndian || size === 1 ? bytesOf(value) : swapped(bytesOf(value), size);
}

const MAX_UINT64 = 2n ** 64n - 1n;

/** Typed arrays whose elements protobuf has no fixed size for. */
export const VARINT_ARRAYS: Partial<Record<keyof TypedArrays, PackedType>> = {
  Int16Array: "sint32",
  Uint16Array: "uint32",
};

export function matchOf(template: RegExp): string {
  return `a string that matches ${String(template)}`;
}

/** A copy of `bytes` with each group of `size` the other way round. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  return copy;
}

// `instanceof` fails across realms, and a jest sandbox or a worker's clone is one.
function isDate(value: unknown): boolean {
  return value instanceof Date || Object.prototype.toString.call(value) === "[object Date]";
}
