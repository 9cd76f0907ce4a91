/**
 * Size-delimited messages out of a stream of chunks: a varint with the size in bytes, then the message. The size is
 * judged as soon as it is in; memory then grows with what arrives, not with what was claimed.
 */
import { ProtocolError } from "../base/errors.js";

const FIRST_BYTES = 64 * 1024;
/** A peer may have us keep so many times what it has sent. Twice would copy a large message once more. */
const GROWTH = 4;

export class DelimitedReader {
  readonly #maxBytes: () => number;
  readonly #what: string;
  #sizeBytes = 0; // of the size, read so far
  #size = 0;
  #sizeKnown = false;
  #partial = new Uint8Array();
  #have = 0;
  #isStopped = false;

  /** @param maxBytes  largest message, asked for each one. @param what  names it in the error. */
  constructor(what: string, maxBytes: () => number) {
    this.#what = what;
    this.#maxBytes = maxBytes;
  }

  /** Whether a message has begun and is not whole. */
  get midway(): boolean {
    return this.#sizeBytes > 0 || this.#sizeKnown;
  }

  /** The size of the message that is arriving, once known. */
  get arriving(): number | undefined {
    return this.#sizeKnown ? this.#size : undefined;
  }

  /**
   * Takes what has arrived, and hands on each message that it completes. A message is a view that is valid only inside
   * `onMessage`, except where it is `owned`: put together from several chunks in memory of its own.
   * @returns how many bytes it took: fewer than there are only where `onMessage` said `stop`.
   * @throws {ProtocolError} "message-too-large" | "bad-instruction" (a size that is no varint)
   */
  push(chunk: Uint8Array, onMessage: (message: Uint8Array, owned: boolean) => void): number {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (!this.#sizeKnown) at = this.#readSize(chunk, at);
      if (!this.#sizeKnown) break;
      if (this.#have === 0 && chunk.length - at >= this.#size) {
        const message = chunk.subarray(at, at + this.#size);
        at += this.#size;
        this.#startOver();
        onMessage(message, false);
        continue;
      }
      at = this.#keep(chunk, at);
      if (this.#have === this.#size) {
        const message = this.#partial.subarray(0, this.#size);
        this.#partial = new Uint8Array();
        this.#startOver();
        onMessage(message, true);
      }
    }
    this.#isStopped = false;
    return at;
  }

  /** From inside `onMessage`: takes no more of this chunk. */
  stop(): void {
    this.#isStopped = true;
  }

  #readSize(chunk: Uint8Array, at: number): number {
    while (at < chunk.length) {
      const byte = chunk[at++]!;
      this.#size += (byte & 0x7f) * 2 ** (7 * this.#sizeBytes++);
      if (byte < 0x80) {
        const limit = this.#maxBytes();
        if (this.#size > limit)
          throw new ProtocolError(
            "message-too-large",
            `${this.#what} of ${this.#size} bytes, and the limit is ${limit}`,
          );
        this.#sizeKnown = true;
        return at;
      }
      if (this.#sizeBytes === 5)
        throw new ProtocolError("bad-instruction", `${this.#what} whose size is longer than 5 bytes`);
    }
    return at;
  }

  #keep(chunk: Uint8Array, at: number): number {
    const take = Math.min(chunk.length - at, this.#size - this.#have);
    const needed = this.#have + take;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.min(this.#size, Math.max(needed, this.#partial.length * GROWTH, FIRST_BYTES)));
      grown.set(this.#partial.subarray(0, this.#have));
      this.#partial = grown;
    }
    this.#partial.set(chunk.subarray(at, at + take), this.#have);
    this.#have = needed;
    return at + take;
  }

  #startOver(): void {
    this.#sizeBytes = 0;
    this.#size = 0;
    this.#sizeKnown = false;
    this.#have = 0;
  }
}
