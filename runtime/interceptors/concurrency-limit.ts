/** Bounds how many calls are under way at once; those beyond wait in order, as many as are allowed to. */
import type { InterceptedCall, Interceptor } from "../api/call-types.js";
import { CallError } from "../base/errors.js";
import { cancelled, onAbort } from "../calls/signals.js";
import { whenOver } from "./when-over.js";

export interface ConcurrencyLimitOptions {
  /** Calls under way at once, streams until their end included. */
  readonly maxRunning: number;
  /** Calls that wait for a place; one more fails with RESOURCE_EXHAUSTED. */
  readonly maxWaiting?: number;
  /** Calls with different keys have limits of their own: `(call) => call.metadata["tenant"]`. By default all share one. */
  readonly key?: (call: InterceptedCall) => unknown;
}

/** One limit for all the calls, of all peers, whose options hold what this returns. */
export function concurrencyLimit(options: ConcurrencyLimitOptions): Interceptor {
  const { maxRunning, maxWaiting = 1000, key = () => undefined } = options;
  const places = new Map<unknown, Places>();
  return async (call, next) => {
    const own = key(call);
    let group = places.get(own);
    if (group === undefined) places.set(own, (group = new Places(maxRunning, maxWaiting)));
    const leave = group.leave;
    const arrival = group.enter(call.signal);
    if (arrival !== undefined) await arrival; // not otherwise: a call that need not wait keeps its order
    const over = (): void => {
      leave();
      if (group.isEmpty) places.delete(own);
    };
    let result: unknown;
    try {
      result = await next();
    } catch (error) {
      over();
      throw error;
    }
    return whenOver(result, over);
  };
}

class Places {
  readonly #maxRunning: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(maxRunning: number, maxWaiting: number) {
    this.#maxRunning = maxRunning;
    this.#maxWaiting = maxWaiting;
  }

  get isEmpty(): boolean {
    return this.#running === 0 && this.#waiting.size === 0;
  }

  /** @returns undefined where there is a place now. */
  enter(signal: AbortSignal): Promise<void> | undefined {
    if (this.#running < this.#maxRunning) {
      this.#running++;
      return undefined;
    }
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new CallError(
        "RESOURCE_EXHAUSTED",
        `${this.#running} calls run and ${this.#waiting.size} wait; the limits are ${this.#maxRunning} and ${this.#maxWaiting} (concurrencyLimit)`,
        { dispatched: "no" },
      );
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        forget();
        resolve();
      };
      this.#waiting.add(start);
      const forget = onAbort(signal, () => {
        this.#waiting.delete(start);
        reject(cancelled(signal));
      });
    });
  }

  readonly leave = (): void => {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#waiting.delete(next);
    next(); // which takes the place over
  };
}
