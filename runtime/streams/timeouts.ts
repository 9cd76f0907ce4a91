/**
 * What may take too long in a session, and what follows: silence of the peer, an open without ACK, a half-closed stream
 * without progress, a transport that takes nothing, a goodbye that is not read. One timer for all of them (watchdog.ts).
 * Source: docs/mux.md, "Time".
 */
import type { Clock } from "../base/clock.js";
import { ClosedError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { Keepalive } from "./keepalive.js";
import type { Outbox } from "./outbox.js";
import type { Pinger } from "./pinger.js";
import type { StreamTable } from "./stream-table.js";
import { Watchdog } from "./watchdog.js";

/** Opens that may time out before the session is given up. */
const OPEN_TIMEOUTS = 3;

export interface TimeoutsHost {
  readonly limits: Limits;
  readonly streams: StreamTable;
  readonly outbox: Outbox;
  destroy(error: Error): void;
}

export class Timeouts {
  readonly #host: TimeoutsHost;
  readonly #pinger: Pinger;
  readonly #clock: Clock;
  readonly #keepalive: Keepalive;
  readonly #watchdog: Watchdog;
  #openTimeouts = 0;
  #closing: { bytesOut: number; progressAt: number } | undefined; // set by close()

  constructor(host: TimeoutsHost, pinger: Pinger, clock: Clock) {
    const { keepaliveIdleMs, keepaliveTimeoutMs } = host.limits;
    this.#host = host;
    this.#pinger = pinger;
    this.#clock = clock;
    this.#keepalive = new Keepalive(keepaliveIdleMs, keepaliveTimeoutMs, clock.now());
    this.#watchdog = new Watchdog(clock, () => this.#check());
    this.#watchdog.watch(this.#keepalive.dueAt);
  }

  onBytes(now: number): void {
    this.#keepalive.onBytes(now);
  }
  onOpening(now: number): void {
    this.#watchdog.watch(now + this.#host.limits.openTimeoutMs);
  }
  onHalfClosed(now: number): void {
    this.#watchdog.watch(now + this.#host.limits.closeTimeoutMs);
  }
  onBlocked(): void {
    this.#watchdog.watch(this.#clock.now() + this.#host.limits.writeTimeoutMs);
  }
  onClosing(): void {
    this.#closing = { bytesOut: this.#host.outbox.bytesOut, progressAt: this.#clock.now() };
    this.onBlocked();
  }
  stop(): void {
    this.#watchdog.stop();
  }

  /** @returns when to look again. */
  #check(): number {
    const now = this.#clock.now();
    return Math.min(
      this.#checkKeepalive(now),
      this.#checkOpening(now),
      this.#checkHalfClosed(now),
      this.#checkBlocked(now),
      this.#checkClosing(now),
    );
  }

  #checkKeepalive(now: number): number {
    switch (this.#keepalive.check(now)) {
      case "dead":
        this.#host.destroy(
          new ClosedError(
            "keepalive-timeout",
            `nothing from the peer for ${this.#host.limits.keepaliveTimeoutMs} ms after a ping`,
          ),
        );
        break;
      case "ping":
        this.#host.outbox.rest();
        this.#pinger.probe();
        break;
      case "wait":
    }
    return this.#keepalive.dueAt;
  }

  #checkOpening(now: number): number {
    const { openTimeoutMs } = this.#host.limits;
    for (let stream = this.#host.streams.oldestUnacknowledged; stream;) {
      const dueAt = stream.openingSince! + openTimeoutMs;
      if (dueAt > now) return dueAt;
      const error = new ClosedError(
        "open-timeout",
        `the peer did not acknowledge stream ${stream.id} within ${openTimeoutMs} ms`,
      );
      stream.abort(error);
      if (++this.#openTimeouts >= OPEN_TIMEOUTS) {
        this.#host.destroy(error);
        return Infinity;
      }
      stream = this.#host.streams.oldestUnacknowledged;
    }
    return Infinity;
  }

  #checkHalfClosed(now: number): number {
    const { closeTimeoutMs } = this.#host.limits;
    let next = Infinity;
    for (const stream of this.#host.streams.all) {
      if (stream.state !== "localClosed") continue;
      const dueAt = stream.progressAt + closeTimeoutMs;
      if (dueAt > now) next = Math.min(next, dueAt);
      else
        stream.abort(
          new ClosedError("stream-reset", `half-closed stream ${stream.id} made no progress for ${closeTimeoutMs} ms`),
        );
    }
    return next;
  }

  #checkBlocked(now: number): number {
    const { blockedAt } = this.#host.outbox;
    if (blockedAt === undefined) return Infinity;
    const { writeTimeoutMs } = this.#host.limits;
    if (blockedAt + writeTimeoutMs > now) return blockedAt + writeTimeoutMs;
    this.#host.destroy(new ClosedError("write-timeout", `the connection took no bytes for ${writeTimeoutMs} ms`));
    return Infinity;
  }

  /** A peer that grants no more window must not hold up our goodbye. */
  #checkClosing(now: number): number {
    const progress = this.#closing;
    if (!progress) return Infinity;
    const { writeTimeoutMs } = this.#host.limits;
    if (this.#host.outbox.bytesOut > progress.bytesOut) {
      progress.bytesOut = this.#host.outbox.bytesOut;
      progress.progressAt = now;
    }
    if (progress.progressAt + writeTimeoutMs > now) return progress.progressAt + writeTimeoutMs;
    this.#host.destroy(
      new ClosedError("write-timeout", `close() could not send what was written within ${writeTimeoutMs} ms`),
    );
    return Infinity;
  }
}
