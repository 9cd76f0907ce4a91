/**
 * Writes what `unknown` may be, as peerwire.v1.Value. What cannot cross without loss is refused with the path to it:
 * instances of classes, symbols, promises, properties named by symbols.
 * Source: schema/peerwire/v1/types.proto.
 */
import { writeBigint } from "../protobuf/bigints.js";
import { writeDate } from "../protobuf/dates.js";
import type { PathKey } from "../protobuf/path.js";
import { writeRegExp, writeUrl } from "../protobuf/texts.js";
import { writeMemory } from "../protobuf/typed-arrays.js";
import { categoryOf, isPlainObject } from "../protobuf/values.js";
import type { AnyServices } from "./any-value.js";
import { isRemote } from "./link-of.js";
import type { ValueWriter } from "./value-writer.js";

/** Anything that can cross: what `unknown` is. */
export function writeAny(
  w: ValueWriter,
  any: AnyServices,
  tag: number,
  value: unknown,
  name: string,
  key?: PathKey,
): void {
  const start = w.begin(tag, name, key);
  writeKind(w, any, value);
  w.end(start);
}

/** An Error as data. Its stack stays here. */
export function writeAnyError(
  w: ValueWriter,
  any: AnyServices,
  tag: number,
  value: Error,
  name: string,
  key?: PathKey,
): void {
  if (categoryOf(value) !== "error") throw w.invalid(name, "an Error", value, key);
  const start = w.begin(tag, name, key);
  writeErrorFields(w, any, value);
  w.end(start);
}

/** Writes the kind of one Value, whose message is open. */
function writeKind(w: ValueWriter, any: AnyServices, value: unknown): void {
  switch (typeof value) {
    case "undefined":
      w.bool(8, true, "");
      return;
    case "boolean":
      w.bool(24, value, "");
      return;
    case "number":
      w.double(33, value, "");
      return;
    case "bigint":
      writeBigint(w, 42, value, "");
      return;
    case "string":
      w.string(50, value, "");
      return;
    case "function":
      w.object(146, any.function, value as (...args: unknown[]) => unknown, "");
      return;
    case "symbol":
      throw w.invalid("", "a value that can cross", value);
    case "object":
      if (value === null) w.bool(16, true, "");
      else writeObject(w, any, value);
  }
}

function writeObject(w: ValueWriter, any: AnyServices, value: object): void {
  const category = categoryOf(value);
  switch (category) {
    case "array":
      writeItems(w, any, 74, w.array(value as unknown[], ""));
      return;
    case "set":
      writeItems(w, any, 82, [...w.set(value as Set<unknown>, "")]);
      return;
    case "map":
      writeMap(w, any, w.map(value as Map<unknown, unknown>, ""));
      return;
    case "bytes":
      w.bytes(58, value as Uint8Array, "");
      return;
    case "date":
      writeDate(w, 66, value as Date, "");
      return;
    case "url":
      writeUrl(w, 114, value as URL, "");
      return;
    case "regexp":
      writeRegExp(w, 122, value as RegExp, "");
      return;
    case "error":
      writeAnyError(w, any, 130, value as Error, "");
      return;
    case "object":
      if (isRemote(value)) w.object(138, any.object, value, "");
      else writePlain(w, any, value);
      return;
    default:
      writeTypedArray(w, category, value as ArrayBufferView | ArrayBuffer);
  }
}

function writePlain(w: ValueWriter, any: AnyServices, value: object): void {
  if (!isPlainObject(value)) {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    throw w.refuse(
      "",
      `an instance of ${typeof name === "string" && name !== "" ? name : "a class"} would arrive without its class; send a plain object, or declare its interface @remote`,
    );
  }
  const object = w.beginPart(98);
  writeProperties(w, any, 10, value, Object.keys(value));
  w.endPart(object);
}

/** @param tag of a map<string, Value>. */
function writeProperties(w: ValueWriter, any: AnyServices, tag: number, of: object, names: readonly string[]): void {
  w.count(names.length, "");
  for (const name of names) {
    const entry = w.beginPart(tag);
    if (name !== "") w.string(10, name, "key");
    writeAny(w, any, 18, (of as Record<string, unknown>)[name], name);
    w.endPart(entry);
  }
  for (const symbol of Object.getOwnPropertySymbols(of)) {
    if (Object.prototype.propertyIsEnumerable.call(of, symbol))
      throw w.refuse("", `the property ${symbol.toString()} is named by a symbol, and would be lost`);
  }
}

function writeItems(w: ValueWriter, any: AnyServices, tag: number, items: readonly unknown[]): void {
  const list = w.beginPart(tag);
  for (let i = 0; i < items.length; i++) writeAny(w, any, 10, items[i], "", i);
  w.endPart(list);
}

function writeMap(w: ValueWriter, any: AnyServices, map: ReadonlyMap<unknown, unknown>): void {
  const start = w.beginPart(90);
  for (const [key, value] of map) {
    const entry = w.beginPart(10);
    writeAny(w, any, 10, key, "key");
    writeAny(w, any, 18, value, "", typeof key === "string" || typeof key === "number" ? key : "?");
    w.endPart(entry);
  }
  w.endPart(start);
}

function writeTypedArray(w: ValueWriter, type: string, value: ArrayBufferView | ArrayBuffer): void {
  const start = w.beginPart(106);
  w.string(10, type, "type");
  writeMemory(w, 18, value, "content");
  w.endPart(start);
}

/** Writes the fields of an ErrorValue, whose message is open. */
function writeErrorFields(w: ValueWriter, any: AnyServices, error: Error): void {
  w.string(10, error.name, "name");
  w.string(18, error.message, "message");
  if (Object.hasOwn(error, "cause")) writeAny(w, any, 26, error.cause, "cause");
  const names = Object.keys(error).filter((name) => !OWN.has(name));
  // Of an AggregateError, though it is not enumerable.
  if (Object.hasOwn(error, "errors") && !names.includes("errors")) names.push("errors");
  writeProperties(w, any, 34, error, names);
}

const OWN = new Set(["name", "message", "stack", "cause"]);
