/**
 * The references in one result, by where they stand in the response message: what calls on a path inside a result that
 * is not known yet are about. Filled while the result is encoded, so that a path reaches what crossed, and nothing else.
 */
import type { ServiceDescriptor } from "./service.js";

/** One reference of a result: the object, and the interface under which it crosses. */
export interface ResultObject {
  readonly object: object;
  readonly service: ServiceDescriptor;
}

/** Finds a reference in a result. */
export interface ResultLookup {
  /** @param path  field numbers from the outside in; empty: the result itself. */
  at(path: readonly number[]): ResultObject | undefined;
}

/** A path as one string. Where the result is itself a reference, that is the response message's only field. */
export function pathKey(path: readonly number[]): string {
  return path.length === 0 ? "1" : path.join(".");
}

export class ResultPaths implements ResultLookup {
  readonly #found = new Map<string, ResultObject | undefined>();

  note(path: readonly number[], service: ServiceDescriptor, object: object): void {
    const key = pathKey(path);
    // Two at one place are entries of a list or a map: numbers do not tell them apart.
    this.#found.set(key, this.#found.has(key) ? undefined : { object, service });
  }

  at(path: readonly number[]): ResultObject | undefined {
    return this.#found.get(pathKey(path));
  }
}
