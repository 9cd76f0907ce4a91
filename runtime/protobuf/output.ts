/**
 * The bytes of a message that is being written: a buffer that grows, and numbers of variable and of fixed length in it.
 * Whoever puts something reserves room for it first. Messages that are handed out stay where they are, and the next one is
 * written behind them. Knows no fields; what may be written is the writer's to say (writer.ts).
 */
import { rawBytes } from "../base/raw-bytes.js";

const INITIAL_BYTES = 1024;
const SHARED_BYTES = 16_384; // of the buffers that messages share once one was handed out
const KEPT_BYTES = 1 << 18;

export class Output {
  protected buffer: Uint8Array<ArrayBuffer>;
  protected fixed: DataView<ArrayBuffer>;
  protected at = 0;
  /** Where the message begins. */
  #start = 0;
  /** Up to where messages were handed out. */
  #kept = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(initialBytes);
    this.fixed = new DataView(this.buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.at - this.#start;
  }

  /** What was written, as a view: valid until the next write. */
  view(): Uint8Array {
    return this.buffer.subarray(this.#start, this.at);
  }

  /** What was written, to be kept. Not a copy: after `reset`, the writer goes on behind it. */
  finish(): Uint8Array {
    this.#kept = this.at;
    // Not the buffer's own: to ask a typed array for it is a call of the platform, a seventh of writing a small message.
    return new Uint8Array(this.fixed.buffer, this.#start, this.at - this.#start);
  }

  /** Starts over with another message, in the same buffer. One that a large message had grown is let go of. */
  reset(): void {
    if (this.buffer.length > KEPT_BYTES) this.#replace(new Uint8Array(INITIAL_BYTES));
    this.at = this.#start = this.#kept;
  }

  protected reserve(bytes: number): void {
    if (this.at + bytes > this.buffer.length) this.#grow(bytes);
  }

  /** Moves the message to a larger buffer, and leaves behind those that were handed out. */
  #grow(bytes: number): void {
    const message = this.view();
    const least = this.#start === 0 ? this.buffer.length * 2 : SHARED_BYTES;
    this.#replace(rawBytes(Math.max(least, message.length + bytes)));
    this.buffer.set(message);
    this.at = message.length;
  }

  #replace(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.fixed = new DataView(buffer.buffer);
    this.#start = this.#kept = 0;
  }

  /** Opens a part whose length is not known yet, behind a byte for it. @returns its place, for `putLength`. */
  protected openPart(): number {
    return ++this.at - this.#start;
  }

  protected putTag(tag: number): void {
    if (tag < 0x80) this.buffer[this.at++] = tag;
    else this.varint(tag);
  }

  /** A non-negative safe integer. */
  protected varint(value: number): void {
    const { buffer } = this;
    let { at } = this;
    if (value < 0x80) {
      buffer[at] = value;
      this.at = at + 1;
      return;
    }
    while (value > 0x7f) {
      buffer[at++] = (value & 0x7f) | 0x80;
      value = value > 0x7fffffff ? Math.floor(value / 0x80) : value >>> 7;
    }
    buffer[at++] = value;
    this.at = at;
  }

  /** An unsigned 64-bit integer. */
  protected varint64(value: bigint): void {
    this.#halves(Number(value & 0xffffffffn), Number(value >> 32n));
  }

  /** A negative safe integer, as 64 bits in two's complement. */
  protected negativeVarint(value: number): void {
    const low = value >>> 0; // modulo 2^32, of any safe integer
    this.#halves(low, ((value - low) / 0x1_0000_0000) >>> 0);
  }

  #halves(low: number, high: number): void {
    const { buffer } = this;
    let { at } = this;
    while (high > 0 || low > 0x7f) {
      buffer[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    buffer[at++] = low;
    this.at = at;
  }

  protected putFixed32(value: number): void {
    this.fixed.setUint32(this.at, value, true);
    this.at += 4;
  }

  protected putFixed64(value: bigint): void {
    this.fixed.setBigUint64(this.at, value, true);
    this.at += 8;
  }

  /** Fills in the length of what was written since `place`, in front of which there is one byte for it. */
  protected putLength(place: number): void {
    const start = this.#start + place;
    const length = this.at - start;
    if (length < 0x80) {
      this.buffer[start - 1] = length;
      return;
    }
    this.#putLongLength(place, length);
  }

  #putLongLength(place: number, length: number): void {
    const more = varintBytes(length) - 1;
    this.reserve(more);
    const start = this.#start + place;
    this.buffer.copyWithin(start + more, start, this.at);
    const end = this.at + more;
    this.at = start - 1;
    this.varint(length);
    this.at = end;
  }
}

export function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}
