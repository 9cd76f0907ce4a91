/**
 * What all receive windows of a session may come to together, and by how much one may grow. Pure but for the pinger, which
 * it asks for the link's round trip. Source: docs/mux.md, "Windows"; Limits.sessionReceiveBytes.
 */
import type { Clock } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import type { Pinger } from "./pinger.js";
import type { WindowTuning } from "./receive-window.js";

export class WindowBudget implements WindowTuning {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #pinger: Pinger;
  #grantedBytes = 0; // all receive windows together

  constructor(limits: Limits, clock: Clock, pinger: Pinger) {
    this.#limits = limits;
    this.#clock = clock;
    this.#pinger = pinger;
  }

  /** A stream begins with a window of `bytes`: what yamux gives every stream, also past the budget. */
  take(bytes: number): void {
    this.#grantedBytes += bytes;
  }
  giveBack(bytes: number): void {
    this.#grantedBytes -= bytes;
  }

  now(): number {
    return this.#clock.now();
  }
  roundTripMs(): number | undefined {
    return this.#pinger.shortestMs();
  }

  /** A window at most doubles, as far as its own limit and the session's allow. */
  takeSpare(limit: number, wanted: number): number {
    const { maxWindowBytes, sessionReceiveBytes } = this.#limits;
    const most = Math.min(wanted, limit, maxWindowBytes - limit, sessionReceiveBytes - this.#grantedBytes);
    const spare = Math.max(0, Math.floor(most));
    this.#grantedBytes += spare;
    return spare;
  }
}
