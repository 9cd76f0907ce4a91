/**
 * The links behind stubs: to an object that we hold (ImportLink), and to the result of a call that is not known yet
 * (PromisedLink). A call is encoded and on its way when `call` returns; the promise is only for the answer.
 */
import { CallError, ClosedError, LimitError, errorFrom } from "../base/errors.js";
import type { CallContext } from "../calls/call-handler.js";
import { errorFromWire } from "../calls/error-codec.js";
import { type Question, cancelled } from "../calls/outgoing-calls.js";
import {
  CallKind,
  type WireError,
  type WireReference,
  type WireReturn,
  type WireTarget,
} from "../messages/instruction.js";
import type { IncomingPayload } from "../messages/incoming-payload.js";
import { describeValue } from "../protobuf/path.js";
import { utf8Length } from "../protobuf/utf8.js";
import { declaredErrors } from "./declared-errors.js";
import { encodeMessage } from "./encode-message.js";
import type { Holding, HoldingLink } from "./import-table.js";
import { IncomingScope } from "./incoming-scope.js";
import { linkOf } from "./link-of.js";
import { readWhole } from "./payload-message.js";
import type { ReferenceContext, StreamLifetime } from "./reference-context.js";
import type { CallOptions, Pipelined, RemoteLink } from "./remote-link.js";
import type { Member, ServiceDescriptor } from "./service.js";
import { ValueReader } from "./value-reader.js";

/** What both links have in common: everything but where the object is. */
abstract class LinkBase implements RemoteLink {
  readonly context: ReferenceContext;
  readonly service: ServiceDescriptor;

  constructor(context: ReferenceContext, service: ServiceDescriptor) {
    this.context = context;
    this.service = service;
  }

  abstract nameIn(session: object): WireReference | { readonly object: object } | undefined;
  abstract call<A extends readonly unknown[], R>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Promise<R>;
  abstract send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void;
  abstract pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R>;
  abstract release(): void;
  abstract describe(): string;

  with(options: CallOptions): RemoteLink {
    return new OptionsLink(this, options);
  }
}

/** An object of the peer that this side holds. */
export class ImportLink extends LinkBase implements HoldingLink {
  readonly holding: Holding;
  readonly stub: object;
  readonly #target: WireTarget;

  constructor(context: ReferenceContext, holding: Holding, service: ServiceDescriptor) {
    super(context, service);
    this.holding = holding;
    this.#target = { importId: holding.id };
    this.stub = service.createStub(this);
  }

  get released(): boolean {
    return this.holding.count === 0;
  }

  nameIn(session: object): WireReference | undefined {
    if (session !== this.context) return undefined;
    if (this.released) throw releasedReference(this);
    return { kind: "import", id: this.holding.id };
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    if (this.released) return Promise.reject(releasedReference(this));
    return ask(this, this.#target, member, args, options, undefined);
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    if (this.released) throw releasedReference(this);
    tell(this, this.#target, member, args, options);
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    const link = new PromisedLink(this.context, resultService(member));
    if (!this.released) return { result: ask(this, this.#target, member, args, options, link), link };
    const error = releasedReference(this);
    link.state = { kind: "failed", error };
    return { result: Promise.reject(error), link };
  }

  release(): void {
    this.context.imports.releaseOne(this.holding);
  }

  describe(): string {
    return `${this.service.fullName} #${this.holding.id} at ${this.context.peerDescription}`;
  }
}

export type PromisedState =
  | { readonly kind: "pending"; readonly callId: number }
  | { readonly kind: "here"; readonly result: Promise<object> } // the result of a call on our own object
  | { readonly kind: "known"; readonly object: object }
  | { readonly kind: "failed"; readonly error: Error };

/** The result of a call, from the moment when the call is made. */
export class PromisedLink extends LinkBase {
  state: PromisedState = { kind: "pending", callId: 0 };
  /** Calls made on the promise that have not been answered. */
  #outstanding = 0;
  #onQuiet: (() => void) | undefined;

  nameIn(session: object): WireReference | { readonly object: object } | undefined {
    const { state } = this;
    switch (state.kind) {
      case "pending":
        return session === this.context ? { kind: "promised", callId: state.callId, path: [] } : undefined;
      case "known":
        return state;
      case "failed":
        throw state.error;
      case "here":
        return undefined;
    }
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    const { state } = this;
    if (state.kind === "failed") return Promise.reject(state.error);
    if (state.kind === "here") return state.result.then(() => this.call(member, args, options));
    if (state.kind === "known") {
      return linkOf(state.object)?.call(member, args, options) ?? callAtHome(state.object, member, args);
    }
    this.#outstanding++;
    return ask(this, promisedTarget(state.callId), member, args, options, undefined, this.#answered);
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    const { state } = this;
    if (state.kind === "pending") tell(this, promisedTarget(state.callId), member, args, options);
    else if (state.kind === "here")
      void state.result.then(() => this.send(member, args, options)).catch(() => undefined);
    else if (state.kind === "known") {
      const link = linkOf(state.object);
      if (link !== undefined) link.send(member, args, options);
      else void callAtHome(state.object, member, args).catch(() => undefined);
    }
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    const { state } = this;
    const link = new PromisedLink(this.context, resultService(member));
    switch (state.kind) {
      case "pending":
        this.#outstanding++;
        return { result: ask(this, promisedTarget(state.callId), member, args, options, link, this.#answered), link };
      case "failed":
        link.state = state;
        return { result: Promise.reject(state.error), link };
      case "known": {
        const remote = linkOf(state.object);
        if (remote !== undefined) return remote.pipeline(member, args, options);
        return knownLater(callAtHome(state.object, member, args), link);
      }
      case "here":
        return knownLater(
          state.result.then(() => this.pipeline(member, args, options).result),
          link,
        );
    }
  }

  /** The result is known. Runs `then` when the calls that were made on the promise so far have been answered. */
  whenQuiet(then: () => void): void {
    if (this.#outstanding === 0) then();
    else this.#onQuiet = then;
  }

  release(): void {
    if (this.state.kind === "known") linkOf(this.state.object)?.release();
  }

  describe(): string {
    return `the promise of ${this.service.fullName} at ${this.context.peerDescription}`;
  }

  readonly #answered = (): void => {
    if (--this.#outstanding === 0) this.#onQuiet?.();
  };
}

/** A link whose calls have options. */
class OptionsLink implements RemoteLink {
  readonly #base: LinkBase;
  readonly #options: CallOptions;

  constructor(base: LinkBase, options: CallOptions) {
    this.#base = base;
    this.#options = options;
  }

  get service(): ServiceDescriptor {
    return this.#base.service;
  }
  nameIn(session: object): WireReference | { readonly object: object } | undefined {
    return this.#base.nameIn(session);
  }
  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    return this.#base.call(member, args, { ...this.#options, ...options });
  }
  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    this.#base.send(member, args, { ...this.#options, ...options });
  }
  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    return this.#base.pipeline(member, args, { ...this.#options, ...options });
  }
  with(options: CallOptions): RemoteLink {
    return new OptionsLink(this.#base, { ...this.#options, ...options });
  }
  release(): void {
    this.#base.release();
  }
  describe(): string {
    return this.#base.describe();
  }
}

/** One call that waits for its answer: decodes it, and gives back what it brought where nobody wants it any more. */
class RemoteQuestion<R> implements Question {
  readonly keepsResult: boolean;
  readonly #link: LinkBase; // also keeps the stub alive while the call is under way
  readonly #member: Member<never, readonly unknown[], R>;
  readonly #promised: PromisedLink | undefined;
  #settle:
    { resolve: (value: R) => void; reject: (error: Error) => void; answered: (() => void) | undefined } | undefined;
  readonly #lifetime: StreamLifetime | undefined;
  #arriving: IncomingPayload | undefined; // the result, where it is large

  constructor(
    link: LinkBase,
    member: Member<never, readonly unknown[], R>,
    promised: PromisedLink | undefined,
    options: CallOptions | undefined,
    settle: { resolve: (value: R) => void; reject: (error: Error) => void; answered: (() => void) | undefined },
  ) {
    this.#link = link;
    this.#member = member;
    this.#promised = promised;
    this.keepsResult = promised !== undefined;
    this.#lifetime = streamLifetime(options, link.context);
    this.#settle = settle;
  }

  onReturn(answer: WireReturn): Promise<void> | undefined {
    const { context } = this.#link;
    const scope = new IncomingScope(context, answer.references, declaredErrors(this.#link.service));
    if (answer.resultPayloadId === 0) {
      this.#decode(answer.result, scope);
      return undefined;
    }
    const payload = context.messages.incomingPayloads.claim(answer.resultPayloadId);
    if (this.#settle === undefined) {
      payload.discard();
      scope.discard();
      return undefined;
    }
    this.#arriving = payload;
    return readWhole(payload, context.limits).then(
      (result) => {
        this.#decode(result, scope);
      },
      (error: unknown) => {
        scope.discard();
        this.giveUp(errorFrom(error));
      },
    );
  }

  onThrow(error: WireError): void {
    this.giveUp(errorFromWire(error, declaredErrors(this.#link.service)));
  }

  giveUp(error: Error): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.#arriving?.discard();
    if (this.#promised !== undefined) this.#promised.state = { kind: "failed", error };
    settle.reject(error);
    settle.answered?.();
  }

  #decode(result: Uint8Array, scope: IncomingScope): void {
    if (this.#settle === undefined) {
      scope.discard();
      return;
    }
    let value: R;
    try {
      value = this.#member.readResult(new ValueReader(result, scope, this.#link.context.limits));
      if (this.#lifetime !== undefined) scope.endStreamsWith(this.#lifetime);
      scope.finish();
    } catch (error) {
      scope.discard();
      this.giveUp(errorFrom(error));
      return;
    }
    this.#fulfil(value, this.#settle);
  }

  #fulfil(value: R, settle: { resolve: (value: R) => void; answered: (() => void) | undefined }): void {
    this.#settle = undefined;
    const promised = this.#promised;
    if (promised === undefined || (typeof value !== "object" && typeof value !== "function") || value === null) {
      settle.resolve(value);
    } else {
      promised.state = { kind: "known", object: value };
      // Our own object, come home: calls that were sent through the peer must start before direct ones do.
      if (linkOf(value) === undefined) {
        promised.whenQuiet(() => {
          settle.resolve(value);
        });
      } else settle.resolve(value);
    }
    settle.answered?.();
  }
}

/** Issues a call and waits for its answer. @param answered  told when the call has settled. */
function ask<A extends readonly unknown[], R>(
  link: LinkBase,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  promised: PromisedLink | undefined,
  answered?: () => void,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const question = new RemoteQuestion<R>(link, member, promised, options, {
      resolve,
      reject,
      answered,
    });
    try {
      const callId = issue(link, target, member, args, options, question);
      if (promised !== undefined && callId > 0) promised.state = { kind: "pending", callId };
    } catch (error) {
      question.giveUp(errorFrom(error));
    }
  });
}

/** Issues a one-way call. Where the connection is gone it goes nowhere, as it would have a moment later. */
function tell<A extends readonly unknown[]>(
  link: LinkBase,
  target: WireTarget,
  member: Member<never, A, void>,
  args: A,
  options?: CallOptions,
): void {
  if (link.context.closed === undefined) issue(link, target, member, args, options, undefined);
}

/** Encodes a call and sends it. @returns its id; 0: one-way. */
function issue<A extends readonly unknown[], R>(
  link: LinkBase,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  question: Question | undefined,
): number {
  const { context } = link;
  if (context.closed !== undefined) throw notSent(context.closed);
  const signal = options?.signal;
  throwIfAborted(signal);
  const timeoutMs = checkTimeout(options?.timeoutMs);
  const metadata = checkMetadata(options?.metadata, link.context);

  const message = encodeMessage(context, declaredErrors(link.service), (writer) => {
    member.writeArguments(writer, args);
  });
  const inline = message.length <= context.limits.maxInlineBytes;
  let callId: number;
  try {
    throwIfAborted(signal); // by a getter of the arguments
    callId = question === undefined ? 0 : context.outgoing.open(question, signal, timeoutMs);
  } catch (error) {
    message.finish();
    message.scope.rollback();
    throw error;
  }
  const argumentsPayloadId = inline ? 0 : context.messages.newPayloadId();
  const send = (bytes: Uint8Array): void => {
    context.messages.send({
      kind: "call",
      callId,
      target,
      member: member.number,
      callKind: CallKind[member.kind],
      interfaceId: 0,
      arguments: bytes,
      argumentsPayloadId,
      references: message.scope.references,
      keepsResult: question?.keepsResult ?? false,
      timeoutMs: timeoutMs ?? 0,
      depth: 0,
      metadata,
    });
  };
  if (inline) message.inline(send);
  else {
    send(NO_BYTES);
    context.messages.outgoingPayloads.sendWhole(argumentsPayloadId, message.finish());
  }
  message.scope.commit();
  return callId;
}

const NO_BYTES = new Uint8Array();

/** How long the streams of a call's result may go on. */
function streamLifetime(options: CallOptions | undefined, { clock }: ReferenceContext): StreamLifetime | undefined {
  const { signal, timeoutMs } = options ?? {};
  if (signal === undefined && timeoutMs === undefined) return undefined;
  const hasDeadline = timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY;
  return { signal, deadline: hasDeadline ? clock.now() + timeoutMs : undefined };
}

function promisedTarget(callId: number): WireTarget {
  return { promised: { callId, path: [] } };
}

function resultService<A extends readonly unknown[], R>(member: Member<never, A, R>): ServiceDescriptor {
  const service = member.pipelines?.();
  if (service === undefined)
    throw new TypeError(`${member.name} does not return a reference: there is nothing to chain`);
  return service;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

/** @returns whole milliseconds, at least 1; undefined for none. */
function checkTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return undefined;
  if (!(timeoutMs > 0))
    throw new CallError("DEADLINE_EXCEEDED", `a timeout of ${timeoutMs} ms has passed before the call was sent`);
  return Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
}

function checkMetadata(metadata: CallOptions["metadata"], { limits }: ReferenceContext): CallOptions["metadata"] {
  if (metadata === undefined) return undefined;
  const entries = Object.entries(metadata);
  const wrong = entries.find(([, value]) => typeof value !== "string");
  if (wrong !== undefined) {
    throw new CallError("INVALID_ARGUMENT", `metadata.${wrong[0]}: expected a string, got ${describeValue(wrong[1])}`);
  }
  const bytes = entries.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);
  if (entries.length > limits.maxMetadataEntries || bytes > limits.maxMetadataBytes) {
    throw new LimitError(
      "message-too-large",
      `metadata of ${entries.length} entries and ${bytes} bytes; the limits are ${limits.maxMetadataEntries} and ${limits.maxMetadataBytes} (limits.maxMetadataEntries, limits.maxMetadataBytes)`,
    );
  }
  return metadata;
}

/** The reason why the session ended, as the error of a call that was never sent. */
function notSent(reason: Error): Error {
  return reason instanceof ClosedError
    ? new ClosedError(reason.code, reason.message, { cause: reason, dispatched: "no" })
    : reason;
}

const HOME_CONTEXT: CallContext = {
  get signal() {
    return new AbortController().signal;
  },
  remainingMs: undefined,
  depth: 0,
  metadata: {},
};

/** A call on our own object, which came back as the result of a call. */
function callAtHome<A extends readonly unknown[], R>(object: object, member: Member<never, A, R>, args: A): Promise<R> {
  return new Promise<R>((resolve) => {
    resolve(member.invoke(object as never, args, HOME_CONTEXT) as R | PromiseLike<R>);
  });
}

/** The result of a call that did not go to the peer, as something that can be chained. */
function knownLater<R extends object>(result: Promise<R>, link: PromisedLink): Pipelined<R> {
  const settled = result.then(
    (object) => {
      link.state = { kind: "known", object };
      return object;
    },
    (error: unknown) => {
      link.state = { kind: "failed", error: errorFrom(error) };
      throw error;
    },
  );
  link.state = { kind: "here", result: settled };
  return { result: settled, link };
}

export function releasedReference(link: ImportLink): ClosedError {
  return new ClosedError("released-reference", `${link.describe()} has been released; ask for it again`, {
    dispatched: "no",
  });
}
