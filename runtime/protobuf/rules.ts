/**
 * What an author's tags demand of values (`@minimum`, `@pattern`, `@maxItems`), checked on both sides. Emitted code holds a
 * Rule for each property that has one. What is of another type than the rule speaks of is left to the codec to refuse.
 */
import type { PathKey } from "./path.js";
import type { ProtobufReader } from "./reader.js";
import type { ProtobufWriter } from "./writer.js";

export interface Rule {
  readonly minimum?: number | bigint;
  readonly exclusiveMinimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly exclusiveMaximum?: number | bigint;
  /** Of strings, in UTF-16 units; of bytes. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  readonly format?: Format;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** What each item of a collection must be, each value of a map or record. */
  readonly items?: Rule;
}

/** What was expected, what is there, and of which item. */
export interface Breach {
  readonly expected: string;
  readonly value: unknown;
  readonly key?: PathKey;
}

export type Format = "uuid" | "email" | "uri";

const FORMATS: Readonly<Record<Format, RegExp>> = {
  uuid: /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i,
  email: /^[^\s@"(),:;<>[\]\\]+@[a-z\d](?:[a-z\d-]{0,62})(?:\.[a-z\d](?:[a-z\d-]{0,62}))+$/i,
  uri: /^[a-z][a-z\d+.-]*:[^\s<>"{}|\\^`]+$/i,
};

/** @param at  the reader or writer at work. @throws {CallError} INVALID_ARGUMENT where the value breaks the rule. */
export function checkRule(at: ProtobufReader | ProtobufWriter, value: unknown, rule: Rule, name: string): void {
  const breach = breachOf(value, rule);
  if (breach !== undefined) throw at.invalid(name, breach.expected, breach.value, breach.key);
}

/** The first thing about `value` that breaks the rule; undefined where nothing does. */
export function breachOf(value: unknown, rule: Rule): Breach | undefined {
  switch (typeof value) {
    case "number":
    case "bigint":
      return numberBreach(value, rule);
    case "string":
      return lengthBreach(value, rule, "characters") ?? stringBreach(value, rule);
    case "object":
      if (value === null) return undefined;
      return value instanceof Uint8Array ? lengthBreach(value, rule, "bytes") : collectionBreach(value, rule);
    default:
      return undefined;
  }
}

function numberBreach(value: number | bigint, rule: Rule): Breach | undefined {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = rule;
  // Asked this way round, NaN is refused too.
  if (minimum !== undefined && !(value >= minimum)) return { expected: `at least ${minimum}`, value };
  if (exclusiveMinimum !== undefined && !(value > exclusiveMinimum))
    return { expected: `more than ${exclusiveMinimum}`, value };
  if (maximum !== undefined && !(value <= maximum)) return { expected: `at most ${maximum}`, value };
  if (exclusiveMaximum !== undefined && !(value < exclusiveMaximum))
    return { expected: `less than ${exclusiveMaximum}`, value };
  return undefined;
}

function lengthBreach(value: string | Uint8Array, { minLength, maxLength }: Rule, unit: string): Breach | undefined {
  if (minLength !== undefined && value.length < minLength) return { expected: `at least ${minLength} ${unit}`, value };
  if (maxLength !== undefined && value.length > maxLength) return { expected: `at most ${maxLength} ${unit}`, value };
  return undefined;
}

function stringBreach(value: string, { pattern, format }: Rule): Breach | undefined {
  if (pattern !== undefined && !pattern.test(value))
    return { expected: `a string that matches ${String(pattern)}`, value };
  if (format !== undefined && !FORMATS[format].test(value)) return { expected: `a string of format ${format}`, value };
  return undefined;
}

function collectionBreach(value: object, { minItems, maxItems, items }: Rule): Breach | undefined {
  const entries = entriesOf(value);
  const size = entries.length;
  if (minItems !== undefined && size < minItems) return { expected: `at least ${minItems} items`, value };
  if (maxItems !== undefined && size > maxItems) return { expected: `at most ${maxItems} items`, value };
  if (items === undefined) return undefined;
  for (const [key, item] of entries) {
    const breach = breachOf(item, items);
    if (breach !== undefined) return { expected: breach.expected, value: breach.value, key };
  }
  return undefined;
}

function entriesOf(value: object): [PathKey, unknown][] {
  if (Array.isArray(value)) return value.map((item: unknown, i) => [i, item]);
  switch (Object.prototype.toString.call(value)) {
    case "[object Set]":
      return [...(value as Set<unknown>)].map((item, i) => [i, item]);
    case "[object Map]":
      return [...(value as Map<PathKey, unknown>)];
    default:
      return Object.entries(value);
  }
}
