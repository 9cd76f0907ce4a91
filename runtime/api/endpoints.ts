/**
 * connect and listen: from an address, or any Duplex, to a peer. Node only; elsewhere `Peer.open` takes a transport.
 */
import type { Duplex } from "node:stream";
import { type Limits, resolveLimits } from "../base/limits.js";
import { dialInProcess, listenInProcess } from "../bytes/memory-listener.js";
import { describeAddress, dialSocket } from "../bytes/socket-dialer.js";
import { listenSocket } from "../bytes/socket-listener.js";
import { socketTransport } from "../bytes/socket-transport.js";
import type { Transport } from "../bytes/transport.js";
import { parseAddress } from "./address.js";
import { Peer, type PeerOptions } from "./peer.js";

export interface ConnectOptions extends PeerOptions {
  /** Gives up connecting; has no effect on the connection once it is there. */
  signal?: AbortSignal;
}

/**
 * Connects, and shakes hands.
 * @param to  `tcp://HOST:PORT`, `unix:/PATH`, `inproc:NAME`, or a Duplex that is connected already.
 * Rejects with Node's own error and code (ECONNREFUSED), or as `Peer.open` does.
 */
export async function connect(to: string | Duplex, options: ConnectOptions = {}): Promise<Peer> {
  const transport = typeof to === "string" ? await dial(to, options) : socketTransport(to);
  return Peer.open(transport, "client", options);
}

/** The other end of a Duplex that someone else has accepted. */
export function accept(duplex: Duplex, options: PeerOptions = {}): Promise<Peer> {
  return Peer.open(socketTransport(duplex), "server", options);
}

async function dial(to: string, options: ConnectOptions): Promise<Transport> {
  const address = parseAddress(to);
  if (address.kind === "inproc") return dialInProcess(address.name);
  const { handshakeTimeoutMs } = resolveLimits(options.limits);
  return dialSocket(address.kind === "tcp" ? { host: address.host, port: address.port } : { path: address.path }, {
    timeoutMs: handshakeTimeoutMs,
    ...(options.signal && { signal: options.signal }),
  });
}

export interface ListenOptions extends PeerOptions {
  /** A peer has connected and is ready. */
  onPeer?: (peer: Peer) => void;
  /** A connection came to nothing: the other side was no peer, or did not fit. */
  onRefused?: (error: Error) => void;
}

/** Listens, until it is closed. @param at  `tcp://HOST:PORT` (port 0: any), `unix:/PATH` or `inproc:NAME`. Rejects with Node's code (EADDRINUSE). */
export async function listen(at: string, options: ListenOptions = {}): Promise<Server> {
  const address = parseAddress(at);
  const server = new PeerServer(resolveLimits(options.limits), options);
  if (address.kind === "inproc") {
    const listener = listenInProcess(address.name, server.onTransport);
    return server.listening(at, async () => {
      listener.close();
    });
  }
  const listener = await listenSocket(
    address.kind === "tcp" ? { host: address.host, port: address.port } : { path: address.path },
    server.onTransport,
  );
  return server.listening(describeAddress(listener.address), () => listener.close());
}

/** Something that listens, and the peers that have come. */
export interface Server extends AsyncDisposable {
  /** Where it listens, as `connect` takes it: port 0 has become a real port. */
  readonly address: string;
  readonly peers: ReadonlySet<Peer>;
  /** Accepts nobody any more, and says goodbye to all peers. */
  close(): Promise<void>;
}

class PeerServer implements Server {
  readonly #limits: Limits;
  readonly #options: ListenOptions;
  readonly #peers = new Set<Peer>();
  #sessions = 0;
  #closing = false;
  #address = "";
  #stop: () => Promise<void> = async () => undefined;

  constructor(limits: Limits, options: ListenOptions) {
    this.#limits = limits;
    this.#options = options;
  }

  get address(): string {
    return this.#address;
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  listening(address: string, stop: () => Promise<void>): this {
    this.#address = address;
    this.#stop = stop;
    return this;
  }

  readonly onTransport = (transport: Transport): void => {
    if (this.#closing || this.#sessions >= this.#limits.maxSessions) {
      transport.destroy();
      return;
    }
    this.#sessions++;
    Peer.open(transport, "server", this.#options)
      .then((peer) => {
        this.#enter(peer);
        return peer.closed;
      })
      .catch((error: unknown) => this.#options.onRefused?.(error as Error))
      .finally(() => {
        this.#sessions--;
      });
  };

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([this.#stop(), ...[...this.#peers].map((peer) => peer.close())]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enter(peer: Peer): void {
    this.#peers.add(peer);
    void peer.closed.then(() => this.#peers.delete(peer));
    if (this.#closing) void peer.close();
    else this.#options.onPeer?.(peer);
  }
}
