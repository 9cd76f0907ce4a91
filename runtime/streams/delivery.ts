/**
 * What the application hears of one stream: bytes, the peer's end, room to write, the close. Keeps what comes before there
 * is anybody to hear it; a receiver that throws loses its stream, and nothing else.
 * Does not know windows, frames, or whether the stream is still open (stream.ts).
 * Source: contract.ts, StreamReceiver.
 */
import { ClosedError, errorFrom } from "../base/errors.js";
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
  #early: Uint8Array[] | undefined; // what came before start(), or while that is told
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
    for (const chunk of this.#early ?? []) {
      if (this.#early) this.#tellData(receiver, chunk); // unless it was stopped meanwhile
    }
    this.#early = undefined;
    if (this.#hasPeerEnded) this.#tellEnd();
  }

  onData(chunk: Uint8Array): void {
    if (this.#receiver && !this.#early) this.#tellData(this.#receiver, chunk);
    else (this.#early ??= []).push(chunk.slice());
  }

  /** To be told after what came before it. */
  onEnd(): void {
    this.#hasPeerEnded = true;
    if (this.#receiver && !this.#early) this.#tellEnd();
  }

  onDrain(): void {
    this.#tell((receiver) => {
      receiver.onDrain();
    });
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
    this.#tell((receiver) => {
      receiver.onClose(this.#closeError);
    });
  }

  /** Without a closure: for every chunk. */
  #tellData(receiver: StreamReceiver, chunk: Uint8Array): void {
    try {
      receiver.onData(chunk);
    } catch (thrown) {
      this.#onThrown(thrown);
    }
  }

  #tellEnd(): void {
    this.#tell((receiver) => {
      receiver.onEnd();
    });
  }

  #tell(what: (receiver: StreamReceiver) => void): void {
    try {
      if (this.#receiver) what(this.#receiver);
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
