/**
 * How many handlers run at once, and who waits for a place. A call has its place until its handler has ended, even
 * where the caller has long stopped waiting. Calls that are nested in a call of ours have places of their own: were they
 * to wait behind the very handlers that wait for them, nothing would move any more.
 * Knows no call, only its start.
 */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";

/** A call that waits for a place. */
export interface Applicant {
  /** Runs, and calls `ended` exactly once. @returns false where nobody waits for it any more: then it has not run. */
  start(ended: () => void): boolean;
  /** Will never be started. */
  abandon(refusal: CallError | undefined): void;
}

export class CallSlots {
  /** Told whenever a place has become free. */
  onFree: (() => void) | undefined;
  readonly #limits: Limits;
  readonly #questions: () => number;
  readonly #waiting: Applicant[] = [];
  #entered = 0; // neither running nor given up; those in #waiting among them
  #running = 0;
  #nested = 0; // entered or running
  #loaned = 0; // of the places for nested calls, to calls that may be nested without saying so
  #isStarting = false;

  /** @param questions  calls of ours that wait for their answers: what comes meanwhile may be what those wait for. */
  constructor(limits: Limits, questions: () => number) {
    this.#limits = limits;
    this.#questions = questions;
  }

  /** Handlers that run, and calls on their way to one. */
  get stats(): { running: number; waiting: number } {
    return { running: this.#running, waiting: this.#entered };
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get isIdle(): boolean {
    return this.#running + this.#entered + this.#nested === 0;
  }

  /** A call takes its place in the order, until `take` or `leave`. @returns why it may not. */
  enter(isNested: boolean): CallError | undefined {
    const { maxNestedCalls, maxWaitingCalls } = this.#limits;
    if (isNested) {
      if (this.#nested >= maxNestedCalls) {
        return new CallError(
          "RESOURCE_EXHAUSTED",
          `${this.#nested} nested calls are under way, and the limit is ${maxNestedCalls} (limits.maxNestedCalls)`,
        );
      }
      this.#nested++;
      return undefined;
    }
    // One is let in whatever the limit: most start at once.
    if (this.#entered > 0 && this.#entered >= maxWaitingCalls) return this.#full();
    this.#entered++;
    return undefined;
  }

  /** A call that had entered will not run. */
  leave(isNested: boolean): void {
    if (isNested) this.#nested--;
    else this.#entered--;
    this.onFree?.();
  }

  /** Whether a call that has entered need not wait. */
  hasPlace(isNested: boolean): boolean {
    return isNested || (this.#waiting.length === 0 && this.#running < this.#limits.maxRunningCalls);
  }

  /** A place for a call that has entered, where it need not wait. @returns what to call, once, when it has ended. */
  take(isNested: boolean): (() => void) | undefined {
    if (isNested) return this.#nestedEnded;
    if (!this.hasPlace(false)) return undefined;
    this.#entered--;
    this.#running++;
    return this.#ended;
  }

  /** Starts a call that has entered and found no place, now or when others have ended. */
  wait(applicant: Applicant): void {
    if (this.#entered <= this.#limits.maxWaitingCalls) {
      this.#waiting.push(applicant);
      this.startWaiting();
    } else {
      this.#entered--;
      applicant.abandon(this.#full());
    }
  }

  /** There may be room for those who wait. */
  startWaiting(): void {
    if (this.#isStarting) return; // a handler that ended at once: the loop below goes on
    this.#isStarting = true;
    while (this.#waiting.length > 0 && this.#hasRoom()) this.#start(this.#waiting.shift()!);
    this.#isStarting = false;
  }

  /** Nobody is started any more. */
  close(): void {
    const waiting = this.#waiting.splice(0);
    this.#entered -= waiting.length;
    for (const applicant of waiting) applicant.abandon(undefined);
  }

  #hasRoom(): boolean {
    return this.#running < this.#limits.maxRunningCalls || this.#canLend();
  }

  /** All places are taken, perhaps by handlers that wait for what this call would do. */
  #canLend(): boolean {
    return this.#loaned < this.#questions() && this.#nested < this.#limits.maxNestedCalls;
  }

  #start(applicant: Applicant): void {
    this.#entered--;
    if (this.#running < this.#limits.maxRunningCalls) {
      this.#running++;
      if (!applicant.start(this.#ended)) this.#running--;
    } else {
      this.#loaned++;
      this.#nested++;
      if (!applicant.start(this.#loanEnded)) this.#loanEnded();
    }
  }

  readonly #ended = (): void => {
    this.#running--;
    if (this.#waiting.length > 0) this.startWaiting();
    this.onFree?.();
  };

  readonly #nestedEnded = (): void => {
    this.#nested--;
    if (this.#waiting.length > 0) this.startWaiting();
    this.onFree?.();
  };

  readonly #loanEnded = (): void => {
    this.#loaned--;
    this.#nestedEnded();
  };

  #full(): CallError {
    const { maxRunningCalls, maxWaitingCalls } = this.#limits;
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `${this.#running} calls run and ${this.#entered} wait; the limits are ${maxRunningCalls} and ${maxWaitingCalls} (limits.maxRunningCalls, limits.maxWaitingCalls)`,
    );
  }
}
