/**
 * How long to wait before the next attempt: a ceiling that doubles with every failure, and a wait anywhere beneath it
 * ("full jitter"), so that clients that lost the same server do not come back in step. Pure: time and chance are the
 * caller's. Source: docs/connections.md.
 */

export interface BackoffOptions {
  /** Ceiling of the first wait, ms. 500 by default. */
  firstDelayMs?: number;
  /** What the ceiling grows to, ms. 30,000 by default. */
  maxDelayMs?: number;
}

export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #failures = 0;

  /** @param random  from 0 up to 1. */
  constructor({ firstDelayMs = 500, maxDelayMs = 30_000 }: BackoffOptions = {}, random: () => number = Math.random) {
    this.#firstMs = firstDelayMs;
    this.#maxMs = maxDelayMs;
    this.#random = random;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Another failure. @returns how long to wait now, ms. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#failures++);
    return this.#random() * ceiling;
  }

  reset(): void {
    this.#failures = 0;
  }
}
