/**
 * The link behind a promise: to the result of a call, or to a reference inside it, from the moment when the call is
 * made. Until the answer is here, calls name it as a path into the result; afterwards they go to what it turned out to be.
 */
import { CallError, ClosedError, errorFrom } from "../base/errors.js";
import type { CallContext, CallPeer } from "../calls/call-handler.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { WireReference, WireTarget } from "../messages/instruction.js";
import { eitherErrors, declaredErrors } from "./declared-errors.js";
import { LinkBase } from "./link-base.js";
import type { ImportHolder } from "./import.js";
import { linkOf } from "./link-of.js";
import { PromisedCall } from "./promised-call.js";
import type { ReferenceContext } from "./reference-context.js";
import { ask, tell, tellAndReport } from "./remote-call.js";
import { type CallOptions, type Pipelined, type RemoteLink, forwardedBy } from "./remote-link.js";
import type { CallRoute } from "./remote-question.js";
import type { Member, Pipelining, ResultReference, ServiceDescriptor } from "./service.js";

export class PromisedLink extends LinkBase {
  readonly context: ReferenceContext;
  readonly service: ServiceDescriptor;
  readonly declared: DeclaredErrors;
  readonly #call: PromisedCall;
  readonly #reference: ResultReference;

  constructor(context: ReferenceContext, call: PromisedCall, reference: ResultReference) {
    super();
    this.context = context;
    this.service = reference.service();
    this.declared = eitherErrors(declaredErrors(this.service), call.declared);
    this.#call = call;
    this.#reference = reference;
  }

  get snapshot(): object | undefined {
    const { state } = this.#call;
    if (state.kind !== "known") return undefined;
    const object = this.#pick(state.value);
    const link = linkOf(object);
    return link === undefined ? object : link.snapshot; // an object of our own has its properties itself
  }

  nameIn(session: object): WireReference | { readonly object: object } | undefined {
    const { state } = this.#call;
    switch (state.kind) {
      case "pending":
        if (session !== this.context) return undefined;
        return { kind: "promised", callId: state.callId, path: this.#reference.path };
      case "known":
        return { object: this.#pick(state.value) };
      case "failed":
        throw state.error;
      case "here":
        return undefined;
    }
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    const { state } = this.#call;
    if (state.kind === "failed") return Promise.reject(state.error);
    if (state.kind === "here") return state.result.then(() => this.call(member, args, options));
    if (state.kind === "known") {
      const object = this.#find(state.value);
      if (object instanceof CallError) return Promise.reject(object);
      return linkOf(object)?.call(member, args, options) ?? callAtHome(object, member, args, this.context.peer);
    }
    return ask(this, this.#target(state.callId), member, args, options, undefined, this.#call.depend());
  }

  /** The promise may have become another call's by now (a retry), or be known. */
  async whereNow(): Promise<CallRoute | undefined> {
    const { state } = this.#call;
    switch (state.kind) {
      case "pending":
        return { link: this, target: this.#target(state.callId) };
      case "here":
        await state.result;
        return this.whereNow();
      case "failed":
        throw state.error;
      case "known": {
        const link = linkOf(this.#pick(state.value));
        return link instanceof LinkBase && isHolding(link) ? { link, target: link.held } : undefined;
      }
    }
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    const { state } = this.#call;
    const taken = (): void => forwardedBy(options)?.taken?.();
    switch (state.kind) {
      case "pending": {
        // Answered, unlike other one-way calls: what comes after the promise must not overtake it.
        const depend = this.#call.depend();
        tell(this, this.#target(state.callId), member, args, options, () => {
          depend();
          taken();
        });
        return;
      }
      case "failed":
        taken();
        return;
      case "known": {
        const object = this.#pick(state.value);
        const link = linkOf(object);
        if (link !== undefined) link.send(member, args, options);
        else void callAtHome(object, member, args, this.context.peer).then(taken, taken);
        return;
      }
      case "here":
        state.result
          .then(() => {
            this.send(member, args, options);
          })
          .catch(taken);
    }
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    const { state } = this.#call;
    const promised = new PromisedCall(this.declared);
    switch (state.kind) {
      case "pending": {
        const answered = this.#call.depend();
        const target = this.#target(state.callId);
        return new ChainedCall(this, promised, ask(this, target, member, args, options, promised, answered));
      }
      case "failed":
        promised.become(state);
        return new ChainedCall(this, promised, Promise.reject(state.error));
      case "known": {
        const object = this.#find(state.value);
        if (object instanceof CallError) return knownLater(this, promised, Promise.reject(object));
        const remote = linkOf(object);
        if (remote !== undefined) return remote.pipeline(member, args, options);
        return knownLater(this, promised, callAtHome(object, member, args, this.context.peer));
      }
      case "here":
        return knownLater(
          this,
          promised,
          state.result.then(() => this.pipeline(member, args, options).result),
        );
    }
  }

  get leadsAway(): boolean {
    const { state } = this.#call;
    if (state.kind === "known") return linkOf(this.#find(state.value))?.leadsAway ?? false;
    return state.kind === "pending";
  }

  protected assignKnown<A extends readonly unknown[]>(
    member: Member<never, A, void>,
    args: A,
    options: CallOptions | undefined,
  ): void {
    const { state } = this.#call;
    switch (state.kind) {
      case "pending":
        tellAndReport(this, this.#target(state.callId), member, args, options, this.#call.depend());
        return;
      case "failed":
        throw state.error;
      case "known": {
        const object = this.#pick(state.value);
        const link = linkOf(object);
        if (link !== undefined) link.assign(member as never, args[0], options);
        else this.#report(callAtHome(object, member, args, this.context.peer));
        return;
      }
      case "here":
        this.#report(
          state.result.then(() => {
            this.assignKnown(member, args, options);
          }),
        );
    }
  }

  release(): void {
    const { state } = this.#call;
    if (state.kind === "known") linkOf(this.#find(state.value))?.release();
    else if (state.kind !== "failed" && this.#reference.path.length === 0) this.#call.abandon(releasedReference(this));
  }

  hold(): () => void {
    let isHeld = true;
    let unhold: (() => void) | undefined;
    this.#call.whenKnown((value) => {
      const object = this.#find(value);
      if (isHeld) unhold = linkOf(object)?.hold();
    });
    return () => {
      isHeld = false;
      unhold?.();
    };
  }

  describe(): string {
    const { properties } = this.#reference;
    return `the promise of ${this.service.fullName}${properties.map((name) => `.${name}`).join("")} at ${this.context.peer.description}`;
  }

  #report(done: Promise<void>): void {
    done.catch((error: unknown) => {
      this.context.onUnheardError(errorFrom(error));
    });
  }

  #target(callId: number): WireTarget {
    return { promised: { callId, path: this.#reference.path } };
  }

  /** @throws {CallError} INVALID_ARGUMENT where the result holds no reference there. */
  #pick(value: unknown): object {
    const object = this.#find(value);
    if (object instanceof CallError) throw object;
    return object;
  }

  #find(value: unknown): object {
    const { properties } = this.#reference;
    let found = value;
    for (const name of properties)
      found = isObject(found) ? Object.getOwnPropertyDescriptor(found, name)?.value : undefined;
    if (isObject(found)) return found;
    return new CallError(
      "INVALID_ARGUMENT",
      `the result has no reference${properties.length > 0 ? ` at ${properties.join(".")}` : ""}: nothing can be called on it`,
    );
  }
}

function releasedReference(link: LinkBase): ClosedError {
  return new ClosedError("released-reference", `${link.describe()} has been released; ask for it again`, {
    dispatched: "no",
  });
}

/** What emitted members bring whose results can be used before they are known. */
export const pipelining: Pipelining = {
  begin(link, issue) {
    const promised = new PromisedCall(link.declared);
    return new ChainedCall(link, promised, issue(promised));
  },
};

/** A call under way, as something that can be chained. */
class ChainedCall<R> implements Pipelined<R> {
  readonly result: Promise<R>;
  // Not the link that it was asked through: a result that is kept would keep that, and all that came with it.
  readonly #context: ReferenceContext;
  readonly #promised: PromisedCall;

  constructor({ context }: LinkBase, promised: PromisedCall, result: Promise<R>) {
    this.result = result;
    this.#context = context;
    this.#promised = promised;
  }

  at(reference: ResultReference): PromisedLink {
    return new PromisedLink(this.#context, this.#promised, reference);
  }

  adopt(stub: object): void {
    this.#promised.whenKnown((value) => {
      const link = isObject(value) ? linkOf(value) : undefined;
      // One stub for one object: unless it has crossed before, under a stub of its own.
      if (isHolding(link) && link.held.count === 1) link.stub = stub;
    });
  }
}

/** The result of a call that did not go to the peer, as something that can be chained. */
function knownLater<R>(base: LinkBase, promised: PromisedCall, result: Promise<R>): Pipelined<R> {
  const settled = result.then(
    (value) => {
      promised.become({ kind: "known", value });
      return value;
    },
    (error: unknown) => {
      promised.become({ kind: "failed", error: errorFrom(error) });
      throw error;
    },
  );
  promised.become({ kind: "here", result: settled });
  return new ChainedCall(base, promised, settled);
}

/** A call on our own object, which came back as the result of a call. */
function callAtHome<A extends readonly unknown[], R>(
  object: object,
  member: Member<never, A, R>,
  args: A,
  peer: CallPeer,
): Promise<R> {
  const { signal } = new AbortController();
  const context: CallContext = { peer, signal, remainingMs: undefined, depth: 0, metadata: {} };
  return new Promise<R>((resolve) => {
    resolve(member.invoke(object as never, args, context) as R | PromiseLike<R>);
  });
}

/** A function is an object too. */
function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isHolding(link: RemoteLink | undefined): link is ImportHolder {
  return link !== undefined && "held" in link;
}
