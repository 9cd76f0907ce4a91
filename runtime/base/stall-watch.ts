/**
 * Tells when something that should go on does not: looks at a count that only grows, once in each interval, so that a
 * stall is told after one interval at the earliest and two at the latest. Costs nothing while things go on.
 */
import type { Clock, Timer } from "./clock.js";

export interface Watched {
  /** A count that only grows. */
  readonly progress: () => number;
  /** Whether standing still is right just now. */
  readonly isExcused: () => boolean;
  /** Told once, and nothing is watched any more. */
  readonly onStall: () => void;
}

/** @param intervalMs  Infinity: never looks. @returns stops watching. */
export function watchForStall(clock: Clock, intervalMs: number, watched: Watched): () => void {
  if (intervalMs === Number.POSITIVE_INFINITY) return () => undefined;
  let timer: Timer;
  const look = (before: number): void => {
    timer = clock.after(intervalMs, () => {
      const now = watched.progress();
      if (now > before || watched.isExcused()) look(now);
      else watched.onStall();
    });
  };
  look(watched.progress());
  return () => {
    timer.clear();
  };
}
