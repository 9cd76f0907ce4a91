/**
 * Implements CallHandler: from ids to an object, from a number to a member, from bytes to arguments, and the way back.
 * Members are found in the generated table of the interface under which the object was shared, and nowhere else.
 */
import { CallError, errorFrom } from "../base/errors.js";
import { exportIdFromWire } from "../base/ids.js";
import type { CallHandler } from "../calls/call-handler.js";
import { NO_DECLARED_ERRORS, errorToWire } from "../calls/error-codec.js";
import type { IncomingCall, IncomingCalls } from "../calls/incoming-calls.js";
import type { IncomingPayload } from "../messages/incoming-payload.js";
import { CallKind, type WireTarget } from "../messages/instruction.js";
import { utf8Length } from "../protobuf/utf8.js";
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
      service === undefined ? NO_DECLARED_ERRORS : declaredErrors(service),
    );
    const kept = this.#keep(call, target);
    const route: Route | undefined = service && { call, service, scope, kept, arguments: wire.arguments };
    const refusal = target instanceof CallError ? target : this.#refuse(call, kept);
    if (refusal !== undefined || route === undefined || target instanceof CallError) {
      if (wire.argumentsPayloadId !== 0)
        this.#context.messages.incomingPayloads.claim(wire.argumentsPayloadId).discard();
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
    const { depth, metadata, references } = call.wire;
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
    if (this.#kept.size > limits.maxPendingCalls) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `${this.#kept.size} results are kept, and the limit is ${limits.maxPendingCalls} (limits.maxPendingCalls); finish some`,
      );
    }
    if (references.length > limits.maxReferencesPerMessage) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `${references.length} references in one message, and the limit is ${limits.maxReferencesPerMessage} (limits.maxReferencesPerMessage)`,
      );
    }
    const entries = metadata === undefined ? [] : Object.entries(metadata);
    const bytes = entries.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);
    if (entries.length > limits.maxMetadataEntries || bytes > limits.maxMetadataBytes) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `metadata of ${entries.length} entries and ${bytes} bytes; the limits are ${limits.maxMetadataEntries} and ${limits.maxMetadataBytes} (limits.maxMetadataEntries, limits.maxMetadataBytes)`,
      );
    }
    return this.#calls().enter();
  }

  /**
   * Puts the call into its target's order, and makes it ready when everything that it needs is there.
   * @throws {ProtocolError} where its arguments are a payload that was named before.
   */
  #enqueue(route: Route, target: Target): void {
    const { call, scope } = route;
    const { argumentsPayloadId } = call.wire;
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
          join(target.result.queue);
        });
    } catch (error) {
      // Too many wait for a result: this call is not one of them. (Those it asked before will find nothing to start.)
      missing = Number.POSITIVE_INFINITY;
      this.#calls().leave();
      this.#drop(call, scope, errorFrom(error));
    }
  }

  #fetchArguments(route: Route, payload: IncomingPayload, arrived: () => void): void {
    const { call } = route;
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
      this.#calls().leave();
      scope.discard();
      return;
    }
    const failure = scope.failure();
    if (failure !== undefined) {
      this.#failWith(route, failure);
      return;
    }
    if (target.kind === "object") {
      this.#run(route, target.entry.object, target.entry);
      return;
    }
    const { outcome } = target.result;
    if (outcome === undefined || "error" in outcome) {
      this.#failWith(route, outcome?.error ?? new CallError("INTERNAL", "the result is not known"));
      return;
    }
    this.#run(route, outcome.object, this.#context.exports.findObject(outcome.service, outcome.object));
  }

  /** What the call depends on has failed: so does the call, with the same error, and nothing is dispatched. */
  #failWith({ call, scope, service }: Route, error: Error): void {
    this.#calls().leave();
    scope.discard();
    call.fail(error, errorToWire(error, declaredErrors(service)));
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
        route.scope.finish();
        ended();
      };
      if (invoked === undefined) {
        end();
        return;
      }
      const { member, result, isPromise } = invoked;
      if (!isPromise) {
        this.#succeed(route, member, result);
        end();
        return;
      }
      Promise.resolve(result).then(
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
      route.scope.discard();
    });
  }

  /** @returns what the handler returned; undefined where the call has been answered with an error. */
  #invoke(route: Route, object: object): { member: Member<object>; result: unknown; isPromise: boolean } | undefined {
    const { call, service, scope } = route;
    const { member: number, callKind, interfaceId } = call.wire;
    const member = interfaceId === 0 || interfaceId === service.interfaceId ? service.members.get(number) : undefined;
    if (member === undefined || CallKind[member.kind] !== callKind) {
      const base = interfaceId === 0 ? "" : ` in its base 0x${interfaceId.toString(16)}`;
      this.#drop(
        call,
        scope,
        new CallError("UNIMPLEMENTED", `${service.fullName} has no member ${number} of kind ${callKind}${base}`),
      );
      return undefined;
    }
    const context = call.context();
    let args: readonly unknown[];
    try {
      args = member.readArguments(new ValueReader(route.arguments, scope, this.#context.limits), context);
      scope.decoded();
    } catch (error) {
      this.#drop(call, scope, errorFrom(error));
      return undefined;
    }
    try {
      const result = member.invoke(object, args, context);
      return { member, result, isPromise: isThenable(result) };
    } catch (error) {
      this.#fail(route, error);
      return undefined;
    }
  }

  #succeed({ call, service, kept }: Route, member: Member<object>, result: unknown): void {
    if (call.answered) return;
    if (member.oneWay === true || call.callId === 0) {
      call.succeed(NO_BYTES, 0, []); // whatever it returned stays here
      return;
    }
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
    scope.discard();
    call.fail(errorFrom(thrown), errorToWire(thrown, declaredErrors(service)));
  }

  /** The call never reaches a handler. */
  #drop(call: IncomingCall, scope: IncomingScope, error: Error | undefined): void {
    scope.discard();
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
