/**
 * What emitted codecs need beyond reading and writing: telling values apart at run time, and putting them together
 * whatever their properties are called.
 */

/** The types inside a Map, a Set, a stream: how emitted code names what the author left without a name. */
export type KeyOf<M> = M extends ReadonlyMap<infer K, unknown> ? K : never;
export type ValueOf<M> = M extends ReadonlyMap<unknown, infer V> ? V : never;
export type ItemOf<S> = S extends ReadonlySet<infer T> | AsyncIterable<infer T> ? T : never;

/** A value that is still being put together. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Category =
  | "string"
  | "number"
  | "bigint"
  | "boolean"
  | "date"
  | "bytes"
  | "array"
  | "set"
  | "map"
  | "object"
  | "function"
  | "none";

/** What a value is at run time, for unions that are told apart by it. Across realms too, where `instanceof` fails. */
export function categoryOf(value: unknown): Category {
  const type = typeof value;
  if (type === "undefined" || type === "symbol" || value === null) return "none";
  if (type !== "object") return type;
  if (Array.isArray(value)) return "array";
  switch (Object.prototype.toString.call(value)) {
    case "[object Date]":
      return "date";
    case "[object Uint8Array]":
      return "bytes";
    case "[object Set]":
      return "set";
    case "[object Map]":
      return "map";
    default:
      return "object";
  }
}

/** Sets an own property, whatever its name: `target["__proto__"] = value` would change what the object is. */
export function setOwn<V>(target: object, key: string | number, value: V): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else (target as Record<string | number, V>)[key] = value;
}
