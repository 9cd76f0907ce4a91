/**
 * One timer for all that may take too long in a session: silence of the peer, an open without ACK, a half-closed stream
 * without progress, a transport that takes nothing. Decides when to look; the session decides what follows.
 */
import type { Clock, Timer } from "../base/clock.js";

export class Watchdog {
  readonly #clock: Clock;
  readonly #check: () => number;
  #timer: Timer | undefined;
  #dueAt = Infinity;
  #isStopped = false;

  /** @param check  looks at everything; returns when to look next. */
  constructor(clock: Clock, check: () => number) {
    this.#clock = clock;
    this.#check = check;
  }

  /** Looks at `time`, if not before. Costs one comparison where that is due anyway. */
  watch(time: number): void {
    if (time >= this.#dueAt || this.#isStopped) return;
    this.#timer?.clear();
    this.#dueAt = time;
    this.#timer = this.#clock.after(Math.max(0, time - this.#clock.now()), () => {
      this.#dueAt = Infinity;
      this.#timer = undefined;
      this.watch(this.#check());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.clear();
    this.#timer = undefined;
  }
}
