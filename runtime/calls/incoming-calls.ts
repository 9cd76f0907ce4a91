/**
 * Questions received: each is answered exactly once, whatever its handler does. How many run at once is bounded, and a
 * call counts as running until its handler has ended, even where the caller has long stopped waiting.
 * Does not know what is asked (call-handler.ts).
 */
import type { Clock, Timer } from "../base/clock.js";
import { CallError, ClosedError, ProtocolError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Instruction, WireCall, WireError, WireReference } from "../messages/instruction.js";
import type { CallContext, CallHandler } from "./call-handler.js";
import { errorToWire } from "./error-codec.js";

export class IncomingCalls {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #handler: CallHandler;
  readonly #send: (instruction: Instruction) => void;
  readonly #open = new Map<number, IncomingCall>(); // not answered yet
  readonly #oneWay = new Set<IncomingCall>(); // not done yet
  readonly #waiting: { readonly start: () => void; readonly abandoned: () => void }[] = []; // for others to end
  #lastId = 0;
  #queued = 0; // entered, neither running nor given up; those in #waiting among them
  #running = 0;
  #starting = false;
  #closed = false;

  constructor(limits: Limits, clock: Clock, handler: CallHandler, send: (instruction: Instruction) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#handler = handler;
    this.#send = send;
  }

  get stats(): { unanswered: number; running: number; waiting: number } {
    return { unanswered: this.#open.size, running: this.#running, waiting: this.#queued };
  }

  onCall(wire: WireCall): void {
    const { callId } = wire;
    if (callId !== 0) {
      if (callId <= this.#lastId)
        throw new ProtocolError("bad-instruction", `call ${callId} after call ${this.#lastId}; call ids only grow`);
      this.#lastId = callId;
    }
    const call = new IncomingCall(wire, this.#clock, (answered, instruction) => {
      if (callId === 0) this.#oneWay.delete(answered);
      else this.#open.delete(callId);
      if (!this.#closed && instruction !== undefined) this.#send(instruction);
    });
    if (callId === 0) this.#oneWay.add(call);
    else this.#open.set(callId, call);
    this.#handler.handle(call);
  }

  onCancel(callId: number): void {
    this.#open.get(callId)?.stop(new CallError("CANCELLED", "the caller cancelled"));
  }

  /** A call takes its place, until `run` or `leave`: it may have to wait for its arguments, or its turn. @returns why it may not. */
  enter(): CallError | undefined {
    // One is let in whatever the limit: most start at once.
    if (this.#queued > 0 && this.#queued >= this.#limits.maxWaitingCalls) return this.#full();
    this.#queued++;
    return undefined;
  }

  /** A call that had entered will not run. */
  leave(): void {
    this.#queued--;
  }

  /**
   * Starts `handler` now, or when others have ended; it promises to call `ended` exactly once.
   * @param abandoned  told instead, where the handler will never start.
   */
  run(call: IncomingCall, handler: (ended: () => void) => void, abandoned: () => void): void {
    const start = (): void => {
      this.#queued--;
      if (call.answered) {
        abandoned(); // cancelled while it waited
        return;
      }
      this.#running++;
      handler(this.#ended);
    };
    if (this.#running < this.#limits.maxRunningCalls && this.#waiting.length === 0) start();
    else if (this.#queued <= this.#limits.maxWaitingCalls) this.#waiting.push({ start, abandoned });
    else {
      this.#queued--;
      abandoned();
      call.fail(this.#full());
    }
  }

  /** The session is gone: handlers are told, and their answers go nowhere. */
  close(): void {
    this.#closed = true;
    for (const { abandoned } of this.#waiting.splice(0)) {
      this.#queued--;
      abandoned();
    }
    for (const call of [...this.#open.values(), ...this.#oneWay])
      call.stop(new ClosedError("session-closed", "the caller is gone"));
    this.#open.clear();
    this.#oneWay.clear();
  }

  readonly #ended = (): void => {
    this.#running--;
    this.#startWaiting();
  };

  #startWaiting(): void {
    if (this.#starting) return; // a handler that ended at once: the loop below goes on
    this.#starting = true;
    while (this.#waiting.length > 0 && this.#running < this.#limits.maxRunningCalls) this.#waiting.shift()!.start();
    this.#starting = false;
  }

  #full(): CallError {
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `${this.#running} calls run and ${this.#queued} wait; the limits are ${this.#limits.maxRunningCalls} and ${this.#limits.maxWaitingCalls} (limits.maxRunningCalls, limits.maxWaitingCalls)`,
    );
  }
}

/** One question, and the only place where it is answered. */
export class IncomingCall {
  readonly wire: WireCall;
  readonly #clock: Clock;
  readonly #done: (call: IncomingCall, instruction: Instruction | undefined) => void;
  readonly #deadline: number | undefined;
  #timer: Timer | undefined;
  #abort: AbortController | undefined;
  #stopped: Error | undefined;
  #answered = false;
  /** Told when the call fails, by whatever way: those who wait for its result. */
  onFailed: ((error: Error, wire: WireError) => void) | undefined;

  constructor(wire: WireCall, clock: Clock, done: (call: IncomingCall, instruction: Instruction | undefined) => void) {
    this.wire = wire;
    this.#clock = clock;
    this.#done = done;
    if (wire.timeoutMs > 0) {
      this.#deadline = clock.now() + wire.timeoutMs;
      this.#timer = clock.after(wire.timeoutMs, () => {
        this.stop(new CallError("DEADLINE_EXCEEDED", `not done within ${wire.timeoutMs} ms`));
      });
    }
  }

  get callId(): number {
    return this.wire.callId;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** What its handler is given. */
  context(): CallContext {
    return new Context(this);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped !== undefined && !this.#abort.signal.aborted) this.#abort.abort(this.#stopped);
    return this.#abort.signal;
  }

  get remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - this.#clock.now());
  }

  succeed(result: Uint8Array, resultPayloadId: number, references: readonly WireReference[]): void {
    if (this.#answered) return;
    this.#finish(
      this.callId === 0 ? undefined : { kind: "return", callId: this.callId, result, resultPayloadId, references },
    );
  }

  /** @param wire  the error as it crosses, where the interface declares it. */
  fail(error: Error, wire: WireError = errorToWire(error)): void {
    if (this.#answered) return;
    this.#finish(this.callId === 0 ? undefined : { kind: "throw", callId: this.callId, error: wire });
    this.onFailed?.(error, wire);
  }

  /** The caller no longer waits: it is answered at once, and the handler is told. */
  stop(error: Error): void {
    if (this.#answered) return;
    this.#stopped = error;
    this.fail(error);
    this.#abort?.abort(error);
  }

  #finish(instruction: Instruction | undefined): void {
    this.#answered = true;
    this.#timer?.clear();
    this.#done(this, instruction);
  }
}

/** What a handler sees of its call, and no more. */
class Context implements CallContext {
  readonly #call: IncomingCall;

  constructor(call: IncomingCall) {
    this.#call = call;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }
  get remainingMs(): number | undefined {
    return this.#call.remainingMs;
  }
  get depth(): number {
    return this.#call.wire.depth;
  }
  get metadata(): Readonly<Record<string, string>> {
    return this.#call.wire.metadata ?? {};
  }
}
