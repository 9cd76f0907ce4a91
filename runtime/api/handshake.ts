/**
 * The handshake: our Hello, the judgement of the other side's, and the goodbye where one does not accept the other.
 * Nothing that the peer asks is looked at before it has been accepted. Does not know what carries instructions
 * (messages/), nor what a session does after it (peer.ts). Source: schema/peerwire/v1/hello.proto.
 */
import {
  CALL_ERROR_CODES,
  CallError,
  type CallErrorCode,
  ClosedError,
  LimitError,
  ProtocolError,
  errorFrom,
} from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { RemoteEnd } from "../bytes/transport.js";
import { refusalToWire } from "../calls/error-codec.js";
import type { Instruction, WireError } from "../messages/instruction.js";
import { type HelloMessage, encodeHello } from "../messages/hello.js";
import { utf8Length } from "../protobuf/utf8.js";
import type { Root } from "./root.js";

const PROTOCOL_VERSION = 1;
const MAX_NAME_BYTES = 256;

/** Who is at the other end. Name, version and credentials are what it says of itself; nothing of it is proved. */
export interface PeerInfo {
  /** What it is called here: its own name, unless `authorize` gave it another. */
  readonly name: string;
  readonly version: string;
  readonly credentials: Uint8Array;
  /** Its roots: name, and the full name of the interface. */
  readonly roots: readonly { readonly name: string; readonly interface: string }[];
  /** Where it is: "tcp://127.0.0.1:4000". */
  readonly address: string;
  /** What the carrier knows of it: its certificate, the headers of its request. */
  readonly remote: RemoteEnd | undefined;
  /** What `authorize` made of it; undefined before, and where there is none. */
  readonly principal: unknown;
  /** Resolves with the reason once the connection is gone, whatever became of it. */
  readonly closed: Promise<Error>;
}

/** What `authorize` decides. */
export type Verdict =
  | {
      readonly allow: true;
      /** Who it turned out to be, for `roots`, `peer.info` and whoever serves it. */
      readonly principal?: unknown;
      /** What it is called from now on, which it is told. Only where this side was dialled. */
      readonly name?: string;
    }
  | {
      readonly allow: false;
      /** Told to the other side: its `connect` rejects with it. */
      readonly reason: string;
      /** UNAUTHENTICATED by default. */
      readonly code?: CallErrorCode;
    };

export interface HandshakeOptions {
  /** Who this is; at most 256 bytes. */
  name?: string;
  version?: string;
  /** What proves it, for the other side's `authorize` to judge. */
  credentials?: Uint8Array;
  /**
   * Judges the other side, before anything that it asks is looked at. The other side's `connect` rejects with a
   * CallError of the verdict's code and reason; a hook that throws refuses too, with the code of a CallError or INTERNAL.
   */
  authorize?: (peer: PeerInfo) => Verdict | Promise<Verdict>;
  /**
   * What the other side may use: `[serve(AccountService, new AccountImpl())]`, or a list that depends on who asks. The
   * latter only where this side was dialled: a client's Hello leaves before it knows the server.
   */
  roots?: readonly Root[] | ((peer: PeerInfo) => readonly Root[] | Promise<readonly Root[]>);
}

/** What the handshake needs of the session that it is for. */
export interface HandshakeHost {
  readonly role: "client" | "server";
  readonly description: string;
  readonly remote: RemoteEnd | undefined;
  readonly limits: Limits;
  closed(): Promise<Error>;
  send(instruction: Instruction): void;
  /** Holds back what the peer sends after its Hello, until `resume`. */
  hold(): void;
  resume(): void;
  /** Enters roots, and those of every peer. @returns what Hello says of them. */
  serve(roots: readonly Root[]): HelloMessage["roots"];
  /** The peer's Hello fits. */
  onHello(hello: HelloMessage): void;
}

export class Handshake {
  /** Resolves when both sides have accepted each other. Rejects with a CallError where this side refused. */
  readonly done: Promise<void>;
  readonly #host: HandshakeHost;
  readonly #options: HandshakeOptions;
  #accept!: () => void;
  #refuse!: (error: Error) => void;
  #info: PeerInfo | undefined;
  #receiverName = "";
  #goodbye: CallError | undefined;
  #isRefused = false;
  #isSettled = false; // accepted, or refused

  constructor(host: HandshakeHost, options: HandshakeOptions) {
    this.#host = host;
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      const accept = (): void => {
        this.#isSettled = true;
        resolve();
      };
      const refuse = (error: Error): void => {
        this.#isSettled = true;
        reject(error);
      };
      this.#accept = accept;
      this.#refuse = refuse;
    });
    this.done.catch(() => undefined); // told to whoever opens the peer
    if (typeof options.roots === "function" && host.role === "client") {
      throw new TypeError("roots that depend on the peer are for the side that listens; give a client a list");
    }
  }

  /** The other side; undefined before its Hello. */
  get info(): PeerInfo | undefined {
    return this.#info;
  }

  /** What the other side calls this one. */
  get knownAs(): string {
    return this.#receiverName === "" ? (this.#options.name ?? "") : this.#receiverName;
  }

  /** Whether this side refused the other, and has told it so. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Why the other side ended the session, where it said so. */
  get goodbye(): CallError | undefined {
    return this.#goodbye;
  }

  /**
   * The side that dialled sends its Hello, and the other side answers it: one write, in which the stream of the first is
   * acknowledged too. @throws {RangeError | LimitError} where it is too large.
   */
  begin(): void {
    const { roots = [] } = this.#options;
    if (this.#host.role === "client" && typeof roots !== "function") this.#sendHello(roots);
  }

  /** @throws {ProtocolError} "bad-hello" */
  onHello(hello: HelloMessage): void {
    this.#check(hello);
    const { peerName: name, peerVersion: version, credentials, roots, receiverName } = hello;
    const { description: address, remote } = this.#host;
    this.#receiverName = receiverName;
    this.#info = {
      name,
      version,
      credentials,
      roots: roots.map((root) => ({ name: root.name, interface: root.interface })),
      address,
      remote,
      principal: undefined,
      closed: this.#host.closed(),
    };
    this.#host.onHello(hello);
    this.#take(this.#info);
  }

  #take(info: PeerInfo): void {
    const { authorize, roots = [] } = this.#options;
    if (authorize !== undefined || typeof roots === "function") {
      this.#host.hold();
      void this.#judge(info);
      return;
    }
    try {
      if (this.#host.role === "server") this.#sendHello(roots);
      this.#accept();
    } catch (thrown) {
      this.#host.hold();
      this.#turnAway(errorFrom(thrown));
    }
  }

  /** The connection is gone. Nothing follows where both had accepted each other. */
  onClosed(error: Error): void {
    if (this.#isSettled) return;
    this.#refuse(handshakeError(this.#host.description, error, this.#goodbye));
  }

  onGoodbye({ code, message }: WireError): void {
    this.#goodbye = new CallError(CALL_ERROR_CODES[code - 1] ?? "UNKNOWN", message);
  }

  /** Tells the other side why the session ends. */
  sendGoodbye(reason: CallError): void {
    this.#host.send({ kind: "goodbye", error: refusalToWire(reason) });
  }

  /** Never rejects: what goes wrong refuses the peer. */
  async #judge(info: PeerInfo): Promise<void> {
    const { authorize, roots = [] } = this.#options;
    try {
      const verdict: Verdict = authorize === undefined ? { allow: true } : await authorize(info);
      // What comes from untyped code (`undefined`, `false`) is no permission.
      if ((verdict as unknown) === null || typeof verdict !== "object" || typeof verdict.allow !== "boolean") {
        throw new TypeError("authorize gave no verdict; return { allow: true } or { allow: false, reason }");
      }
      if (!verdict.allow) throw refusal(verdict);
      const { principal, name = info.name } = verdict;
      checkString("name", name);
      this.#info = { ...info, principal, name };
      if (this.#host.role === "server") {
        const served = typeof roots === "function" ? await roots(this.#info) : roots;
        this.#sendHello(served, name === info.name ? "" : name);
      }
      this.#accept();
      this.#host.resume();
    } catch (thrown) {
      this.#turnAway(errorFrom(thrown));
    }
  }

  #turnAway(error: Error): void {
    // What is wrong with this side itself is for its own logs alone.
    this.sendGoodbye(error instanceof CallError ? error : new CallError("INTERNAL", "the peer could not be judged"));
    this.#isRefused = true;
    this.#refuse(error instanceof CallError ? error : new CallError("INTERNAL", error.message, { cause: error }));
  }

  #sendHello(roots: readonly Root[], receiverName = ""): void {
    const { limits } = this.#host;
    const { name: peerName = "", version: peerVersion = "", credentials = new Uint8Array() } = this.#options;
    for (const [what, value] of Object.entries({ name: peerName, version: peerVersion, receiverName })) {
      const bytes = utf8Length(value);
      if (bytes > MAX_NAME_BYTES)
        throw new RangeError(`a ${what} of ${bytes} bytes, and the limit is ${MAX_NAME_BYTES}; give a shorter one`);
    }
    const hello: HelloMessage = {
      protocolVersion: PROTOCOL_VERSION,
      peerName,
      peerVersion,
      credentials,
      maxMessageBytes: limits.maxMessageBytes,
      maxInlineBytes: limits.maxInlineBytes,
      roots: this.#host.serve(roots),
      receiverName,
    };
    const bytes = encodeHello(hello).length;
    if (bytes > limits.maxHelloBytes) {
      throw new LimitError(
        "message-too-large",
        `a Hello of ${bytes} bytes, and the limit is ${limits.maxHelloBytes} (limits.maxHelloBytes); serve fewer roots, or send shorter credentials`,
      );
    }
    this.#host.send({ kind: "hello", hello });
  }

  #check({ protocolVersion, peerName, peerVersion, receiverName, roots }: HelloMessage): void {
    const { description } = this.#host;
    if (protocolVersion !== PROTOCOL_VERSION) {
      throw new ProtocolError(
        "bad-hello",
        `${description} speaks version ${protocolVersion} of the protocol, and this side version ${PROTOCOL_VERSION}; use the same major version of peerwire on both`,
      );
    }
    for (const text of [peerName, peerVersion, receiverName, ...roots.map((root) => root.name)]) {
      const bytes = utf8Length(text);
      if (bytes > MAX_NAME_BYTES) {
        throw new ProtocolError(
          "bad-hello",
          `${description} sent a name of ${bytes} bytes, and the limit is ${MAX_NAME_BYTES}`,
        );
      }
    }
  }
}

/** @throws {TypeError} where the verdict, from untyped code, gives none. */
function refusal({ code = "UNAUTHENTICATED", reason }: Verdict & { allow: false }): CallError {
  checkString("reason", reason);
  if (!CALL_ERROR_CODES.includes(code))
    throw new TypeError(`authorize gave the code ${code}, which is no CallErrorCode`);
  return new CallError(code, reason);
}

function checkString(what: string, value: unknown): void {
  if (typeof value !== "string") throw new TypeError(`authorize gave the ${what} ${String(value)}, which is no string`);
}

/** What `Peer.open` rejects with, where the session ended before both had accepted each other. */
export function handshakeError(description: string, error: Error, goodbye: CallError | undefined): Error {
  if (goodbye !== undefined) {
    return new CallError(goodbye.code, `${description} refused the connection: ${goodbye.message}`, { cause: goodbye });
  }
  if (error instanceof ClosedError && error.code === "handshake-failed") return error;
  if (error instanceof ProtocolError && error.code === "bad-hello") return error;
  if (error instanceof ProtocolError && error.code !== "goaway-received") {
    return new ProtocolError(error.code, `${description} does not speak peerwire: ${error.message}`, { cause: error });
  }
  return new ClosedError(
    "handshake-failed",
    `${description} ended the connection before it was ready: ${error.message}`,
    { cause: error, dispatched: "no" },
  );
}
