/**
 * One connection between two programs: builds the floors in order, on one page, and shakes hands. Both ends are equal:
 * each may serve roots, and use the other's.
 */
import { systemClock, type Clock } from "../base/clock.js";
import { CallError, ClosedError } from "../base/errors.js";
import { type Limits, resolveLimits } from "../base/limits.js";
import { quietly } from "../base/quietly.js";
import { watchForStall } from "../base/stall-watch.js";
import type { Transport } from "../bytes/transport.js";
import type { Interceptor } from "../calls/interceptor.js";
import type { Instruction, WireError } from "../messages/instruction.js";
import type { Party } from "../messages/fair-turns.js";
import { MessageSession } from "../messages/message-session.js";
import type { ReferenceWatchOptions } from "../references/reference-watch.js";
import { ReferenceSession, type ReferenceSessionOptions } from "../references/reference-session.js";
import { drainSession } from "../references/drain.js";
import type { ContextStorage } from "../references/reference-context.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { SessionEnd } from "../streams/session-contract.js";
import { SessionCore } from "../streams/session-core.js";
import { Handshake, type HandshakeOptions, type PeerInfo, handshakeError } from "./handshake.js";
import type { DrainReport, PeerReferences, PeerStats, ReferenceCounts } from "./peer-reports.js";
import type { InterfaceDescription } from "./reflection.js";
import { ServedRoots } from "./served-roots.js";

export interface PeerOptions extends HandshakeOptions {
  /** Interfaces that the other side must serve: a connection without them, or with a different one, is refused. */
  expect?: readonly ServiceDescriptor[];
  limits?: Partial<Limits>;
  /** Run around calls, the first of a list outermost: those that this side makes, and those that it serves. */
  interceptors?: { readonly outgoing?: readonly Interceptor<Peer>[]; readonly incoming?: readonly Interceptor<Peer>[] };
  /**
   * Makes the call that a handler serves known to everything that runs in it, so that calls made there are nested
   * without `$with({ context })`: an `AsyncLocalStorage<CallContext>`. It slows every promise on older versions of Node.
   */
  contextStorage?: ContextStorage;
  /** Metadata that nested calls take over from the call around them; by default the trace context of W3C. */
  inheritedMetadata?: readonly string[];
  /** Traces references, and warns where many are held: how leaks are found. */
  references?: ReferenceWatchOptions;
  /** Sends the stacks of errors too, which show files and code of this side. */
  sendStacks?: boolean;
  clock?: Clock;
  /**
   * Told what failed where nobody waits: an assignment to a remote property (`mixer.volume = 11`) that the peer refused,
   * or that was lost with the connection. The awaitable `setVolume` tells its caller instead.
   */
  onUnheardError?: (error: Error) => void;
  /** Sees every instruction, for logs and tests. Bytes in it are valid only during the call; it must not change them. */
  onInstruction?: (direction: "in" | "out", instruction: Instruction) => void;
}

const NONE_HELD: ReferenceCounts = { entries: 0, retains: 0 };

/** What dialling has left of limits.handshakeTimeoutMs. */
export const HANDSHAKE_LEFT: unique symbol = Symbol("handshakeLeftMs");
export interface Dialled {
  readonly [HANDSHAKE_LEFT]?: number;
}

/** Whose turns of the event loop its instructions take, where others are to take the same. */
export const PARTY: unique symbol = Symbol("party");
export interface Partaking {
  readonly [PARTY]?: Party;
}

/** How long the goodbye itself may take where something was cut off. */
const CUT_OFF_GOODBYE_MS = 1000;

export class Peer {
  /** Where the other side is: "tcp://127.0.0.1:4000". */
  readonly description: string;
  readonly #session: SessionCore;
  readonly #references: ReferenceSession;
  readonly #limits: Limits;
  readonly #closed: Promise<Error>;
  readonly #draining: Promise<number>;
  readonly #served: ServedRoots;
  readonly #handshake: Handshake;

  /**
   * Shakes hands over `transport`, which belongs to the peer from here on.
   * Rejects, with the connection closed, where the other side is no peer or speaks another version of the protocol
   * (ProtocolError), stays silent for limits.handshakeTimeoutMs or goes away (ClosedError "handshake-failed"), does not
   * serve what `expect` says, or where one side's `authorize` refused the other (CallError with that code).
   */
  static async open(
    transport: Transport,
    role: "client" | "server",
    options: PeerOptions & Dialled & Partaking = {},
  ): Promise<Peer> {
    const peer = new Peer(transport, role, options);
    const { description } = peer;
    const handshake = peer.#handshake;
    const { clock = systemClock, expect = [] } = options;
    const { handshakeTimeoutMs } = peer.#limits;
    const timer = clock.after(options[HANDSHAKE_LEFT] ?? handshakeTimeoutMs, () => {
      const late =
        handshake.info === undefined
          ? `${description} sent no Hello within ${handshakeTimeoutMs} ms`
          : `${description} was not judged within ${handshakeTimeoutMs} ms`;
      peer.#session.destroy(new ClosedError("handshake-failed", `${late} (limits.handshakeTimeoutMs)`));
    });
    try {
      handshake.begin();
      await handshake.done;
      for (const service of expect) await Promise.race([peer.root(service), peer.#lost()]);
    } catch (error) {
      if (!(error instanceof CallError) || handshake.goodbye !== undefined) peer.#session.destroy(error as Error);
      else void peer.close(handshake.isRefused ? undefined : error);
      throw error;
    } finally {
      timer.clear();
    }
    return peer;
  }

  private constructor(transport: Transport, role: "client" | "server", options: PeerOptions & Partaking) {
    const { clock = systemClock } = options;
    const watch = options.onInstruction && quietly(options.onInstruction);
    const limits = resolveLimits(options.limits);
    this.#limits = limits;
    this.description = transport.description;

    // Bytes, frames and streams, then messages, then objects and calls.
    const session: SessionCore = new SessionCore(transport, {
      role,
      limits,
      clock,
      onStream: (stream): void => {
        messages.accept(stream);
      },
    });
    const messages: MessageSession = new MessageSession({
      limits,
      party: options[PARTY],
      open: () => session.open(),
      onInstruction: (instruction) => {
        watch?.("in", instruction);
        if (instruction.kind === "hello") handshake.onHello(instruction.hello);
        else if (instruction.kind === "goodbye") this.#onGoodbye(instruction.error);
        else references.onInstruction(instruction);
      },
      onFailure: (error) => {
        session.destroy(error);
      },
      onSend: watch && ((instruction) => watch("out", instruction)),
    });
    let onPeerDrain!: (graceMs: number) => void;
    this.#draining = new Promise((resolve) => {
      onPeerDrain = resolve;
    });
    const references: ReferenceSession = new ReferenceSession({
      limits,
      clock,
      messages,
      peer: this,
      onPeerDrain,
      sendStacks: options.sendStacks,
      references: options.references,
      contextStorage: options.contextStorage,
      inheritedMetadata: options.inheritedMetadata,
      interceptors: options.interceptors as ReferenceSessionOptions["interceptors"],
      onUnheardError: options.onUnheardError && quietly(options.onUnheardError),
    });
    this.#served = new ServedRoots(references, transport.description);
    const handshake = new Handshake(
      {
        role,
        description: transport.description,
        remote: transport.remote,
        limits,
        closed: () => this.#closed,
        send: (instruction) => {
          if (references.closed === undefined) messages.send(instruction);
        },
        hold: () => {
          messages.hold();
        },
        resume: () => {
          messages.resume();
        },
        serve: (roots) => roots[0]?.enter(references, roots) ?? [],
        onHello: (hello) => {
          this.#served.onHello(hello);
          references.setPeerLimits(hello);
        },
      },
      options,
    );
    this.#session = session;
    this.#references = references;
    this.#handshake = handshake;

    const { idleSessionMs } = limits;
    const stopWatching = watchForStall(clock, idleSessionMs, {
      progress: () => messages.instructionCount,
      isExcused: () =>
        !references.isIdle || (references.exports?.stats.entries ?? 0) + (references.imports?.stats.entries ?? 0) > 0,
      onStall: () =>
        void this.close(
          new CallError(
            "UNAVAILABLE",
            `nothing was asked for ${idleSessionMs} ms (limits.idleSessionMs); connect again`,
          ),
        ),
    });
    this.#closed = session.closed.then((end) => {
      stopWatching();
      const ended = endError(end);
      const error = goodbyeError(this.description, handshake.goodbye) ?? ended;
      handshake.onClosed(ended);
      references.close(error);
      return error;
    });
  }

  /** Who is at the other end. */
  get info(): PeerInfo {
    return this.#handshake.info!; // nobody has a peer before its Hello
  }

  /** What the other side calls this one: `options.name`, unless the other side gave it another. */
  get knownAs(): string {
    return this.#handshake.knownAs;
  }

  /** Resolves with the reason once the connection is gone: a ClosedError "session-closed" after an orderly end. */
  get closed(): Promise<Error> {
    return this.#closed;
  }

  /**
   * One of the objects that the other side serves.
   * Rejects with a CallError: NOT_FOUND where it serves no such root, FAILED_PRECONDITION where that is another
   * interface or an incompatible version of it (naming the members that differ).
   */
  root<T extends object, Stub extends T>(
    service: ServiceDescriptor<T, Stub>,
    name: string = service.fullName,
  ): Promise<Stub> {
    return this.#served.find(service, name);
  }

  /** The interfaces that the other side serves, and those that their results lead to, as it describes them. */
  interfaces(): Promise<readonly InterfaceDescription[]> {
    return this.#served.interfaces();
  }

  /** What crossed by reference and is still held, in both directions. Roots do not count. */
  references(): PeerReferences {
    const { exports, imports } = this.#references;
    return {
      exports: { ...(exports?.stats ?? NONE_HELD), list: exports?.list() ?? [] },
      imports: { ...(imports?.stats ?? NONE_HELD), list: imports?.list() ?? [] },
    };
  }

  /** Calls under way, and the traffic beneath them. */
  stats(): PeerStats {
    const { bytesIn, bytesOut, streams, roundTrip } = this.#session.stats();
    return {
      outgoingCalls: this.#references.outgoing.size,
      incomingCalls: this.#references.incoming?.stats.unanswered ?? 0,
      bytesIn,
      bytesOut,
      streams,
      roundTrip,
    };
  }

  /** Milliseconds there and back. */
  ping(): Promise<number> {
    return this.#session.ping();
  }

  /** "draining": one side has said that it is going away, and takes no new calls. */
  get status(): "open" | "draining" | "closed" {
    if (this.#references.closed !== undefined) return "closed";
    return this.#references.isDraining ? "draining" : "open";
  }

  /** Resolves, with the milliseconds that it will still go on, when the other side says that it is going away. */
  get draining(): Promise<number> {
    return this.#draining;
  }

  /**
   * Says goodbye when all that is under way has ended: calls of both sides, and their streams. Until then new calls fail
   * with UNAVAILABLE, as not dispatched, except those that are nested in others.
   * @param graceMs  how long it may take; what has not ended by then is cut off.
   * @param reason  as for `close`.
   */
  async drain(graceMs: number, reason?: CallError): Promise<DrainReport> {
    const cut = await Promise.race([drainSession(this.#references, graceMs), this.#closed.then(() => [])]);
    const closed = this.close(reason);
    // What was cut off may be stuck behind a reader that reads no more: its goodbye has had its grace.
    const timer =
      cut.length === 0
        ? undefined
        : this.#references.clock.after(CUT_OFF_GOODBYE_MS, () => {
            this.destroy();
          });
    await closed;
    timer?.clear();
    return { cut: cut.map((one) => ({ ...one, peer: this.description })) };
  }

  /**
   * Says goodbye. Calls that have no answer yet fail, on both sides; what was shared is given back. Harmless when repeated.
   * @param reason  told to the other side, as the cause of what its calls and its `closed` end with.
   */
  async close(reason?: CallError): Promise<void> {
    if (reason !== undefined) this.#handshake.sendGoodbye(reason);
    await this.#session.close(0);
    await this.#closed;
  }

  /** Drops the connection at once, as if the network had. */
  destroy(error: Error = new ClosedError("session-closed", "destroyed here")): void {
    this.#session.destroy(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Rejects where the connection ends before `open` is done with it. */
  async #lost(): Promise<never> {
    const end = await this.#session.closed;
    throw handshakeError(this.description, endError(end), this.#handshake.goodbye);
  }

  #onGoodbye(error: WireError): void {
    this.#handshake.onGoodbye(error);
    void this.#session.close(0); // what we had written still goes out
  }
}

/** Why a session ended, as the error that every open call gets. */
function endError({ local, remote }: SessionEnd): Error {
  return local ?? remote ?? new ClosedError("session-closed", "the connection was closed");
}

/** The peer gave its reason to go. */
function goodbyeError(description: string, reason: CallError | undefined): ClosedError | undefined {
  return (
    reason && new ClosedError("session-closed", `${description} said goodbye: ${reason.message}`, { cause: reason })
  );
}
