/**
 * Who goes on in this turn of the event loop. A session that takes little is served at once, always. One that takes much
 * is served at once too while it is alone with its like; beside sessions that take little, all that take much share a
 * small part of each turn, one after the other, so that a flood delays nobody by more than that part. A hub's turns may
 * follow each other at a pace (pacedTurns), so that a flood leaves processors free as well.
 * Pure: turns and time are the caller's. Does not know what is taken (message-session.ts, hub/event-receiver.ts).
 * Source: docs/hub.md.
 */
import { afterThisTurn } from "../bytes/turn.js";

/** A session takes little as long as it takes no more than this per millisecond... */
export const LITTLE_PER_MS = 16;
/** ... with bursts of so much. */
const BURST = 32;
/** Whoever has taken so much more than that is not waited for by others. */
const MOST_DEBT = 4 * BURST;
/** What was taken beyond that is forgotten after so long, ms. */
const MEMORY_MS = 100;
/** What all that take much may take in a turn, together, beside others: about a tenth of a millisecond of calls. */
const PER_TURN = 32;
/** Between turns at a pace, ms: the shortest that timers know. */
const PACE_MS = 1;
/** For so long after it was heard a session that takes little must not be kept waiting, ms. */
const ABOUT_MS = 1000;

/** Whose shares they are: a session, with all that comes through it. Nobody yields to itself. */
export class Party {
  readonly turns: FairTurns;

  constructor(turns: FairTurns) {
    this.turns = turns;
  }
}

/** The part of each turn that one party has for one kind of thing. */
export class Share {
  readonly #party: Party;
  readonly #goOn: () => boolean;
  #credit = BURST; // below 0: takes much
  #filledAt = Number.NEGATIVE_INFINITY;
  #budget = 0; // of a turn that was waited for
  #isFree = false; // nobody is kept waiting
  #isWaiting = false;

  /** @param goOn  takes what has waited, as long as `take` says. @returns whether it has: if not, it will, in promises. */
  constructor(party: Party, goOn: () => boolean) {
    this.#party = party;
    this.#goOn = goOn;
  }

  /** Something has arrived, and nothing waits. @returns whether it may be taken at once. */
  begin(): boolean {
    const { heard } = this.#party.turns;
    const now = heard.now();
    // By what it took before: a flood that begins, or goes on after a pause, keeps nobody waiting.
    if (this.#credit > -MOST_DEBT) heard.onLittle(this.#party, now);
    this.#credit = Math.min(BURST, this.#credit + (now - this.#filledAt) * LITTLE_PER_MS);
    this.#filledAt = now;
    this.#isFree = !heard.hasOthers(this.#party, now);
    return this.#isFree || this.#credit > 0 || this.#budget > 0;
  }

  /**
   * One message was taken: counts one, and one more for each 512 bytes.
   * @param part  of that, where it is less than a message. @returns whether another may be in this turn.
   */
  take(bytes: number, part = 1): boolean {
    const cost = part * (1 + bytes / 512);
    this.#credit = Math.max(this.#credit - cost, -LITTLE_PER_MS * MEMORY_MS);
    this.#budget -= cost;
    return this.#isFree || this.#credit > 0 || this.#budget > 0;
  }

  /** What is left is taken in later turns. */
  wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#party.turns.wait(this);
  }

  /** Nothing more will be taken. */
  leave(): void {
    this.#party.turns.forget(this, this.#party);
  }

  /** @internal @returns how much it took, or will. */
  go(budget: number, now: number): number {
    this.#isWaiting = false;
    this.#budget = budget;
    this.#isFree = !this.#party.turns.heard.hasOthers(this.#party, now);
    if (!this.#goOn()) return budget;
    const taken = budget - this.#budget;
    this.#budget = 0;
    return taken;
  }
}

/** The last two parties that took little: whoever takes much looks whether there is one beside itself. */
export class Heard {
  /** Milliseconds. */
  readonly now: () => number;
  #last: Party | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #other: Party | undefined;
  #otherAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.now = now;
  }

  /** This one takes little. */
  onLittle(party: Party, now: number): void {
    if (party !== this.#last) {
      this.#other = this.#last;
      this.#otherAt = this.#lastAt;
      this.#last = party;
    }
    this.#lastAt = now;
  }

  /** Whether some other party takes little, and was heard lately. */
  hasOthers(party: Party, now: number): boolean {
    return now - (party === this.#last ? this.#otherAt : this.#lastAt) < ABOUT_MS;
  }

  forget(party: Party): void {
    if (party !== this.#last && party !== this.#other) return;
    if (party === this.#last) {
      this.#last = this.#other;
      this.#lastAt = this.#otherAt;
    }
    this.#other = undefined;
    this.#otherAt = Number.NEGATIVE_INFINITY;
  }
}

/** All parties that take their turns together. */
export class FairTurns {
  /** By all parties that share this event loop, whatever turns are theirs. */
  readonly heard: Heard;
  readonly #schedule: (task: () => void) => void;
  readonly #perTurn: number;
  #waiting: Share[] = [];
  #isNextTurnAsked = false;

  /** @param schedule  the next turn. @param perTurn  messages that all who take much may take in one, together. */
  constructor(heard: Heard, schedule: (task: () => void) => void, perTurn: number = PER_TURN) {
    this.heard = heard;
    this.#schedule = schedule;
    this.#perTurn = perTurn;
  }

  /** @internal */
  wait(share: Share): void {
    this.#waiting.push(share);
    this.#askForTurn();
  }

  /** @internal */
  forget(share: Share, party: Party): void {
    this.#waiting = this.#waiting.filter((one) => one !== share);
    this.heard.forget(party);
  }

  #askForTurn(): void {
    if (this.#isNextTurnAsked) return;
    this.#isNextTurnAsked = true;
    this.#schedule(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isNextTurnAsked = false;
    let left = this.#perTurn;
    const now = this.heard.now();
    for (let due = this.#waiting.length; due > 0 && left > 0; due--) left -= this.#waiting.shift()!.go(left, now);
    if (this.#waiting.length > 0) this.#askForTurn();
  };
}

/** Those of this program. */
export const fairTurns: FairTurns = new FairTurns(new Heard(() => performance.now()), afterThisTurn);

/** Turns of a millisecond: beside others, all that take much take `perMs` messages in each, together. */
export function pacedTurns(perMs: number): FairTurns {
  return new FairTurns(fairTurns.heard, (task) => void setTimeout(task, PACE_MS), perMs);
}
