/**
 * Pings that we send and their answers. Paced as the peer's are limited, with something to spare, so that a peer with our
 * limits answers every one. Source: docs/mux.md, "Keepalive".
 */
import type { Clock, Timer } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import type { Outbox } from "./outbox.js";
import { RoundTrips, type RoundTripTimes } from "./round-trips.js";
import { TokenBucket } from "./token-bucket.js";

/** A round trip measured longer ago than this is measured anew when someone needs it. */
const STALE_AFTER_MS = 10_000;
/** The first transfer's round trips are measured more often: one alone may have met a busy moment. */
const FIRST_MEASUREMENTS = 8;

/** A ping without an answer for so long may have been dropped: whoever asks again has another one sent. */
const ASKED_AGAIN_AFTER_MS = 1000;

/** Of the burst that a peer lets through: pings that left apart may arrive together. */
const OWN_BURST = 0.75;

interface Waiter {
  readonly resolve: (roundTripMs: number) => void;
  readonly reject: (error: Error) => void;
}

export class Pinger {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #roundTrips = new RoundTrips();
  readonly #bucket: TokenBucket;
  #waiters: Waiter[] = [];
  #shared: Promise<number> | undefined; // set while a ping for waiters is under way
  #opaque: number | undefined; // of that ping
  #delayed: Timer | undefined;
  #measuredAt = -Infinity;
  #endError: Error | undefined;

  constructor(outbox: Outbox, clock: Clock, limits: Limits) {
    this.#outbox = outbox;
    this.#clock = clock;
    const burst = Math.max(1, Math.floor(limits.pingBurst * OWN_BURST));
    this.#bucket = new TokenBucket(burst, limits.pingsPerSecond, clock.now());
  }

  get times(): RoundTripTimes | undefined {
    return this.#roundTrips.times;
  }

  ping(): Promise<number> {
    if (this.#endError) return Promise.reject(this.#endError);
    if (this.#opaque !== undefined && this.#clock.now() - this.#measuredAt >= ASKED_AGAIN_AFTER_MS) this.probe();
    this.#shared ??= new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#sendForWaiters();
    });
    return this.#shared;
  }

  /** For keepalive and measurements: sent at once, or not at all where there were too many. @returns the ping's value. */
  probe(): number | undefined {
    const now = this.#clock.now();
    if (!this.#bucket.take(now)) return undefined;
    this.#measuredAt = now;
    const opaque = this.#roundTrips.ask(now);
    this.#outbox.queuePing(opaque);
    return opaque;
  }

  /** The link's shortest round trip so far; asking has it measured where that was long ago, or not often enough. */
  shortestMs(): number | undefined {
    const isStale = this.#clock.now() - this.#measuredAt > STALE_AFTER_MS;
    if (isStale || (this.#roundTrips.answers < FIRST_MEASUREMENTS && this.#roundTrips.underWay === 0)) this.probe();
    return this.#roundTrips.times?.shortestMs;
  }

  onPong(opaque: number): void {
    const tookMs = this.#roundTrips.answer(opaque, this.#clock.now());
    if (tookMs === undefined || this.#opaque === undefined) return;
    const sentLater = (opaque - this.#opaque) >>> 0; // the peer may drop pings: a later answer tells as much
    if (sentLater >= 2 ** 31) return;
    this.#opaque = this.#shared = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(tookMs);
  }

  end(error: Error): void {
    this.#endError = error;
    this.#delayed?.clear();
    this.#roundTrips.clear();
    this.#opaque = this.#shared = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #sendForWaiters(): void {
    const now = this.#clock.now();
    if (!this.#bucket.take(now)) {
      this.#delayed = this.#clock.after(Math.ceil(this.#bucket.waitMs(now)), () => this.#sendForWaiters());
      return;
    }
    this.#measuredAt = now;
    this.#opaque = this.#roundTrips.ask(now);
    this.#outbox.queuePing(this.#opaque);
  }
}
