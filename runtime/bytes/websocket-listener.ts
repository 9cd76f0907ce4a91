/**
 * Accepts WebSockets: at an address of its own, or at a path of an HTTP server that is there already (node:http, and what
 * Express, Fastify and Hono run on). Judges the opening request before a WebSocket exists; everything after it is
 * websocket-transport.ts. Source: RFC 6455, sections 4.2 and 10.2; Node's documentation of http.Server, "upgrade".
 */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsOptions } from "node:tls";
import { formatHost } from "./address.js";
import { remoteEndOf } from "./socket-tls.js";
import type { Listener, OnTransport, RemoteEnd } from "./transport.js";
import { SUBPROTOCOL, webSocketTransport } from "./websocket-transport.js";
import { upgradeServer } from "./ws-package.js";

/** What is used of an HTTP server; node:http, node:https and node:http2 with HTTP/1 have it. */
export interface HttpServer {
  on(event: "upgrade", listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown;
  off(event: "upgrade", listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): unknown;
  listenerCount(event: "upgrade"): number;
  address(): string | AddressInfo | null;
}

export interface WebSocketListenOptions {
  /** The path of the URL that WebSockets are taken at; by default any. */
  path?: string | undefined;
  /**
   * Pages that may connect, such as "https://app.example"; "*" lets in all. By default those of the server's own host:
   * a browser sends cookies with a WebSocket whichever page opens it. Programs that are no browser send no origin.
   */
  origins?: readonly string[] | undefined;
  /** A request that was refused, with why. */
  onRefused?: ((error: Error) => void) | undefined;
}

export interface WebSocketServeOptions extends WebSocketListenOptions {
  /** For `wss:`: `key` and `cert`; with `requestCert` and `ca` also from clients. */
  tls?: TlsOptions | undefined;
  maxConnections?: number | undefined;
  /** How long TLS and the opening request may take, ms. */
  handshakeTimeoutMs?: number | undefined;
}

/** Takes the WebSockets of `server`, which stays its owner's. Upgrades at other paths are left to others that listen for them. */
export async function attachWebSockets(
  server: HttpServer,
  onTransport: OnTransport,
  options: WebSocketListenOptions = {},
): Promise<Listener> {
  const upgrades = await upgradeServer();
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const refusal = judge(request, options);
    if (refusal?.status === 404 && server.listenerCount("upgrade") > 1) return; // somebody else's
    if (refusal) {
      refuse(socket, refusal);
      options.onRefused?.(new Error(refusal.reason));
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      const description = `${isSecure(request) ? "wss" : "ws"}://${remoteAddress(request)}`;
      const transport = webSocketTransport(webSocket, description, remoteOf(request));
      try {
        onTransport(transport);
      } catch {
        transport.destroy();
      }
    });
  };
  server.on("upgrade", onUpgrade);
  return {
    address: addressOf(server, options.path),
    close: async () => {
      server.off("upgrade", onUpgrade);
    },
  };
}

/** A server of its own, which answers anything else with 426. Rejects with Node's error. */
export async function listenWebSockets(
  { host, port, path }: { readonly host: string; readonly port: number; readonly path: string },
  onTransport: OnTransport,
  options: WebSocketServeOptions = {},
): Promise<Listener> {
  const { tls, maxConnections, handshakeTimeoutMs = 10_000, onRefused } = options;
  const timeouts = { headersTimeout: handshakeTimeoutMs, connectionsCheckingInterval: handshakeTimeoutMs };
  const server: Server = tls
    ? createTlsServer({ ...timeouts, handshakeTimeout: handshakeTimeoutMs, ...tls, ALPNProtocols: ["http/1.1"] })
    : createServer(timeouts);
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  server.on("request", (request, response) => {
    request.resume();
    response.writeHead(426, { "Upgrade": "websocket", "Connection": "Upgrade, close", "Content-Type": "text/plain" });
    response.end(`a WebSocket with the subprotocol ${SUBPROTOCOL} is served here\n`);
  });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    socket.destroy();
    onRefused?.(error);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", () => undefined); // a connection that could not be accepted (EMFILE) is no reason to stop
  const listener = await attachWebSockets(server, onTransport, { ...options, path });
  return {
    address: listener.address,
    close: async () => {
      await listener.close();
      if (server.listening) server.close();
      server.closeIdleConnections();
      await new Promise(setImmediate);
    },
  };
}

interface Refusal {
  readonly status: 400 | 403 | 404;
  readonly reason: string;
}

function judge(request: IncomingMessage, { path, origins }: WebSocketListenOptions): Refusal | undefined {
  const url = request.url ?? "";
  if (path !== undefined && url !== path && url.split("?", 1)[0] !== path) {
    return { status: 404, reason: `no WebSocket is served at ${url.split("?", 1)[0]}, only at ${path}` };
  }
  const { origin, host } = request.headers;
  if (origin !== undefined && !isAllowed(origin, host, origins)) {
    return { status: 403, reason: `pages of ${origin} may not connect; list it in webSocket.origins` };
  }
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  if (offered.includes(SUBPROTOCOL)) return undefined;
  return {
    status: 400,
    reason: `a WebSocket must offer the subprotocol ${SUBPROTOCOL}; it offered ${offered.join(", ") || "none"}`,
  };
}

function isAllowed(origin: string, host: string | undefined, origins: readonly string[] | undefined): boolean {
  if (origins) return origins.includes("*") || origins.includes(origin);
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuse(socket: Duplex, { status, reason }: Refusal): void {
  const body = `${reason}\n`;
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]!}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function remoteOf({ headers, socket }: IncomingMessage): RemoteEnd {
  const texts: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) texts[name] = Array.isArray(value) ? value.join(", ") : value;
  return { ...remoteEndOf(socket), headers: texts };
}

function isSecure({ socket }: IncomingMessage): boolean {
  return "encrypted" in socket;
}

function remoteAddress({ socket }: IncomingMessage): string {
  const { remoteAddress: address, remotePort } = socket;
  return address === undefined ? "unix" : `${formatHost(address)}:${remotePort ?? 0}`;
}

function addressOf(server: HttpServer, path = "/"): string {
  const scheme = "setSecureContext" in server ? "wss" : "ws";
  const bound = server.address();
  return bound === null || typeof bound === "string"
    ? `${scheme}:${path}` // not listening yet, or on a unix socket
    : `${scheme}://${formatHost(bound.address)}:${bound.port}${path}`;
}
