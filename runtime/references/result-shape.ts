/** What `map`'s callback returned, taken apart: the recorded results in it, and how to put others in their places. */
import { CallError } from "../base/errors.js";
import type { ResultShape } from "./map-program.js";

const MAX_DEPTH = 16;

/**
 * @param resultOf  the position of a recorded result; undefined: it is none.
 * @throws {CallError} FAILED_PRECONDITION for what is neither recorded, nor a primitive, nor a plain object or an array.
 */
export function shapeOf(returned: unknown, resultOf: (value: object) => number | undefined): ResultShape {
  const places: (readonly string[])[] = [];
  const visit = (value: unknown, place: readonly string[]): ResultShape["make"] => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return () => value;
    const index = resultOf(value);
    if (index !== undefined) {
      places[index] = place;
      return (results) => results[index];
    }
    if (place.length >= MAX_DEPTH) throw refused(place, `is deeper than ${MAX_DEPTH} objects`);
    if (Array.isArray(value)) {
      const items = value.map((one, i) => visit(one, [...place, String(i)]));
      return (results) => items.map((make) => make(results));
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw refused(place, explain(value));
    const entries = Object.entries(value).map(([name, one]) => [name, visit(one, [...place, name])] as const);
    return (results) => Object.fromEntries(entries.map(([name, make]) => [name, make(results)]));
  };
  return { make: visit(returned, []), places };
}

function explain(value: object): string {
  if (typeof (value as Partial<PromiseLike<unknown>>).then !== "function")
    return "is neither a recorded result nor a plain object or array of such";
  // An async callback: it has failed, or will, and nobody else looks.
  Promise.resolve(value).catch(() => undefined);
  return "is a promise: the callback runs once, before anything is known, so it cannot be async";
}

function refused(place: readonly string[], why: string): CallError {
  const what = place.length === 0 ? "what it returns" : `${place.join(".")} in what it returns`;
  return new CallError("FAILED_PRECONDITION", `map records its callback: ${what} ${why}`, { dispatched: "no" });
}
