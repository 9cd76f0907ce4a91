/**
 * Reads peerwire.v1.Value to what `unknown` may be. Names that come from the peer become own properties and nothing
 * else; a kind that this side does not know is refused.
 * Source: schema/peerwire/v1/types.proto.
 */
import { readBigint } from "../protobuf/bigints.js";
import { readDate } from "../protobuf/dates.js";
import type { PathKey } from "../protobuf/path.js";
import { readRegExp, readUrl } from "../protobuf/texts.js";
import { readMemory } from "../protobuf/typed-arrays.js";
import { setOwn } from "../protobuf/values.js";
import type { AnyServices } from "./any-value.js";
import type { ValueReader } from "./value-reader.js";

/** Anything that can cross: what `unknown` is. */
export function readAny(r: ValueReader, any: AnyServices, name: string, key?: PathKey): unknown {
  const outer = r.enter(name, key);
  const value = readKind(r, any);
  r.leave(outer);
  return value;
}

/** An Error as data. */
export function readAnyError(r: ValueReader, any: AnyServices, name: string, key?: PathKey): Error {
  const outer = r.enter(name, key);
  const error = readErrorFields(r, any);
  r.leave(outer);
  return error;
}

/** Reads one Value, whose message is open. */
function readKind(r: ValueReader, any: AnyServices): unknown {
  let value: unknown;
  let known = false;
  while (r.more()) {
    const tag = r.tag();
    known = true;
    switch (tag) {
      case 8:
        r.bool("");
        value = undefined;
        break;
      case 16:
        r.bool("");
        value = null;
        break;
      case 24:
        value = r.bool("");
        break;
      case 33:
        value = r.double("");
        break;
      case 42:
        value = readBigint(r, "");
        break;
      case 50:
        value = r.string("");
        break;
      case 58:
        value = r.bytes("");
        break;
      case 66:
        value = readDate(r, "");
        break;
      case 74:
        value = readItems(r, any);
        break;
      case 82:
        value = new Set(readItems(r, any));
        break;
      case 90:
        value = readMap(r, any);
        break;
      case 98:
        value = readObject(r, any);
        break;
      case 106:
        value = readTypedArray(r);
        break;
      case 114:
        value = readUrl(r, "");
        break;
      case 122:
        value = readRegExp(r, "");
        break;
      case 130:
        value = readAnyError(r, any, "");
        break;
      case 138:
        value = r.object(any.object, "");
        break;
      case 146:
        value = r.object(any.function, "");
        break;
      default:
        r.skip(tag);
        known = false;
    }
  }
  if (!known) throw r.refuse("", "a kind of value that this side does not know");
  return value;
}

function readItems(r: ValueReader, any: AnyServices): unknown[] {
  const items: unknown[] = [];
  const end = r.enterPart();
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) {
      r.element("");
      items.push(readAny(r, any, "", items.length));
    } else r.skip(tag);
  }
  r.leavePart(end);
  return items;
}

function readMap(r: ValueReader, any: AnyServices): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  const end = r.enterPart();
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) {
      r.element("");
      const entryEnd = r.enterPart();
      let key: unknown;
      let value: unknown;
      while (r.more()) {
        const part = r.tag();
        if (part === 10) key = readAny(r, any, "key");
        else if (part === 18)
          value = readAny(r, any, "", typeof key === "string" || typeof key === "number" ? key : "?");
        else r.skip(part);
      }
      r.leavePart(entryEnd);
      map.set(key, value);
    } else r.skip(tag);
  }
  r.leavePart(end);
  return map;
}

function readObject(r: ValueReader, any: AnyServices): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const end = r.enterPart();
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) readProperty(r, any, object);
    else r.skip(tag);
  }
  r.leavePart(end);
  return object;
}

/** One entry of a map<string, Value>, as an own property of `target`. */
function readProperty(r: ValueReader, any: AnyServices, target: object): void {
  r.element("");
  const end = r.enterPart();
  let name = "";
  let value: unknown;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) name = r.string("key");
    else if (tag === 18) value = readAny(r, any, name);
    else r.skip(tag);
  }
  r.leavePart(end);
  setOwn(target, name, value);
}

function readTypedArray(r: ValueReader): unknown {
  let type = "";
  let content = new Uint8Array();
  const end = r.enterPart();
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) type = r.string("type");
    else if (tag === 18) content = r.bytes("content");
    else r.skip(tag);
  }
  r.leavePart(end);
  return readMemory(r, content, type, "type");
}

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

/** Reads the fields of an ErrorValue, whose message is open. */
function readErrorFields(r: ValueReader, any: AnyServices): Error {
  let name = "";
  let message = "";
  let cause: unknown;
  let hasCause = false;
  const properties: Record<string, unknown> = {};
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        name = r.string("name");
        break;
      case 18:
        message = r.string("message");
        break;
      case 26:
        cause = readAny(r, any, "cause");
        hasCause = true;
        break;
      case 34:
        readProperty(r, any, properties);
        break;
      default:
        r.skip(tag);
    }
  }
  const error = createError(name, message);
  if (hasCause) hide(error, "cause", cause);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "stack" || key === "message" || key === "cause") continue;
    if (key === "errors" && name === "AggregateError") hide(error, key, value);
    else setOwn(error, key, value);
  }
  return error;
}

function createError(name: string, message: string): Error {
  if (name === "AggregateError") return new AggregateError([], message);
  if (Object.hasOwn(ERRORS, name)) return new ERRORS[name as keyof typeof ERRORS](message);
  const error = new Error(message);
  hide(error, "name", name);
  return error;
}

/** Sets a property as errors have theirs: not enumerable. */
function hide(error: Error, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}
