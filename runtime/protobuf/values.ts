/**
 * What codecs need beyond reading and writing: telling values apart at run time, and putting them together whatever
 * their properties are called. Knows no wire format.
 */

/** The types inside a Map, a Set, a stream: how emitted code names what the author left without a name. */
export type KeyOf<M> = M extends ReadonlyMap<infer K, unknown> ? K : never;
export type ValueOf<M> = M extends ReadonlyMap<unknown, infer V> ? V : never;
export type ItemOf<S> = S extends ReadonlySet<infer T> | AsyncIterable<infer T> ? T : never;

/** The members of a union whose properties are called K, and no others. */
export type MemberOf<U, K extends string> = U extends unknown
  ? [`${Exclude<keyof U, symbol>}`] extends [K]
    ? [K] extends [`${Exclude<keyof U, symbol>}`]
      ? U
      : never
    : never
  : never;

/** All properties of all members of a union, each as it is in the members that have it. */
export type Merged<U> = {
  readonly [K in U extends unknown ? keyof U : never]: U extends unknown ? (K extends keyof U ? U[K] : never) : never;
};

/** A value that is still being put together. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Typed arrays whose elements protobuf has a packed type for. */
export interface TypedArrays {
  Int16Array: Int16Array<ArrayBuffer>;
  Uint16Array: Uint16Array<ArrayBuffer>;
  Int32Array: Int32Array<ArrayBuffer>;
  Uint32Array: Uint32Array<ArrayBuffer>;
  Float32Array: Float32Array<ArrayBuffer>;
  Float64Array: Float64Array<ArrayBuffer>;
  BigInt64Array: BigInt64Array<ArrayBuffer>;
  BigUint64Array: BigUint64Array<ArrayBuffer>;
}

/** What is bytes and nothing else, beside Uint8Array. A Buffer is a Uint8Array: only its type says what it is. */
export interface ByteBuffers {
  ArrayBuffer: ArrayBuffer;
  DataView: DataView<ArrayBuffer>;
  Int8Array: Int8Array<ArrayBuffer>;
  Uint8ClampedArray: Uint8ClampedArray<ArrayBuffer>;
}

const CATEGORIES = {
  "[object Date]": "date",
  "[object Uint8Array]": "bytes",
  "[object Set]": "set",
  "[object Map]": "map",
  "[object URL]": "url",
  "[object RegExp]": "regexp",
  "[object Error]": "error",
  "[object ArrayBuffer]": "ArrayBuffer",
  "[object DataView]": "DataView",
  "[object Int8Array]": "Int8Array",
  "[object Uint8ClampedArray]": "Uint8ClampedArray",
  "[object Int16Array]": "Int16Array",
  "[object Uint16Array]": "Uint16Array",
  "[object Int32Array]": "Int32Array",
  "[object Uint32Array]": "Uint32Array",
  "[object Float32Array]": "Float32Array",
  "[object Float64Array]": "Float64Array",
  "[object BigInt64Array]": "BigInt64Array",
  "[object BigUint64Array]": "BigUint64Array",
} as const;

export type Category =
  | "string"
  | "number"
  | "bigint"
  | "boolean"
  | "array"
  | "object"
  | "function"
  | "none"
  | (typeof CATEGORIES)[keyof typeof CATEGORIES];

/** What a value is at run time, for unions that are told apart by it. Across realms too, where `instanceof` fails. */
export function categoryOf(value: unknown): Category {
  const type = typeof value;
  if (type === "undefined" || type === "symbol" || value === null) return "none";
  if (type !== "object") return type;
  if (Array.isArray(value)) return "array";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return "object";
  const word = Object.prototype.toString.call(value);
  return Object.hasOwn(CATEGORIES, word) ? CATEGORIES[word as keyof typeof CATEGORIES] : "object";
}

/** A property or an element of a value that may be anything: of what has none, undefined. */
export function part(value: unknown, key: string | number): unknown {
  return (value as Readonly<Record<string | number, unknown>> | null | undefined)?.[key];
}

/** Sets an own property, whatever its name: `target["__proto__"] = value` would change what the object is. */
export function setOwn<V>(target: object, key: string | number, value: V): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else (target as Record<string | number, V>)[key] = value;
}

/** Whether it is an object of no class: a literal, or one without a prototype. In any realm. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}

/** The memory of a typed array, an ArrayBuffer or a DataView, as bytes. Not a copy. */
export function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}
