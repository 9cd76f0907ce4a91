/** A root that all plugins of one name serve: each call goes to the one with the fewest calls under way, in turn. */
import { ClosedError } from "../base/errors.js";
import { ChosenLink, type LinkChoice } from "../connections/chosen-link.js";
import { LeastBusy } from "../connections/least-busy.js";
import { linkOf } from "../references/link-of.js";
import type { RemoteLink } from "../references/remote-link.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { HubPlugin } from "./hub-plugin.js";

export class GroupRoot<T extends object = object, Stub extends T = T> implements LinkChoice {
  readonly observes = false;
  readonly service: ServiceDescriptor<T, Stub>;
  readonly stub: Stub;
  readonly #name: string;
  readonly #links = new Map<HubPlugin, RemoteLink>();
  readonly #turns = new LeastBusy();

  constructor(name: string, service: ServiceDescriptor<T, Stub>) {
    this.#name = name;
    this.service = service;
    this.stub = service.createStub(new ChosenLink(this));
  }

  /** Rejects where the plugin does not serve it. */
  async add(plugin: HubPlugin): Promise<void> {
    this.#links.set(plugin, linkOf(await plugin.root(this.service))!);
    if (plugin.state !== "connected") this.remove(plugin);
  }

  remove(plugin: HubPlugin): void {
    this.#links.delete(plugin);
  }

  choose(): RemoteLink {
    const members = [...this.#links.keys()].filter(({ state }) => state === "connected");
    const plugin = this.#turns.choose(members, ({ peer }) => peer.stats().outgoingCalls);
    if (plugin !== undefined) return this.#links.get(plugin)!;
    throw noMember(this.#name);
  }

  all(): Iterable<RemoteLink> {
    return this.#links.values();
  }

  onOutcome(): void {
    // A plugin that is lost leaves; what its calls come to is the caller's.
  }

  describe(): string {
    return `${this.service.fullName} of the plugins "${this.#name}"`;
  }
}

export function noMember(name: string): ClosedError {
  return new ClosedError("transport-closed", `no plugin "${name}" is connected`, { dispatched: "no" });
}
