/**
 * Listens on tcp, tls and unix sockets. Errors are Node's own, with their codes (EADDRINUSE, EACCES).
 * A unix socket's file that a dead process left behind is removed only once it is known that nobody listens there.
 * Source: Node's documentation of net.Server.
 */
import { createServer, type Server, type Socket } from "node:net";
import { lstat, unlink } from "node:fs/promises";
import type { TlsOptions } from "node:tls";
import { formatHost } from "./address.js";
import { describeAddress, dialSocket, type SocketAddress } from "./socket-dialer.js";
import { ALPN_PROTOCOLS, remoteEndOf } from "./socket-tls.js";
import { socketTransport } from "./socket-transport.js";
import type { OnTransport } from "./transport.js";

export interface SocketListenOptions {
  /** Connections beyond this many are closed as they come in; those that TLS has not let in yet count. */
  maxConnections?: number | undefined;
  /** Takes TLS alone: `key` and `cert`, or `SNICallback`; with `requestCert` and `ca` also from clients. As for node:tls. */
  tls?: TlsOptions | undefined;
  /** How long TLS may take to let a connection in, ms. */
  handshakeTimeoutMs?: number | undefined;
  /** A connection that TLS did not let in: silent, not TLS, or without the certificate that it needs. */
  onRefused?: ((error: Error) => void) | undefined;
  /** Connections that the operating system holds back before they are accepted. */
  backlog?: number;
}

export interface SocketListener {
  /** Where it really listens: port 0 has become a real port. */
  readonly address: SocketAddress;
  /** Accepts nothing more. Connections that exist go on. Harmless when repeated. */
  close(): Promise<void>;
}

/** How long a listener behind a socket's file may take to answer before it counts as alive. */
const PROBE_TIMEOUT_MS = 1000;

/** Rejects with Node's error. */
export async function listenSocket(
  address: SocketAddress,
  onTransport: OnTransport,
  options: SocketListenOptions = {},
): Promise<SocketListener> {
  const server = await createSocketServer(options, (socket) => accept(socket, address, onTransport));
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  try {
    await listen(server, address, options);
  } catch (error) {
    if (!("path" in address) || !hasCode(error, "EADDRINUSE") || !(await isAbandoned(address.path))) throw error;
    await unlink(address.path);
    await listen(server, address, options);
  }
  server.on("error", () => undefined); // a connection that could not be accepted (EMFILE) is no reason to stop
  return { address: addressOf(server, address), close: () => close(server) };
}

async function createSocketServer(options: SocketListenOptions, onSocket: (socket: Socket) => void): Promise<Server> {
  const { tls, handshakeTimeoutMs, onRefused } = options;
  const sockets = { allowHalfOpen: true, noDelay: true };
  if (!tls) return createServer(sockets, onSocket);
  const { createServer: createTlsServer } = await import("node:tls");
  const timeout = handshakeTimeoutMs === undefined ? {} : { handshakeTimeout: handshakeTimeoutMs };
  const server = createTlsServer({ ...timeout, ...tls, ...sockets, ALPNProtocols: ALPN_PROTOCOLS }, onSocket);
  server.on("tlsClientError", (error, socket) => {
    socket.destroy(); // Node leaves it open
    onRefused?.(error);
  });
  return server;
}

function accept(socket: Socket, address: SocketAddress, onTransport: OnTransport): void {
  const { remoteAddress, remotePort } = socket;
  const isTcp = remoteAddress !== undefined && remotePort !== undefined;
  const scheme = "encrypted" in socket ? "tls" : "tcp";
  const description = isTcp ? `${scheme}://${formatHost(remoteAddress)}:${remotePort}` : describeAddress(address);
  const transport = socketTransport(socket, description, remoteEndOf(socket));
  try {
    onTransport(transport);
  } catch {
    transport.destroy();
  }
}

function listen(server: Server, address: SocketAddress, { backlog }: SocketListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...address, ...(backlog === undefined ? {} : { backlog }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Whether the file is a socket and a connection to it is refused: its listener died without cleaning up. */
async function isAbandoned(path: string): Promise<boolean> {
  const file = await lstat(path).catch(() => undefined);
  if (!file?.isSocket()) return false;
  try {
    const transport = await dialSocket({ path }, { timeoutMs: PROBE_TIMEOUT_MS });
    transport.destroy();
    return false;
  } catch (error) {
    return hasCode(error, "ECONNREFUSED");
  }
}

function addressOf(server: Server, asked: SocketAddress): SocketAddress {
  const bound = server.address();
  return bound === null || typeof bound === "string" ? asked : { host: bound.address, port: bound.port };
}

/** Node's own callback waits for every connection to end; not listening any more takes one turn. */
function close(server: Server): Promise<void> {
  if (server.listening) server.close();
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
