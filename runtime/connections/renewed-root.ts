/**
 * A root that outlives its connection: its stub leads to the same root of whichever connection there is. Objects that
 * were obtained through it do not come back; only the root does.
 */
import type { Peer } from "../api/peer.js";
import { ClosedError, errorFrom } from "../base/errors.js";
import { linkOf } from "../references/link-of.js";
import type { RemoteLink } from "../references/remote-link.js";
import type { ServiceDescriptor } from "../references/service.js";
import { ChosenLink, type LinkChoice } from "./chosen-link.js";

export class RenewedRoot<T extends object = object, Stub extends T = T> implements LinkChoice {
  readonly service: ServiceDescriptor<T, Stub>;
  readonly stub: Stub;
  readonly observes = false;
  readonly #name: string | undefined;
  #link: RemoteLink | undefined;
  #failure: Error | undefined;

  constructor(service: ServiceDescriptor<T, Stub>, name: string | undefined) {
    this.service = service;
    this.#name = name;
    this.stub = service.createStub(new ChosenLink(this));
  }

  /** Asks the new connection for the root. Never rejects: calls fail with what went wrong. */
  async renew(peer: Peer): Promise<void> {
    try {
      this.#link = linkOf(await peer.root(this.service, this.#name))!;
      this.#failure = undefined;
    } catch (error) {
      this.#link = undefined;
      this.#failure = errorFrom(error);
    }
  }

  /** Why there is no root; undefined while there is. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  choose(): RemoteLink {
    // Between two connections this is the link of the lost one, whose calls fail at once and say that they were not sent.
    if (this.#link !== undefined) return this.#link;
    throw (
      this.#failure ??
      new ClosedError("transport-closed", `${this.describe()}: not connected yet`, { dispatched: "no" })
    );
  }

  all(): Iterable<RemoteLink> {
    return this.#link === undefined ? [] : [this.#link];
  }

  onOutcome(): void {
    // Nothing depends on it.
  }

  describe(): string {
    return `the root ${this.#name ?? this.service.fullName}`;
  }
}
