/** What crosses as text and is more than that: URLs, regular expressions, strings of template literal types. */
import type { PathKey } from "./path.js";
import type { ProtobufReader } from "./reader.js";
import { categoryOf } from "./values.js";
import type { ProtobufWriter } from "./writer.js";

export function writeUrl(w: ProtobufWriter, tag: number, value: URL, name: string, key?: PathKey): void {
  if (categoryOf(value) !== "url") throw w.invalid(name, "a URL", value, key);
  w.string(tag, value.href, name, key);
}

export function readUrl(r: ProtobufReader, name: string, key?: PathKey): URL {
  const text = r.string(name, key);
  if (!URL.canParse(text)) throw r.invalid(name, "a URL", text, key);
  return new URL(text);
}

/** Its `lastIndex` stays here, as with structuredClone. */
export function writeRegExp(w: ProtobufWriter, tag: number, value: RegExp, name: string, key?: PathKey): void {
  if (categoryOf(value) !== "regexp") throw w.invalid(name, "a RegExp", value, key);
  const start = w.begin(tag, name, key);
  w.string(10, value.source, "source");
  if (value.flags !== "") w.string(18, value.flags, "flags");
  w.end(start);
}

export function readRegExp(r: ProtobufReader, name: string, key?: PathKey): RegExp {
  const outer = r.enter(name, key);
  let source = "";
  let flags = "";
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) source = r.string("source");
    else if (tag === 18) flags = r.string("flags");
    else r.skip(tag);
  }
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw r.refuse("", `expected a regular expression: ${(error as Error).message}`);
  } finally {
    r.leave(outer);
  }
}

/** A string of a template literal type. */
export function writeMatching(
  w: ProtobufWriter,
  tag: number,
  value: string,
  template: RegExp,
  name: string,
  key?: PathKey,
): void {
  if (typeof value === "string" && !template.test(value)) throw w.invalid(name, matchOf(template), value, key);
  w.string(tag, value, name, key);
}

/** A string of a template literal type. */
export function readMatching(r: ProtobufReader, template: RegExp, name: string, key?: PathKey): string {
  const value = r.string(name, key);
  if (!template.test(value)) throw r.invalid(name, matchOf(template), value, key);
  return value;
}

function matchOf(template: RegExp): string {
  return `a string that matches ${String(template)}`;
}
