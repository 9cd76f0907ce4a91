/**
 * Bytes on their way to a peer that grants credit: what the credit covers goes at once, in one buffer, and the rest waits.
 * Knows nothing of how it is sent. Always: sent <= granted.
 */
export class CreditedQueue {
  readonly #send: (buffer: ArrayBuffer) => void;
  #credit: number;
  #waiting: Uint8Array[] = [];
  #bytes = 0;

  /** @param send  owns the buffer that it is given. */
  constructor(creditBytes: number, send: (buffer: ArrayBuffer) => void) {
    this.#credit = creditBytes;
    this.#send = send;
  }

  get isWaiting(): boolean {
    return this.#bytes > 0;
  }

  push(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      if (chunk.length > 0) this.#waiting.push(chunk);
      this.#bytes += chunk.length;
    }
    this.#flush();
  }

  grant(bytes: number): void {
    this.#credit += bytes;
    this.#flush();
  }

  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #flush(): void {
    const count = Math.min(this.#bytes, this.#credit);
    if (count <= 0) return;
    const whole = new Uint8Array(count);
    let index = 0;
    for (let at = 0; at < count; index++) {
      const chunk = this.#waiting[index]!;
      const piece = chunk.subarray(0, count - at);
      whole.set(piece, at);
      at += piece.length;
      if (piece.length === chunk.length) continue;
      this.#waiting[index] = chunk.subarray(piece.length);
      break;
    }
    this.#waiting.splice(0, index);
    this.#bytes -= count;
    this.#credit -= count;
    this.#send(whole.buffer);
  }
}
