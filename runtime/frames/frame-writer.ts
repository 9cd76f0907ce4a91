/**
 * Frames to bytes. Frames are written one behind the other into a slab; `flush` hands all of them to the transport in
 * one write. Does not decide what is sent, nor when (streams/outbox.ts).
 * Source: frames/header.ts.
 */
import { encodeHeader, HEADER_BYTES, VERSION, type FrameHeader } from "./header.js";

/** Sees every header on its way; the object is its own to keep. */
export type FrameHook = (header: FrameHeader) => void;

/** A session that sends little keeps little: 10,000 idle sessions stay cheap. */
const SMALL_SLAB_BYTES = 8 * 1024;
/** Room for one flush of bulk data with its headers, or for some thousand small frames. */
const LARGE_SLAB_BYTES = 136 * 1024;
const NO_SLAB = new Uint8Array(0);

export class FrameWriter {
  readonly #onFrame: FrameHook | undefined;
  /** Headers written so far. */
  frames = 0;
  #slab = NO_SLAB;
  #start = 0; // first byte not yet handed over
  #end = 0;

  constructor(onFrame?: FrameHook) {
    this.#onFrame = onFrame;
  }

  /** Bytes of the frames written since the last `take`. */
  get bytes(): number {
    return this.#end - this.#start;
  }

  /** Writes a header; a DATA frame's payload is to follow by `append`. */
  header(type: number, flags: number, streamId: number, length: number): void {
    this.#reserve(HEADER_BYTES);
    encodeHeader(this.#slab, this.#end, type, flags, streamId, length);
    this.#end += HEADER_BYTES;
    this.frames++;
    this.#onFrame?.({ version: VERSION, type, flags, streamId, length });
  }

  /** Copies bytes [from, to) of `source`. */
  append(source: Uint8Array, from: number, to: number): void {
    const count = to - from;
    this.#reserve(count);
    if (count <= 32) {
      for (let i = 0; i < count; i++) this.#slab[this.#end + i] = source[from + i]!; // a view costs more than 32 bytes do
    } else {
      this.#slab.set(from === 0 && to === source.length ? source : source.subarray(from, to), this.#end);
    }
    this.#end += count;
  }

  /** Takes everything written so far, as one chunk that will not be touched again; undefined where there is nothing. */
  take(): Uint8Array | undefined {
    if (this.#end === this.#start) return undefined;
    const chunk = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return chunk;
  }

  /** Lets go of the slab; called when the session has been idle. */
  rest(): void {
    if (this.#end > this.#start) return;
    this.#slab = NO_SLAB;
    this.#start = this.#end = 0;
  }

  /** Memory is never reused: the transport owns what it was given. A slab is filled once, then a new one is taken. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#slab.length) return;
    const pending = this.bytes;
    const needed = pending + count;
    const size = needed <= SMALL_SLAB_BYTES / 2 ? SMALL_SLAB_BYTES : Math.max(LARGE_SLAB_BYTES, needed * 2);
    const slab = new Uint8Array(size);
    slab.set(this.#slab.subarray(this.#start, this.#end));
    this.#slab = slab;
    this.#start = 0;
    this.#end = pending;
  }
}
