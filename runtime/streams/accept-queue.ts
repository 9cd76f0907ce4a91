/**
 * Streams that nobody has accepted yet, and acceptors for whom there is no stream yet: never both. Where room is short,
 * streams that the peer has reset make some: those that are over keep nobody out.
 */
import { Fifo } from "./fifo.js";
import type { Stream } from "./stream.js";

interface Acceptor {
  readonly resolve: (stream: Stream) => void;
  readonly reject: (error: Error) => void;
}

export class AcceptQueue {
  readonly #streams = new Fifo<Stream>();
  readonly #acceptors = new Set<Acceptor>();
  readonly #backlog: number;
  #endError: Error | undefined;

  constructor(backlog: number) {
    this.#backlog = backlog;
  }

  get isFull(): boolean {
    if (this.#acceptors.size > 0 || this.#streams.size < this.#backlog) return false;
    this.#dropReset();
    return this.#streams.size >= this.#backlog;
  }

  push(stream: Stream): void {
    const [acceptor] = this.#acceptors;
    if (acceptor) acceptor.resolve(stream);
    else this.#streams.push(stream);
  }

  take(signal: AbortSignal | undefined): Promise<Stream> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const stream = this.#streams.shift();
    if (stream) return Promise.resolve(stream);
    if (this.#endError) return Promise.reject(this.#endError);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => acceptor.reject(signal!.reason as Error);
      const settled = (): void => {
        this.#acceptors.delete(acceptor);
        signal?.removeEventListener("abort", onAbort);
      };
      const acceptor: Acceptor = {
        resolve: (accepted) => (settled(), resolve(accepted)),
        reject: (error) => (settled(), reject(error)),
      };
      this.#acceptors.add(acceptor);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** Streams that came before stay acceptable: their bytes may still be read. */
  end(error: Error): void {
    this.#endError = error;
    for (const acceptor of [...this.#acceptors]) acceptor.reject(error);
  }

  #dropReset(): void {
    for (let left = this.#streams.size; left > 0; left--) {
      const stream = this.#streams.shift()!;
      if (stream.state !== "reset") this.#streams.push(stream);
    }
  }
}
