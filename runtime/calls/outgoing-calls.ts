/**
 * Questions asked: each settles exactly once, by its answer, by a cancellation, by its deadline, or by the end of the
 * session. A question that was given up stays in the table until its answer has come, because the answer may hold
 * references that must be given back. Carries payloads as bytes; what is in them is known above.
 */
import { CallError, LimitError, ProtocolError } from "../base/errors.js";
import type { Clock, Timer } from "../base/clock.js";
import { IdTable } from "../base/id-table.js";
import type { Limits } from "../base/limits.js";
import type { Instruction, WireError, WireReturn } from "../messages/instruction.js";
import { cancelled, onAbort } from "./signals.js";

/** Who asked. Of `giveUp` and the two answers, an answer may still come after `giveUp`; nothing comes twice. */
export interface Question {
  /** Whether the peer keeps the result until Finish. */
  readonly keepsResult: boolean;
  /** @returns where the result is still on its way: what settles once it has come, or was given up. Never rejects. */
  onReturn(answer: WireReturn): Promise<void> | undefined;
  onThrow(error: WireError): void;
  giveUp(error: Error): void;
  /** Where its arguments wait for a stream: lets go of them. */
  withdrawArguments?: (() => void) | undefined;
  /** What is asked, for people: "acme.bank.v1.AccountService.login". */
  describe(): string;
}

/** What ends a question before its answer. */
export interface CallLifetime {
  readonly signals: readonly AbortSignal[];
  /** From now. */
  readonly timeoutMs: number | undefined;
}

interface Pending {
  readonly id: number;
  readonly question: Question;
  forget: (() => void)[] | undefined; // the abort listeners
  timer: Timer | undefined;
  over: boolean; // given up: only its late answer is still expected
  answered: boolean;
}

export class OutgoingCalls {
  /** Told whenever a question has been entered. */
  onAsked: (() => void) | undefined;
  /** Told whenever a question has been answered. */
  onEnded: (() => void) | undefined;
  readonly #pending = new IdTable<Pending>();
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #send: (instruction: Instruction) => void;
  #lastId = 0;
  #isClosed = false;

  constructor(limits: Limits, clock: Clock, send: (instruction: Instruction) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#send = send;
  }

  /** Questions that have no answer yet. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Enters a question. The caller sends the Call next, under the id that this returns.
   * @throws {LimitError} "too-many-calls"
   */
  open(question: Question, lifetime: CallLifetime): number {
    if (this.#pending.size >= this.#limits.maxPendingCalls) {
      throw new LimitError(
        "too-many-calls",
        `${this.#pending.size} calls wait for their answer, and the limit is ${this.#limits.maxPendingCalls} (limits.maxPendingCalls); await some first`,
      );
    }
    const id = ++this.#lastId;
    const pending: Pending = { id, question, forget: undefined, timer: undefined, over: false, answered: false };
    this.#pending.add(pending);
    if (lifetime.signals.length > 0 || lifetime.timeoutMs !== undefined) this.#limit(id, pending, lifetime);
    this.onAsked?.();
    return id;
  }

  #limit(id: number, pending: Pending, { signals, timeoutMs }: CallLifetime): void {
    pending.forget = signals.map((signal) =>
      onAbort(signal, () => {
        this.#giveUp(id, pending, cancelled(signal));
      }),
    );
    if (timeoutMs === undefined) return;
    pending.timer = this.#clock.after(timeoutMs, () => {
      this.#giveUp(id, pending, new CallError("DEADLINE_EXCEEDED", `no answer within ${timeoutMs} ms`));
    });
  }

  /** Gives up all that have no answer. @returns what they were, for people. */
  cancelAll(error: Error): string[] {
    return this.#pending.all.map((pending) => {
      this.#giveUp(pending.id, pending, error);
      return pending.question.describe();
    });
  }

  /** The caller wants no answer any more. */
  cancel(callId: number, error: Error): void {
    const pending = this.#pending.find(callId);
    if (pending !== undefined) this.#giveUp(callId, pending, error);
  }

  onReturn(answer: WireReturn): void {
    const pending = this.#take(answer.callId);
    if (answer.resultPayloadId === 0) this.#finish(answer.callId, pending);
    const arriving = pending.question.onReturn(answer);
    // While a large result arrives, the caller may still chain on it and give up, and the deadline may still pass.
    if (arriving === undefined) {
      settle(pending);
      if (answer.resultPayloadId !== 0) this.#finish(answer.callId, pending);
    } else
      void arriving.then(() => {
        settle(pending);
        if (!this.#isClosed) this.#finish(answer.callId, pending);
      });
  }

  onThrow(callId: number, error: WireError): void {
    const pending = this.#take(callId);
    this.#finish(callId, pending);
    settle(pending);
    pending.question.withdrawArguments?.(); // refused before they were there
    pending.question.onThrow(error);
  }

  /** The session is gone. */
  close(error: Error): void {
    this.#isClosed = true;
    const pending = this.#pending.all;
    this.#pending.clear();
    for (const entry of pending) {
      settle(entry);
      if (!entry.over) entry.question.giveUp(error);
    }
  }

  #take(callId: number): Pending {
    const pending = this.#pending.find(callId);
    if (pending === undefined)
      throw new ProtocolError("bad-instruction", `an answer to call ${callId}, which waits for none`);
    this.#pending.remove(callId);
    pending.answered = true;
    this.onEnded?.();
    return pending;
  }

  /** Nothing will be chained on the result any more. */
  #finish(callId: number, { question }: Pending): void {
    if (question.keepsResult) this.#send({ kind: "finish", callId });
  }

  #giveUp(callId: number, pending: Pending, error: Error): void {
    if (pending.over) return;
    pending.over = true;
    settle(pending);
    if (!pending.answered) this.#send({ kind: "cancel", callId });
    pending.question.withdrawArguments?.();
    pending.question.giveUp(error);
  }
}

function settle(pending: Pending): void {
  if (pending.forget !== undefined) for (const forget of pending.forget) forget();
  pending.timer?.clear();
}
