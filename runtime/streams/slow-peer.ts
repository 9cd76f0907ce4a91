/**
 * When is a peer too slow to be kept? When more waits for it than the hard limits allow and it takes next to nothing.
 * Pure: it decides, the session ends; time is passed in. Source: docs/mux.md, "Sending"; Limits.queuedBytesHard.
 */
import { ClosedError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";

/** Past queuedBytesHard a peer is slow that has not taken this much for this long. */
const SLOW_AFTER_MS = 1000;
const SLOW_BYTES_PER_MS = 16;

export class SlowPeer {
  readonly #limits: Limits;
  #over: { readonly since: number; readonly bytesOut: number } | undefined; // set while more than the hard limit is queued

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** So much is still queued after some was sent. */
  onSent(queuedBytes: number): void {
    if (this.#over && queuedBytes <= this.#limits.queuedBytesHard) this.#over = undefined;
  }

  /** More than queuedBytesHard is queued, and a writer goes on: he may, while the peer keeps up. @returns why not. */
  judgeBytes(queuedBytes: number, bytesOut: number, now: number): ClosedError | undefined {
    this.#over ??= { since: now, bytesOut };
    const overMs = now - this.#over.since;
    if (overMs < SLOW_AFTER_MS) return undefined;
    if (bytesOut - this.#over.bytesOut >= overMs * SLOW_BYTES_PER_MS) {
      this.#over = { since: now, bytesOut }; // it keeps up so far: measured anew
      return undefined;
    }
    const { queuedBytesHard } = this.#limits;
    const what = `${queuedBytes} bytes wait for a peer that does not read`;
    return new ClosedError("slow-peer", `${what}; limits.queuedBytesHard is ${queuedBytesHard}`);
  }

  /** So many control frames wait while the transport is full. @returns why the session cannot go on. */
  judgeControl(frames: number): ClosedError | undefined {
    const { maxQueuedControlFrames } = this.#limits;
    if (frames <= maxQueuedControlFrames) return undefined;
    const what = `${frames} control frames wait for a peer that does not read`;
    return new ClosedError("slow-peer", `${what}; limits.maxQueuedControlFrames is ${maxQueuedControlFrames}`);
  }
}
