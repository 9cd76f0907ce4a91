/**
 * Bytes that one stream is to send. Small writes are copied into a slab shared by the whole session, and the small
 * writes of one stream lie side by side there, so that they leave as one DATA frame; large writes are kept as they are.
 * Knows neither credit nor frames' order (scheduler.ts).
 */
import type { FrameWriter } from "../frames/frame-writer.js";

/** Up to here a copy is cheaper than one more segment. */
const COPIED_UP_TO_BYTES = 2 * 1024;
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
    const start = this.#used;
    const count = chunk.length;
    if (count <= 32) for (let i = 0; i < count; i++) this.slab[start + i] = chunk[i]!;
    else this.slab.set(chunk, start);
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
  readonly bytes: Uint8Array;
  /** The application's own chunk, which it will not change; otherwise part of the slab, which is used again. */
  readonly isKept: boolean;
  start: number;
  end: number;
}

export class SendQueue {
  #segments: Segment[] = [];
  #first = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Uint8Array, small: SmallWrites): void {
    this.#bytes += chunk.length;
    if (chunk.length > COPIED_UP_TO_BYTES) {
      this.#segments.push({ bytes: chunk, isKept: true, start: 0, end: chunk.length });
      return;
    }
    const start = small.copy(chunk);
    const last = this.#segments[this.#segments.length - 1];
    if (last?.bytes === small.slab && last.end === start) last.end += chunk.length;
    else this.#segments.push({ bytes: small.slab, isKept: false, start, end: start + chunk.length });
  }

  /** Moves the oldest `count` bytes into the frame being written. `count` is at most `bytes`. */
  moveTo(writer: FrameWriter, count: number): void {
    this.#bytes -= count;
    for (let left = count; left > 0;) {
      const segment = this.#segments[this.#first]!;
      const piece = Math.min(left, segment.end - segment.start);
      if (segment.isKept) writer.refer(segment.bytes, segment.start, segment.start + piece);
      else writer.append(segment.bytes, segment.start, segment.start + piece);
      segment.start += piece;
      left -= piece;
      if (segment.start === segment.end) this.#first++;
    }
    if (this.#bytes === 0) this.#forget();
    else if (this.#first >= 1024) this.#compact();
  }

  /** Drops everything. @returns how many bytes that was. */
  clear(): number {
    const dropped = this.#bytes;
    this.#bytes = 0;
    this.#forget();
    return dropped;
  }

  #compact(): void {
    this.#segments = this.#segments.slice(this.#first);
    this.#first = 0;
  }

  #forget(): void {
    this.#segments.length = 0;
    this.#first = 0;
  }
}
