/** What a listener accepts, as peers: shakes hands with each, counts them, and says goodbye to all at the end. */
import { errorFrom } from "../base/errors.js";
import { type Limits, resolveLimits } from "../base/limits.js";
import type { Listener, Transport } from "../bytes/transport.js";
import { Peer, type PeerOptions } from "./peer.js";
import type { DrainReport } from "./peer-reports.js";

export interface PeerServerOptions extends PeerOptions {
  /** A peer has connected and is ready. */
  onPeer?: (peer: Peer) => void;
  /** A connection came to nothing: the other side was no peer, or did not fit. */
  onRefused?: (error: Error) => void;
}

/** Something that listens, and the peers that have come. */
export interface Server extends AsyncDisposable {
  /** Where it listens, as `connect` takes it: port 0 has become a real port. */
  readonly address: string;
  readonly peers: ReadonlySet<Peer>;
  /**
   * Accepts nobody any more, drops those that still shake hands, and says goodbye to all peers.
   * @param options.graceMs  how long what is under way may take to end first (`Peer.drain`).
   */
  close(options?: { readonly graceMs?: number }): Promise<DrainReport>;
}

/** Starts `listen`, which gives every connection that it accepts to the server. Rejects as `listen` does. */
export async function servePeers(
  listen: (onTransport: (transport: Transport) => void) => Promise<Listener>,
  options: PeerServerOptions,
): Promise<Server> {
  const server = new PeerServer(options);
  server.listener = await listen(server.onTransport);
  return server;
}

class PeerServer implements Server {
  readonly #limits: Limits;
  readonly #options: PeerServerOptions;
  readonly #peers = new Set<Peer>();
  readonly #handshakes = new Set<Transport>(); // of those that are no peers yet
  #sessions = 0;
  #closing = false;
  listener!: Listener;

  constructor(options: PeerServerOptions) {
    this.#limits = resolveLimits(options.limits);
    this.#options = { ...options, limits: this.#limits };
  }

  get address(): string {
    return this.listener.address;
  }

  get peers(): ReadonlySet<Peer> {
    return this.#peers;
  }

  readonly onTransport = (transport: Transport): void => {
    if (this.#closing || this.#sessions >= this.#limits.maxSessions) {
      transport.destroy();
      return;
    }
    this.#sessions++;
    this.#handshakes.add(transport);
    Peer.open(transport, "server", this.#options)
      .finally(() => this.#handshakes.delete(transport))
      .then((peer) => {
        this.#enter(peer);
        return peer.closed;
      })
      .catch((error: unknown) => this.#options.onRefused?.(error as Error))
      .finally(() => {
        this.#sessions--;
      });
  };

  async close(options: { readonly graceMs?: number } = {}): Promise<DrainReport> {
    const { graceMs } = options;
    this.#closing = true;
    const goodbye = async (peer: Peer): Promise<DrainReport["cut"]> => {
      if (graceMs !== undefined) return (await peer.drain(graceMs)).cut;
      await peer.close();
      return [];
    };
    for (const transport of this.#handshakes) transport.destroy(); // they may never get any further
    const [cut] = await Promise.all([Promise.all([...this.#peers].map(goodbye)), this.listener.close()]);
    return { cut: cut.flat() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What onPeer throws costs that connection only, and onRefused hears of it. */
  #tell(peer: Peer): void {
    try {
      this.#options.onPeer?.(peer);
    } catch (error) {
      peer.destroy(errorFrom(error));
      throw error;
    }
  }

  #enter(peer: Peer): void {
    this.#peers.add(peer);
    void peer.closed.then(() => this.#peers.delete(peer));
    if (this.#closing) void peer.close();
    else this.#tell(peer);
  }
}
