/** Those who wait for something to come: until it does, their time is over, their signal aborts, or all is over. */
import type { Clock, Timer } from "../base/clock.js";
import { CallError } from "../base/errors.js";
import { onAbort } from "../calls/signals.js";

export interface WaitOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

interface Waiter<V> {
  matches(value: V): boolean;
  settle(): void;
  resolve(value: V): void;
  reject(error: Error): void;
}

export class Waiters<V> {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter<V>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Rejects with a CallError: DEADLINE_EXCEEDED, or CANCELLED. @param what  it is, for the error. */
  wait(what: string, matches: (value: V) => boolean, { timeoutMs, signal }: WaitOptions): Promise<V> {
    if (signal?.aborted) return Promise.reject(cancelled(signal));
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      let forget: (() => void) | undefined;
      const settle = (): void => {
        this.#waiters.delete(waiter);
        timer?.clear();
        forget?.();
      };
      const waiter: Waiter<V> = { matches, settle, resolve, reject };
      this.#waiters.add(waiter);
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      if (timeoutMs !== undefined) {
        timer = this.#clock.after(timeoutMs, () =>
          fail(new CallError("DEADLINE_EXCEEDED", `${what} did not come within ${timeoutMs} ms`)),
        );
      }
      if (signal !== undefined) forget = onAbort(signal, () => fail(cancelled(signal)));
    });
  }

  /** It has come. */
  tell(value: V): void {
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(value)) continue;
      waiter.settle();
      waiter.resolve(value);
    }
  }

  /** Nothing will come any more. */
  close(error: Error): void {
    for (const waiter of [...this.#waiters]) {
      waiter.settle();
      waiter.reject(error);
    }
  }
}

function cancelled(signal: AbortSignal): CallError {
  return new CallError("CANCELLED", "nobody waits any more", { cause: signal.reason });
}
