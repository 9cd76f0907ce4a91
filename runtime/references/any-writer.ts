/**
 * Writes what `unknown` may be, as peerwire.v1.Value. What cannot cross without loss is refused with the path to it:
 * instances of classes, symbols, promises, properties named by symbols.
 * Source: schema/peerwire/v1/types.proto.
 */
import { categoryOf, isPlainObject } from "../protobuf/values.js";
import { AnyFunction, AnyObject } from "./any-services.js";
import { isRemote } from "./link-of.js";
import type { ValueWriter } from "./value-writer.js";

/** Writes the kind of one Value, whose message is open. */
export function writeAny(w: ValueWriter, value: unknown): void {
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
      w.bigint(42, value, "");
      return;
    case "string":
      w.string(50, value, "");
      return;
    case "function":
      w.object(146, AnyFunction, value as (...args: unknown[]) => unknown, "");
      return;
    case "symbol":
      throw w.invalid("", "a value that can cross", value);
    case "object":
      if (value === null) w.bool(16, true, "");
      else writeObject(w, value);
  }
}

function writeObject(w: ValueWriter, value: object): void {
  const category = categoryOf(value);
  switch (category) {
    case "array":
      writeItems(w, 74, w.array(value as unknown[], ""));
      return;
    case "set":
      writeItems(w, 82, [...w.set(value as Set<unknown>, "")]);
      return;
    case "map":
      writeMap(w, w.map(value as Map<unknown, unknown>, ""));
      return;
    case "bytes":
      w.bytes(58, value as Uint8Array, "");
      return;
    case "date":
      w.timestamp(66, value as Date, "");
      return;
    case "url":
      w.url(114, value as URL, "");
      return;
    case "regexp":
      w.regexp(122, value as RegExp, "");
      return;
    case "error":
      w.error(130, value as Error, "");
      return;
    case "object":
      if (isRemote(value)) w.object(138, AnyObject, value, "");
      else writePlain(w, value);
      return;
    default:
      writeTypedArray(w, category, value as ArrayBufferView | ArrayBuffer);
  }
}

function writePlain(w: ValueWriter, value: object): void {
  if (!isPlainObject(value)) {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    throw w.refuse(
      "",
      `an instance of ${typeof name === "string" && name !== "" ? name : "a class"} would arrive without its class; send a plain object, or declare its interface @remote`,
    );
  }
  const object = w.beginPart(98);
  writeProperties(w, 10, value, Object.keys(value));
  w.endPart(object);
}

/** @param tag of a map<string, Value>. */
function writeProperties(w: ValueWriter, tag: number, of: object, names: readonly string[]): void {
  w.count(names.length, "");
  for (const name of names) {
    const entry = w.beginPart(tag);
    if (name !== "") w.string(10, name, "key");
    w.value(18, (of as Record<string, unknown>)[name], name);
    w.endPart(entry);
  }
  for (const symbol of Object.getOwnPropertySymbols(of)) {
    if (Object.prototype.propertyIsEnumerable.call(of, symbol))
      throw w.refuse("", `the property ${symbol.toString()} is named by a symbol, and would be lost`);
  }
}

function writeItems(w: ValueWriter, tag: number, items: readonly unknown[]): void {
  const list = w.beginPart(tag);
  for (let i = 0; i < items.length; i++) w.value(10, items[i], "", i);
  w.endPart(list);
}

function writeMap(w: ValueWriter, map: ReadonlyMap<unknown, unknown>): void {
  const start = w.beginPart(90);
  for (const [key, value] of map) {
    const entry = w.beginPart(10);
    w.value(10, key, "key");
    w.value(18, value, "", typeof key === "string" || typeof key === "number" ? key : "?");
    w.endPart(entry);
  }
  w.endPart(start);
}

function writeTypedArray(w: ValueWriter, type: string, value: ArrayBufferView | ArrayBuffer): void {
  const start = w.beginPart(106);
  w.string(10, type, "type");
  w.memory(18, value, "content");
  w.endPart(start);
}

/** Writes the fields of an ErrorValue, whose message is open. */
export function writeErrorFields(w: ValueWriter, error: Error): void {
  w.string(10, error.name, "name");
  w.string(18, error.message, "message");
  if (Object.hasOwn(error, "cause")) w.value(26, error.cause, "cause");
  const names = Object.keys(error).filter((name) => !OWN.has(name));
  // Of an AggregateError, though it is not enumerable.
  if (Object.hasOwn(error, "errors") && !names.includes("errors")) names.push("errors");
  writeProperties(w, 34, error, names);
}

const OWN = new Set(["name", "message", "stack", "cause"]);
