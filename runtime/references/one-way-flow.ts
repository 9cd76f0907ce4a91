/**
 * Back-pressure for one-way calls on one reference. Nobody waits for such a call, so a producer would never notice that
 * its consumer lags: every so many calls one asks for an answer, and those that have none are bounded.
 */
import { LimitError } from "../base/errors.js";

/** One call in so many is answered. */
const STRIDE = 16;

export class OneWayFlow {
  readonly #limit: number;
  readonly #stride: number;
  #untaken = 0;
  #unasked = 0; // of those, how many no question covers yet
  #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
    this.#stride = Math.max(1, Math.min(STRIDE, Math.floor(limit / 4)));
  }

  /**
   * Another call is made.
   * @param mustAsk  whether this one is to be answered in any case.
   * @returns what to call when it has been answered; undefined: it needs no answer.
   * @throws {LimitError} "too-many-calls"
   */
  enter(describe: () => string, mustAsk: boolean): (() => void) | undefined {
    if (this.#untaken >= this.#limit) {
      throw new LimitError(
        "too-many-calls",
        `${this.#untaken} one-way calls on ${describe()} have not been taken, and the limit is ${this.#limit} (limits.maxUntakenOneWay); await whenTaken(...) before more`,
      );
    }
    this.#untaken++;
    if (++this.#unasked < this.#stride && !mustAsk) return undefined;
    const covered = this.#unasked;
    this.#unasked = 0;
    return () => {
      this.#untaken -= covered;
      if (this.#hasRoom()) for (const wake of this.#waiting.splice(0)) wake();
    };
  }

  /** A call that needed no answer was not sent after all. */
  leave(): void {
    this.#untaken--;
    this.#unasked--;
  }

  /** Resolves when at most half of what may be under way is. */
  whenTaken(): Promise<void> {
    if (this.#hasRoom()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #hasRoom(): boolean {
    return this.#untaken <= this.#limit / 2;
  }
}
