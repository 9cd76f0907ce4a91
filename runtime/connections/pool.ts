/**
 * Several connections to one server, or to several that serve the same: each call takes the one with the fewest calls
 * under way. A connection that is lost is dialled again (reconnecting.ts), and an address whose calls keep failing is
 * left out for a while (outliers.ts). Source: docs/connections.md, "A pool".
 */
import type { Peer } from "../api/peer.js";
import type { DrainReport } from "../api/peer-reports.js";
import { type Clock, systemClock } from "../base/clock.js";
import { CallError, ClosedError } from "../base/errors.js";
import { linkOf } from "../references/link-of.js";
import type { RemoteLink } from "../references/remote-link.js";
import type { ServiceDescriptor } from "../references/service.js";
import { ChosenLink, type LinkChoice } from "./chosen-link.js";
import { LeastBusy } from "./least-busy.js";
import { type OutlierOptions, Outliers } from "./outliers.js";
import { type Dial, type ReconnectOptions, ReconnectingPeer } from "./reconnecting.js";

export interface PoolOptions extends Omit<ReconnectOptions, "onReconnect" | "onDisconnect"> {
  /** Connections altogether, at least one for each address, dealt out over them in turn. By default two for each. */
  size?: number;
  outliers?: OutlierOptions;
  /** Told with the number of the address, from 0. */
  onConnect?: (address: number, peer: Peer) => void;
  onDisconnect?: (address: number, error: Error) => void;
}

export interface PoolStats {
  readonly size: number;
  readonly connected: number;
  /** Calls under way. */
  readonly outgoingCalls: number;
  /** One for each connection that the pool should have. */
  readonly connections: readonly {
    readonly address: number;
    readonly connected: boolean;
    readonly outgoingCalls: number;
    /** Its address is left out for a while. */
    readonly leftOut: boolean;
  }[];
}

/** @param dials  one for each address. Starts to connect at once. */
export function connectPool(dials: Dial | readonly Dial[], options: PoolOptions = {}): Pool {
  return new Pool(typeof dials === "function" ? [dials] : dials, options);
}

interface Slot {
  readonly address: number;
  readonly connection: ReconnectingPeer;
}

export class Pool implements AsyncDisposable {
  readonly #slots: readonly Slot[];
  readonly #outliers: Outliers;
  readonly #turns = new LeastBusy();
  readonly #clock: Clock;

  constructor(dials: readonly Dial[], options: PoolOptions) {
    const { size = 2 * dials.length, outliers, onConnect, onDisconnect, ...reconnect } = options;
    if (dials.length === 0 || !(size >= dials.length))
      throw new RangeError(
        `a pool of ${size} connections to ${dials.length} addresses; give at least one address, and a connection for each`,
      );
    this.#clock = options.clock ?? systemClock;
    this.#outliers = new Outliers(dials.length, outliers);
    this.#slots = Array.from({ length: size }, (_, i) => {
      const address = i % dials.length;
      const dial: Dial = async (signal) => {
        const peer = await dials[address]!(signal);
        onConnect?.(address, peer);
        return peer;
      };
      const connection = new ReconnectingPeer(dial, {
        ...reconnect,
        onDisconnect: (error) => onDisconnect?.(address, error),
      });
      return { address, connection };
    });
  }

  /** Resolves with the first connection. Rejects where all have given up, with the reasons, or with `signal`'s. */
  async ready(options: { signal?: AbortSignal } = {}): Promise<void> {
    try {
      await Promise.any(this.#slots.map(({ connection }) => connection.ready(options)));
    } catch (error) {
      options.signal?.throwIfAborted();
      throw new ClosedError("session-closed", "no connection of the pool could be made", {
        cause: (error as AggregateError).errors[0],
        dispatched: "no",
      });
    }
  }

  /**
   * A root that every server of the pool serves. Each call goes to one of them; calls on different connections are not in
   * order with each other. What a call returns belongs to the connection that it took.
   * Rejects as `peer.root` does, once connected.
   */
  async root<T extends object, Stub extends T>(
    service: ServiceDescriptor<T, Stub>,
    name: string = service.fullName,
  ): Promise<Stub> {
    await this.ready();
    const root = new PooledRoot(this, service, name);
    const first = this.#slots.map(({ connection }) => connection.root(service, name));
    for (const slot of first) slot.catch(() => undefined); // told by those that are used
    for (const [i, link] of first.entries())
      void link.then(
        (stub) => root.links.set(this.#slots[i]!, linkOf(stub)!),
        () => undefined,
      );
    try {
      await Promise.any(first);
    } catch (error) {
      throw (error as AggregateError).errors[0];
    }
    return service.createStub(new ChosenLink(root));
  }

  stats(): PoolStats {
    const now = this.#clock.now();
    const connections = this.#slots.map(({ address, connection: { peer } }) => ({
      address,
      connected: peer !== undefined,
      outgoingCalls: peer?.stats().outgoingCalls ?? 0,
      leftOut: this.#outliers.isOut(address, now),
    }));
    return {
      size: connections.length,
      connected: connections.filter(({ connected }) => connected).length,
      outgoingCalls: connections.reduce((sum, { outgoingCalls }) => sum + outgoingCalls, 0),
      connections,
    };
  }

  /**
   * Ends all connections, and dials no more. Harmless when repeated.
   * @param options.graceMs  how long what is under way may take to end first. @returns what had to be cut off.
   */
  async close(options: { readonly graceMs?: number } = {}): Promise<DrainReport> {
    const reports = await Promise.all(this.#slots.map(({ connection }) => connection.close(options)));
    return { cut: reports.flatMap(({ cut }) => cut) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Whose turn it is, of those that have a link. */
  choose(links: ReadonlyMap<Slot, RemoteLink>): Slot | undefined {
    const now = this.#clock.now();
    const connected = this.#slots.filter((slot) => slot.connection.peer !== undefined && links.has(slot));
    // One that drains refuses calls, and has the fewer under way the longer it does.
    const open = orAll(connected, ({ connection }) => connection.peer!.status === "open");
    const fit = orAll(open, ({ address }) => !this.#outliers.isOut(address, now));
    return this.#turns.choose(fit, ({ connection }) => connection.peer!.stats().outgoingCalls);
  }

  /** @internal */
  onOutcome(address: number, error: unknown): void {
    if (error === undefined) this.#outliers.onSuccess(address);
    else if (isOfTheServer(error)) this.#outliers.onFailure(address, this.#clock.now());
  }
}

class PooledRoot<T extends object> implements LinkChoice {
  readonly observes = true;
  readonly service: ServiceDescriptor<T>;
  /** The renewed root of each connection. */
  readonly links = new Map<Slot, RemoteLink>();
  readonly #pool: Pool;
  readonly #name: string;
  readonly #slotOf = new WeakMap<RemoteLink, Slot>();

  constructor(pool: Pool, service: ServiceDescriptor<T>, name: string) {
    this.#pool = pool;
    this.service = service;
    this.#name = name;
  }

  choose(): RemoteLink {
    const slot = this.#pool.choose(this.links);
    if (slot === undefined) {
      throw new ClosedError("transport-closed", `${this.describe()}: no connection of the pool is there now`, {
        dispatched: "no",
      });
    }
    const link = this.links.get(slot)!;
    this.#slotOf.set(link, slot);
    return link;
  }

  all(): Iterable<RemoteLink> {
    return this.links.values();
  }

  onOutcome(link: RemoteLink, error: unknown): void {
    const slot = this.#slotOf.get(link);
    if (slot !== undefined) this.#pool.onOutcome(slot.address, error);
  }

  describe(): string {
    return `the root ${this.#name} of a pool`;
  }
}

/** Those that will do; where none does, all. */
function orAll(slots: readonly Slot[], willDo: (slot: Slot) => boolean): readonly Slot[] {
  const some = slots.filter(willDo);
  return some.length > 0 ? some : slots;
}

/** A failure that says something about the server rather than about the call. */
function isOfTheServer(error: unknown): boolean {
  if (error instanceof ClosedError) return true;
  return error instanceof CallError && (error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED");
}
