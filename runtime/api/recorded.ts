/** The types of `map` over a list that is not known yet: the callback sees promises, and the result is what they hold. */
import type { CallOptions } from "../references/remote-link.js";

/** A list in a result, before it is known. */
export interface RemoteList<Item> {
  /**
   * Makes the callback's calls for each item, beside the list: the result is here after one round trip.
   * The callback runs once, on placeholders, and is recorded: it may call, chain, pass references on, and return results,
   * alone or in plain objects and arrays. It cannot wait, print, compare or compute: nothing is known yet.
   * @throws {CallError} FAILED_PRECONDITION at once, for what cannot be recorded.
   */
  map<R>(callback: (item: Item) => R, options?: CallOptions): MapPromise<R>;
}

/** For each item what the callback returned, with the results in their places; can be mapped over again. */
export type MapPromise<R> = Promise<Recorded<R>[]> & RemoteList<R>;

/** What a recorded result turns out to be. */
export type Recorded<R> =
  R extends PromiseLike<infer V> ? V : R extends object ? { -readonly [K in keyof R]: Recorded<R[K]> } : R;
