/**
 * Chunks in, exactly n bytes out. Every byte is copied at most once, however small the chunks are.
 * Knows nothing of what the bytes mean. Keeps the chunks that it is given: whoever reuses their memory copies first.
 */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  #first = 0; // index of the oldest chunk; the array is cut only now and then, so that taking stays linear
  #offset = 0; // bytes of the oldest chunk that are gone
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends `chunk` without a copy. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** Takes exactly `count` bytes, or nothing while fewer are there. A view where they lie in one chunk, else a copy. */
  take(count: number): Uint8Array | undefined {
    if (count > this.#bytes) return undefined;
    const head = this.#chunks[this.#first];
    if (head === undefined || count === 0) return new Uint8Array(0);
    if (head.length - this.#offset >= count) return this.#cut(head, count);
    const whole = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      const piece = this.#takeFromHead(count - filled);
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  }

  /** The oldest byte, which stays. */
  peekByte(): number | undefined {
    return this.#chunks[this.#first]?.[this.#offset];
  }

  /** Takes the oldest chunk as it is, or nothing. */
  takeChunk(): Uint8Array | undefined {
    return this.#bytes === 0 ? undefined : this.#takeFromHead(Infinity);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#first = this.#offset = this.#bytes = 0;
  }

  #takeFromHead(atMost: number): Uint8Array {
    const head = this.#chunks[this.#first]!;
    return this.#cut(head, Math.min(atMost, head.length - this.#offset));
  }

  #cut(head: Uint8Array, count: number): Uint8Array {
    const piece = head.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    this.#bytes -= count;
    if (this.#offset === head.length) this.#dropHead();
    return piece;
  }

  #dropHead(): void {
    this.#first++;
    this.#offset = 0;
    if (this.#first < 1024 && this.#first < this.#chunks.length) return;
    this.#chunks.splice(0, this.#first);
    this.#first = 0;
  }
}
