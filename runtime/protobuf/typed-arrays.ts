/**
 * Memory that is more than bytes: typed arrays as one packed field, most of them copied as they lie in memory; and bytes
 * under another name than Uint8Array.
 */
import type { PathKey } from "./path.js";
import type { ProtobufReader } from "./reader.js";
import { type ByteBuffers, type TypedArrays, bytesOf, categoryOf } from "./values.js";
import type { PackedType, ProtobufWriter } from "./writer.js";

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

/** Typed arrays whose elements protobuf has no fixed size for. */
const VARINT_ARRAYS: Partial<Record<keyof TypedArrays, PackedType>> = {
  Int16Array: "sint32",
  Uint16Array: "uint32",
};

const PACKED_TYPES = {
  Int32Array: "sfixed32",
  Uint32Array: "fixed32",
  Float32Array: "float",
  Float64Array: "double",
  BigInt64Array: "sfixed64",
  BigUint64Array: "fixed64",
} as const;

/** The elements of a typed array as one packed field. Not written where it is empty. */
export function writeTypedArray<T extends keyof TypedArrays>(
  w: ProtobufWriter,
  tag: number,
  value: ArrayBufferView,
  name: string,
  type: T,
): { readonly length: number } {
  if (categoryOf(value) !== type) throw w.invalid(name, `a ${type}`, value);
  const array = value as TypedArrays[T];
  if (array.length === 0) return array;
  const packed = VARINT_ARRAYS[type];
  if (packed === undefined) writeMemory(w, tag, array, name);
  else w.packed(tag, array, name, packed);
  return array;
}

/** The typed array of one packed field, behind what `before` has of it: a sender may send it in pieces. */
export function readTypedArray<T extends keyof TypedArrays>(
  r: ProtobufReader,
  tag: number,
  before: ArrayBufferView | null | undefined,
  name: string,
  type: T,
): TypedArrays[T] {
  const varint = VARINT_ARRAYS[type];
  if (varint !== undefined || (tag & 7) !== 2) {
    const elements = r.packed<unknown>(tag, [], name, varint ?? PACKED_TYPES[type as keyof typeof PACKED_TYPES]);
    const array = new TYPED_ARRAYS[type](elements as never[]);
    for (let i = 0; i < elements.length; i++) {
      if (elements[i] !== array[i] && !Number.isNaN(elements[i]))
        throw r.invalid(name, `an element of a ${type}`, elements[i], i);
    }
    return joined(before as TypedArrays[T] | null | undefined, array);
  }
  return joined(before as TypedArrays[T] | null | undefined, elementsOf(r, r.bytes(name), type, name));
}

/** An ArrayBuffer or a view of one, as bytes. */
export function writeBinary(
  w: ProtobufWriter,
  tag: number,
  value: ArrayBufferView | ArrayBuffer,
  name: string,
  type: keyof ByteBuffers,
  key?: PathKey,
): void {
  if (categoryOf(value) !== type) throw w.invalid(name, `a ${type}`, value, key);
  w.bytes(tag, bytesOf(value), name, key);
}

export function readBinary<T extends keyof ByteBuffers>(
  r: ProtobufReader,
  name: string,
  type: T,
  key?: PathKey,
): ByteBuffers[T] {
  return BUFFERS[type](r.bytes(name, key).slice().buffer);
}

/** A Buffer, where there is such a thing: on Node. */
export function readNodeBuffer(r: ProtobufReader, name: string, key?: PathKey): never {
  const bytes = r.bytes(name, key);
  const { Buffer } = globalThis as {
    Buffer?: { from(content: ArrayBufferLike, at: number, length: number): unknown };
  };
  if (Buffer === undefined) throw r.refuse(name, "a Buffer, which this platform does not have; write Uint8Array", key);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as never;
}

/** The elements of any of them, little-endian, as bytes: the memory as the wire wants it, and nearly every machine has it. */
export function writeMemory(w: ProtobufWriter, tag: number, value: ArrayBufferView | ArrayBuffer, name: string): void {
  const size = "BYTES_PER_ELEMENT" in value ? (value.BYTES_PER_ELEMENT as number) : 1;
  const bytes = bytesOf(value);
  w.bytes(tag, size === 1 || isLittleEndian() ? bytes : swapped(bytes, size), name);
}

/** The array or buffer that a TypedArrayValue says it is. */
export function readMemory(r: ProtobufReader, content: Uint8Array, type: string, name: string): object {
  if (Object.hasOwn(TYPED_ARRAYS, type)) return elementsOf(r, content, type as keyof TypedArrays, name);
  if (Object.hasOwn(BUFFERS, type)) return BUFFERS[type as keyof ByteBuffers](content.slice().buffer);
  throw r.refuse(name, `the array ${JSON.stringify(type)}, which this side does not know`);
}

function elementsOf<T extends keyof TypedArrays>(
  r: ProtobufReader,
  bytes: Uint8Array,
  type: T,
  name: string,
): TypedArrays[T] {
  const size = globalThis[type].BYTES_PER_ELEMENT;
  if (bytes.length % size !== 0)
    throw r.refuse(name, `${bytes.length} bytes, and a ${type} takes ${size} for each element`);
  // A copy: what was received need not be aligned, and would be kept alive.
  const content = isLittleEndian() ? bytes.slice() : swapped(bytes, size);
  return new TYPED_ARRAYS[type](content.buffer);
}

function isLittleEndian(): boolean {
  return new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
}

/** A copy of `bytes` with each group of `size` the other way round. */
function swapped(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  for (let i = 0; i < copy.length; i += size) copy.subarray(i, i + size).reverse();
  return copy;
}

function joined<A extends TypedArrays[keyof TypedArrays]>(before: A | null | undefined, after: A): A {
  if (before === undefined || before === null) return after;
  const both = new (before.constructor as new (length: number) => A)(before.length + after.length);
  both.set(before as never);
  both.set(after as never, before.length);
  return both;
}
