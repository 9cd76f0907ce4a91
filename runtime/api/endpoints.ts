/**
 * connect, accept and listen for Node: from an address, or anything that carries bytes, to a peer. Browsers have
 * runtime/websocket.ts, and `connect` and `accept` of runtime/index.ts.
 */
import { Duplex, type Readable, type Writable } from "node:stream";
import {
  type CarrierDialOptions,
  type CarrierListenOptions,
  dialTransport,
  listenTransport,
} from "../bytes/carriers.js";
import { resolveLimits } from "../base/limits.js";
import { childProcessTransport, socketTransport } from "../bytes/socket-transport.js";
import type { Transport } from "../bytes/transport.js";
import type { HttpServer } from "../bytes/websocket-listener.js";
import { type OpenOptions, dialPeer, openPeer } from "./open-peer.js";
import { type Connection, transportOver } from "./over.js";
import type { Peer } from "./peer.js";
import { type PeerServerOptions, type Server, servePeers } from "./peer-server.js";

export interface ConnectOptions extends OpenOptions, Pick<CarrierDialOptions, "tls"> {}

export interface ListenOptions extends PeerServerOptions, Pick<CarrierListenOptions, "tls" | "webSocket"> {}

/** A child process whose stdin and stdout are pipes. */
export interface ChildProcessLike {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
}

/** What Node has beyond `Connection`: sockets and other Duplex streams, and child processes. */
export type NodeConnection = Connection | Duplex | ChildProcessLike;

/**
 * Connects, and shakes hands.
 * @param to  an address (`tcp://HOST:PORT`, `tls://HOST:PORT`, `unix:/PATH`, `ws://HOST:PORT/PATH`,
 *   `wss://HOST:PORT/PATH`, `inproc:NAME`), or something that is connected already: a Duplex, a pair of web streams, a child
 *   process, a Worker, a MessagePort, a transport.
 * Rejects with Node's own error and code (ECONNREFUSED, CERT_HAS_EXPIRED), with the signal's reason, or as `Peer.open` does.
 */
export async function connect(to: string | NodeConnection, options: ConnectOptions = {}): Promise<Peer> {
  if (typeof to !== "string") return openPeer(nodeTransportOver(to), "client", options);
  return dialPeer((dial) => dialTransport(to, { ...dial, tls: options.tls }), options);
}

/** The other end of a connection that someone else has accepted: in a worker `accept(parentPort)`. */
export function accept(connection: NodeConnection, options: OpenOptions = {}): Promise<Peer> {
  return openPeer(nodeTransportOver(connection), "server", options);
}

/**
 * Listens, until it is closed.
 * @param at  an address as `connect` takes it (port 0: any; `inproc:*`: a free name), or an HTTP server whose WebSockets
 *   are wanted. Rejects with Node's code (EADDRINUSE).
 */
export function listen(at: string | HttpServer, options: ListenOptions = {}): Promise<Server> {
  const { maxSessions, handshakeTimeoutMs } = resolveLimits(options.limits);
  const { tls, webSocket, onRefused } = options;
  return servePeers(
    (onTransport) =>
      listenTransport(at, onTransport, {
        tls,
        webSocket,
        onRefused,
        handshakeTimeoutMs,
        maxConnections: maxSessions,
      }),
    options,
  );
}

/** @throws {TypeError} for what carries nothing. */
export function nodeTransportOver(connection: NodeConnection): Transport {
  if (connection instanceof Duplex) return socketTransport(connection);
  if ("postMessage" in connection || !("stdin" in connection)) return transportOver(connection);
  return childProcessTransport(connection); // a Worker has stdin too
}
