/**
 * Size-delimited messages out of a stream of chunks: a varint with the size in bytes, then the message. The size is
 * judged as soon as it is in. Memory then grows with what arrives; only for a message that is expected, as much as it
 * claims is taken at once, up to 1088 KiB and to 16 times what has arrived.
 */
import { ProtocolError } from "../base/errors.js";
import { rawBytes } from "../base/raw-bytes.js";

const FIRST_BYTES = 64 * 1024;
const GROWTH = 4;
/**
 * Memory that is taken once need not be copied, and is the dearest part of a large message: docs/performance.md. A value
 * of 1 MiB fits, with what stands around it.
 */
const FIRST_EXPECTED_BYTES = (1024 + 64) * 1024;
const EXPECTED_GROWTH = 16;

export class DelimitedReader {
  readonly #maxBytes: () => number;
  readonly #what: string;
  readonly #isExpected: ((bytes: number) => boolean) | undefined;
  #sizeBytes = 0; // of the size, read so far
  #size = 0;
  #sizeKnown = false;
  #partial = new Uint8Array();
  #have = 0;
  #isStopped = false;

  /**
   * @param what        names a message in the error.
   * @param maxBytes    largest message, asked for each one.
   * @param isExpected  whether there is room, and use, for the message that arrives: it has so many bytes.
   */
  constructor(what: string, maxBytes: () => number, isExpected?: (bytes: number) => boolean) {
    this.#what = what;
    this.#maxBytes = maxBytes;
    this.#isExpected = isExpected;
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
   * @param takeInPlace  asked first about a message that lies whole in `chunk`, from `from` to `to`: true where it took it.
   * @returns how many bytes it took: fewer than there are only where it was told to `stop`.
   * @throws {ProtocolError} "message-too-large" | "bad-instruction" (a size that is no varint)
   */
  push(
    chunk: Uint8Array,
    onMessage: (message: Uint8Array, owned: boolean) => void,
    takeInPlace?: (chunk: Uint8Array, from: number, to: number) => boolean,
  ): number {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (!this.#sizeKnown) at = this.#readSize(chunk, at);
      if (!this.#sizeKnown) break;
      if (this.#have === 0 && chunk.length - at >= this.#size) {
        const from = at;
        at += this.#size;
        this.#startOver();
        if (takeInPlace === undefined || !takeInPlace(chunk, from, at)) onMessage(chunk.subarray(from, at), false);
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
      const grown = rawBytes(Math.min(this.#size, this.#roomFor(needed)));
      grown.set(this.#partial.subarray(0, this.#have));
      this.#partial = grown;
    }
    this.#partial.set(chunk.subarray(at, at + take), this.#have);
    this.#have = needed;
    return at + take;
  }

  #roomFor(needed: number): number {
    if (this.#size > FIRST_BYTES && this.#isExpected?.(this.#size) === true)
      return Math.max(FIRST_EXPECTED_BYTES, needed * EXPECTED_GROWTH);
    return Math.max(FIRST_BYTES, needed, this.#partial.length * GROWTH);
  }

  #startOver(): void {
    this.#sizeBytes = 0;
    this.#size = 0;
    this.#sizeKnown = false;
    this.#have = 0;
  }
}
