/**
 * A stream as promises: read a chunk, write a chunk, each when it is time. The ground of the adapters beside it; what a
 * stream says by callbacks is StreamReceiver. Window is given back as chunks are read.
 */
import { ByteQueue } from "../bytes/byte-queue.js";
import { ClosedError } from "../base/errors.js";
import type { StreamLike } from "./contract.js";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class StreamEnds {
  readonly #stream: StreamLike;
  readonly #received = new ByteQueue();
  readonly #onClose: ((error: Error | undefined) => void) | undefined;
  #reader: (() => void) | undefined;
  #writers: Waiter[] = [];
  #hasPeerEnded = false;
  #isClosed = false;
  #closeError: Error | undefined;
  #mustWait = false;

  /** Takes `stream` over. @param onClose  told when it is over in both directions. */
  constructor(stream: StreamLike, onClose?: (error: Error | undefined) => void) {
    this.#stream = stream;
    this.#onClose = onClose;
    stream.receive({
      onData: (chunk) => {
        this.#received.push(chunk.slice());
        this.#wakeReader();
      },
      onEnd: () => {
        this.#hasPeerEnded = true;
        this.#wakeReader();
      },
      onDrain: () => {
        this.#mustWait = false;
        for (const writer of this.#writers.splice(0)) writer.resolve();
      },
      onClose: (error) => this.#close(error),
    });
  }

  /** Received and not read yet. */
  get unreadBytes(): number {
    return this.#received.bytes;
  }

  /** The next chunk, or undefined after the last. One reader at a time. Throws what closed the stream, after all that came before. */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#received.takeChunk();
      if (chunk) {
        this.#stream.consume(chunk.length);
        return chunk;
      }
      if (this.#hasPeerEnded) return undefined;
      if (this.#isClosed) throw this.#whyClosed();
      await new Promise<void>((resolve) => (this.#reader = resolve));
    }
  }

  /** Resolves when there is room for more. Throws what closed the stream. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#isClosed) throw this.#whyClosed();
    if (!this.#stream.write(chunk)) this.#mustWait = true;
    if (!this.#mustWait) return;
    await new Promise<void>((resolve, reject) => this.#writers.push({ resolve, reject }));
  }

  end(): void {
    this.#stream.end();
  }

  /** What was received and not read is dropped. */
  reset(): void {
    this.#received.clear();
    this.#stream.reset();
  }

  #close(error: Error | undefined): void {
    this.#isClosed = true;
    this.#closeError = error;
    this.#wakeReader();
    for (const writer of this.#writers.splice(0)) writer.reject(this.#whyClosed());
    this.#onClose?.(error);
  }

  #whyClosed(): Error {
    return this.#closeError ?? new ClosedError("stream-closed", `stream ${this.#stream.id} is closed`);
  }

  #wakeReader(): void {
    this.#reader?.();
    this.#reader = undefined;
  }
}
