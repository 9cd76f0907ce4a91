/**
 * Who goes on in this turn of the event loop. A session that takes little is served at once, always. One that takes much
 * is served at once too while it is alone with its like; beside sessions that take little, all that take much share a
 * small part of each turn, one after the other, so that a flood delays nobody by more than that part.
 * Pure: turns and time are the caller's. Does not know what is taken (message-session.ts). Source: docs/hub.md.
 */
import { afterThisTurn } from "../bytes/turn.js";

/** A session takes little as long as it takes less than this per millisecond... */
const LITTLE_PER_MS = 16;
/** ... with bursts of so much. */
const BURST = 32;
/** Whoever has taken so much more than that is not waited for by others. */
const MOST_DEBT = 4 * BURST;
/** What was taken beyond that is forgotten after so long, ms. */
const MEMORY_MS = 100;
/** What all that take much may take in a turn, together, beside others: about a tenth of a millisecond of calls. */
const PER_TURN = 32;
/** For so long after it was heard a session that takes little must not be kept waiting, ms. */
const ABOUT_MS = 1000;

/** The part of each turn that one session has. */
export class Share {
  readonly #turns: FairTurns;
  readonly #goOn: () => void;
  #credit = BURST; // below 0: takes much
  #filledAt = Number.NEGATIVE_INFINITY;
  #budget = 0; // of a turn that was waited for
  #isFree = false; // nobody is kept waiting
  #isWaiting = false;

  /** @param goOn  takes what has waited, as long as `take` says. */
  constructor(turns: FairTurns, goOn: () => void) {
    this.#turns = turns;
    this.#goOn = goOn;
  }

  /** Something has arrived, and nothing waits. @returns whether it may be taken at once. */
  begin(): boolean {
    const now = this.#turns.now();
    // By what it took before: a flood that begins, or goes on after a pause, keeps nobody waiting.
    if (this.#credit > -MOST_DEBT) this.#turns.onLittle(this, now);
    this.#credit = Math.min(BURST, this.#credit + (now - this.#filledAt) * LITTLE_PER_MS);
    this.#filledAt = now;
    this.#isFree = !this.#turns.hasOthers(this, now);
    return this.#credit > 0 || this.#isFree;
  }

  /** One message was taken: counts one, and one more for each 512 bytes. @returns whether another may be in this turn. */
  take(bytes: number): boolean {
    const cost = 1 + bytes / 512;
    this.#credit = Math.max(this.#credit - cost, -LITTLE_PER_MS * MEMORY_MS);
    this.#budget -= cost;
    return this.#isFree || this.#credit > 0 || this.#budget > 0;
  }

  /** What is left is taken in later turns. */
  wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#turns.wait(this);
  }

  /** Nothing more will be taken. */
  leave(): void {
    this.#turns.forget(this);
  }

  /** @internal @returns how much it took. */
  go(budget: number, isFree: boolean): number {
    this.#isWaiting = false;
    this.#budget = budget;
    this.#isFree = isFree;
    this.#goOn();
    const taken = budget - this.#budget;
    this.#budget = 0;
    return taken;
  }
}

/** All sessions that share one event loop. */
export class FairTurns {
  /** @internal Milliseconds. */
  readonly now: () => number;
  readonly #afterThisTurn: (task: () => void) => void;
  #waiting: Share[] = [];
  #isNextTurnAsked = false;
  // The last two that took little, so that nobody yields to itself.
  #last: Share | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #other: Share | undefined;
  #otherAt = Number.NEGATIVE_INFINITY;

  constructor(schedule: (task: () => void) => void, now: () => number) {
    this.#afterThisTurn = schedule;
    this.now = now;
  }

  /** @internal This one takes little. */
  onLittle(share: Share, now: number): void {
    if (share !== this.#last) {
      this.#other = this.#last;
      this.#otherAt = this.#lastAt;
      this.#last = share;
    }
    this.#lastAt = now;
  }

  /** @internal Whether some other session takes little, and was heard lately. */
  hasOthers(share: Share, now: number): boolean {
    return now - (share === this.#last ? this.#otherAt : this.#lastAt) < ABOUT_MS;
  }

  /** @internal */
  wait(share: Share): void {
    this.#waiting.push(share);
    this.#askForTurn();
  }

  /** @internal */
  forget(share: Share): void {
    this.#waiting = this.#waiting.filter((one) => one !== share);
    if (share !== this.#last && share !== this.#other) return;
    if (share === this.#last) {
      this.#last = this.#other;
      this.#lastAt = this.#otherAt;
    }
    this.#other = undefined;
    this.#otherAt = Number.NEGATIVE_INFINITY;
  }

  #askForTurn(): void {
    if (this.#isNextTurnAsked) return;
    this.#isNextTurnAsked = true;
    this.#afterThisTurn(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isNextTurnAsked = false;
    let left = PER_TURN;
    const now = this.now();
    for (let due = this.#waiting.length; due > 0 && left > 0; due--) {
      const share = this.#waiting.shift()!;
      left -= share.go(left, !this.hasOthers(share, now));
    }
    if (this.#waiting.length > 0) this.#askForTurn();
  };
}

/** Those of this program. */
export const fairTurns: FairTurns = new FairTurns(afterThisTurn, () => performance.now());
