/**
 * Bytes that streams have written and that wait: how many, of how many streams, who of their writers is to wait and who may
 * go on. Does not know when any are sent (outbox.ts). Source: docs/mux.md, "Sending"; Limits.queuedBytesSoft.
 */
import type { ClosedError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Sender } from "./outbox-contract.js";
import { SmallWrites } from "./send-queue.js";
import { SlowPeer } from "./slow-peer.js";

/** A stream's own queue: past the high mark its writer waits, under half of it he goes on. */
const STREAM_HIGH_BYTES = 256 * 1024;
const STREAM_LEAST_HIGH_BYTES = 1024;

export class Backlog {
  readonly #limits: Limits;
  readonly #slowPeer: SlowPeer;
  readonly #small = new SmallWrites();
  readonly #drained: Sender[] = [];
  #bytes = 0;
  #streams = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#slowPeer = new SlowPeer(limits);
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(sender: Sender, chunk: Uint8Array): void {
    if (sender.waitingBytes === 0) {
      this.#streams++;
      sender.isBulk = false;
    }
    sender.sendQueue.push(chunk, this.#small);
    this.#bytes += chunk.length;
  }

  /** @returns whether the stream's writer may go on; otherwise `tellDrained` will tell him when. */
  hasRoom(sender: Sender): boolean {
    if (sender.waitingBytes < this.#highWaterBytes()) return true;
    sender.needsDrain = true;
    return false;
  }

  onSent(sender: Sender, bytes: number): void {
    if (sender.waitingBytes === 0) this.#streams--;
    this.#remove(bytes);
    if (!sender.needsDrain || sender.waitingBytes > this.#highWaterBytes() / 2) return;
    sender.needsDrain = false;
    this.#drained.push(sender);
  }

  drop(sender: Sender): void {
    if (sender.waitingBytes === 0) return;
    this.#streams--;
    this.#remove(sender.sendQueue.clear());
  }

  tellDrained(): void {
    if (this.#drained.length > 0) for (const sender of this.#drained.splice(0)) sender.onDrain();
  }

  /** A writer goes on who was told to wait. @returns why the session cannot. */
  judge(bytesOut: number, now: number): ClosedError | undefined {
    if (this.#bytes <= this.#limits.queuedBytesHard) return undefined;
    return this.#slowPeer.judgeBytes(this.#bytes, bytesOut, now);
  }

  /** So many control frames wait for a full transport. @returns why the session cannot go on. */
  judgeControl(frames: number): ClosedError | undefined {
    return this.#slowPeer.judgeControl(frames);
  }

  /** Gives memory back that small writes have waited in. */
  rest(): void {
    this.#small.rest();
  }

  #remove(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes === 0) this.#small.reset();
    this.#slowPeer.onSent(this.#bytes);
  }

  /** The more streams have bytes waiting, the less another may have: those that came first keep theirs, and it is not kept out. */
  #highWaterBytes(): number {
    const share = this.#limits.queuedBytesSoft / Math.max(1, this.#streams);
    return Math.max(STREAM_LEAST_HIGH_BYTES, Math.min(STREAM_HIGH_BYTES, share));
  }
}
