/**
 * The bytes of a message that is being read: where the reader stands, where the message at hand ends, and numbers of
 * variable length. Knows no fields and no paths; what is wrong is refused by the reader (reader.ts).
 */
import type { CallError } from "../base/errors.js";
import type { PathKey } from "./path.js";

/** V8 keeps arrays of up to so many bytes in the heap (Node's default). */
const IN_HEAP_BYTES = 64;
const scratch = new Uint8Array(8);
const scratchView = new DataView(scratch.buffer);

export abstract class Input {
  protected buffer: Uint8Array;
  protected at = 0;
  /** Of the message at hand. */
  protected end: number;
  /** The upper half of the 64-bit number that was read last. */
  protected high = 0;
  /** Made by `view`: most messages hold no number of fixed size. */
  protected dataView: DataView | undefined;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
    this.end = buffer.length;
  }

  /** Starts over with another message. */
  protected restart(buffer: Uint8Array): void {
    this.buffer = buffer;
    this.at = 0;
    this.end = buffer.length;
    this.dataView = undefined;
  }

  abstract refuse(name: string, why: string, key?: PathKey): CallError;

  /** Whether the message at hand has more fields. */
  more(): boolean {
    return this.at < this.end;
  }

  protected view(): DataView {
    return (this.dataView ??= new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength));
  }

  /** The double at `at`, where there is no view yet. A small array lies in the heap, and a view would first move it out: dearer than a copy. */
  protected firstFloat64(at: number): number {
    if (this.buffer.length > IN_HEAP_BYTES) return this.view().getFloat64(at, true);
    for (let i = 0; i < 8; i++) scratch[i] = this.buffer[at + i]!;
    return scratchView.getFloat64(0, true);
  }

  /** A length that what is left of the message has room for. */
  protected length(name: string, key?: PathKey): number {
    const length = this.varint32(name, key);
    if (length > this.end - this.at) this.need(length, name, key);
    return length;
  }

  /** @throws {CallError} where fewer bytes are left of the message at hand. */
  protected need(bytes: number, name: string, key?: PathKey): void {
    if (bytes > this.end - this.at)
      throw this.refuse(name, `${bytes} bytes announced, ${this.end - this.at} are there`, key);
  }

  /** The number at hand where it takes up to four bytes, as most do; -1 where it takes more, and nothing is read. */
  protected shortVarint(): number {
    const { buffer, end } = this;
    let { at } = this;
    let value = 0;
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const byte = buffer[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    return -1;
  }

  protected varint32(name: string, key?: PathKey): number {
    const { at } = this;
    if (at < this.end) {
      const first = this.buffer[at]!;
      if (first < 0x80) {
        this.at = at + 1;
        return first;
      }
    }
    return this.#longVarint32(name, key);
  }

  #longVarint32(name: string, key: PathKey | undefined): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.at >= this.end) throw this.refuse(name, "the message ends inside a number", key);
      const byte = this.buffer[this.at++]!;
      if (shift === 28 && byte > 0x0f) break;
      value = (value | ((byte & 0x7f) << shift)) >>> 0;
      if (byte < 0x80) return value;
    }
    throw this.refuse(name, "expected a number of at most 32 bits", key);
  }

  /** @returns the lower half, unsigned; the upper one is in `high`. */
  protected varint64(name: string): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) throw this.refuse(name, "the message ends inside a number");
      const byte = this.buffer[this.at++]!;
      if (shift === 63 && byte > 1) break;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x0f) << 28;
        high |= (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (shift - 32);
      if (byte < 0x80) {
        this.high = high;
        return low >>> 0;
      }
    }
    throw this.refuse(name, "expected a number of at most 64 bits");
  }

  /** The number whose lower half was returned by `varint64`, and whose upper one is in `high`. */
  protected toBigInt(low: number, signed: boolean): bigint {
    return (BigInt(signed ? this.high | 0 : this.high >>> 0) << 32n) | BigInt(low >>> 0);
  }
}
