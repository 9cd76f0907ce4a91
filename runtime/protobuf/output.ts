/**
 * The bytes of a message that is being written: a buffer that grows, and numbers of variable and of fixed length in it.
 * Whoever puts something reserves room for it first. Knows no fields; what may be written is the writer's to say
 * (writer.ts).
 */
const INITIAL_BYTES = 1024;
const KEPT_BYTES = 1 << 18;

export class Output {
  protected buffer: Uint8Array<ArrayBuffer>;
  protected fixed: DataView;
  protected at = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(initialBytes);
    this.fixed = new DataView(this.buffer.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.at;
  }

  /** What was written, as a view: valid until the next write. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.at);
  }

  /** What was written, as a copy of its own. */
  finish(): Uint8Array {
    return this.buffer.slice(0, this.at);
  }

  /** What was written, without a copy: the buffer changes hands, and the writer starts over with a new one. */
  take(): Uint8Array {
    const taken = this.buffer.subarray(0, this.at);
    this.#replace(new Uint8Array(INITIAL_BYTES));
    this.reset();
    return taken;
  }

  /** Starts over in the same buffer. A buffer that one large message had grown is let go of. */
  reset(): void {
    if (this.buffer.length > KEPT_BYTES) this.#replace(new Uint8Array(INITIAL_BYTES));
    this.at = 0;
  }

  protected reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed > this.buffer.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.at));
    this.#replace(grown);
  }

  #replace(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.fixed = new DataView(buffer.buffer);
  }

  /** A non-negative safe integer. */
  protected varint(value: number): void {
    const { buffer } = this;
    let { at } = this;
    while (value > 0x7f) {
      buffer[at++] = (value & 0x7f) | 0x80;
      value = value > 0x7fffffff ? Math.floor(value / 0x80) : value >>> 7;
    }
    buffer[at++] = value;
    this.at = at;
  }

  /** An unsigned 64-bit integer. */
  protected varint64(value: bigint): void {
    if (value <= 0x1fffffffffffffn) return this.varint(Number(value));
    while (value > 0x7fn) {
      this.buffer[this.at++] = Number(value & 0x7fn) | 0x80;
      value >>= 7n;
    }
    this.buffer[this.at++] = Number(value);
  }

  protected putFixed32(value: number): void {
    this.fixed.setUint32(this.at, value, true);
    this.at += 4;
  }

  protected putFixed64(value: bigint): void {
    this.fixed.setBigUint64(this.at, value, true);
    this.at += 8;
  }

  /** Fills in the length of what was written since `start`, in front of which there is one byte for it. */
  protected putLength(start: number): void {
    const length = this.at - start;
    if (length < 0x80) {
      this.buffer[start - 1] = length;
      return;
    }
    const more = varintBytes(length) - 1;
    this.reserve(more);
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
