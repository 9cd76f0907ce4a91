/** What all links have in common, and links whose calls have options. Where the object is, their subclasses know. */
import { CallError, errorFrom } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { WireReference } from "../messages/instruction.js";
import { linkOf } from "./link-of.js";
import type { ReferenceContext } from "./reference-context.js";
import type { CallOptions, Pipelined, RemoteLink } from "./remote-link.js";
import type { Member, Pipelining, ServiceDescriptor } from "./service.js";

export abstract class LinkBase implements RemoteLink {
  abstract readonly context: ReferenceContext;
  abstract readonly service: ServiceDescriptor;
  /** The errors that calls through this link may end with. */
  abstract readonly declared: DeclaredErrors;

  abstract get snapshot(): object | undefined;
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
  protected abstract assignKnown<A extends readonly unknown[]>(
    member: Member<never, A, void>,
    args: A,
    options: CallOptions | undefined,
  ): void;
  abstract release(): void;
  abstract hold(): () => void;
  abstract readonly leadsAway: boolean;
  abstract describe(): string;

  assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>, options?: CallOptions): void {
    if (!isPromise(value) || linkOf(value) !== undefined) {
      this.assignKnown(member, [value as V], options);
      return;
    }
    const known = Promise.resolve(value).then((one) => {
      this.assignKnown(member, [one], options);
    });
    known.catch((error: unknown) => {
      this.context.onUnheardError(errorFrom(error));
    });
  }

  with(options: CallOptions): RemoteLink {
    return new OptionsLink(this, options);
  }
}

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
  get snapshot(): object | undefined {
    return this.#base.snapshot;
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
  assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>, options?: CallOptions): void {
    this.#base.assign(member, value, { ...this.#options, ...options });
  }
  with(options: CallOptions): RemoteLink {
    return new OptionsLink(this.#base, { ...this.#options, ...options });
  }
  whenTaken(): Promise<void> {
    return (this.#base as RemoteLink).whenTaken?.() ?? Promise.resolve();
  }
  release(): void {
    this.#base.release();
  }
  get leadsAway(): boolean {
    return this.#base.leadsAway;
  }
  hold(): () => void {
    return this.#base.hold();
  }
  describe(): string {
    return this.#base.describe();
  }
}

/** @throws {CallError} UNIMPLEMENTED for a member without it. */
export function pipeliningOf({ name, pipelining }: Member<never>): Pipelining {
  if (pipelining !== undefined) return pipelining;
  throw new CallError("UNIMPLEMENTED", `${name} cannot be chained: its generated code lacks that; generate it again`, {
    dispatched: "no",
  });
}

function isPromise<V>(value: V | PromiseLike<V>): value is PromiseLike<V> {
  return typeof (value as Partial<PromiseLike<V>> | null | undefined)?.then === "function";
}
