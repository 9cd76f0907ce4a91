/**
 * Whatever carries bytes or messages between two programs, as a transport. For any runtime; Node's own kinds are added in
 * endpoints.ts.
 */
import { type MessagePortLike, messagePortTransport } from "../bytes/message-port-transport.js";
import type { Transport } from "../bytes/transport.js";
import { type WebStreams, webStreamTransport } from "../bytes/web-stream-transport.js";

/** A transport, a pair of web streams, a MessagePort, a Worker, or a worker's global scope. */
export type Connection = Transport | WebStreams | MessagePortLike;

/** @throws {TypeError} for anything else. */
export function transportOver(connection: Connection): Transport {
  if ("destroy" in connection && "start" in connection && "description" in connection) return connection;
  if ("postMessage" in connection) return messagePortTransport(connection);
  if ("readable" in connection && "writable" in connection) return webStreamTransport(connection);
  throw new TypeError("this is neither a transport, a pair of web streams, a MessagePort nor a Worker");
}
