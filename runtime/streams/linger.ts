/**
 * The end of a connection whose last frame must still reach the peer: our side is ended, and what comes in is read without
 * listening, for a while and up to an amount. Closing on unread bytes would take that frame back.
 * Knows no frames. Source: docs/mux.md, "The end of a session".
 */
import type { Clock, Timer } from "../base/clock.js";
import type { Transport } from "../bytes/transport.js";

/** How long a connection is kept after a GoAway for cause. */
export const LINGER_MS = 1000;
/** How much is read and thrown away in that time from a peer that does not stop. */
const LINGER_BYTES = 16 * 1024 * 1024;

export class Linger {
  readonly #transport: Transport;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #bytes = 0;

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  start(forMs: number): void {
    this.#transport.end();
    this.#timer = this.#clock.after(forMs, () => this.#transport.destroy());
  }

  discard(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > LINGER_BYTES) this.#transport.destroy();
  }

  /** The connection is gone. */
  stop(): void {
    this.#timer?.clear();
  }
}
