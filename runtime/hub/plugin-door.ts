/**
 * How a connection becomes a plugin: how many there may be, who may, by what name. What plugins do once they are in is
 * hub.ts. Every connection ends here too: its name is free again, whatever became of it.
 */
import type { PeerInfo, Verdict } from "../api/handshake.js";
import { PARTY, Peer, type PeerOptions } from "../api/peer.js";
import type { Root } from "../api/root.js";
import { ClosedError, errorFrom } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import { type FairTurns, LITTLE_PER_MS, Party, fairTurns, pacedTurns } from "../messages/fair-turns.js";
import type { QueueOptions } from "./bounded-queue.js";
import { EventSender } from "./event-sender.js";
import { HubPlugin } from "./hub-plugin.js";
import { type NamePolicy, PluginNames } from "./plugin-names.js";

export interface DoorOptions extends Omit<PeerOptions, "roots" | "authorize"> {
  /** What happens where a name is taken already. "reject" by default. */
  names?: NamePolicy;
  /** Judges who may be a plugin, before its name is. As `PeerOptions.authorize`. */
  authorize?: (peer: PeerInfo) => Verdict | Promise<Verdict>;
  /** The queue of events to each plugin. */
  events?: QueueOptions;
  /**
   * Messages that plugins which send more than 16 a millisecond may be read of in one, all of them together, while others are
   * in use (a message counts once more for each 512 bytes, an event half). 16 by default, and at least: hub and flooder leave
   * processors to the others. Infinity: what turns of the event loop allow, more of it and the others later.
   */
  floodPerMs?: number;
  /** A connection came to nothing: no plugin, not allowed, or its name was taken. */
  onRefused?: (error: Error) => void;
}

export interface DoorHost {
  rootsFor(plugin: HubPlugin): Promise<readonly Root[]>;
  /** It is in, and can be called. */
  onPlugin(plugin: HubPlugin): void;
}

export class PluginDoor {
  readonly #options: DoorOptions;
  readonly #limits: Limits;
  readonly #host: DoorHost;
  readonly #turns: FairTurns;
  readonly #names: PluginNames<EventSender>; // each connection has its own sender, and owns its name by it
  readonly #handshakes = new Set<Transport>();
  #sessions = 0;
  #instances = 0;
  #isClosed = false;

  constructor(options: DoorOptions, limits: Limits, host: DoorHost) {
    this.#options = options;
    this.#limits = limits;
    this.#host = host;
    const { floodPerMs = LITTLE_PER_MS } = options;
    if (!(floodPerMs >= LITTLE_PER_MS))
      throw new RangeError(
        `floodPerMs is ${floodPerMs}: it must be at least ${LITTLE_PER_MS}, which everybody may send`,
      );
    this.#turns = floodPerMs === Infinity ? fairTurns : pacedTurns(floodPerMs);
    this.#names = new PluginNames(options.names ?? "reject");
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets nobody in any more, and drops those that still shake hands. @returns how many. */
  close(): number {
    this.#isClosed = true;
    const handshakes = this.#handshakes.size;
    for (const transport of this.#handshakes) transport.destroy();
    return handshakes;
  }

  /** Rejects where it is refused, as `Peer.open` does. */
  async accept(transport: Transport): Promise<HubPlugin> {
    if (this.#isClosed || this.#sessions >= this.#limits.maxSessions) {
      transport.destroy();
      const error = this.#isClosed ? hubClosed() : tooMany(transport.description, this.#limits);
      this.#options.onRefused?.(error);
      throw error;
    }
    this.#sessions++;
    const party = new Party(this.#turns);
    this.#handshakes.add(transport);
    let plugin: HubPlugin | undefined;
    const leave = (): void => {
      this.#sessions--;
      if (plugin !== undefined) this.#names.release(plugin.sender);
    };
    try {
      const peer = await Peer.open(transport, "server", {
        ...this.#options,
        limits: this.#limits,
        [PARTY]: party,
        authorize: (info) => this.#judge(info, party),
        roots: ({ principal }) => {
          plugin = principal as HubPlugin;
          return this.#host.rootsFor(plugin);
        },
      });
      void peer.closed.then(leave);
      plugin!.enter(peer);
      this.#host.onPlugin(plugin!);
      return plugin!;
    } catch (thrown) {
      leave();
      const error = errorFrom(thrown);
      this.#options.onRefused?.(error);
      throw error;
    } finally {
      this.#handshakes.delete(transport);
    }
  }

  /** Who it is, and whether its name can be had. */
  async #judge(info: PeerInfo, party: Party): Promise<Verdict> {
    const { authorize } = this.#options;
    const verdict: Verdict = authorize === undefined ? { allow: true } : await authorize(info);
    if (!verdict.allow) return verdict;
    if (this.#isClosed) return { allow: false, code: "UNAVAILABLE", reason: "the hub is shutting down" };
    const { name = info.name, principal } = verdict;
    if (name === "") return { allow: false, code: "INVALID_ARGUMENT", reason: "a plugin needs a name" };
    const sender = new EventSender(this.#limits, this.#options.events);
    const claim = this.#names.claim(name, sender);
    if (claim === undefined)
      return { allow: false, code: "ALREADY_EXISTS", reason: `a plugin "${name}" is connected already` };
    const plugin = new HubPlugin({ ...claim, instance: ++this.#instances }, { ...info, principal }, sender, party);
    return { allow: true, principal: plugin, name: claim.id };
  }
}

export function hubClosed(): ClosedError {
  return new ClosedError("session-closed", "the hub is shutting down", { dispatched: "no" });
}

function tooMany(description: string, { maxSessions }: Limits): ClosedError {
  const why = `${maxSessions} sessions, and the limit is ${maxSessions} (limits.maxSessions)`;
  return new ClosedError("handshake-failed", `${description}: ${why}`);
}
