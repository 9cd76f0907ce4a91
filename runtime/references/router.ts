/**
 * Implements CallHandler: finds out who is asked, and puts each call into the order of calls on that object. A call
 * starts when everything that it needs is there; what happens then is in invocation.ts.
 */
import { CallError, errorFrom } from "../base/errors.js";
import { exportIdFromWire } from "../base/ids.js";
import { watchForStall } from "../base/stall-watch.js";
import type { CallHandler } from "../calls/call-handler.js";
import type { IncomingCall } from "../calls/incoming-call.js";
import type { IncomingCalls } from "../calls/incoming-calls.js";
import type { IncomingPayload } from "../messages/incoming-payload.js";
import { NO_BYTES, type WireCall, type WireTarget } from "../messages/instruction.js";
import { callRefusal } from "./call-refusal.js";
import { ArgumentBudget, type Held } from "./argument-budget.js";
import type { CallQueue, QueuedCall } from "./call-queue.js";
import { LateErrors, declaredErrors } from "./declared-errors.js";
import type { Export, ExportTable } from "./export-table.js";
import { IncomingScope } from "./incoming-scope.js";
import { Invocation, type ReadyCall } from "./invocation.js";
import type { KeptCall } from "./kept-result.js";
import { KeptResults } from "./kept-results.js";
import { readWhole } from "./payload-message.js";
import type { ReferenceContext } from "./reference-context.js";
import { describeMember } from "./service.js";

/** Who is asked: one of our objects, or what is at a path of a result that the peer keeps. */
type Target =
  | { readonly kind: "object"; readonly entry: Export }
  | { readonly kind: "kept"; readonly result: KeptCall; readonly path: readonly number[]; readonly errors: LateErrors };

/** A call on its way to its handler. */
interface Route {
  readonly call: IncomingCall;
  readonly target: Target;
  readonly scope: IncomingScope;
  readonly kept: KeptCall | undefined;
  arguments: Uint8Array;
  /** Of arguments that wait, until the handler has them. */
  holding?: Held;
}

export class Router implements CallHandler {
  readonly kept: KeptResults;
  readonly #context: ReferenceContext;
  readonly #exports: ExportTable;
  readonly #calls: () => IncomingCalls;
  readonly #budget: ArgumentBudget;

  constructor(context: ReferenceContext, exports: ExportTable, calls: () => IncomingCalls) {
    this.#context = context;
    this.#exports = exports;
    this.#calls = calls;
    this.kept = new KeptResults(context.limits);
    this.#budget = new ArgumentBudget(context.limits.maxWaitingArgumentBytes);
  }

  handle(call: IncomingCall): void {
    const { wire } = call;
    const entry = isPlain(wire) ? this.#exports.find(exportIdFromWire(wire.target.importId)) : undefined;
    if (entry?.queue.isFree === true) this.#startNow(call, entry);
    else this.#handleAny(call);
  }

  /** What most calls are: nothing but data, for an object that nobody waits for. */
  #startNow(call: IncomingCall, entry: Export): void {
    const { service, object } = entry;
    const refusal = this.#refuse(call, undefined);
    if (refusal !== undefined) call.fail(refusal);
    else this.#invoke({ call, service, object, entry, scope: IncomingScope.EMPTY }, call.wire.arguments);
  }

  #handleAny(call: IncomingCall): void {
    const { wire } = call;
    const target = this.#locate(wire.target);
    const isUnknown = target instanceof CallError;
    const errors = isUnknown ? new LateErrors() : errorsOf(target);
    const scope = IncomingScope.of(this.#context, wire.references, errors);
    const kept = this.kept.add(call, 1 + this.#depthBehind(isUnknown ? undefined : target, scope));
    const refusal = isUnknown ? target : this.#refuse(call, kept);
    if (refusal !== undefined || isUnknown) {
      if (wire.argumentsPayloadId !== 0)
        this.#context.messages.incomingPayloads.claim(wire.argumentsPayloadId).discard();
      scope.discard();
      if (refusal !== undefined) call.fail(refusal);
      return;
    }
    const route: Route = { call, target, scope, kept, arguments: wire.arguments };
    const isFree = target.kind === "object" && target.entry.queue.isFree;
    if (isFree && wire.argumentsPayloadId === 0 && scope.pending().length === 0) this.#start(route);
    else this.#enqueue(route);
  }

  describe({ wire }: IncomingCall): string {
    const target = this.#locate(wire.target);
    if (target instanceof CallError) return `member ${wire.member} of an object that is gone`;
    if (target.kind === "kept") return `member ${wire.member} of a result`;
    const { service } = target.entry;
    return describeMember(service, service.members.get(wire.member) ?? { name: `member ${wire.member}` });
  }

  #locate(target: WireTarget): Target | CallError {
    if ("importId" in target) {
      const entry = this.#exports.find(exportIdFromWire(target.importId));
      if (entry !== undefined) return { kind: "object", entry };
      return new CallError("NOT_FOUND", `object ${target.importId} is not shared, or has been released`);
    }
    const { callId, path } = target.promised;
    const result = this.kept.find(callId);
    if (result !== undefined) return { kind: "kept", result, path, errors: new LateErrors() };
    return new CallError(
      "INVALID_ARGUMENT",
      `call ${callId} has no result that is kept: it never was, or was finished`,
    );
  }

  /** How long the longest chain of unknown results is that a call waits for. */
  #depthBehind(target: Target | undefined, scope: IncomingScope): number {
    let depth = target?.kind === "kept" && !target.result.isKnown ? target.result.depth : 0;
    for (const result of scope.pending()) depth = Math.max(depth, result.depth);
    return depth;
  }

  #refuse(call: IncomingCall, kept: KeptCall | undefined): CallError | undefined {
    return (
      callRefusal(call.wire, this.#context.limits) ??
      (kept === undefined ? undefined : this.kept.refusal(kept)) ??
      this.#calls().enter(call)
    );
  }

  /**
   * Puts the call into its target's order, and makes it ready when everything that it needs is there.
   * @throws {ProtocolError} where its arguments are a payload that was named before.
   */
  #enqueue(route: Route): void {
    const { call, scope, target } = route;
    const { argumentsPayloadId } = call.wire;
    if (argumentsPayloadId === 0) {
      const held = this.#budget.hold(route.arguments.length);
      if (held instanceof CallError) {
        this.#calls().leave(call);
        scope.discard();
        call.fail(held);
        return;
      }
      route.holding = held;
      route.arguments = call.wire.arguments = route.arguments.slice(); // those it came with are gone when this returns
    }
    let missing = 1; // this very function
    let queue: CallQueue | undefined;
    const queued: QueuedCall = {
      ready: false,
      start: () => {
        this.#start(route);
      },
    };
    const arrived = (): void => {
      if (--missing > 0) return;
      queued.ready = true;
      queue?.advance();
    };
    if (argumentsPayloadId !== 0) {
      missing++;
      this.#fetchArguments(route, this.#context.messages.incomingPayloads.claim(argumentsPayloadId), arrived);
    }
    try {
      for (const result of scope.pending()) {
        missing++;
        result.whenKnown(arrived);
      }
      const join = (own: CallQueue): void => {
        queue = own;
        own.push(queued);
      };
      arrived(); // before the common case joins its queue, so that it starts at once
      if (target.kind === "object") join(target.entry.queue);
      else
        target.result.whenKnown(() => {
          join(this.#queueOf(target.result, target.path));
        });
    } catch (error) {
      // Too many wait for a result: this call is not one of them. (Those it asked before will find nothing to start.)
      missing = Number.POSITIVE_INFINITY;
      this.#calls().leave(call);
      route.holding?.release();
      scope.discard();
      call.fail(errorFrom(error));
    }
  }

  /** Calls through a result and calls on the object that it turned out to be keep one order. */
  #queueOf(result: KeptCall, path: readonly number[]): CallQueue {
    const outcome = result.outcomeAt(path);
    const entry =
      outcome === undefined || "error" in outcome
        ? undefined
        : this.#exports.findObject(outcome.service, outcome.object);
    return entry?.queue ?? result.queueAt(path);
  }

  #fetchArguments(route: Route, payload: IncomingPayload, arrived: () => void): void {
    const { call } = route;
    const { clock, limits, messages } = this.#context;
    const refuse = (refusal: CallError): void => {
      call.fail(refusal);
      payload.discard();
    };
    const holding = this.#budget.enter({
      resume: () => {
        payload.resume();
      },
      refuse,
    });
    route.holding = holding;
    // Progress of any payload counts: this one may stand behind others at its sender.
    const stopWatching = watchForStall(clock, limits.argumentsTimeoutMs, {
      progress: () => messages.incomingPayloads.bytesIn,
      isExcused: () => holding.isHeldBack,
      onStall: () => {
        refuse(argumentsMissing(limits.argumentsTimeoutMs));
      },
    });
    payload.room = holding;
    const giveUp = (): void => {
      holding.release();
      payload.discard(); // nobody behind it waits for its bytes
    };
    call.onStopped = giveUp;
    readWhole(payload, limits, holding).then(
      (bytes) => {
        stopWatching();
        route.arguments = bytes;
        call.onStopped = undefined;
        arrived();
        holding.complete(); // now that it may have started: others are judged by the room that is left
      },
      (error: unknown) => {
        stopWatching();
        holding.release();
        call.fail(errorFrom(error));
        arrived();
      },
    );
  }

  #start(route: Route): void {
    const { call, scope, target } = route;
    const outcome = target.kind === "kept" ? target.result.outcomeAt(target.path) : target.entry;
    const failure = scope.failure() ?? (outcome !== undefined && "error" in outcome ? outcome : undefined);
    if (call.answered || outcome === undefined || failure !== undefined || "error" in outcome) {
      // What the call depends on has failed: so does the call, with the same error, and nothing is dispatched.
      this.#calls().leave(call);
      route.holding?.release();
      scope.discard();
      if (failure !== undefined) call.fail(failure.error, failure.wire);
      return;
    }
    const { service, object } = outcome;
    const args = route.arguments;
    route.arguments = NO_BYTES; // what has grown old and still knows the route is not to keep them
    if (target.kind === "kept") target.errors.service = service;
    const entry = target.kind === "object" ? target.entry : this.#exports.findObject(service, object);
    const { kept, holding } = route;
    this.#invoke({ call, service, object, entry, scope, kept, holding }, args);
  }

  #invoke(ready: ReadyCall, args: Uint8Array): void {
    new Invocation(this.#context, ready, args).start(this.#calls(), this.#budget);
  }
}

function argumentsMissing(timeoutMs: number): CallError {
  return new CallError(
    "DEADLINE_EXCEEDED",
    `no byte of the call's arguments came for ${timeoutMs} ms (limits.argumentsTimeoutMs); send them right after the call`,
  );
}

function isPlain(wire: WireCall): wire is WireCall & { readonly target: { readonly importId: number } } {
  const { target, references, argumentsPayloadId, keepsResult } = wire;
  return "importId" in target && references.length === 0 && argumentsPayloadId === 0 && !keepsResult;
}

function errorsOf(target: Target) {
  return target.kind === "object" ? declaredErrors(target.entry.service) : target.errors;
}
