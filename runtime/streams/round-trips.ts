/**
 * Pings under way and what their answers say about the link. Pure; time is passed in.
 * Source: docs/mux.md, "Keepalive"; smoothing as in RFC 6298.
 */

/** Milliseconds. */
export interface RoundTripTimes {
  readonly latestMs: number;
  /** The shortest seen: what the link takes when nothing is queued. */
  readonly shortestMs: number;
  readonly smoothedMs: number;
  readonly jitterMs: number;
}

/** Pings remembered at once: a peer that answers none costs no more. */
const MAX_UNANSWERED = 64;

export class RoundTrips {
  readonly #sentAt = new Map<number, number>();
  #nextOpaque: number;
  #times: RoundTripTimes | undefined;
  /** Round trips measured so far. */
  answers = 0;

  constructor(firstOpaque = 0) {
    this.#nextOpaque = firstOpaque;
  }

  /** Undefined until the first answer. */
  get times(): RoundTripTimes | undefined {
    return this.#times;
  }

  get underWay(): number {
    return this.#sentAt.size;
  }

  /** @returns the opaque value to ping with. */
  ask(now: number): number {
    const opaque = this.#nextOpaque;
    this.#nextOpaque = (opaque + 1) >>> 0;
    this.#sentAt.set(opaque, now);
    if (this.#sentAt.size > MAX_UNANSWERED) this.#sentAt.delete(this.#sentAt.keys().next().value!);
    return opaque;
  }

  /** @returns the round trip in ms, or undefined for an answer that nobody waits for. */
  answer(opaque: number, now: number): number | undefined {
    const sentAt = this.#sentAt.get(opaque);
    if (sentAt === undefined) return undefined;
    for (const earlier of this.#sentAt.keys()) {
      this.#sentAt.delete(earlier); // answers come in order: what was asked before has been dropped
      if (earlier === opaque) break;
    }
    const tookMs = now - sentAt;
    this.answers++;
    this.#times = after(this.#times, tookMs);
    return tookMs;
  }

  clear(): void {
    this.#sentAt.clear();
  }
}

function after(previous: RoundTripTimes | undefined, tookMs: number): RoundTripTimes {
  if (!previous) return { latestMs: tookMs, shortestMs: tookMs, smoothedMs: tookMs, jitterMs: tookMs / 2 };
  const deviationMs = Math.abs(tookMs - previous.smoothedMs);
  return {
    latestMs: tookMs,
    shortestMs: Math.min(previous.shortestMs, tookMs),
    smoothedMs: previous.smoothedMs + (tookMs - previous.smoothedMs) / 8,
    jitterMs: previous.jitterMs + (deviationMs - previous.jitterMs) / 4,
  };
}
