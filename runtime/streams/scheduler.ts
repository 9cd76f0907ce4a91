/**
 * Whose bytes go next. Streams with little to send go before those with much; within each kind they take turns, one
 * DATA frame each. Bulk is never starved: each run sends at least one of its frames.
 * Pure: does not know frames, credit or the transport (outbox.ts carries it out, control frames before all of this).
 */
import { Fifo } from "./fifo.js";

/** A stream with more than this queued is bulk: what one call seldom reaches and a transfer always does. */
export const SMALL_QUEUE_BYTES: number = 4 * 1024;

export interface Sendable {
  /** Of its queue. */
  readonly waitingBytes: number;
  /** Has bytes, has credit, and its SYN is on its way. */
  readonly isSendable: boolean;
  /** True while the scheduler holds it; only the scheduler sets it. */
  isScheduled: boolean;
}

export class Scheduler<S extends Sendable> {
  readonly #small = new Fifo<S>();
  readonly #bulk = new Fifo<S>();

  get hasSmall(): boolean {
    return this.#small.size > 0;
  }
  get isEmpty(): boolean {
    return this.#small.size === 0 && this.#bulk.size === 0;
  }

  /** Puts a stream at the end of its line; one that stands in line already stays where it is. */
  add(stream: S): void {
    if (stream.isScheduled) return;
    stream.isScheduled = true;
    (stream.waitingBytes > SMALL_QUEUE_BYTES ? this.#bulk : this.#small).push(stream);
  }

  /**
   * Sends about `budgetBytes`: `send` writes one frame of a stream and returns its bytes. Small streams take one turn
   * each, then bulk takes turns until the budget is spent. What is left stays in line for the next run.
   * @param bulkBytes  what of it may be bulk; 0: none is sent at all.
   */
  run(budgetBytes: number, bulkBytes: number, send: (stream: S) => number): void {
    let left = budgetBytes;
    for (let turns = this.#small.size; turns > 0 && left > 0; turns--) left -= this.#turn(this.#small.shift()!, send);
    if (bulkBytes <= 0) return;
    left = Math.min(left, bulkBytes);
    for (let stream = this.#bulk.shift(); stream; stream = left > 0 ? this.#bulk.shift() : undefined) {
      left -= this.#serve(stream, send);
    }
  }

  clear(): void {
    this.#small.clear();
    this.#bulk.clear();
  }

  #turn(stream: S, send: (stream: S) => number): number {
    if (stream.waitingBytes <= SMALL_QUEUE_BYTES) return this.#serve(stream, send);
    this.#bulk.push(stream); // it has grown while it stood in line
    return 0;
  }

  /** A stream that was reset, or ran out of credit, while it stood in line just leaves it. */
  #serve(stream: S, send: (stream: S) => number): number {
    stream.isScheduled = false;
    if (!stream.isSendable) return 0;
    const sent = send(stream);
    this.#queueAgain(stream);
    return sent;
  }

  #queueAgain(stream: S): void {
    if (stream.isSendable) this.add(stream);
  }
}
