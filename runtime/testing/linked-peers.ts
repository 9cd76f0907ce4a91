/** Two peers in one process, for tests of what they say to each other: ready, with the wire between them at hand. */
import { Peer, type PeerOptions } from "../api/peer.js";
import { TestWire, type TestWireOptions } from "./test-wire.js";

export interface LinkOptions extends TestWireOptions {
  readonly client?: PeerOptions;
  readonly server?: PeerOptions;
}

export interface LinkedPeers extends AsyncDisposable {
  readonly client: Peer;
  readonly server: Peer;
  readonly wire: TestWire;
  /** Drops the connection, whatever state it is in. */
  readonly close: () => Promise<void>;
}

/**
 * @param options  of each peer; `clock` is the wire's, and that of both peers where they have no other.
 * Rejects as `Peer.open` does.
 */
export async function linkPeers(options: LinkOptions = {}): Promise<LinkedPeers> {
  const { clock } = options;
  const wire = new TestWire(options);
  const [near, far] = wire.ends;
  const [client, server] = await Promise.all([
    Peer.open(near, "client", { ...(clock && { clock }), ...options.client }),
    Peer.open(far, "server", { ...(clock && { clock }), ...options.server }),
  ]);
  const close = async (): Promise<void> => {
    for (const peer of [client, server]) peer.destroy();
    await Promise.all([client.closed, server.closed]);
  };
  return { client, server, wire, close, [Symbol.asyncDispose]: close };
}
