/**
 * What the application hears of one stream: bytes, the peer's end, room to write, the close. Keeps what comes before there
 * is anybody to hear it; a receiver that throws loses its stream, and nothing else.
 * Does not know windows, frames, or whether the stream is still open (stream.ts).
 * Source: contract.ts, StreamReceiver.
 */
import { ClosedError, errorFrom } from "../base/errors.js";
import { ByteQueue } from "../bytes/byte-queue.js";
import type { Closing } from "./close-notices.js";
import type { StreamReceiver } from "./contract.js";

/** The stream that is heard of. */
interface Heard {
  readonly id: number;
  abort(error: Error): void;
}

export class Delivery implements Closing {
  readonly #stream: Heard;
  #receiver: StreamReceiver | undefined;
  #early: ByteQueue | undefined; // bytes that came before start()
  #hasPeerEnded = false;
  #closeError: Error | undefined;
  #isCloseTold = false;

  constructor(stream: Heard) {
    this.#stream = stream;
  }

  /** What came before is told from inside this. Called once. */
  start(receiver: StreamReceiver): void {
    if (this.#receiver) throw new Error(`stream ${this.#stream.id} has a receiver already`);
    this.#receiver = receiver;
    for (let chunk = this.#early?.takeChunk(); chunk; chunk = this.#early?.takeChunk()) this.#tellData(receiver, chunk);
    this.#early = undefined;
    if (this.#hasPeerEnded) this.#tellEnd(receiver);
  }

  onData(chunk: Uint8Array): void {
    if (this.#receiver && !this.#early) this.#tellData(this.#receiver, chunk);
    else (this.#early ??= new ByteQueue()).push(chunk.slice());
  }

  /** To be told after what came before it. */
  onEnd(): void {
    this.#hasPeerEnded = true;
    if (this.#receiver && !this.#early) this.#tellEnd(this.#receiver);
  }

  onDrain(): void {
    try {
      this.#receiver?.onDrain();
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  /** Nothing more is told but the close. */
  stop(): void {
    this.#early = undefined;
    this.#hasPeerEnded = false;
  }

  /** The stream is over; undefined: by two half-closes. */
  onOver(error: Error | undefined): void {
    this.#closeError = error;
  }

  /** @returns whether the close is to be told, which it is once, and to somebody. */
  takeClose(): boolean {
    if (!this.#receiver || this.#isCloseTold) return false;
    return (this.#isCloseTold = true);
  }

  tellClose(): void {
    try {
      this.#receiver?.onClose(this.#closeError);
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  #tellData(receiver: StreamReceiver, chunk: Uint8Array): void {
    try {
      receiver.onData(chunk);
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  #tellEnd(receiver: StreamReceiver): void {
    try {
      receiver.onEnd();
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  #onThrown(thrown: unknown): void {
    const cause = errorFrom(thrown);
    const message = `the receiver of stream ${this.#stream.id} threw: ${cause.message}`;
    this.#stream.abort(new ClosedError("stream-reset", message, { cause }));
  }
}
