/**
 * Frames to bytes. Headers and small payloads are written one behind the other into a slab; large payloads go out as the
 * views that they are, uncopied. `take` gives all of them, in order, for one write to the transport.
 * Does not decide what is sent, nor when (streams/outbox.ts). Source: frames/header.ts.
 */
import {
  decodeHeader,
  encodeHeader,
  encodeLength,
  FrameType,
  HEADER_BYTES,
  VERSION,
  type FrameHeader,
} from "./header.js";

/** Sees every header on its way; the object is its own to keep. */
export type FrameHook = (header: FrameHeader) => void;

/** A session that sends little keeps little: 10,000 idle sessions stay cheap. */
const SMALL_SLAB_BYTES = 8 * 1024;
/** Room for a few thousand small frames. */
const LARGE_SLAB_BYTES = 64 * 1024;
/** From here on one more piece in the write costs less than a copy: bench/mux. */
const REFERENCED_FROM_BYTES = 4 * 1024;
const NO_SLAB = new Uint8Array(0);
const NOTHING: Uint8Array[] = [];

export class FrameWriter {
  readonly #onFrame: FrameHook | undefined;
  /** Headers written so far. */
  frames = 0;
  #chunks: Uint8Array[] = []; // complete, in order; what follows them is in the slab
  #chunkBytes = 0;
  #slab = NO_SLAB;
  #start = 0; // first byte not yet handed over
  #end = 0;
  #header = 0; // where the one written last begins

  constructor(onFrame?: FrameHook) {
    this.#onFrame = onFrame;
  }

  /** Bytes of the frames written since the last `take`. */
  get bytes(): number {
    return this.#chunkBytes + this.#end - this.#start;
  }

  /** Writes a header; a DATA frame's payload is to follow by `append`. */
  header(type: number, flags: number, streamId: number, length: number): void {
    this.#reserve(HEADER_BYTES);
    this.#header = this.#end;
    encodeHeader(this.#slab, this.#end, type, flags, streamId, length);
    this.#end += HEADER_BYTES;
    this.frames++;
    this.#onFrame?.({ version: VERSION, type, flags, streamId, length });
  }

  /** Copies bytes [from, to) of `source`. */
  append(source: Uint8Array, from: number, to: number): void {
    const count = to - from;
    this.#reserve(count);
    const slab = this.#slab;
    const end = this.#end;
    if (count <= 32) {
      for (let i = 0; i < count; i++) slab[end + i] = source[from + i]!; // a view costs more than 32 bytes do
    } else {
      slab.set(from === 0 && to === source.length ? source : source.subarray(from, to), end);
    }
    this.#end = end + count;
  }

  /** @returns whether `bytes` more will lie in one piece with everything written since the last `take`. */
  makeRoom(bytes: number): boolean {
    if (this.#end + bytes <= this.#slab.length) return true;
    if (this.bytes > 0) return false;
    this.#reserve(bytes);
    return true;
  }

  /** Whether the frame written last may still grow: nobody has been told its length. */
  get isExtensible(): boolean {
    return this.#onFrame === undefined;
  }

  /** Appends `source` to the DATA frame written last, whose payload is `payloadBytes` long then; there is room for it. */
  extend(source: Uint8Array, payloadBytes: number): void {
    this.append(source, 0, source.length);
    encodeLength(this.#slab, this.#header, payloadBytes);
  }

  /** Takes back the DATA frames of one stream. Everything since the last `take` lies in one piece, and nothing is extended after this. */
  withdrawData(streamId: number): void {
    const slab = this.#slab;
    const header: FrameHeader = { version: 0, type: 0, flags: 0, streamId: 0, length: 0 };
    let kept = this.#start;
    for (let at = this.#start; at < this.#end;) {
      decodeHeader(slab, at, header);
      const isData = header.type === FrameType.data;
      const next = at + HEADER_BYTES + (isData ? header.length : 0);
      if (!isData || header.streamId !== streamId) {
        slab.copyWithin(kept, at, next);
        kept += next - at;
      }
      at = next;
    }
    this.#end = kept;
  }

  /** As `append`, of bytes that nobody will change: those of a large piece are referred to, not copied. */
  refer(source: Uint8Array, from: number, to: number): void {
    if (to - from < REFERENCED_FROM_BYTES) return this.append(source, from, to);
    this.#cutSlab();
    this.#push(from === 0 && to === source.length ? source : source.subarray(from, to));
  }

  /** Takes everything written so far; its memory will not be touched again. Empty where there is nothing. */
  take(): Uint8Array[] {
    this.#cutSlab();
    const chunks = this.#chunks;
    if (chunks.length === 0) return NOTHING;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  /** Lets go of the slab; called when the session has been idle. */
  rest(): void {
    if (this.bytes > 0) return;
    this.#slab = NO_SLAB;
    this.#start = this.#end = 0;
  }

  /** Memory is never reused: the transport owns what it was given. A slab is filled once, then a new one is taken. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#slab.length) return;
    this.#cutSlab();
    const isSmall = this.#slab.length === 0 && count <= SMALL_SLAB_BYTES;
    this.#slab = new Uint8Array(isSmall ? SMALL_SLAB_BYTES : Math.max(LARGE_SLAB_BYTES, count));
    this.#start = this.#end = 0;
  }

  #cutSlab(): void {
    if (this.#end === this.#start) return;
    this.#push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }
}
