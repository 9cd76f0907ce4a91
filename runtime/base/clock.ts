/**
 * Time, as something that is passed in, so that rules about time are tested without waiting
 * (testing/virtual-clock.ts).
 */

/** A timer that has been set. Clearing it twice, or after it fired, does nothing. */
export interface Timer {
  clear(): void;
}

export interface Clock {
  /** Milliseconds on a monotonic scale: only differences mean something. */
  now(): number;
  /** Calls `action` once after `delayMs`. Delays beyond 2^31-1 ms are chained; the timer does not keep a process alive. */
  after(delayMs: number, action: () => void): Timer;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    let handle: ReturnType<typeof setTimeout> | undefined;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
      handle = setTimeout(() => {
        if (leftMs > stepMs) arm(leftMs - stepMs);
        else action();
      }, stepMs);
      (handle as { unref?: () => void }).unref?.(); // browsers return a number
    };
    arm(Math.max(0, delayMs));
    return {
      clear: () => {
        clearTimeout(handle);
      },
    };
  },
};
