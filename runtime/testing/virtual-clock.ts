/** Time that stands still until a test moves it. Timers fire in order of their time, then of their setting. */
import type { Clock, Timer } from "../base/clock.js";

interface Alarm {
  readonly at: number;
  readonly action: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#now;
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.#alarms.size;
  }

  after(delayMs: number, action: () => void): Timer {
    const alarm: Alarm = { at: this.#now + Math.max(0, delayMs), action };
    this.#alarms.add(alarm);
    return { clear: () => void this.#alarms.delete(alarm) };
  }

  /** Moves on, firing on the way whatever is due, also what is set on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = end;
  }

  /** A computer that slept: time has passed, and timers fire only now, late. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(end: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) if (alarm.at <= end && (!first || alarm.at < first.at)) first = alarm;
    return first;
  }
}
