/** One plugin, as its hub sees it: who it is, its roots, its events. It belongs to one connection, and ends with it. */
import type { PeerInfo } from "../api/handshake.js";
import type { Peer } from "../api/peer.js";
import type { PeerStats } from "../api/peer-reports.js";
import type { InterfaceDescription } from "../api/reflection.js";
import { CallError } from "../base/errors.js";
import type { Party } from "../messages/fair-turns.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { DisconnectReason } from "./disconnect.js";
import type { EventSender, EventStats } from "./event-sender.js";

/** connecting: judged, not ready. connected. draining: takes no new calls. gone. */
export type PluginState = "connecting" | "connected" | "draining" | "gone";

/** Plain data, for logs and pages. */
export interface PluginInfo {
  readonly id: string;
  /** Which connection of the hub it is, counted from 1: another one when the plugin has come back. */
  readonly instance: number;
  readonly name: string;
  /** What it calls itself: another where the hub has renamed it. */
  readonly ownName: string;
  readonly version: string;
  readonly address: string;
  readonly state: PluginState;
  readonly connectedAt: Date | undefined;
  /** What it serves: the name of the root, and the interface. */
  readonly roots: PeerInfo["roots"];
  readonly outgoingCalls: number;
  readonly incomingCalls: number;
  /** As its heartbeat and `ping` have found it; undefined before the first answer. */
  readonly roundTrip: PeerStats["roundTrip"];
  readonly events: EventStats;
}

export class HubPlugin {
  /** Unique in the hub; the name, except in groups. */
  readonly id: string;
  /** Which connection of the hub it is, counted from 1: another one when the plugin has come back. */
  readonly instance: number;
  readonly name: string;
  readonly ownName: string;
  readonly version: string;
  /** What `authorize` made of it. */
  readonly principal: unknown;
  readonly #info: PeerInfo;
  /** @internal */
  readonly sender: EventSender;
  /** @internal Its turns of the event loop, for calls and events. */
  readonly party: Party;
  #peer: Peer | undefined;
  #connectedAt: Date | undefined;
  #state: PluginState = "connecting";
  #ending: DisconnectReason | undefined;

  constructor(
    claim: { readonly id: string; readonly instance: number; readonly name: string },
    info: PeerInfo,
    sender: EventSender,
    party: Party,
  ) {
    this.id = claim.id;
    this.instance = claim.instance;
    this.name = claim.name;
    this.ownName = info.name;
    this.version = info.version;
    this.principal = info.principal;
    this.#info = info;
    this.sender = sender;
    this.party = party;
  }

  get state(): PluginState {
    return this.#state;
  }

  /** The connection. @throws {CallError} FAILED_PRECONDITION while the plugin still connects. */
  get peer(): Peer {
    if (this.#peer === undefined)
      throw new CallError("FAILED_PRECONDITION", `plugin "${this.id}" is not connected yet`);
    return this.#peer;
  }

  /** One of its roots. Rejects as `peer.root` does. Old stubs stay broken when the plugin comes back. */
  async root<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>, name?: string): Promise<Stub> {
    return this.peer.root(service, name);
  }

  /** Sends it events: each method of the interface that returns `void`. In order; see `HubOptions.events` for the queue. */
  events<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>): Stub {
    return this.sender.stub(service);
  }

  /** Resolves when the queue of events has room again. Rejects where the plugin is gone with its queue full. */
  eventsReady(): Promise<void> {
    return this.sender.ready();
  }

  info(): PluginInfo {
    const { address, roots } = this.#info;
    const { outgoingCalls = 0, incomingCalls = 0, roundTrip } = this.#peer?.stats() ?? {};
    return {
      id: this.id,
      instance: this.instance,
      name: this.name,
      ownName: this.ownName,
      version: this.version,
      address,
      state: this.#state,
      connectedAt: this.#connectedAt,
      roots: roots.filter(({ name }) => !isOurs(name)),
      outgoingCalls,
      incomingCalls,
      roundTrip,
      events: this.sender.stats,
    };
  }

  /** Its interfaces with members, parameters, fingerprint and documentation, as it describes them itself. */
  async interfaces(): Promise<readonly InterfaceDescription[]> {
    return (await this.peer.interfaces()).filter(({ fullName }) => !isOurs(fullName));
  }

  /** Milliseconds there and back. */
  ping(): Promise<number> {
    return this.peer.ping();
  }

  /** @internal */
  enter(peer: Peer): void {
    this.#peer = peer;
    this.#connectedAt = new Date();
    this.#state = "connected";
  }

  /** @internal It has said that it is going away. */
  onDraining(): void {
    if (this.#state === "connected") this.#state = "draining";
  }

  /** @internal This side ends it. */
  leave(reason: DisconnectReason): void {
    this.#ending ??= reason;
    if (this.#state !== "gone") this.#state = "draining";
  }

  /** @internal @returns what this side ended it for, if it did. */
  gone(error: Error): DisconnectReason | undefined {
    this.#state = "gone";
    this.sender.close(error);
    return this.#ending;
  }
}

/** What hub and plugin serve each other besides: no concern of the application's. */
function isOurs(name: string): boolean {
  return name.startsWith("peerwire.");
}
