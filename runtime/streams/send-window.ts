/**
 * Credit that the peer has granted to one stream of ours, in payload bytes. Always: 0 <= credit <= 2^32-1.
 * Knows no frames. Source: docs/mux.md, "Windows".
 */
import { ProtocolError } from "../base/errors.js";

export const MAX_CREDIT: number = 2 ** 32 - 1;

export class SendWindow {
  #credit: number;

  constructor(credit: number) {
    this.#credit = credit;
  }

  get credit(): number {
    return this.#credit;
  }

  /** @throws {ProtocolError} "window-overflow" past 2^32-1: a peer that wraps here loses count of what it granted. */
  onUpdate(delta: number): void {
    if (this.#credit + delta > MAX_CREDIT) {
      throw new ProtocolError(
        "window-overflow",
        `a window update of ${delta} on ${this.#credit} of credit; the most is ${MAX_CREDIT}`,
      );
    }
    this.#credit += delta;
  }

  spend(bytes: number): void {
    if (bytes > this.#credit) throw new RangeError(`spent ${bytes} bytes of ${this.#credit} of credit`);
    this.#credit -= bytes;
  }
}
