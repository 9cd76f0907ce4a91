/**
 * A pair of web streams as a transport: a WebTransport's stream, a WebSocketStream, Deno's connections, or what
 * `toWebStreams` made of another session's stream. Their back-pressure is passed on as it is.
 * Source: transport.ts; the WHATWG's Streams standard.
 */
import { errorFrom } from "../base/errors.js";
import type { Transport, TransportReceiver } from "./transport.js";

/** Bytes both ways. */
export interface WebStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** Takes both streams over. */
export function webStreamTransport(streams: WebStreams, description = "web streams"): Transport {
  return new WebStreamTransport(streams, description);
}

class WebStreamTransport implements Transport {
  readonly description: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #receiver: TransportReceiver | undefined;
  #isWaiting = false; // for room
  #hasEnded = false;
  #isWritableClosed = false;
  #hasPeerEnded = false;
  #isOver = false;
  #error: Error | undefined;

  constructor({ readable, writable }: WebStreams, description: string) {
    this.description = description;
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    // From the first moment, also before start(): a rejection that nobody handles would end the process.
    for (const { closed } of [this.#reader, this.#writer]) closed.catch((error: unknown) => this.#drop(error));
  }

  start(receiver: TransportReceiver): void {
    if (this.#receiver) throw new Error(`${this.description} was started already`);
    this.#receiver = receiver;
    if (this.#isOver) return this.#tellClose();
    void this.#writer.closed.then(
      () => this.#onWritableClosed(),
      () => undefined,
    );
    void this.#readAll(receiver).catch((error: unknown) => this.#drop(error));
  }

  write(chunk: Uint8Array): boolean {
    if (this.#hasEnded || this.#isOver) return false;
    this.#writer.write(chunk).catch(() => undefined); // `closed` tells
    if ((this.#writer.desiredSize ?? 0) > 0) return true;
    if (!this.#isWaiting) void this.#waitForRoom();
    return false;
  }

  end(): void {
    if (this.#hasEnded || this.#isOver) return;
    this.#hasEnded = true;
    this.#writer.close().catch(() => undefined);
  }

  destroy(error?: Error): void {
    this.#drop(error);
  }

  async #readAll(receiver: TransportReceiver): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (this.#isOver) return;
      if (done) break;
      receiver.onData(value);
    }
    this.#hasPeerEnded = true;
    receiver.onEnd();
    this.#finishWhenBothEnded();
  }

  async #waitForRoom(): Promise<void> {
    this.#isWaiting = true;
    await this.#writer.ready.catch(() => undefined);
    this.#isWaiting = false;
    if (!this.#isOver && !this.#hasEnded) this.#receiver?.onDrain();
  }

  #onWritableClosed(): void {
    this.#isWritableClosed = true;
    this.#finishWhenBothEnded();
  }

  #finishWhenBothEnded(): void {
    if (!this.#hasPeerEnded || !this.#isWritableClosed || this.#isOver) return;
    this.#isOver = true;
    this.#tellClose();
  }

  #drop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = reason === undefined ? undefined : errorFrom(reason);
    this.#reader.cancel(this.#error).catch(() => undefined);
    this.#writer.abort(this.#error).catch(() => undefined);
    this.#tellClose();
  }

  #tellClose(): void {
    queueMicrotask(() => this.#receiver?.onClose(this.#error));
  }
}
