/**
 * One call of the peer from the moment when it may start: from a number to a member, from bytes to arguments, through
 * the handler, and the way back. Members are found in the generated table of the interface under which the object was
 * shared, and nowhere else.
 */
import { CallError, errorFrom } from "../base/errors.js";
import { errorToWire } from "../calls/error-codec.js";
import type { IncomingCall } from "../calls/incoming-call.js";
import type { Handler, IncomingCalls } from "../calls/incoming-calls.js";
import { NO_BYTES, CallKind } from "../messages/instruction.js";
import type { ArgumentBudget, Held } from "./argument-budget.js";
import { declaredErrors } from "./declared-errors.js";
import { decodeMessage } from "./decode-message.js";
import { encodeResult } from "./encode-message.js";
import type { Export } from "./export-table.js";
import { forward } from "./forwarding.js";
import { IncomingScope } from "./incoming-scope.js";
import type { KeptCall } from "./kept-result.js";
import { linkOf } from "./link-of.js";
import type { ReferenceContext } from "./reference-context.js";
import type { PassedOn, RemoteLink } from "./remote-link.js";
import { ResultPaths } from "./result-paths.js";
import {
  type BoundMember,
  type Member,
  type MemberRun,
  type ServiceDescriptor,
  describeMember,
  interfaceOf,
} from "./service.js";
import { useMember } from "./use-member.js";

/** A call whose target is known. */
export interface ReadyCall {
  readonly call: IncomingCall;
  readonly service: ServiceDescriptor;
  readonly object: object;
  /** What a running call keeps from being disposed. */
  readonly entry: Export | undefined;
  readonly scope: IncomingScope;
  /** Where the peer chains on the result. */
  readonly kept?: KeptCall | undefined;
  /** Counts the arguments while the call waits. */
  readonly holding?: Held | undefined;
}

export class Invocation implements Handler {
  readonly #context: ReferenceContext;
  readonly #ready: ReadyCall;
  /** Set where the object belongs to another peer. */
  readonly #link: RemoteLink | undefined;
  #passedOn: PassedOn[] | undefined; // what goes on to the peer that the object belongs to
  #run: MemberRun | undefined; // a recorded program
  #arguments: Uint8Array;
  #held: Held | undefined; // until it runs
  #ended: (() => void) | undefined; // since it runs

  constructor(context: ReferenceContext, ready: ReadyCall, args: Uint8Array) {
    const link = linkOf(ready.object);
    // A stub that is shared as another interface, such as a base of its own, has other numbers: it is used as an object.
    this.#link = link?.service.interfaceId === ready.service.interfaceId ? link : undefined;
    this.#context = context;
    this.#ready = ready;
    this.#arguments = args;
    this.#held = ready.holding;
  }

  /** Runs the handler, now or when there is room, and answers. */
  start(calls: IncomingCalls, budget: ArgumentBudget): void {
    const { call, entry } = this.#ready;
    if (entry !== undefined) this.#context.exports!.pin(entry);
    const refusal = this.#held !== undefined || calls.hasPlace(call) ? undefined : this.#keepArguments(budget);
    if (refusal === undefined) {
      calls.run(call, this);
      return;
    }
    calls.leave(call);
    this.abandon();
    call.fail(refusal);
  }

  /** The call will wait, and its arguments are a view of what was received. @returns why they cannot be kept. */
  #keepArguments(budget: ArgumentBudget): CallError | undefined {
    const held = budget.hold(this.#arguments.length);
    if (held instanceof CallError) return held;
    this.#held = held;
    this.#arguments = this.#ready.call.wire.arguments = this.#arguments.slice();
    return undefined;
  }

  #release(): void {
    this.#held?.release();
    this.#held = undefined;
  }

  run(ended: () => void): void {
    this.#release();
    this.#ended = ended;
    this.#invoke();
  }

  /** The call is answered, and the author's code has ended. */
  #end(): void {
    const { call } = this.#ready;
    if (call.isOver) this.#letGoOfObject();
    else
      call.whenOver(() => {
        this.#letGoOfObject(); // the streams of the result may still come from it
      });
    this.#ended?.();
  }

  #letGoOfObject(): void {
    this.#unpin();
    this.#ready.scope.finish();
  }

  abandon(): void {
    this.#release();
    this.#unpin();
    this.#ready.scope.discard();
  }

  #unpin(): void {
    const { entry } = this.#ready;
    if (entry !== undefined) this.#context.exports!.unpin(entry);
  }

  /** Answers the call. */
  #invoke(): void {
    const { call, service, scope } = this.#ready;
    const { member: number, callKind, interfaceId } = call.wire;
    const declaring = interfaceId === 0 ? service : interfaceOf(service, interfaceId);
    const member = declaring?.members.get(number);
    if (member === undefined || CallKind[member.kind] !== callKind) {
      const base = interfaceId === 0 ? "" : ` in its base 0x${interfaceId.toString(16)}`;
      this.#drop(
        new CallError("UNIMPLEMENTED", `${service.fullName} has no member ${number} of kind ${callKind}${base}`),
      );
      this.#end();
      return;
    }
    let bound: BoundMember<object>;
    try {
      const read = this.#readArguments(member);
      bound = member.bound?.(read, this.#context.limits, call.context()) ?? { member, args: read };
      scope.decoded();
      if (scope.hasStreams) scope.endStreamsWith({ signals: [call.signal], deadline: undefined });
    } catch (error) {
      this.#drop(errorFrom(error));
      this.#end();
      return;
    }
    const { member: used } = bound;
    let result: unknown;
    try {
      result = this.#use(bound);
      if (isThenable(result)) {
        this.#await(used, result);
        return;
      }
    } catch (error) {
      this.#fail(error);
      this.#end();
      return;
    }
    this.#succeed(used, result);
    this.#end();
  }

  #await(member: Member<object>, result: PromiseLike<unknown>): void {
    void Promise.resolve(result).then(
      (value) => {
        this.#succeed(member, value);
        this.#end();
      },
      (error: unknown) => {
        this.#fail(error);
        this.#end();
      },
    );
  }

  #readArguments(member: Member<object>): readonly unknown[] {
    const watch = this.#context.watch!;
    const { call, service, scope } = this.#ready;
    const read = (): readonly unknown[] =>
      decodeMessage(this.#context, this.#arguments, scope, (reader) => member.readArguments(reader, call.context()));
    const args =
      scope === IncomingScope.EMPTY
        ? read()
        : watch.within(() => `argument of ${describeMember(service, member)}`, read);
    this.#arguments = call.wire.arguments = NO_BYTES;
    return args;
  }

  /** Runs the author's own code, with interceptors around it where there are some. */
  #use(bound: BoundMember<object>): unknown {
    const { contextStorage, interceptors } = this.#context;
    const { call, service, object } = this.#ready;
    const { member, args } = bound;
    if (this.#link === undefined && bound.run !== undefined) {
      this.#run = bound.run(this.#context, call, object);
      return this.#run.result;
    }
    if (interceptors.incoming === undefined && contextStorage === undefined) return this.#dispatch(member, args);
    return useMember(this.#context, { call, service, member, args }, () => this.#dispatch(member, args));
  }

  #dispatch(member: Member<object>, args: readonly unknown[]): unknown {
    const { call, object } = this.#ready;
    call.dispatch();
    return this.#link === undefined ? member.invoke(object, args, call.context()) : this.#forward(member, args);
  }

  #succeed(member: Member<object>, result: unknown): void {
    const { call, service, kept } = this.#ready;
    if (call.answered || member.oneWay === true || call.id === 0) {
      if (!call.answered) call.succeed(NO_BYTES, 0, []);
      leaveStream(result); // whatever it returned stays here
      this.#run?.end(false);
      this.#letGo();
      return;
    }
    const { messages, maxSentInlineBytes } = this.#context;
    try {
      const paths = kept && new ResultPaths(member.lists);
      const message = encodeResult(this.#context, service, member, result, paths);
      if (paths !== undefined && kept !== undefined) {
        kept.succeed(paths);
        if (this.#link !== undefined)
          kept.handOver(paths, (found) => this.#context.exports!.findObject(found.service, found.object)?.queue);
      }
      const { references, streamCount } = message.scope;
      const streams = streamCount === 0 ? undefined : call.openStreams(streamCount);
      if (message.length <= maxSentInlineBytes) call.succeed(message.view(), 0, references);
      else {
        const payloadId = messages.newPayloadId();
        call.succeed(NO_BYTES, payloadId, references);
        messages.outgoingPayloads.sendWhole(payloadId, message.take());
      }
      message.commit(streams);
      this.#run?.end(true);
    } catch (error) {
      leaveStream(result);
      this.#run?.end(false);
      const cause = errorFrom(error);
      const code = cause.name === "LimitError" ? "RESOURCE_EXHAUSTED" : "INTERNAL";
      call.fail(new CallError(code, `the result of ${service.fullName}.${member.name}: ${cause.message}`));
    } finally {
      this.#letGo();
    }
  }

  /** The object is another peer's: so is the call. */
  #forward(member: Member<object>, args: readonly unknown[]): unknown {
    const { call, scope, kept } = this.#ready;
    const link = this.#link!;
    if (link.leadsAway) {
      scope.passStreamsOn();
      (this.#passedOn ??= []).push(scope);
    }
    return forward(link, member, args, call, kept, (result) => {
      result.passStreamsOn();
      (this.#passedOn ??= []).push(result);
    });
  }

  /** The call was passed on, and is over: what came with it, and with its result, is nobody's here. */
  #letGo(): void {
    const messages = this.#passedOn;
    this.#passedOn = undefined;
    if (messages !== undefined) for (const message of messages) message.letGo();
  }

  /** The handler threw: what the call brought along is given back. */
  #fail(thrown: unknown): void {
    const { call, service, scope } = this.#ready;
    scope.discard();
    this.#run?.end(false);
    call.fail(errorFrom(thrown), errorToWire(thrown, this.#context.errors, declaredErrors(service)));
  }

  /** The call never reaches the handler. */
  #drop(error: Error): void {
    const { call, scope } = this.#ready;
    scope.discard();
    call.fail(error);
  }
}

/** Nobody will read a result: where it is a stream, its producer is told, as by a consumer that leaves at once. */
function leaveStream(result: unknown): void {
  if (typeof result !== "object" || result === null) return;
  const leave = async (): Promise<unknown> => {
    const { cancel, getReader } = result as Partial<ReadableStream>;
    if (cancel !== undefined && getReader !== undefined) return cancel.call(result);
    return (result as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator]?.().return?.();
  };
  leave().catch(() => undefined); // the producer's own trouble while it is let go of
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
