/**
 * The link behind a stub whose object is not in one session: each call asks anew where it goes. What was obtained through
 * it (objects, promises, streams) belongs to the session that it came from. Does not know how the choice is made
 * (reconnecting.ts, pool.ts).
 */
import type { WireReference } from "../messages/instruction.js";
import type { CallOptions, Pipelined, RemoteLink } from "../references/remote-link.js";
import type { Member, ServiceDescriptor } from "../references/service.js";

export interface LinkChoice {
  readonly service: ServiceDescriptor;
  /** Where the next call goes. @throws {ClosedError} where there is nowhere to go. */
  choose(): RemoteLink;
  /** All links that `choose` may give: one that is named in a message of its own session is named directly. */
  all(): Iterable<RemoteLink>;
  /** Told the outcome of each call; `undefined` where it went well. */
  onOutcome(link: RemoteLink, error: unknown): void;
  /** Whether `onOutcome` is to be told. */
  readonly observes: boolean;
  /** For people. */
  describe(): string;
}

export class ChosenLink implements RemoteLink {
  readonly leadsAway = true;
  readonly #choice: LinkChoice;
  readonly #options: CallOptions | undefined;

  constructor(choice: LinkChoice, options?: CallOptions) {
    this.#choice = choice;
    this.#options = options;
  }

  get service(): ServiceDescriptor {
    return this.#choice.service;
  }

  get snapshot(): object | undefined {
    return this.#choice.choose().snapshot;
  }

  nameIn(session: object): WireReference | { readonly object: object } | undefined {
    for (const link of this.#choice.all()) {
      const name = link.nameIn(session);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    try {
      const link = this.#choice.choose();
      return this.#observed(link, link.call(member, args, this.#merged(options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    this.#choice.choose().send(member, args, this.#merged(options));
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    const link = this.#choice.choose();
    const pipelined = link.pipeline(member, args, this.#merged(options));
    void this.#observed(link, pipelined.result).catch(() => undefined);
    return pipelined;
  }

  assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>, options?: CallOptions): void {
    this.#choice.choose().assign(member, value, this.#merged(options));
  }

  with(options: CallOptions): RemoteLink {
    return new ChosenLink(this.#choice, this.#merged(options));
  }

  release(): void {
    // A root is never given back.
  }

  hold(): () => void {
    return () => undefined; // nor can it be
  }

  describe(): string {
    return this.#choice.describe();
  }

  #merged(options: CallOptions | undefined): CallOptions | undefined {
    return this.#options === undefined ? options : { ...this.#options, ...options };
  }

  #observed<R>(link: RemoteLink, result: Promise<R>): Promise<R> {
    const choice = this.#choice;
    if (!choice.observes) return result;
    return result.then(
      (value) => {
        choice.onOutcome(link, undefined);
        return value;
      },
      (error: unknown) => {
        choice.onOutcome(link, error);
        throw error;
      },
    );
  }
}
