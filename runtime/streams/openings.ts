/**
 * Streams that we have opened and the peer has not acknowledged, oldest first: how many, and which of them waits longest.
 * A list through the streams themselves, so that an opening costs no memory; a stream that leaves keeps no link to others.
 */

/** What a stream lends the list; only the list sets it. */
export interface Opening<S> {
  /** When its SYN was given its turn; undefined outside the list. */
  openingSince: number | undefined;
  openedBefore: S | undefined;
  openedAfter: S | undefined;
}

export class Openings<S extends Opening<S>> {
  #oldest: S | undefined;
  #newest: S | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }
  get oldest(): S | undefined {
    return this.#oldest;
  }

  add(stream: S, now: number): void {
    stream.openingSince = now;
    stream.openedBefore = this.#newest;
    if (this.#newest) this.#newest.openedAfter = stream;
    else this.#oldest = stream;
    this.#newest = stream;
    this.#size++;
  }

  /** @returns whether it was among them. */
  remove(stream: S): boolean {
    if (stream.openingSince === undefined) return false;
    const { openedBefore: before, openedAfter: after } = stream;
    if (before) before.openedAfter = after;
    else this.#oldest = after;
    if (after) after.openedBefore = before;
    else this.#newest = before;
    stream.openingSince = stream.openedBefore = stream.openedAfter = undefined;
    this.#size--;
    return true;
  }
}
