/**
 * Implements CallHandler: from ids to an object, from a number to a member, from bytes to arguments, and the way back.
 * Members are found in the generated table of the interface under which the object was shared, and nowhere else.
 */
import { CallError, errorFrom } from "../base/errors.js";
import { exportIdFromWire } from "../base/ids.js";
import type { CallHandler } from "../calls/call-handler.js";
import { type DeclaredErrors, errorToWire } from "../calls/error-codec.js";
import type { IncomingCall, IncomingCalls } from "../calls/incoming-calls.js";
import { CallKind, type WireTarget } from "../messages/instruction.js";
import type { CallQueue, QueuedCall } from "./call-queue.js";
import { declaredErrors } from "./declared-errors.js";
import { encodeMessage } from "./encode-message.js";
import type { Export } from "./export-table.js";
import { IncomingScope } from "./incoming-scope.js";
import { KeptCall } from "./kept-result.js";
import { readWhole } from "./payload-message.js";
import type { ReferenceContext } from "./reference-context.js";
import type { Member, ServiceDescriptor } from "./service.js";
import { ValueReader } from "./value-reader.js";

/** Who is asked: one of our objects, or the result of a call that the peer keeps. */
type Target =
  | { readonly kind: "object"; readonly service: ServiceDescriptor; readonly entry: Export }
  | { readonly kind: "kept"; readonly service: ServiceDescriptor; readonly result: KeptCall };

/** A call on its way to its handler. */
interface Route {
  readonly call: IncomingCall;
  readonly service: ServiceDescriptor;
  readonly scope: IncomingScope;
  readonly kept: KeptCall | undefined;
  arguments: Uint8Array;
}

const NO_ERRORS: DeclaredErrors = { write: () => undefined, read: () => undefined };

export class Router implements CallHandler {
  readonly #context: ReferenceContext;
  readonly #calls: () => IncomingCalls;
  readonly #kept = new Map<number, KeptCall>();

  constructor(context: ReferenceContext, calls: () => IncomingCalls) {
    this.#context = context;
    this.#calls = calls;
  }

  keptResult(callId: number): KeptCall | undefined {
    return this.#kept.get(callId);
  }

  /** The peer will name that result no more. */
  finish(callId: number): void {
    this.#kept.delete(callId);
  }

  close(error: Error): void {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    for (const result of kept) result.fail(error);
  }

  handle(call: IncomingCall): void {
    const { wire } = call;
    const target = this.#locate(wire.target);
    const service = target instanceof CallError ? undefined : target.service;
    const scope = new IncomingScope(
      this.#context,
      wire.references,
      service === undefined ? NO_ERRORS : declaredErrors(service),
    );
    const kept = this.#keep(call, target);
    const route: Route | undefined = service && { call, service, scope, kept, arguments: wire.arguments };
    const refusal = target instanceof CallError ? target : this.#refuse(call, kept);
    if (refusal !== undefined || route === undefined || target instanceof CallError) {
      this.#drop(call, scope, refusal);
      return;
    }
    this.#enqueue(route, target);
  }

  #locate(target: WireTarget): Target | CallError {
    if ("importId" in target) {
      const entry = this.#context.exports.find(exportIdFromWire(target.importId));
      if (entry !== undefined) return { kind: "object", service: entry.service, entry };
      return new CallError("NOT_FOUND", `object ${target.importId} is not shared, or has been released`);
    }
    const { callId, path } = target.promised;
    const result = path.length === 0 ? this.#kept.get(callId) : undefined;
    if (result?.service !== undefined) return { kind: "kept", service: result.service, result };
    if (path.length > 0) return new CallError("UNIMPLEMENTED", "calls on a path inside a result are not supported");
    return new CallError(
      "INVALID_ARGUMENT",
      `call ${callId} has no result that can be called on: it holds no reference, or was finished`,
    );
  }

  /** Where the peer may chain on this call: a place for its result, from now on. */
  #keep(call: IncomingCall, target: Target | CallError): KeptCall | undefined {
    if (!call.wire.keepsResult || call.callId === 0) return undefined;
    const member = target instanceof CallError ? undefined : target.service.members.get(call.wire.member);
    const depth =
      !(target instanceof CallError) && target.kind === "kept" && target.result.outcome === undefined
        ? target.result.depth + 1
        : 1;
    const kept = new KeptCall(member?.pipelines?.(), depth, this.#context.limits);
    this.#kept.set(call.callId, kept);
    call.onFailed = (error) => {
      kept.fail(error);
    };
    return kept;
  }

  #refuse(call: IncomingCall, kept: KeptCall | undefined): CallError | undefined {
    const { limits } = this.#context;
    const { depth, metadata } = call.wire;
    if (depth > limits.maxCallDepth) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `calls nested ${depth} deep, and the limit is ${limits.maxCallDepth} (limits.maxCallDepth)`,
      );
    }
    if (kept !== undefined && kept.depth > limits.maxPipelineDepth) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `a chain of ${kept.depth} unknown results, and the limit is ${limits.maxPipelineDepth} (limits.maxPipelineDepth)`,
      );
    }
    const entries = metadata === undefined ? 0 : Object.keys(metadata).length;
    if (entries > limits.maxMetadataEntries) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `${entries} metadata entries, and the limit is ${limits.maxMetadataEntries} (limits.maxMetadataEntries)`,
      );
    }
    return undefined;
  }

  /** Puts the call into its target's order, and makes it ready when everything that it needs is there. */
  #enqueue(route: Route, target: Target): void {
    const { call, scope } = route;
    let missing = 1; // this very function
    let queue: CallQueue | undefined;
    const queued: QueuedCall = {
      ready: false,
      start: () => {
        this.#start(route, target);
      },
    };
    const arrived = (): void => {
      if (--missing > 0) return;
      queued.ready = true;
      queue?.advance();
    };
    try {
      for (const result of scope.pending()) {
        missing++;
        result.whenKnown(arrived);
      }
      if (call.wire.argumentsPayloadId !== 0) {
        missing++;
        this.#fetchArguments(route, arrived);
      }
      const join = (own: CallQueue): void => {
        queue = own;
        own.push(queued);
      };
      arrived(); // before the common case joins its queue, so that it starts at once
      if (target.kind === "object") join(target.entry.queue);
      else
        target.result.whenKnown(() => {
          join(target.result.queue);
        });
    } catch (error) {
      queued.ready = false;
      this.#drop(call, scope, errorFrom(error));
    }
  }

  #fetchArguments(route: Route, arrived: () => void): void {
    const { call } = route;
    const payload = this.#context.messages.incomingPayloads.claim(call.wire.argumentsPayloadId);
    readWhole(payload, this.#context.limits).then(
      (bytes) => {
        route.arguments = bytes;
        arrived();
      },
      (error: unknown) => {
        call.fail(errorFrom(error));
        arrived();
      },
    );
  }

  #start(route: Route, target: Target): void {
    const { call, scope } = route;
    if (call.answered) {
      scope.discard("unfinished");
      return;
    }
    if (target.kind === "object") {
      this.#run(route, target.entry.object, target.entry);
      return;
    }
    const { outcome } = target.result;
    if (outcome === undefined || "error" in outcome) {
      scope.discard("unfinished");
      call.fail(
        outcome?.error ?? new CallError("INTERNAL", "the result is not known"),
        outcome && errorToWire(outcome.error, declaredErrors(route.service)),
      );
      return;
    }
    this.#run(route, outcome.object, this.#context.exports.findObject(outcome.service, outcome.object));
  }

  /** Runs the handler, and answers. `entry` is what a running call keeps from being disposed. */
  #run(route: Route, object: object, entry: Export | undefined): void {
    const { exports } = this.#context;
    if (entry !== undefined) exports.pin(entry);
    const unpin = (): void => {
      if (entry !== undefined) exports.unpin(entry);
    };
    const handler = (ended: () => void): void => {
      const invoked = this.#invoke(route, object);
      const end = (): void => {
        unpin();
        ended();
      };
      if (invoked === undefined) {
        end();
        return;
      }
      const { member, result } = invoked;
      if (!isThenable(result)) {
        this.#succeed(route, member, result);
        end();
        return;
      }
      result.then(
        (value) => {
          this.#succeed(route, member, value);
          end();
        },
        (error: unknown) => {
          this.#fail(route, error);
          end();
        },
      );
    };
    this.#calls().run(route.call, handler, () => {
      unpin();
      route.scope.discard("unfinished");
    });
  }

  /** @returns what the handler returned; undefined where the call has been answered with an error. */
  #invoke(route: Route, object: object): { member: Member<object>; result: unknown } | undefined {
    const { call, service, scope } = route;
    const { member: number, callKind } = call.wire;
    const member = service.members.get(number);
    if (member === undefined || CallKind[member.kind] !== callKind) {
      this.#drop(
        call,
        scope,
        new CallError("UNIMPLEMENTED", `${service.fullName} has no member ${number} of kind ${callKind}`),
      );
      return undefined;
    }
    const context = call.context();
    let args: readonly unknown[];
    try {
      args = member.readArguments(new ValueReader(route.arguments, scope, this.#context.limits), context);
      scope.finish();
    } catch (error) {
      this.#drop(call, scope, errorFrom(error));
      return undefined;
    }
    try {
      return { member, result: member.invoke(object, args, context) };
    } catch (error) {
      this.#fail(route, error);
      return undefined;
    }
  }

  #succeed({ call, service, kept }: Route, member: Member<object>, result: unknown): void {
    if (call.answered || member.oneWay === true) return;
    const { messages, limits, exports } = this.#context;
    try {
      const message = encodeMessage(this.#context, declaredErrors(service), (writer) => {
        member.writeResult(writer, result);
      });
      kept?.succeed(result, exports);
      const { references } = message.scope;
      if (message.length <= limits.maxInlineBytes) {
        message.inline((bytes) => {
          call.succeed(bytes, 0, references);
        });
      } else {
        const payloadId = messages.newPayloadId();
        call.succeed(NO_BYTES, payloadId, references);
        messages.outgoingPayloads.sendWhole(payloadId, message.finish());
      }
      message.scope.commit();
    } catch (error) {
      const cause = errorFrom(error);
      const code = cause.name === "LimitError" ? "RESOURCE_EXHAUSTED" : "INTERNAL";
      call.fail(new CallError(code, `the result of ${service.fullName}.${member.name}: ${cause.message}`));
    }
  }

  /** The handler threw: what the call brought along is given back. */
  #fail({ call, service, scope }: Route, thrown: unknown): void {
    scope.discard("finished");
    call.fail(errorFrom(thrown), errorToWire(thrown, declaredErrors(service)));
  }

  /** The call never reaches a handler. */
  #drop(call: IncomingCall, scope: IncomingScope, error: Error | undefined): void {
    scope.discard("unfinished");
    if (error !== undefined) call.fail(error);
  }
}

const NO_BYTES = new Uint8Array();

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
