/**
 * Dials tcp, tls and unix sockets. Errors are Node's own, with their codes (ECONNREFUSED, ENOENT, CERT_HAS_EXPIRED).
 * TLS is loaded when it is first used.
 * Source: Node's documentation of net.connect and tls.connect.
 */
import { connect, isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { formatHost } from "./address.js";
import { attempt } from "./attempt.js";
import { SocketReads } from "./socket-reads.js";
import { socketTransport } from "./socket-transport.js";
import { ALPN_PROTOCOLS, remoteEndOf } from "./socket-tls.js";
import type { DialOptions, Transport } from "./transport.js";

/** Where a socket is: a tcp port, or the path of a unix socket (on Windows of a named pipe). */
export type SocketAddress = { readonly host?: string; readonly port: number } | { readonly path: string };

export interface SocketDialOptions extends DialOptions {
  /** Encrypts with TLS: `{}` trusts the machine's authorities; `ca`, `cert`, `key` and `servername` as for node:tls. */
  tls?: ConnectionOptions | undefined;
}

/** "tcp://127.0.0.1:4000" or "unix:/run/app.sock". */
export function describeAddress(address: SocketAddress, scheme: "tcp" | "tls" = "tcp"): string {
  return "path" in address
    ? `unix:${address.path}`
    : `${scheme}://${formatHost(address.host ?? "localhost")}:${address.port}`;
}

/**
 * @returns a transport that is connected; over tls, to a server whose certificate is good for the host.
 * Rejects with Node's error, or with the signal's reason.
 */
export async function dialSocket(address: SocketAddress, options: SocketDialOptions = {}): Promise<Transport> {
  const { tls } = options;
  const connectTls = tls && (await import("node:tls")).connect;
  const description = describeAddress(address, tls ? "tls" : "tcp");
  return attempt(description, options, ({ succeed, fail }) => {
    const target = { ...address, allowHalfOpen: true, noDelay: true };
    const reads = connectTls ? undefined : new SocketReads();
    const socket = connectTls
      ? connectTls({ ...serverName(address), ...tls, ...target, ALPNProtocols: ALPN_PROTOCOLS })
      : connect({ ...target, onread: reads!.onread });
    socket.once("error", fail);
    const early = tls ? undefined : socketTransport(socket, description, undefined, reads);
    // Node begins to connect in its next tick: what is done after that, is done meanwhile.
    if (early) process.nextTick(() => options.onDialling?.(early));
    socket.once(tls ? "secureConnect" : "connect", () => {
      socket.off("error", fail);
      succeed(early ?? socketTransport(socket, description, remoteEndOf(socket)));
    });
    return () => {
      socket.on("error", () => undefined);
      socket.destroy();
    };
  });
}

/** SNI is for names only. */
function serverName(address: SocketAddress): ConnectionOptions {
  const host = "host" in address ? address.host : undefined;
  return host !== undefined && isIP(host) === 0 ? { servername: host } : {};
}
