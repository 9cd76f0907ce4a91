/**
 * The links behind stubs: to an object that we hold (ImportLink), and to the result of a call that is not known yet
 * (PromisedLink). How a call gets there is in remote-call.ts.
 */
import { ClosedError, errorFrom } from "../base/errors.js";
import type { CallContext } from "../calls/call-handler.js";
import type { WireReference, WireTarget } from "../messages/instruction.js";
import type { Holding, HoldingLink } from "./import-table.js";
import { linkOf } from "./link-of.js";
import type { ReferenceContext } from "./reference-context.js";
import { type PromisedResult, type PromisedState, ask, tell } from "./remote-call.js";
import type { CallOptions, Pipelined, RemoteLink } from "./remote-link.js";
import type { Member, ServiceDescriptor } from "./service.js";

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

/** The result of a call, from the moment when the call is made. */
export class PromisedLink extends LinkBase implements PromisedResult {
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

function promisedTarget(callId: number): WireTarget {
  return { promised: { callId, path: [] } };
}

function resultService<A extends readonly unknown[], R>(member: Member<never, A, R>): ServiceDescriptor {
  const service = member.pipelines?.();
  if (service === undefined)
    throw new TypeError(`${member.name} does not return a reference: there is nothing to chain`);
  return service;
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
