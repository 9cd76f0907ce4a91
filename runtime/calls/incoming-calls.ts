/**
 * Questions received: each is answered exactly once, whatever its handler does (incoming-call.ts), and how many run at
 * once is bounded (call-slots.ts). Does not know what is asked (call-handler.ts).
 */
import type { Clock } from "../base/clock.js";
import { CallError, ClosedError, ProtocolError } from "../base/errors.js";
import { IdTable } from "../base/id-table.js";
import type { Limits } from "../base/limits.js";
import type { Instruction, WireCall } from "../messages/instruction.js";
import type { CallHandler, CallPeer } from "./call-handler.js";
import { CallSlots } from "./call-slots.js";
import type { ErrorPolicy } from "./error-codec.js";
import { IncomingCall, type IncomingCallHost } from "./incoming-call.js";

export interface IncomingCallsOptions {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly peer: CallPeer;
  readonly handler: CallHandler;
  readonly send: (instruction: Instruction) => void;
  readonly errors?: ErrorPolicy;
  /** Calls of ours that wait for their answers. */
  readonly questions?: () => number;
}

/** What answers one call. */
export interface Handler {
  /** Runs, and calls `ended` exactly once. */
  run(ended: () => void): void;
  /** Told instead, where it will never run. */
  abandon(): void;
}

export class IncomingCalls implements IncomingCallHost {
  readonly clock: Clock;
  readonly peer: CallPeer;
  readonly errors: ErrorPolicy;
  readonly #handler: CallHandler;
  readonly #send: (instruction: Instruction) => void;
  readonly #slots: CallSlots;
  readonly #open = new IdTable<IncomingCall>(); // not answered yet
  readonly #oneWay = new Set<IncomingCall>(); // not done yet
  #lastId = 0;
  #isDraining = false;
  #onEnded: (() => void) | undefined;
  #isClosed = false;

  constructor(options: IncomingCallsOptions) {
    const { limits, clock, peer, handler, send, errors = limits, questions = () => 0 } = options;
    this.clock = clock;
    this.peer = peer;
    this.errors = errors;
    this.#handler = handler;
    this.#send = send;
    this.#slots = new CallSlots(limits, questions);
  }

  get stats(): { unanswered: number; running: number; waiting: number } {
    return { unanswered: this.#open.size, ...this.#slots.stats };
  }

  /** Whether no call is unanswered, and no handler runs. */
  get isIdle(): boolean {
    return this.#open.size + this.#oneWay.size === 0 && this.#slots.isIdle;
  }

  onCall(wire: WireCall): void {
    const { callId } = wire;
    if (callId !== 0) {
      if (callId <= this.#lastId)
        throw new ProtocolError("bad-instruction", `call ${callId} after call ${this.#lastId}; call ids only grow`);
      this.#lastId = callId;
    }
    const call = new IncomingCall(wire, this);
    if (callId === 0) this.#oneWay.add(call);
    else this.#open.add(call);
    this.#handler.handle(call);
  }

  onCancel(callId: number): void {
    this.#open.find(callId)?.stop(new CallError("CANCELLED", "the caller cancelled"));
  }

  onAnswered(call: IncomingCall, instruction: Instruction | undefined): void {
    if (call.id === 0) this.#oneWay.delete(call);
    else this.#open.remove(call.id);
    if (!this.#isClosed && instruction !== undefined) this.#send(instruction);
    this.#onEnded?.();
  }

  /** A call takes its place, until `run` or `leave`: it may have to wait for its arguments, or its turn. @returns why it may not. */
  enter({ wire }: IncomingCall): CallError | undefined {
    // What is nested in a call that goes on here must be let in, or that could never end.
    if (this.#isDraining && wire.depth === 0)
      return new CallError("UNAVAILABLE", "this side is going away and takes no new calls; ask another, or reconnect");
    return this.#slots.enter(wire.depth > 0);
  }

  /** A call that had entered will not run. */
  leave({ wire }: IncomingCall): void {
    this.#slots.leave(wire.depth > 0);
  }

  /** Whether a call that has entered would start at once. */
  hasPlace({ wire }: IncomingCall): boolean {
    return this.#slots.hasPlace(wire.depth > 0);
  }

  /** Starts `handler` now, or when others have ended. */
  run(call: IncomingCall, handler: Handler): void {
    const ended = this.#slots.take(call.wire.depth > 0);
    if (ended !== undefined) {
      handler.run(ended);
      return;
    }
    this.#slots.wait({
      start: (then) => {
        if (call.answered) {
          handler.abandon(); // cancelled while it waited
          return false;
        }
        handler.run(then);
        return true;
      },
      abandon: (refusal) => {
        handler.abandon();
        if (refusal !== undefined) call.fail(refusal);
      },
    });
  }

  /** We have asked something of the peer: those who wait for a place may be what it needs. */
  onAsked(): void {
    // Not at once: the question is still being written.
    if (this.#slots.hasWaiting)
      queueMicrotask(() => {
        this.#slots.startWaiting();
      });
  }

  /** From now on new calls are refused; those that are nested in others are not. @param onEnded  told as calls end. */
  drain(onEnded: () => void): void {
    this.#isDraining = true;
    this.#onEnded = this.#slots.onFree = onEnded;
  }

  /** Stops all that is unanswered. @returns what it was, for people. */
  stopAll(error: Error): string[] {
    const open = [...this.#open.all, ...this.#oneWay];
    return open.map((call) => {
      const description = this.#handler.describe(call);
      call.stop(error);
      return description;
    });
  }

  /** The session is gone: handlers are told, and their answers go nowhere. */
  close(): void {
    this.#isClosed = true;
    this.#slots.close();
    for (const call of [...this.#open.all, ...this.#oneWay])
      call.stop(new ClosedError("session-closed", "the caller is gone"));
    this.#open.clear();
    this.#oneWay.clear();
  }
}
