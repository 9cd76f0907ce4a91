/**
 * Listens on tcp and unix sockets. Errors are Node's own, with their codes (EADDRINUSE, EACCES).
 * A unix socket's file that a dead process left behind is removed only once it is known that nobody listens there.
 * Source: Node's documentation of net.Server.
 */
import { createServer, type Server, type Socket } from "node:net";
import { lstat, unlink } from "node:fs/promises";
import { describeAddress, dialSocket, type SocketAddress } from "./socket-dialer.js";
import { formatHost, socketTransport } from "./socket-transport.js";
import type { Transport } from "./transport.js";

export interface ListenOptions {
  /** Connections beyond this many are closed as they come in. */
  maxConnections?: number;
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

/** @param onTransport  takes each connection; what it throws costs that connection only. */
export async function listenSocket(
  address: SocketAddress,
  onTransport: (transport: Transport) => void,
  options: ListenOptions = {},
): Promise<SocketListener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: false }, (socket) => {
    accept(socket, address, onTransport);
  });
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

function accept(socket: Socket, address: SocketAddress, onTransport: (transport: Transport) => void): void {
  const { remoteAddress, remotePort } = socket;
  const isTcp = remoteAddress !== undefined && remotePort !== undefined;
  const description = isTcp ? `tcp://${formatHost(remoteAddress)}:${remotePort}` : describeAddress(address);
  const transport = socketTransport(socket, description);
  try {
    onTransport(transport);
  } catch {
    transport.destroy();
  }
}

function listen(server: Server, address: SocketAddress, { backlog }: ListenOptions): Promise<void> {
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
