/**
 * One question of the peer, from its arrival until its answer and whatever streams that brings are over. The only place
 * where a call is answered. Does not know what is asked (call-handler.ts), nor when it may run (call-slots.ts).
 */
import type { Clock, Timer } from "../base/clock.js";
import { CallError } from "../base/errors.js";
import type { Instruction, WireCall, WireError, WireReference } from "../messages/instruction.js";
import type { CallContext, CallPeer } from "./call-handler.js";
import { type ErrorPolicy, errorToWire } from "./error-codec.js";
import { cancelled, onAbort } from "./signals.js";

/** What all calls of a session have in common. */
export interface IncomingCallHost {
  readonly peer: CallPeer;
  readonly clock: Clock;
  readonly errors: ErrorPolicy;
  /** `call` is answered; its handler may still run. @param instruction  undefined: one-way. */
  onAnswered(call: IncomingCall, instruction: Instruction | undefined): void;
}

/** What an interceptor may change of a call before its handler runs. */
export interface CallChanges {
  /** One more signal that stops it. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that it may take from now on, where that is less than what remains. */
  readonly timeoutMs?: number | undefined;
  /** Over what it has. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export class IncomingCall {
  /** Call id; 0: one-way. */
  readonly id: number;
  readonly wire: WireCall;
  readonly #host: IncomingCallHost;
  #deadline: number | undefined;
  #timer: Timer | undefined;
  #abort: AbortController | undefined;
  #context: CallContext | undefined;
  #metadata: Readonly<Record<string, string>> | undefined; // where an interceptor has changed it
  #stopped: Error | undefined;
  #isDispatched = false;
  #isAnswered = false;
  #streams: ResultStreams | undefined;
  #forgetSignals: (() => void)[] | undefined;
  #onOver: (() => void) | undefined;
  /** Its result, where the peer chains on it: fails as the call does, by whatever way. */
  kept: { fail(error: Error, wire: WireError): void } | undefined;
  /** Told when the caller no longer waits, before its handler has started: what it still waits for is not needed. */
  onStopped: (() => void) | undefined;

  constructor(wire: WireCall, host: IncomingCallHost) {
    this.id = wire.callId;
    this.wire = wire;
    this.#host = host;
    if (wire.timeoutMs > 0) this.#limitTo(wire.timeoutMs);
  }

  get answered(): boolean {
    return this.#isAnswered;
  }

  /** Its handler is about to run: from here on an error no longer says that nothing has happened. */
  dispatch(): void {
    this.#isDispatched = true;
  }

  /** What its handler is given: always the same object. */
  context(): CallContext {
    return (this.#context ??= new Context(this, this.#host.peer));
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped !== undefined && !this.#abort.signal.aborted) this.#abort.abort(this.#stopped);
    return this.#abort.signal;
  }

  get remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - this.#host.clock.now());
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#metadata ?? this.wire.metadata ?? NONE;
  }

  change({ signal, timeoutMs, metadata }: CallChanges): void {
    if (metadata !== undefined) this.#metadata = { ...this.metadata, ...metadata };
    if (this.isOver) return;
    if (timeoutMs !== undefined && timeoutMs < (this.remainingMs ?? Number.POSITIVE_INFINITY)) this.#limitTo(timeoutMs);
    if (signal === undefined) return;
    if (signal.aborted) this.stop(cancelled(signal));
    else {
      (this.#forgetSignals ??= []).push(
        onAbort(signal, () => {
          this.stop(cancelled(signal));
        }),
      );
    }
  }

  succeed(result: Uint8Array, resultPayloadId: number, references: readonly WireReference[]): void {
    if (this.#isAnswered) return;
    this.#answer(this.id === 0 ? undefined : { kind: "return", callId: this.id, result, resultPayloadId, references });
  }

  /** @param wire  the error as it crosses, where the interface declares it. */
  fail(error: Error, wire: WireError = errorToWire(error, this.#host.errors)): void {
    if (this.#isAnswered) return;
    const { id: callId } = this;
    this.#answer(
      callId === 0 ? undefined : { kind: "throw", callId, error: { ...wire, notDispatched: !this.#isDispatched } },
    );
    this.kept?.fail(error, wire);
  }

  /** The caller no longer waits: it is answered at once, and the handler is told. */
  stop(error: Error): void {
    if (this.isOver) return;
    this.#stopped = error;
    const { onStopped } = this;
    this.onStopped = undefined;
    if (!this.#isAnswered) this.fail(error);
    this.#streams?.stop(error);
    this.#abort?.abort(error);
    onStopped?.();
  }

  /** The answer brings streams: deadline and signal go on until they have ended. Called before `succeed`. */
  openStreams(count: number): ResultStreams {
    this.#streams = new ResultStreams(count, (cancelledBy) => {
      this.#settle();
      if (cancelledBy === undefined || this.#stopped !== undefined) return;
      this.#stopped = cancelledBy;
      this.#abort?.abort(cancelledBy);
    });
    return this.#streams;
  }

  /** Runs `then` when the call has been answered and its streams have ended: at once, where they have. */
  whenOver(then: () => void): void {
    if (this.isOver) then();
    else this.#onOver = then;
  }

  #limitTo(timeoutMs: number): void {
    const { clock } = this.#host;
    this.#deadline = clock.now() + timeoutMs;
    this.#timer?.clear();
    this.#timer = clock.after(timeoutMs, () => {
      this.stop(new CallError("DEADLINE_EXCEEDED", `not done within ${timeoutMs} ms`));
    });
  }

  #answer(instruction: Instruction | undefined): void {
    this.#isAnswered = true;
    if (this.isOver) this.#settle();
    this.#host.onAnswered(this, instruction);
  }

  /** Answered, and its streams have ended. */
  get isOver(): boolean {
    return this.#isAnswered && (this.#streams === undefined || this.#streams.open === 0);
  }

  #settle(): void {
    const onOver = this.#onOver;
    this.#onOver = undefined;
    onOver?.();
    this.#timer?.clear();
    const forgets = this.#forgetSignals;
    this.#forgetSignals = undefined;
    if (forgets !== undefined) for (const forget of forgets) forget();
  }
}

/** The streams that a call's result has brought, as long as they flow. */
export class ResultStreams {
  /** How many have not ended. */
  open: number;
  readonly #over: (cancelledBy: Error | undefined) => void;
  readonly #stops = new Set<(error: Error) => void>();
  #cancelledBy: Error | undefined;

  constructor(count: number, over: (cancelledBy: Error | undefined) => void) {
    this.open = count;
    this.#over = over;
  }

  /** One of them flows. @param stop  ends it with an error. @returns what to call when it has ended. */
  started(stop: (error: Error) => void): (cancelledBy: Error | undefined) => void {
    this.#stops.add(stop);
    return (cancelledBy) => {
      if (!this.#stops.delete(stop)) return;
      this.#cancelledBy ??= cancelledBy;
      if (--this.open === 0) this.#over(this.#cancelledBy);
    };
  }

  stop(error: Error): void {
    for (const stop of [...this.#stops]) stop(error);
  }
}

/** What a handler sees of its call, and no more. */
class Context implements CallContext {
  readonly peer: CallPeer;
  readonly #call: IncomingCall;

  constructor(call: IncomingCall, peer: CallPeer) {
    this.#call = call;
    this.peer = peer;
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
    return this.#call.metadata;
  }
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});
