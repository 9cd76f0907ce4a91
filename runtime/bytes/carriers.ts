/**
 * Transports by address: what stands before the colon chooses the carrier. For Node; browsers dial with
 * websocket-dialer.ts. Source: docs/transports.md.
 */
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { type Address, formatAddress, parseAddress } from "./address.js";
import { dialInProcess, listenInProcess } from "./memory-listener.js";
import { dialSocket, type SocketAddress } from "./socket-dialer.js";
import { listenSocket } from "./socket-listener.js";
import type { DialOptions, Listener, OnTransport, Transport } from "./transport.js";
import { dialWebSocket } from "./websocket-dialer.js";
import type * as WebSocketListener from "./websocket-listener.js";
import { clientClass } from "./ws-package.js";

export interface CarrierDialOptions extends DialOptions {
  /** tls, wss: as for node:tls. `ca` (whom to trust, by default the machine's authorities), `cert` and `key` (who we are), `servername`. */
  tls?: ConnectionOptions | undefined;
}

export interface CarrierListenOptions {
  /** tls, wss: as for node:tls. `key` and `cert`; with `requestCert` and `ca` clients must show a certificate. */
  tls?: TlsOptions | undefined;
  /** ws, wss: which pages may connect, and for a server that is there already, where. */
  webSocket?: { readonly path?: string; readonly origins?: readonly string[] } | undefined;
  /** Connections beyond this many are closed as they come in. */
  maxConnections?: number | undefined;
  /** How long TLS and the opening of a WebSocket may take, ms. */
  handshakeTimeoutMs?: number | undefined;
  /** A connection that came to nothing before it was a transport: no TLS, no certificate, no WebSocket. */
  onRefused?: ((error: Error) => void) | undefined;
}

/**
 * @param to  `tcp://HOST:PORT`, `tls://HOST:PORT`, `unix:/PATH`, `ws://HOST:PORT/PATH`, `wss://HOST:PORT/PATH`, `inproc:NAME`.
 * Rejects with Node's own error and code (ECONNREFUSED, CERT_HAS_EXPIRED), with ETIMEDOUT, or the signal's reason.
 */
export async function dialTransport(to: string, options: CarrierDialOptions = {}): Promise<Transport> {
  const address = parseAddress(to);
  const { tls = {}, ...dialOptions } = options;
  switch (address.kind) {
    case "inproc":
      return dialInProcess(address.name, dialOptions);
    case "tcp":
    case "unix":
      return dialSocket(socketAddress(address), dialOptions);
    case "tls":
      return dialSocket(socketAddress(address), { ...dialOptions, tls });
    default:
      return dialWebSocket(to, { ...dialOptions, WebSocket: await clientClass(tls) });
  }
}

/**
 * Accepts connections, until it is closed.
 * @param at  as for `dialTransport`; port 0 takes a free one, `inproc:*` a free name. Or an HTTP server, for WebSockets.
 * Rejects with Node's own error and code (EADDRINUSE, EACCES).
 */
export async function listenTransport(
  at: string | WebSocketListener.HttpServer,
  onTransport: OnTransport,
  options: CarrierListenOptions = {},
): Promise<Listener> {
  const { webSocket, ...rest } = options;
  if (typeof at !== "string") return (await webSockets()).attachWebSockets(at, onTransport, { ...webSocket, ...rest });
  const address = parseAddress(at);
  switch (address.kind) {
    case "inproc":
      return listenInProcess(address.name, onTransport);
    case "ws":
      return (await webSockets()).listenWebSockets(address, onTransport, { ...webSocket, ...rest, tls: undefined });
    case "wss":
      return (await webSockets()).listenWebSockets(address, onTransport, {
        ...webSocket,
        ...rest,
        tls: withKey(rest.tls, at),
      });
    case "tls":
      return listenAt(address, onTransport, { ...rest, tls: withKey(rest.tls, at) });
    default:
      return listenAt(address, onTransport, { ...rest, tls: undefined });
  }
}

/** Loaded when needed: HTTP, TLS and what they stand on are 37 modules of Node and 1.7 MB of its heap. */
function webSockets(): Promise<typeof WebSocketListener> {
  return import("./websocket-listener.js");
}

type SocketKind = Extract<Address, { kind: "tcp" | "tls" | "unix" }>;

async function listenAt(
  address: SocketKind,
  onTransport: OnTransport,
  options: CarrierListenOptions,
): Promise<Listener> {
  const listener = await listenSocket(socketAddress(address), onTransport, options);
  const bound = listener.address;
  const real = address.kind === "unix" || "path" in bound ? address : { ...address, ...bound };
  return { address: formatAddress(real), close: () => listener.close() };
}

function socketAddress(address: SocketKind): SocketAddress {
  return address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
}

function withKey(tls: TlsOptions | undefined, at: string): TlsOptions {
  if (tls && (tls.key ?? tls.pfx ?? tls.SNICallback) !== undefined) return tls;
  throw new TypeError(`${at} needs a certificate: pass tls: { key, cert }`);
}
