/**
 * What a peer may do cheaply, but not without end: each kind of frame that costs us and not the peer has a bucket.
 * Pure: it counts and judges; the session sends what is to be sent.
 * Source: docs/protocol.md, "Violations and answers".
 */
import { ProtocolError, type ProtocolErrorCode } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { TokenBucket } from "./token-bucket.js";

/** Pings beyond the bucket are dropped unanswered; this many of them in ten seconds end the session. */
const DROPPED_PINGS_PER_10_SECONDS = 100;
/** A window update of fewer bytes than this is next to nothing. */
export const TINY_UPDATE_BYTES = 128;

export class FloodGuard {
  readonly #now: () => number;
  readonly #resets: TokenBucket;
  readonly #refused: TokenBucket;
  readonly #invalid: TokenBucket;
  readonly #discarded: TokenBucket;
  readonly #pings: TokenBucket;
  readonly #droppedPings: TokenBucket;
  readonly #empty: TokenBucket;
  readonly #limits: Limits;

  constructor(limits: Limits, now: () => number) {
    const start = now();
    const in10Seconds = (count: number): TokenBucket => new TokenBucket(count, count / 10, start);
    this.#now = now;
    this.#limits = limits;
    this.#resets = new TokenBucket(limits.resetBurst, limits.resetsPerSecond, start);
    this.#refused = in10Seconds(limits.refusedStreamsPer10Seconds);
    this.#invalid = in10Seconds(limits.invalidFramesPer10Seconds);
    this.#discarded = in10Seconds(limits.discardedBytes);
    this.#pings = new TokenBucket(limits.pingBurst, limits.pingsPerSecond, start);
    this.#droppedPings = in10Seconds(DROPPED_PINGS_PER_10_SECONDS);
    this.#empty = new TokenBucket(limits.emptyFramesPerSecond, limits.emptyFramesPerSecond, start);
  }

  /** A reset came in, or the peer made us send one. @throws {ProtocolError} "reset-flood" */
  onReset(): void {
    this.#demand(this.#resets, 1, "reset-flood", "resets", "resetBurst");
  }
  /** A stream of the peer's was refused. @throws {ProtocolError} "refused-flood" */
  onRefused(): void {
    this.#demand(this.#refused, 1, "refused-flood", "refused streams", "refusedStreamsPer10Seconds");
  }
  /** A frame for a stream that never was, or has long gone. @throws {ProtocolError} "invalid-flood" */
  onInvalid(discardedBytes: number): void {
    this.#demand(this.#invalid, 1, "invalid-flood", "frames for unknown streams", "invalidFramesPer10Seconds");
    this.#demand(this.#discarded, discardedBytes, "invalid-flood", "discarded bytes", "discardedBytes");
  }
  /** A frame that says next to nothing. @throws {ProtocolError} "empty-flood" */
  onEmptyFrame(): void {
    this.#demand(this.#empty, 1, "empty-flood", "empty frames", "emptyFramesPerSecond");
  }
  /** @returns whether to answer this ping. @throws {ProtocolError} "ping-flood" */
  mayAnswerPing(): boolean {
    if (this.#pings.take(this.#now())) return true;
    this.#demand(this.#droppedPings, 1, "ping-flood", "pings", "pingsPerSecond");
    return false;
  }

  #demand(bucket: TokenBucket, count: number, code: ProtocolErrorCode, what: string, limit: keyof Limits): void {
    if (count === 0 || bucket.take(this.#now(), count)) return;
    throw new ProtocolError(
      code,
      `the peer sends too many ${what}: more than limits.${limit} (${this.#limits[limit]}) allows`,
    );
  }
}
