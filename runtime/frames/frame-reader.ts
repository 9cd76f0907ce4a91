/**
 * Bytes to frames. A frame is judged by its header before any of its payload is looked at, and payload is passed on as
 * it arrives, so nothing is ever collected here but the 12 bytes of a header. Cost is linear in bytes plus frames,
 * however the bytes are chunked. Does not know which streams exist.
 * Source: frames/header.ts.
 */
import { ProtocolError } from "../base/errors.js";
import { decodeHeader, FrameType, HEADER_BYTES, VERSION, type FrameHeader } from "./header.js";

/** What the reader tells. After one of these has thrown, the reader ignores everything. */
export interface FrameReceiver {
  /** A header is in. For DATA, `length` bytes of payload follow through `onPayload`. The object is reused. */
  onHeader(header: FrameHeader): void;
  /** Some payload of the DATA frame announced last; a view, valid until this returns. */
  onPayload(chunk: Uint8Array): void;
  /** The DATA frame announced last is complete; also where its length was 0. */
  onDataEnd(): void;
}

export class FrameReader {
  readonly #receiver: FrameReceiver;
  readonly #header: FrameHeader = { version: 0, type: 0, flags: 0, streamId: 0, length: 0 };
  readonly #partial = new Uint8Array(HEADER_BYTES); // a header that was split over chunks
  #partialBytes = 0;
  #payloadLeft = 0;
  #stopped = false;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** Whether the bytes so far stop in the middle of a frame. */
  get isMidFrame(): boolean {
    return this.#partialBytes > 0 || this.#payloadLeft > 0;
  }

  /** Ignores everything from here on, also the rest of the chunk that is being read. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws {ProtocolError} "bad-version" | "bad-frame-type", and what the receiver throws. */
  push(chunk: Uint8Array): void {
    const { buffer, byteOffset, length } = chunk; // V8 calls into C++ for `buffer`: once a chunk, not once a frame
    let at = 0;
    try {
      while (at < length && !this.#stopped) {
        at +=
          this.#payloadLeft > 0
            ? this.#takePayload(buffer, byteOffset + at, length - at)
            : this.#takeHeader(chunk, at, length - at);
      }
    } catch (error) {
      this.#stopped = true;
      throw error;
    }
  }

  #takePayload(buffer: ArrayBufferLike, offset: number, available: number): number {
    const count = Math.min(this.#payloadLeft, available);
    this.#payloadLeft -= count;
    this.#receiver.onPayload(new Uint8Array(buffer, offset, count));
    if (this.#payloadLeft === 0) this.#receiver.onDataEnd();
    return count;
  }

  #takeHeader(chunk: Uint8Array, at: number, available: number): number {
    if (this.#partialBytes === 0 && available >= HEADER_BYTES) {
      decodeHeader(chunk, at, this.#header);
      this.#announce(this.#header);
      return HEADER_BYTES;
    }
    const count = Math.min(HEADER_BYTES - this.#partialBytes, available);
    for (let i = 0; i < count; i++) this.#partial[this.#partialBytes + i] = chunk[at + i]!;
    this.#partialBytes += count;
    if (this.#partialBytes === HEADER_BYTES) {
      this.#partialBytes = 0;
      decodeHeader(this.#partial, 0, this.#header);
      this.#announce(this.#header);
    }
    return count;
  }

  #announce(header: FrameHeader): void {
    if (header.version !== VERSION) {
      throw new ProtocolError("bad-version", `frame of version ${header.version}; yamux is version ${VERSION}`);
    }
    if (header.type > FrameType.goAway) {
      throw new ProtocolError("bad-frame-type", `frame of type ${header.type}; types go from 0 to ${FrameType.goAway}`);
    }
    this.#receiver.onHeader(header);
    if (header.type !== FrameType.data) return;
    if (header.length === 0) this.#receiver.onDataEnd();
    else this.#payloadLeft = header.length;
  }
}
