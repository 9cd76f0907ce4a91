/** Streams that nobody has accepted yet, and acceptors for whom there is no stream yet: never both. */
import { Fifo } from "./fifo.js";
import type { Stream } from "./stream.js";

interface Acceptor {
  readonly resolve: (stream: Stream) => void;
  readonly reject: (error: Error) => void;
}

export class AcceptQueue {
  readonly #streams = new Fifo<Stream>();
  readonly #acceptors = new Fifo<Acceptor>();
  readonly #backlog: number;
  #endError: Error | undefined;

  constructor(backlog: number) {
    this.#backlog = backlog;
  }

  get isFull(): boolean {
    return this.#acceptors.size === 0 && this.#streams.size >= this.#backlog;
  }

  push(stream: Stream): void {
    const acceptor = this.#acceptors.shift();
    if (acceptor) acceptor.resolve(stream);
    else this.#streams.push(stream);
  }

  take(): Promise<Stream> {
    const stream = this.#streams.shift();
    if (stream) return Promise.resolve(stream);
    if (this.#endError) return Promise.reject(this.#endError);
    return new Promise((resolve, reject) => {
      this.#acceptors.push({ resolve, reject });
    });
  }

  /** Streams that came before stay acceptable: their bytes may still be read. */
  end(error: Error): void {
    this.#endError = error;
    for (let acceptor = this.#acceptors.shift(); acceptor; acceptor = this.#acceptors.shift()) acceptor.reject(error);
  }
}
