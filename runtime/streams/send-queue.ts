/**
 * Bytes that one stream is to send. Small writes are copied into a slab shared by the whole session, and the small
 * writes of one stream lie side by side there, so that they leave as one DATA frame; large writes are kept as they are.
 * Knows neither credit nor frames' order (scheduler.ts).
 */
import type { FrameWriter } from "../frames/frame-writer.js";
import { Fifo } from "./fifo.js";

/** Up to here a copy is cheaper than one more segment. */
export const COPIED_UP_TO_BYTES: number = 2 * 1024;
const SLAB_BYTES = 16 * 1024;
const NO_SLAB = new Uint8Array(0);

/** Where small writes wait. Reused from its start once nobody's bytes are in it (`reset`). */
export class SmallWrites {
  slab: Uint8Array = NO_SLAB;
  #used = 0;

  /** @returns where in `slab` the copy begins. */
  copy(chunk: Uint8Array): number {
    if (this.#used + chunk.length > this.slab.length) {
      this.slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const { slab } = this;
    const start = this.#used;
    const count = chunk.length;
    if (count <= 32) for (let i = 0; i < count; i++) slab[start + i] = chunk[i]!;
    else slab.set(chunk, start);
    this.#used += count;
    return start;
  }

  /** Every byte copied so far has been sent or dropped. */
  reset(): void {
    this.#used = 0;
  }

  /** Lets go of the slab as well. */
  rest(): void {
    this.slab = NO_SLAB;
    this.#used = 0;
  }
}

interface Segment {
  bytes: Uint8Array;
  /** The application's own chunk, which it will not change; otherwise part of the slab, which is used again. */
  isKept: boolean;
  start: number;
  end: number;
}

export class SendQueue {
  readonly #head: Segment = { bytes: NO_SLAB, isKept: false, start: 0, end: 0 }; // used again: small writes need no other
  #behind: Fifo<Segment> | undefined;
  #last = this.#head;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array, small: SmallWrites): void {
    if (chunk.length > COPIED_UP_TO_BYTES) {
      this.#append(chunk, true, 0, chunk.length);
    } else {
      const start = small.copy(chunk);
      const last = this.#last;
      if (this.#bytes > 0 && last.bytes === small.slab && last.end === start) last.end += chunk.length;
      else this.#append(small.slab, false, start, start + chunk.length);
    }
    this.#bytes += chunk.length;
  }

  /** Moves the oldest `count` bytes into the frame being written. `count` is at most `bytes`. */
  moveTo(writer: FrameWriter, count: number): void {
    const head = this.#head;
    this.#bytes -= count;
    for (let left = count; left > 0;) {
      const piece = Math.min(left, head.end - head.start);
      if (head.isKept) writer.refer(head.bytes, head.start, head.start + piece);
      else writer.append(head.bytes, head.start, head.start + piece);
      head.start += piece;
      left -= piece;
      if (head.start === head.end) this.#advance();
    }
  }

  /** Drops everything. @returns how many bytes that was. */
  clear(): number {
    const dropped = this.#bytes;
    this.#bytes = 0;
    this.#behind = undefined;
    this.#advance();
    return dropped;
  }

  #append(bytes: Uint8Array, isKept: boolean, start: number, end: number): void {
    if (this.#bytes === 0) return fill(this.#head, bytes, isKept, start, end);
    this.#last = { bytes, isKept, start, end };
    (this.#behind ??= new Fifo()).push(this.#last);
  }

  #advance(): void {
    const next = this.#behind?.shift();
    if (next) fill(this.#head, next.bytes, next.isKept, next.start, next.end);
    else fill(this.#head, NO_SLAB, false, 0, 0);
    if (next === undefined || next === this.#last) this.#last = this.#head;
  }
}

function fill(segment: Segment, bytes: Uint8Array, isKept: boolean, start: number, end: number): void {
  segment.bytes = bytes;
  segment.isKept = isKept;
  segment.start = start;
  segment.end = end;
}
