/**
 * Values of any type, as emitted code writes and reads them where a type says `unknown`, `object` or `Error`; and what of
 * them crosses by reference: functions of Values, and objects that the other side can only hold, pass on and send home.
 */
import type { PathKey } from "../protobuf/path.js";
import { readAny, readAnyError } from "./any-reader.js";
import { writeAny, writeAnyError } from "./any-writer.js";
import { bindLink } from "./link-of.js";
import type { RemoteLink } from "./remote-link.js";
import type { Member, ServiceDescriptor } from "./service.js";
import { references } from "./receiving.js";
import { serving } from "./serving.js";
import type { ValueReader } from "./value-reader.js";
import type { ValueWriter } from "./value-writer.js";

/** What objects and functions cross as. */
export interface AnyServices {
  readonly object: ServiceDescriptor;
  readonly function: ServiceDescriptor<AnyFunctionType>;
}

type AnyFunctionType = (...args: unknown[]) => unknown;

const call: Member<AnyFunctionType, unknown[]> = {
  number: 1,
  name: "",
  kind: "call",
  parameters: ["repeated value"],
  result: "value",
  references,
  writeArguments(w, args) {
    for (let i = 0; i < args.length; i++) writeValue(w, 10, args[i], "args", i);
  },
  readArguments(r) {
    const args: unknown[] = [];
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) {
        r.element("args");
        args.push(readValue(r, "args", args.length));
      } else r.skip(tag);
    }
    return args;
  },
  invoke: (target, args) => target(...args),
  writeResult(w, result) {
    if (result !== undefined) writeValue(w, 10, result, "");
  },
  readResult(r) {
    let result: unknown;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) result = readValue(r, "");
      else r.skip(tag);
    }
    return result;
  },
};

const functionMembers = new Map([[1, call]]);
const noMembers = new Map<number, Member<object>>();

/** A function whose type is not known: it takes and gives what `unknown` may be. */
const AnyFunction: ServiceDescriptor<AnyFunctionType> = {
  fullName: "peerwire.v1.AnyFunction",
  interfaceId: 0xe2d799a6,
  fingerprint: 1n,
  members: functionMembers,
  serving,
  errors: [],
  createStub: (link) => disposable((...args: unknown[]) => link.call(call, args), link),
};

/** An object whose interface is not known: coming home it is itself, anywhere else it has no members. */
const AnyObject: ServiceDescriptor = {
  fullName: "peerwire.v1.AnyObject",
  interfaceId: 0,
  fingerprint: 1n,
  members: noMembers,
  serving,
  errors: [],
  createStub: (link) => disposable({}, link),
};

function disposable<T extends object>(remote: T, link: RemoteLink): T {
  Object.defineProperty(remote, Symbol.dispose, {
    value: () => {
      link.release();
    },
  });
  bindLink(remote, link);
  return remote;
}

const ANY: AnyServices = { object: AnyObject, function: AnyFunction };

/** Anything that can cross: what `unknown` is. */
export function writeValue(w: ValueWriter, tag: number, value: unknown, name: string, key?: PathKey): void {
  writeAny(w, ANY, tag, value, name, key);
}

export function readValue(r: ValueReader, name: string, key?: PathKey): unknown {
  return readAny(r, ANY, name, key);
}

/** What `object` is: anything that can cross and is neither null nor a primitive. */
export function writeAnyObject(w: ValueWriter, tag: number, value: object, name: string, key?: PathKey): void {
  if (!isObject(value)) throw w.invalid(name, "an object", value, key);
  writeAny(w, ANY, tag, value, name, key);
}

export function readAnyObject(r: ValueReader, name: string, key?: PathKey): object {
  const value = readAny(r, ANY, name, key);
  if (!isObject(value)) throw r.invalid(name, "an object", value, key);
  return value;
}

/** An Error as data. Its stack stays here. */
export function writeError(w: ValueWriter, tag: number, value: Error, name: string, key?: PathKey): void {
  writeAnyError(w, ANY, tag, value, name, key);
}

export function readError(r: ValueReader, name: string, key?: PathKey): Error {
  return readAnyError(r, ANY, name, key);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
