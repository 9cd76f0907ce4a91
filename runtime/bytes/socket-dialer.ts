/**
 * Dials tcp and unix sockets. Errors are Node's own, with their codes (ECONNREFUSED, ENOENT, ETIMEDOUT).
 * Source: Node's documentation of net.connect.
 */
import { connect, type Socket } from "node:net";
import { formatHost, socketTransport } from "./socket-transport.js";
import type { Transport } from "./transport.js";

/** Where a socket is: a tcp port, or the path of a unix socket (on Windows of a named pipe). */
export type SocketAddress = { readonly host?: string; readonly port: number } | { readonly path: string };

export interface DialOptions {
  /** Gives up dialling with the signal's reason. Has no effect on the connection once it is there. */
  signal?: AbortSignal;
  /** Gives up after so long, with the code ETIMEDOUT. By default the operating system decides. */
  timeoutMs?: number;
}

/** "tcp://127.0.0.1:4000" or "unix:/run/app.sock". */
export function describeAddress(address: SocketAddress): string {
  return "path" in address
    ? `unix:${address.path}`
    : `tcp://${formatHost(address.host ?? "localhost")}:${address.port}`;
}

/** @returns a transport that is connected. Rejects with Node's error, or with the signal's reason. */
export function dialSocket(address: SocketAddress, options: DialOptions = {}): Promise<Transport> {
  const { signal, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const description = describeAddress(address);
    const socket = connect({ ...address, allowHalfOpen: true, noDelay: true });
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(() => giveUp(timeoutError(description, timeoutMs)), timeoutMs);
    const onAbort = (): void => giveUp(signal?.reason as Error);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", giveUp);
      socket.off("connect", onConnect);
    };
    const giveUp = (error: Error): void => {
      settle();
      dropQuietly(socket);
      reject(error);
    };
    const onConnect = (): void => {
      settle();
      resolve(socketTransport(socket, description));
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("error", giveUp);
    socket.once("connect", onConnect);
  });
}

function dropQuietly(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.destroy();
}

function timeoutError(description: string, timeoutMs: number): Error {
  return Object.assign(new Error(`${description} did not answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" });
}
