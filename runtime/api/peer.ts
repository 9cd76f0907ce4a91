/**
 * One connection between two programs: builds the floors in order, on one page, and shakes hands. Both ends are equal:
 * each may serve roots, and use the other's.
 */
import { systemClock, type Clock } from "../base/clock.js";
import { CallError, ClosedError, ProtocolError } from "../base/errors.js";
import type { ExportId } from "../base/ids.js";
import { type Limits, resolveLimits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import type { Interceptor } from "../calls/interceptor.js";
import type { Instruction } from "../messages/instruction.js";
import { MessageSession } from "../messages/message-session.js";
import type { HelloMessage } from "../messages/wire.js";
import { ReferenceSession, type ReferenceSessionOptions } from "../references/reference-session.js";
import type { ContextStorage } from "../references/reference-context.js";
import type { ServiceDescriptor } from "../references/service.js";
import type { SessionEnd } from "../streams/session-contract.js";
import { Session } from "../streams/session.js";
import { findDifferences } from "./compatibility.js";
import { type Reflection, ReflectionService, describeInterfaces } from "./reflection.js";
import type { Root } from "./root.js";

const PROTOCOL_VERSION = 1;

export interface PeerOptions {
  /** Who this is, for the other side's logs; at most 256 bytes. */
  name?: string;
  version?: string;
  /** What proves it, for the other side's `onPeer` to judge. */
  credentials?: Uint8Array;
  /** What the other side may use: `[serve(AccountService, new AccountImpl())]`, or one list for each peer. */
  roots?: readonly Root[] | ((peer: Peer) => readonly Root[]);
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
  /** Sends the stacks of errors too, which show files and code of this side. */
  sendStacks?: boolean;
  clock?: Clock;
  /** Sees every instruction, for logs and tests. Bytes in it are valid only during the call; it must not change them. */
  onInstruction?: (direction: "in" | "out", instruction: Instruction) => void;
}

/** Who is at the other end, by its own account. */
export interface PeerInfo {
  readonly name: string;
  readonly version: string;
  readonly credentials: Uint8Array;
  /** Its roots: name, and the full name of the interface. */
  readonly roots: readonly { readonly name: string; readonly interface: string }[];
}

export interface ReferenceCounts {
  /** Objects. */
  readonly entries: number;
  /** References to them: an object that crossed twice has two. */
  readonly retains: number;
}

export interface PeerReferences {
  /** What the other side holds of ours. */
  readonly exports: ReferenceCounts & { readonly list: readonly { id: number; interface: string; count: number }[] };
  /** What we hold of the other side. */
  readonly imports: ReferenceCounts & { readonly list: readonly { id: number; interface: string; count: number }[] };
}

export class Peer {
  /** Where the other side is: "tcp://127.0.0.1:4000". */
  readonly description: string;
  readonly #session: Session;
  readonly #references: ReferenceSession;
  readonly #limits: Limits;
  readonly #closed: Promise<Error>;
  readonly #stubs = new Map<string, object>();
  #hello: HelloMessage | undefined;

  /**
   * Shakes hands over `transport`, which belongs to the peer from here on.
   * Rejects, with the connection closed, where the other side is no peer, speaks another version of the protocol, does
   * not serve what `expect` says, or stays silent for limits.handshakeTimeoutMs.
   */
  static async open(transport: Transport, role: "client" | "server", options: PeerOptions = {}): Promise<Peer> {
    let greeted!: () => void;
    const greeting = new Promise<void>((resolve) => {
      greeted = resolve;
    });
    const peer = new Peer(transport, role, options, greeted);
    const { clock = systemClock } = options;
    const { handshakeTimeoutMs } = peer.#limits;
    const timer = clock.after(handshakeTimeoutMs, () => {
      peer.#session.destroy(
        new ClosedError(
          "handshake-failed",
          `${peer.description} sent no Hello within ${handshakeTimeoutMs} ms (limits.handshakeTimeoutMs)`,
        ),
      );
    });
    const lost = peer.#closed.then((error): never => {
      throw handshakeError(peer.description, error);
    });
    try {
      await Promise.race([greeting, lost]);
      for (const service of options.expect ?? []) await Promise.race([peer.root(service), lost]);
    } catch (error) {
      lost.catch(() => undefined);
      peer.#session.destroy(error as Error);
      throw error;
    } finally {
      timer.clear();
    }
    lost.catch(() => undefined);
    return peer;
  }

  private constructor(transport: Transport, role: "client" | "server", options: PeerOptions, greeted: () => void) {
    const { clock = systemClock } = options;
    const watch = options.onInstruction && contained(options.onInstruction);
    const limits = resolveLimits(options.limits);
    this.#limits = limits;
    this.description = transport.description;

    // Bytes, frames and streams, then messages, then objects and calls.
    const session: Session = new Session(transport, {
      role,
      limits,
      clock,
      onStream: (stream): void => {
        messages.accept(stream);
      },
    });
    const messages: MessageSession = new MessageSession({
      limits,
      open: () => session.open(),
      onInstruction: (instruction) => {
        watch?.("in", instruction);
        if (instruction.kind === "hello") {
          this.#greet(instruction.hello); // at once: a call in the same chunk must not come before the verdict
          greeted();
        } else references.onInstruction(instruction);
      },
      onFailure: (error) => {
        session.destroy(error);
      },
      onSend: watch && ((instruction) => watch("out", instruction)),
    });
    const references: ReferenceSession = new ReferenceSession({
      limits,
      clock,
      messages,
      peer: this,
      sendStacks: options.sendStacks,
      contextStorage: options.contextStorage,
      inheritedMetadata: options.inheritedMetadata,
      interceptors: options.interceptors as ReferenceSessionOptions["interceptors"],
    });
    this.#session = session;
    this.#references = references;

    this.#closed = session.closed.then((end) => {
      const error = endError(end);
      references.close(error);
      return error;
    });

    const roots = typeof options.roots === "function" ? options.roots(this) : (options.roots ?? []);
    const services = roots.map((root) => root.service);
    references.serve(ReflectionService, { listInterfaces: async () => describeInterfaces(services) }, 0 as ExportId);
    messages.send({
      kind: "hello",
      hello: {
        protocolVersion: PROTOCOL_VERSION,
        peerName: options.name ?? "",
        peerVersion: options.version ?? "",
        credentials: options.credentials ?? new Uint8Array(),
        maxMessageBytes: limits.maxMessageBytes,
        maxInlineBytes: limits.maxInlineBytes,
        roots: roots.map(({ name, service, object }) => ({
          name,
          exportId: references.serve(service, object),
          interface: service.fullName,
          fingerprint: service.fingerprint,
        })),
      },
    });
  }

  /** Who the other side says it is. */
  get info(): PeerInfo {
    const { peerName, peerVersion, credentials, roots } = this.#hello!; // nobody has a peer before its Hello
    return {
      name: peerName,
      version: peerVersion,
      credentials,
      roots: roots.map((root) => ({ name: root.name, interface: root.interface })),
    };
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
  async root<T extends object, Stub extends T>(
    service: ServiceDescriptor<T, Stub>,
    name: string = service.fullName,
  ): Promise<Stub> {
    const root = this.#hello!.roots.find((candidate) => candidate.name === name);
    if (root === undefined)
      throw new CallError("NOT_FOUND", `${this.description} serves no root "${name}"; it serves ${this.#rootNames()}`);
    if (root.interface !== service.fullName) {
      throw new CallError(
        "FAILED_PRECONDITION",
        `the root "${name}" of ${this.description} is a ${root.interface}, and a ${service.fullName} was asked for`,
      );
    }
    const known = this.#stubs.get(name);
    if (known !== undefined) return known as Stub;
    if (root.fingerprint !== service.fingerprint) await this.#compare(service);
    const stub = this.#references.root(root.exportId, service);
    this.#stubs.set(name, stub);
    return stub as Stub;
  }

  /** What crossed by reference and is still held, in both directions. Roots do not count. */
  references(): PeerReferences {
    const { exports, imports } = this.#references;
    return { exports: { ...exports.stats, list: exports.list() }, imports: { ...imports.stats, list: imports.list() } };
  }

  /** Calls under way, and the traffic beneath them. */
  stats(): { outgoingCalls: number; incomingCalls: number; bytesIn: number; bytesOut: number; streams: number } {
    const { bytesIn, bytesOut, streams } = this.#session.stats();
    return {
      outgoingCalls: this.#references.outgoing.size,
      incomingCalls: this.#references.incoming.stats.unanswered,
      bytesIn,
      bytesOut,
      streams,
    };
  }

  /** Milliseconds there and back. */
  ping(): Promise<number> {
    return this.#session.ping();
  }

  /** Says goodbye. Calls that have no answer yet fail, on both sides; what was shared is given back. Harmless when repeated. */
  async close(): Promise<void> {
    await this.#session.close();
    await this.#closed;
  }

  /** Drops the connection at once, as if the network had. */
  destroy(error: Error = new ClosedError("session-closed", "destroyed here")): void {
    this.#session.destroy(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #greet(hello: HelloMessage): void {
    if (hello.protocolVersion !== PROTOCOL_VERSION) {
      throw new ProtocolError(
        "bad-hello",
        `${this.description} speaks version ${hello.protocolVersion} of the protocol, and this side version ${PROTOCOL_VERSION}; use the same major version of peerwire on both`,
      );
    }
    this.#hello = hello;
    this.#references.setPeerLimits(hello);
  }

  /** The fingerprints differ: finds out whether that matters. */
  async #compare(service: ServiceDescriptor): Promise<void> {
    const reflection = this.#references.root(0, ReflectionService) as unknown as Reflection;
    const interfaces = await reflection.listInterfaces();
    const theirs = interfaces.find((description) => description.fullName === service.fullName);
    const differences =
      theirs === undefined ? [`${this.description} does not describe it`] : findDifferences(service, theirs);
    if (differences.length > 0) {
      throw new CallError(
        "FAILED_PRECONDITION",
        `${this.description} has an incompatible version of ${service.fullName}:\n  ${differences.join("\n  ")}`,
      );
    }
  }

  #rootNames(): string {
    const names = this.#hello!.roots.map((root) => `"${root.name}"`);
    return names.length === 0 ? "none" : names.join(", ");
  }
}

/** A hook for logs, whose own failure is no reason to lose an instruction. */
function contained(hook: NonNullable<PeerOptions["onInstruction"]>): NonNullable<PeerOptions["onInstruction"]> {
  return (direction, instruction) => {
    try {
      hook(direction, instruction);
    } catch {
      // There is nobody to tell: a library writes no log of its own.
    }
  };
}

/** Why a session ended, as the error that every open call gets. */
function endError({ local, remote }: SessionEnd): Error {
  return local ?? remote ?? new ClosedError("session-closed", "the connection was closed");
}

function handshakeError(description: string, error: Error): Error {
  if (error instanceof ClosedError && error.code === "handshake-failed") return error;
  if (error instanceof ProtocolError && error.code === "bad-hello") return error;
  if (error instanceof ProtocolError && error.code !== "goaway-received") {
    return new ProtocolError(error.code, `${description} does not speak peerwire: ${error.message}`, { cause: error });
  }
  return new ClosedError(
    "handshake-failed",
    `${description} ended the connection before it was ready: ${error.message}`,
    {
      cause: error,
      dispatched: "no",
    },
  );
}
