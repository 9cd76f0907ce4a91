/**
 * `peerwire/websocket`: a peer over WebSocket, for browsers and every other runtime that has one. Servers on Node listen
 * with `peerwire/node`; others hand each WebSocket that they accepted to `accept`.
 */
import { type OpenOptions, dialPeer, openPeer } from "./api/open-peer.js";
import type { Peer } from "./api/peer.js";
import { type WebSocketClass, dialWebSocket } from "./bytes/websocket-dialer.js";
import { type WebSocketLike, webSocketTransport } from "./bytes/websocket-transport.js";

export type { OpenOptions } from "./api/open-peer.js";
export { type WebSocketClass, type WebSocketDialOptions, dialWebSocket } from "./bytes/websocket-dialer.js";
export { SUBPROTOCOL, type WebSocketLike, webSocketTransport } from "./bytes/websocket-transport.js";

export interface ConnectOptions extends OpenOptions {
  /** The class to dial with. By default the runtime's own; for Node 20 that of the package ws. */
  WebSocket?: WebSocketClass;
}

/**
 * Connects, and shakes hands.
 * @param url  `wss://HOST/PATH` or `ws://HOST/PATH`.
 * Rejects where the server cannot be reached (a browser does not say why), with the signal's reason, or as `Peer.open` does.
 */
export function connect(url: string | URL, options: ConnectOptions = {}): Promise<Peer> {
  return dialPeer((dial) => dialWebSocket(String(url), { ...dial, WebSocket: options.WebSocket }), options);
}

/** A WebSocket that a server has accepted: of Deno, Bun, a Worker at the edge. It must have chosen `SUBPROTOCOL`. */
export function accept(socket: WebSocketLike, options: OpenOptions = {}): Promise<Peer> {
  return openPeer(webSocketTransport(socket, "websocket"), "server", options);
}
