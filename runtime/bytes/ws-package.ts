/**
 * The package ws, which is loaded where it is needed: an optional peer dependency. Knows the options that peerwire gives
 * it. Source: ws's documentation, doc/ws.md.
 */
import type { SecureContextOptions } from "node:tls";
import type * as Ws from "ws";
import type { WebSocketClass } from "./websocket-dialer.js";
import { MAX_MESSAGE_BYTES, SUBPROTOCOL } from "./websocket-transport.js";

/** A peer that does not answer a close is dropped after so long. */
const CLOSE_TIMEOUT_MS = 1000;
// Compression would cost up to 300 KiB for each connection, and lets a few bytes become many.
const COMMON = { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false, closeTimeout: CLOSE_TIMEOUT_MS } as const;

/** ws's WebSocket with our limits. @param tls  for `wss:`. */
export async function clientClass(tls: SecureContextOptions = {}): Promise<WebSocketClass> {
  const { WebSocket } = await load();
  const options: Ws.ClientOptions = { ...tls, ...COMMON };
  return class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, options);
    }
  };
}

/** A server without a socket of its own: it is handed the upgrades of an HTTP server. */
export async function upgradeServer(): Promise<Ws.WebSocketServer> {
  const { WebSocketServer } = await load();
  return new WebSocketServer({ ...COMMON, noServer: true, clientTracking: false, handleProtocols: () => SUBPROTOCOL });
}

async function load(): Promise<typeof Ws> {
  try {
    return await import("ws");
  } catch (error) {
    throw new Error("ws: and wss: addresses need the package ws; run `npm install ws`", { cause: error });
  }
}
