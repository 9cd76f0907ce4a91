/**
 * Many named plugins on one or several addresses, and the program that calls them. Each plugin is a peer: it serves its
 * roots to the hub, may use what the hub serves to it, and both send events. Node only, since it listens.
 * Source: docs/hub.md.
 */
import { type NodeConnection, nodeTransportOver } from "../api/endpoints.js";
import type { DrainReport } from "../api/peer-reports.js";
import { type Root, serve } from "../api/root.js";
import { type Clock, systemClock } from "../base/clock.js";
import { CallError } from "../base/errors.js";
import { type Limits, resolveLimits } from "../base/limits.js";
import { type CarrierListenOptions, listenTransport } from "../bytes/carriers.js";
import type { Listener } from "../bytes/transport.js";
import type { HttpServer } from "../bytes/websocket-listener.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { QueueOptions } from "./bounded-queue.js";
import { type BroadcastOptions, type BroadcastResult, broadcast } from "./broadcast.js";
import { type DisconnectReason, goodbyeFor, isGraceful, reasonOf } from "./disconnect.js";
import { type EventQueue, EventReceiver, type Received } from "./event-receiver.js";
import { GroupRoot, noMember } from "./group-root.js";
import { type Found, HubLinkService } from "./hub-link.js";
import type { HubPlugin } from "./hub-plugin.js";
import { Listeners } from "./listeners.js";
import { type DoorOptions, PluginDoor, hubClosed } from "./plugin-door.js";
import { type WaitOptions, Waiters } from "./waiters.js";

export interface HubOptions extends DoorOptions {
  /** What plugins may use of the hub; may depend on the plugin. */
  roots?: readonly Root[] | ((plugin: HubPlugin) => readonly Root[] | Promise<readonly Root[]>);
  /** Interfaces by which plugins may reach each other through the hub (`plugin.find`). None by default. */
  broker?: readonly ServiceDescriptor[];
  /** Whether `from` may reach `to`; by default whoever is connected may. Of a group, each member is judged: all or none. */
  mayReach?: (from: HubPlugin, to: HubPlugin, service: ServiceDescriptor) => boolean;
  /** Silence before a plugin is asked whether it lives, and how long its answer may take, ms. 10,000 and 15,000 by default. */
  heartbeat?: { readonly intervalMs?: number; readonly timeoutMs?: number };
}

export interface Disconnect {
  readonly reason: DisconnectReason;
  /** Whether goodbyes were said. */
  readonly graceful: boolean;
  /** What the connection ended with. */
  readonly error: Error;
}

export interface PluginWait extends WaitOptions {
  /** Only a plugin of this version will do; of a group, the stub is then that member's alone. */
  version?: string | ((version: string) => boolean);
}

/** What a plugin had under way when its time was over. */
export interface CutPlugin {
  readonly id: string;
  readonly calls: DrainReport["cut"];
}

export interface ShutdownReport {
  /** Ids of those that ended in time. */
  readonly drained: readonly string[];
  readonly cut: readonly CutPlugin[];
  /** Connections that were no plugins yet, and were dropped. */
  readonly handshakes: number;
}

const DEFAULT_DEADLINE_MS = 10_000;

export class Hub implements AsyncDisposable {
  readonly #options: HubOptions;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #door: PluginDoor;
  readonly #plugins = new Map<string, HubPlugin>(); // connected, by id
  readonly #waiters: Waiters<HubPlugin>;
  readonly #receiver: EventReceiver<HubPlugin>;
  readonly #groups = new Map<string, Map<ServiceDescriptor, GroupRoot>>();
  readonly #onConnect = new Listeners<[HubPlugin]>();
  readonly #onDisconnect = new Listeners<[HubPlugin, Disconnect]>();
  readonly #listeners = new Set<Listener>();
  #shutdown: Promise<ShutdownReport> | undefined;

  constructor(options: HubOptions = {}) {
    const { intervalMs = 10_000, timeoutMs = 15_000 } = options.heartbeat ?? {};
    this.#limits = resolveLimits({ keepaliveIdleMs: intervalMs, keepaliveTimeoutMs: timeoutMs, ...options.limits });
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#door = new PluginDoor(options, this.#limits, {
      rootsFor: (plugin) => this.#rootsFor(plugin),
      onPlugin: (plugin) => this.#enter(plugin),
    });
    this.#waiters = new Waiters(this.#clock);
    this.#receiver = new EventReceiver(this.#limits);
  }

  /**
   * Takes plugins at one more address, or on an HTTP server's WebSockets: `hub.listen("tcp://0.0.0.0:4000")`.
   * @returns where it listens. Rejects as `listen` does, and with a ClosedError once the hub shuts down.
   */
  async listen(
    at: string | HttpServer,
    options: Pick<CarrierListenOptions, "tls" | "webSocket"> = {},
  ): Promise<string> {
    if (this.#door.isClosed) throw hubClosed();
    const { handshakeTimeoutMs, maxSessions: maxConnections } = this.#limits;
    const { onRefused } = this.#options;
    const listener = await listenTransport(
      at,
      (transport) => void this.#door.accept(transport).catch(() => undefined),
      {
        ...options,
        handshakeTimeoutMs,
        maxConnections,
        onRefused,
      },
    );
    this.#listeners.add(listener);
    if (this.#shutdown === undefined) return listener.address;
    await listener.close();
    throw hubClosed();
  }

  /** Takes a plugin that is connected already: a worker, a child process, a socket. Rejects where it is refused. */
  accept(connection: NodeConnection): Promise<HubPlugin> {
    return this.#door.accept(nodeTransportOver(connection));
  }

  /** Those that are connected, in the order in which they came. */
  plugins(): HubPlugin[] {
    return [...this.#plugins.values()];
  }

  /** The plugin of that id, or the first of that name, if possible one that is not going away; undefined where none is connected. */
  plugin(name: string): HubPlugin | undefined {
    const named = this.plugins().filter((plugin) => plugin.name === name);
    return this.#plugins.get(name) ?? named.find(({ state }) => state === "connected") ?? named[0];
  }

  /**
   * A root of the plugin of that name, as a stub; of a group, one whose calls go to its members in turn.
   * Rejects with NOT_FOUND where none is connected, and as `peer.root` does.
   */
  async get<T extends object, Stub extends T>(name: string, service: ServiceDescriptor<T, Stub>): Promise<Stub> {
    const plugin = this.plugin(name);
    if (plugin === undefined) {
      const names = this.plugins().map(({ id }) => `"${id}"`);
      throw new CallError(
        "NOT_FOUND",
        `no plugin "${name}" is connected; ${names.length === 0 ? "none is" : `there are ${names.join(", ")}`}`,
      );
    }
    if (plugin.name === plugin.id || name === plugin.id) return plugin.root(service);
    return this.#group(name, service);
  }

  /**
   * As `get`, once there is such a plugin: now, where it is connected. Any number may wait.
   * Rejects with a CallError DEADLINE_EXCEEDED or CANCELLED, or a ClosedError "session-closed" where the hub shuts down.
   */
  async waitFor<T extends object, Stub extends T>(
    name: string,
    service: ServiceDescriptor<T, Stub>,
    options: PluginWait = {},
  ): Promise<Stub> {
    const { version } = options;
    const fits = (plugin: HubPlugin): boolean =>
      (plugin.name === name || plugin.id === name) &&
      (version === undefined || (typeof version === "string" ? plugin.version === version : version(plugin.version)));
    if (this.#door.isClosed) throw hubClosed();
    const here = this.plugins().find((plugin) => plugin.state === "connected" && fits(plugin));
    const plugin = here ?? (await this.#waiters.wait(`a plugin "${name}"`, fits, options));
    const isAlone = plugin.name === plugin.id || name === plugin.id || version !== undefined; // others may be of another
    return isAlone ? plugin.root(service) : this.#group(name, service);
  }

  /** Asks all plugins that serve `service`, and waits for all: `hub.broadcast(Cache, (cache) => cache.clear())`. Never rejects. */
  broadcast<T extends object, Stub extends T, R>(
    service: ServiceDescriptor<T, Stub>,
    ask: (stub: Stub, plugin: HubPlugin) => Promise<R> | R,
    options: BroadcastOptions = {},
  ): Promise<Map<string, BroadcastResult<R>>> {
    const asked = this.plugins().filter(
      options.filter ?? ((plugin) => plugin.info().roots.some(({ name }) => name === service.fullName)),
    );
    return broadcast(asked, service, ask, options);
  }

  /** Listens to events of all plugins: `on(JobEventsService, ({ from, name, args }) => …)`. @returns what ends it. */
  on<T extends object>(service: ServiceDescriptor<T>, listener: (event: Received<T, HubPlugin>) => void): () => void {
    return this.#receiver.on(service, listener);
  }

  /** Events of all plugins, one after the other, in a queue of their own. */
  events<T extends object>(service: ServiceDescriptor<T>, options?: QueueOptions): EventQueue<T, HubPlugin> {
    return this.#receiver.queue(service, options);
  }

  /** A plugin has come, and can be called. @returns what ends it. */
  onConnect(listener: (plugin: HubPlugin) => void): () => void {
    return this.#onConnect.add(listener);
  }

  /** A plugin is gone. @returns what ends it. */
  onDisconnect(listener: (plugin: HubPlugin, disconnect: Disconnect) => void): () => void {
    return this.#onDisconnect.add(listener);
  }

  /**
   * Takes a plugin (or all of a group) out: no new calls, what is under way may end, then goodbye.
   * @returns what had to be cut off. Rejects with NOT_FOUND.
   */
  async unplug(name: string, options: { readonly deadlineMs?: number } = {}): Promise<CutPlugin[]> {
    const plugins = this.plugins().filter((plugin) => plugin.id === name || plugin.name === name);
    if (plugins.length === 0) throw new CallError("NOT_FOUND", `no plugin "${name}" is connected`);
    const cut = await Promise.all(plugins.map((plugin) => this.#drain(plugin, "unplugged", options)));
    return cut.filter(({ calls }) => calls.length > 0);
  }

  /** Accepts nobody any more, lets all plugins end what is under way, says goodbye. @returns who was cut off. */
  shutdown(options: { readonly deadlineMs?: number } = {}): Promise<ShutdownReport> {
    this.#shutdown ??= this.#end(options);
    return this.#shutdown;
  }

  /**
   * Shuts down on these signals; a second one ends the process as it always does. Nothing is listened to unless this is
   * called. @returns what ends it.
   */
  drainOnSignals(
    signals: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"],
    options: { readonly deadlineMs?: number } = {},
  ): () => void {
    const stop = (): void => {
      forget();
      void this.shutdown(options);
    };
    const forget = (): void => {
      for (const signal of signals) process.off(signal, stop);
    };
    for (const signal of signals) process.on(signal, stop);
    return forget;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #rootsFor(plugin: HubPlugin): Promise<readonly Root[]> {
    const { roots = [] } = this.#options;
    const link = {
      deliver: this.#receiver.mailbox(plugin, plugin.party),
      find: (name: string, interfaceName: string) => this.#find(plugin, name, interfaceName),
    };
    return [serve(HubLinkService, link), ...(typeof roots === "function" ? await roots(plugin) : roots)];
  }

  /** What one plugin asks of another, through here. */
  async #find(from: HubPlugin, name: string, interfaceName: string): Promise<Found> {
    const { broker = [], mayReach } = this.#options;
    const service = broker.find(({ fullName }) => fullName === interfaceName);
    if (service === undefined)
      throw new CallError("PERMISSION_DENIED", `this hub does not pass ${interfaceName} on between plugins`);
    const id = this.#plugins.get(name);
    const members = id === undefined ? this.plugins().filter((plugin) => plugin.name === name) : [id];
    if (members.length === 0) throw new CallError("NOT_FOUND", `no plugin "${name}" is connected`);
    if (members.some((to) => mayReach?.(from, to, service) === false))
      throw new CallError("PERMISSION_DENIED", `"${from.id}" may not reach "${name}"`);
    return { service, object: await this.get(name, service) };
  }

  #enter(plugin: HubPlugin): void {
    const { peer } = plugin;
    const previous = this.#plugins.get(plugin.id);
    if (previous !== undefined) void this.#drain(previous, "replaced", { deadlineMs: 0 });
    this.#plugins.set(plugin.id, plugin);
    void peer.draining.then(() => plugin.onDraining());
    void peer.closed.then((error) => this.#gone(plugin, error));
    peer.root(HubLinkService).then(
      (link) => plugin.sender.attach((events) => link.deliver(events)),
      () => plugin.sender.attach(() => Promise.reject(new Error("takes no events"))),
    );
    if (this.#door.isClosed) void this.#drain(plugin, "hubShutdown", { deadlineMs: 0 });
    for (const root of this.#groups.get(plugin.name)?.values() ?? []) root.add(plugin).catch(() => undefined);
    this.#onConnect.tell(plugin);
    this.#waiters.tell(plugin);
  }

  #gone(plugin: HubPlugin, error: Error): void {
    this.#takeOut(plugin);
    const reason = plugin.gone(error) ?? reasonOf(error);
    this.#onDisconnect.tell(plugin, { reason, graceful: isGraceful(reason), error });
  }

  /** Nobody finds it any more. Another may have its id by now. */
  #takeOut(plugin: HubPlugin): void {
    if (this.#plugins.get(plugin.id) === plugin) this.#plugins.delete(plugin.id);
    for (const root of this.#groups.get(plugin.name)?.values() ?? []) root.remove(plugin);
  }

  async #drain(
    plugin: HubPlugin,
    reason: "unplugged" | "hubShutdown" | "replaced",
    { deadlineMs = DEFAULT_DEADLINE_MS }: { readonly deadlineMs?: number },
  ): Promise<CutPlugin> {
    plugin.leave(reason);
    this.#takeOut(plugin);
    const until = this.#clock.now() + deadlineMs;
    if (plugin.sender.stats.queued > 0) await plugin.sender.flushed(this.#clock, deadlineMs); // a drained peer sends no calls
    const graceMs = Math.max(0, Math.ceil(until - this.#clock.now())); // whole, as it is told to people
    const { cut } = await plugin.peer.drain(graceMs, goodbyeFor(reason, plugin.id));
    return { id: plugin.id, calls: cut };
  }

  async #end(options: { readonly deadlineMs?: number }): Promise<ShutdownReport> {
    this.#waiters.close(hubClosed());
    const handshakes = this.#door.close();
    const plugins = this.plugins();
    const [ends] = await Promise.all([
      Promise.all(plugins.map((plugin) => this.#drain(plugin, "hubShutdown", options))),
      Promise.all([...this.#listeners].map((listener) => listener.close())),
    ]);
    this.#receiver.close();
    return {
      drained: ends.filter(({ calls }) => calls.length === 0).map(({ id }) => id),
      cut: ends.filter(({ calls }) => calls.length > 0),
      handshakes,
    };
  }

  async #group<T extends object, Stub extends T>(name: string, service: ServiceDescriptor<T, Stub>): Promise<Stub> {
    let roots = this.#groups.get(name);
    if (roots === undefined) this.#groups.set(name, (roots = new Map<ServiceDescriptor, GroupRoot>()));
    let root = roots.get(service) as GroupRoot<T, Stub> | undefined;
    if (root === undefined) {
      root = new GroupRoot(name, service);
      const own = root;
      const members = this.plugins().filter((plugin) => plugin.name === name);
      await Promise.any(members.map((plugin) => own.add(plugin))).catch((error: unknown) => {
        throw (error as AggregateError).errors[0] ?? noMember(name);
      });
      roots.set(service, root);
    }
    return root.stub;
  }
}
