/** connect and accept for any runtime: over what is connected already. Node's (endpoints.ts) know addresses as well. */
import { type OpenOptions, openPeer } from "./open-peer.js";
import { type Connection, transportOver } from "./over.js";
import type { Peer } from "./peer.js";

/**
 * Shakes hands over `connection`: a Worker, a MessagePort, a pair of web streams, a transport.
 * Rejects as `Peer.open` does, or with the signal's reason.
 */
export function connect(connection: Connection, options: OpenOptions = {}): Promise<Peer> {
  return openPeer(transportOver(connection), "client", options);
}

/** The other end: in a worker, `accept(self)`. */
export function accept(connection: Connection, options: OpenOptions = {}): Promise<Peer> {
  return openPeer(transportOver(connection), "server", options);
}
