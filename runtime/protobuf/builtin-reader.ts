/**
 * Reads what JavaScript has and protobuf has no scalar for: dates, URLs, regular expressions, typed arrays, bigints of any
 * size. What is none is refused with the path to it. Knows no references.
 */
import { DEFAULT_LIMITS } from "../base/limits.js";
import { bigintFromBytes } from "./bigints.js";
import { type BuiltinLimits, VARINT_ARRAYS, isLittleEndian, matchOf, swapped } from "./builtin-writer.js";
import type { PathKey } from "./path.js";
import { ProtobufReader } from "./reader.js";
import { type Rule, breachOf } from "./rules.js";
import type { ByteBuffers, TypedArrays } from "./values.js";

const TYPED_ARRAYS: {
  readonly [T in keyof TypedArrays]: new (elements: Iterable<never> | ArrayBuffer) => TypedArrays[T];
} = {
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

const BUFFERS: { readonly [T in keyof ByteBuffers]: (content: ArrayBuffer) => ByteBuffers[T] } = {
  ArrayBuffer: (content) => content,
  DataView: (content) => new DataView(content),
  Int8Array: (content) => new Int8Array(content),
  Uint8ClampedArray: (content) => new Uint8ClampedArray(content),
};

export class BuiltinReader extends ProtobufReader {
  readonly #maxBigintDigits: number;

  constructor(buffer: Uint8Array, limits: BuiltinLimits = DEFAULT_LIMITS) {
    super(buffer, limits);
    this.#maxBigintDigits = limits.maxBigintDigits;
  }

  timestamp(name: string, key?: PathKey): Date {
    const outer = this.enter(name, key);
    let seconds = 0;
    let nanos = 0;
    while (this.more()) {
      const tag = this.tag();
      if (tag === 8) seconds = this.int53("seconds");
      else if (tag === 16) nanos = this.int32("nanos");
      else this.skip(tag);
    }
    const date = new Date(seconds * 1000 + Math.floor(nanos / 1_000_000));
    if (Number.isNaN(date.getTime())) throw this.refuse("", `expected a time that Date can hold, got ${seconds} s`);
    this.leave(outer);
    return date;
  }

  url(name: string, key?: PathKey): URL {
    const text = this.string(name, key);
    if (!URL.canParse(text)) throw this.invalid(name, "a URL", text, key);
    return new URL(text);
  }

  regexp(name: string, key?: PathKey): RegExp {
    const outer = this.enter(name, key);
    let source = "";
    let flags = "";
    while (this.more()) {
      const tag = this.tag();
      if (tag === 10) source = this.string("source");
      else if (tag === 18) flags = this.string("flags");
      else this.skip(tag);
    }
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw this.refuse("", `expected a regular expression: ${(error as Error).message}`);
    } finally {
      this.leave(outer);
    }
  }

  bigint(name: string, key?: PathKey): bigint {
    const bytes = this.bytes(name, key);
    // 0.42 bytes are a digit.
    const limit = Math.ceil(this.#maxBigintDigits * 0.4153) + 1;
    if (bytes.length > limit) {
      throw this.refuse(
        name,
        `a bigint of ${bytes.length} bytes, and the limit is ${limit} (limits.maxBigintDigits: ${this.#maxBigintDigits})`,
        key,
      );
    }
    return bigintFromBytes(bytes);
  }

  /** A string of a template literal type. */
  matching(template: RegExp, name: string, key?: PathKey): string {
    const value = this.string(name, key);
    if (!template.test(value)) throw this.invalid(name, matchOf(template), value, key);
    return value;
  }

  /** A combination of bits. */
  flags(mask: number, name: string, key?: PathKey): number {
    const value = this.uint32(name);
    if ((value & ~mask) !== 0) throw this.invalid(name, `bits of 0x${mask.toString(16)}`, value, key);
    return value;
  }

  /** @throws {CallError} INVALID_ARGUMENT where the value breaks the rule. */
  check(value: unknown, rule: Rule, name: string): void {
    const breach = breachOf(value, rule);
    if (breach !== undefined) throw this.invalid(name, breach.expected, breach.value, breach.key);
  }

  /** The typed array of one packed field, behind what `before` has of it: a sender may send it in pieces. */
  typedArray<T extends keyof TypedArrays>(
    tag: number,
    before: ArrayBufferView | null | undefined,
    name: string,
    type: T,
  ): TypedArrays[T] {
    const varint = VARINT_ARRAYS[type];
    if (varint !== undefined || (tag & 7) !== 2) {
      const elements = this.packed<unknown>(tag, [], name, varint ?? PACKED_TYPES[type as keyof typeof PACKED_TYPES]);
      const array = new TYPED_ARRAYS[type](elements as never[]);
      for (let i = 0; i < elements.length; i++) {
        if (elements[i] !== array[i] && !Number.isNaN(elements[i]))
          throw this.invalid(name, `an element of a ${type}`, elements[i], i);
      }
      return joined(before as TypedArrays[T] | null | undefined, array);
    }
    return joined(before as TypedArrays[T] | null | undefined, this.#elements(this.bytes(name), type, name));
  }

  binary<T extends keyof ByteBuffers>(name: string, type: T, key?: PathKey): ByteBuffers[T] {
    return BUFFERS[type](this.bytes(name, key).slice().buffer);
  }

  /** A Buffer, where there is such a thing: on Node. */
  nodeBuffer(name: string, key?: PathKey): never {
    const bytes = this.bytes(name, key);
    const { Buffer } = globalThis as {
      Buffer?: { from(content: ArrayBufferLike, at: number, length: number): unknown };
    };
    if (Buffer === undefined)
      throw this.refuse(name, "a Buffer, which this platform does not have; write Uint8Array", key);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as never;
  }

  /** The array or buffer that a TypedArrayValue says it is. */
  memory(content: Uint8Array, type: string, name: string): object {
    if (Object.hasOwn(TYPED_ARRAYS, type)) return this.#elements(content, type as keyof TypedArrays, name);
    if (Object.hasOwn(BUFFERS, type)) return BUFFERS[type as keyof ByteBuffers](content.slice().buffer);
    throw this.refuse(name, `the array ${JSON.stringify(type)}, which this side does not know`);
  }

  #elements<T extends keyof TypedArrays>(bytes: Uint8Array, type: T, name: string): TypedArrays[T] {
    const size = globalThis[type].BYTES_PER_ELEMENT;
    if (bytes.length % size !== 0)
      throw this.refuse(name, `${bytes.length} bytes, and a ${type} takes ${size} for each element`);
    // A copy: what was received need not be aligned, and would be kept alive.
    const content = isLittleEndian ? bytes.slice() : swapped(bytes, size);
    return new TYPED_ARRAYS[type](content.buffer);
  }
}

const PACKED_TYPES = {
  Int32Array: "sfixed32",
  Uint32Array: "fixed32",
  Float32Array: "float",
  Float64Array: "double",
  BigInt64Array: "sfixed64",
  BigUint64Array: "fixed64",
} as const;

function joined<A extends TypedArrays[keyof TypedArrays]>(before: A | null | undefined, after: A): A {
  if (before === undefined || before === null) return after;
  const both = new (before.constructor as new (length: number) => A)(before.length + after.length);
  both.set(before as never);
  both.set(after as never, before.length);
  return both;
}
