/**
 * A regular ping beside the session's own keepalive, for who wants to know how the link is doing: round trip, its smoothed
 * value and its jitter, and an action of the owner's choice where an answer stays out. Bulk does not count as an answer.
 * An offer of `peerwire/mux`. Source: docs/mux.md, "Heartbeat".
 */
import { systemClock, type Clock, type Timer } from "../base/clock.js";
import { ClosedError } from "../base/errors.js";
import type { RoundTripTimes } from "./round-trips.js";
import type { Session } from "./session.js";

export interface HeartbeatOptions {
  /** From one ping to the next, ms; 10,000 by default. */
  intervalMs?: number;
  /** How long an answer may take, ms; 15,000 by default. */
  timeoutMs?: number;
  /** Each answer: its round trip, smoothed and jitter (RFC 6298). */
  onBeat?: (times: RoundTripTimes) => void;
  /**
   * An answer stayed out for `timeoutMs`. By default the session is destroyed; with this it is asked again, and told again.
   * @param silentMs  since the first ping that was not answered. @param misses  how many were not, one after the other.
   */
  onSilence?: (silentMs: number, misses: number) => void;
  clock?: Clock;
}

export class Heartbeat {
  readonly #session: Session;
  readonly #options: HeartbeatOptions;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  #next: Timer | undefined;
  #timeout: Timer | undefined; // set while a ping is under way
  #beats = 0;
  #silentSince: number | undefined; // set from a ping until an answer
  #misses = 0;
  #isStopped = false;

  /** Starts at once; ends with the session, or by `stop`. */
  constructor(session: Session, options: HeartbeatOptions = {}) {
    this.#session = session;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#intervalMs = options.intervalMs ?? 10_000;
    this.#timeoutMs = options.timeoutMs ?? 15_000;
    this.#beat();
  }

  /** Undefined until the first answer. */
  get times(): RoundTripTimes | undefined {
    return this.#session.stats().roundTrip;
  }

  stop(): void {
    this.#isStopped = true;
    this.#next?.clear();
    this.#timeout?.clear();
  }

  #beat(): void {
    const askedAt = this.#clock.now();
    const beat = ++this.#beats;
    this.#silentSince ??= askedAt;
    this.#timeout = this.#clock.after(this.#timeoutMs, () => this.#onSilence());
    this.#session.ping().then(
      () => {
        if (beat === this.#beats) this.#onAnswer(askedAt); // pings after one that was missed share its answer
      },
      () => this.stop(), // the session is over
    );
  }

  #onAnswer(askedAt: number): void {
    this.#timeout?.clear();
    this.#silentSince = undefined;
    this.#misses = 0;
    if (this.#isStopped) return;
    const leftMs = Math.max(0, askedAt + this.#intervalMs - this.#clock.now());
    this.#next = this.#clock.after(leftMs, () => this.#beat());
    const { times } = this;
    if (times) this.#options.onBeat?.(times);
  }

  #onSilence(): void {
    const { onSilence } = this.#options;
    const silentMs = this.#clock.now() - this.#silentSince!;
    if (onSilence === undefined) {
      const why = `no answer to a heartbeat within ${this.#timeoutMs} ms`;
      return this.#session.destroy(new ClosedError("keepalive-timeout", why));
    }
    this.#beat();
    onSilence(silentMs, ++this.#misses);
  }
}
