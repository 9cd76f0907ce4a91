/**
 * The plugin's side of a hub: serves its roots to it, comes back when the connection is lost, and reaches the hub, and
 * through it other plugins. Runs anywhere; what it dials with is the application's. Source: docs/hub.md.
 */
import type { OpenOptions } from "../api/open-peer.js";
import { PARTY, type Partaking, type Peer, type PeerOptions } from "../api/peer.js";
import type { DrainReport } from "../api/peer-reports.js";
import { type Root, serve } from "../api/root.js";
import { systemClock } from "../base/clock.js";
import { CallError } from "../base/errors.js";
import { type Limits, resolveLimits } from "../base/limits.js";
import { type ReconnectOptions, ReconnectingPeer, isWorthRetrying } from "../connections/reconnecting.js";
import { Party, fairTurns } from "../messages/fair-turns.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { QueueOptions } from "./bounded-queue.js";
import { type EventQueue, EventReceiver, type Received } from "./event-receiver.js";
import { EventSender, type EventStats } from "./event-sender.js";
import { HubLinkService, type HubLinkStub, findPlugin } from "./hub-link.js";

export interface PluginOptions
  extends Omit<PeerOptions, "roots" | "name">, Omit<ReconnectOptions, "clock" | "leavesDraining"> {
  /** What the hub finds it by. */
  name: string;
  /** What it serves to the hub: a list, or a function that is given the plugin, for what is called before it has started. */
  roots?: readonly Root[] | ((plugin: Plugin) => readonly Root[]);
  /** The queue of events to the hub. It outlives connections. */
  events?: QueueOptions;
}

/** Connects with the options that it is given: `(options) => connect("tcp://hub:4000", options)`. */
export type PluginDial = (options: OpenOptions) => Promise<Peer>;

/**
 * Connects, and stays connected until `stop`. Resolves once the hub has taken it; a hub that is not there yet is waited
 * for. Rejects with a CallError where the hub refuses it: ALREADY_EXISTS where its name is taken.
 */
export async function startPlugin(dial: PluginDial, options: PluginOptions): Promise<Plugin> {
  const plugin = new Plugin(dial, options);
  await plugin.ready();
  return plugin;
}

const DEFAULT_DEADLINE_MS = 10_000;

export class Plugin implements AsyncDisposable {
  readonly #options: PluginOptions;
  readonly #limits: Limits;
  readonly #sender: EventSender;
  readonly #receiver: EventReceiver<"hub">;
  readonly #connection: ReconnectingPeer;

  /** @internal Use `startPlugin`. */
  constructor(dial: PluginDial, options: PluginOptions) {
    const { roots = [], retry, ...rest } = options;
    this.#options = options;
    this.#limits = resolveLimits(options.limits);
    this.#sender = new EventSender(this.#limits, options.events);
    this.#receiver = new EventReceiver(this.#limits);
    let served: readonly Root[] | undefined;
    const open = async (signal: AbortSignal): Promise<Peer> => {
      await Promise.resolve(); // the plugin itself is made first
      const party = new Party(fairTurns);
      served ??= typeof roots === "function" ? roots(this) : roots;
      const link = {
        deliver: this.#receiver.mailbox("hub", party),
        find: () => Promise.reject(new CallError("UNIMPLEMENTED", "only a hub finds plugins")),
      };
      const dialled: OpenOptions & Partaking = {
        ...rest,
        [PARTY]: party,
        signal,
        roots: [serve(HubLinkService, link), ...served],
        expect: [HubLinkService, ...(options.expect ?? [])],
      };
      const peer = await dial(dialled);
      const hub = await peer.root(HubLinkService);
      this.#sender.attach((events) => hub.deliver(events));
      void peer.closed.then(() => this.#sender.attach(undefined));
      return peer;
    };
    this.#connection = new ReconnectingPeer(open, {
      ...rest,
      leavesDraining: false, // why it must go, and whether it may come back, the hub says last
      retry:
        retry ?? ((error): boolean => isWorthRetrying(error) || (this.#connection.connections > 0 && isGhost(error))),
    });
    void this.#connection.closed.then((reason) => {
      this.#receiver.close();
      this.#sender.close(reason);
    });
  }

  /** What the hub calls it: `options.name`, unless that was taken and the hub gave it another. */
  get name(): string {
    return this.#connection.peer?.knownAs ?? this.#options.name;
  }

  /** The connection; undefined while there is none. */
  get peer(): Peer | undefined {
    return this.#connection.peer;
  }

  /** Resolves with the reason once it has stopped, or the hub will not have it back. */
  get closed(): Promise<Error> {
    return this.#connection.closed;
  }

  get eventStats(): EventStats {
    return this.#sender.stats;
  }

  /** Resolves with the connection, now or later. Rejects with the reason where there will be none. */
  ready(options: { signal?: AbortSignal } = {}): Promise<Peer> {
    return this.#connection.ready(options);
  }

  /** What the hub serves, by a stub that stays good over all connections. Rejects as `peer.root` does. */
  hub<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>, name?: string): Promise<Stub> {
    return this.#connection.root(service, name);
  }

  /**
   * A root of another plugin, reached through the hub. It ends with either connection; then find it again.
   * Rejects with a CallError: NOT_FOUND, or PERMISSION_DENIED where the hub does not pass that interface on.
   */
  async find<T extends object, Stub extends T>(name: string, service: ServiceDescriptor<T, Stub>): Promise<Stub> {
    const hub: HubLinkStub = await this.#connection.root(HubLinkService);
    return findPlugin<Stub>(hub, name, service);
  }

  /** Sends events to the hub: each method of the interface that returns `void`. In order; kept while there is no connection. */
  events<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>): Stub {
    return this.#sender.stub(service);
  }

  /** Resolves when the queue of events has room again. Rejects with the reason of `closed` where it never will. */
  eventsReady(): Promise<void> {
    return this.#sender.ready();
  }

  /** Listens to events of the hub. @returns what ends it. */
  on<T extends object>(service: ServiceDescriptor<T>, listener: (event: Received<T, "hub">) => void): () => void {
    return this.#receiver.on(service, listener);
  }

  /** Events of the hub, one after the other, in a queue of their own. */
  incoming<T extends object>(service: ServiceDescriptor<T>, options?: QueueOptions): EventQueue<T, "hub"> {
    return this.#receiver.queue(service, options);
  }

  /** Sends the events that wait, lets end what is under way, says goodbye. @returns what had to be cut off. */
  async stop(options: { readonly deadlineMs?: number } = {}): Promise<DrainReport> {
    const { deadlineMs = DEFAULT_DEADLINE_MS } = options;
    const { clock = systemClock } = this.#options;
    const until = clock.now() + deadlineMs;
    await this.#sender.flushed(clock, deadlineMs);
    return this.#connection.close({ graceMs: Math.max(0, Math.ceil(until - clock.now())) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Our own last connection may still have the name, where the hub has not noticed yet that it is lost. */
function isGhost(error: Error): boolean {
  return error instanceof CallError && error.code === "ALREADY_EXISTS";
}
