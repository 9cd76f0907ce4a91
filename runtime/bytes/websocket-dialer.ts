/**
 * Dials `ws:` and `wss:` with any WebSocket that has the standard's methods. No `node:` import: this is what browsers use.
 * Source: the WHATWG's WebSocket standard.
 */
import { attempt } from "./attempt.js";
import type { DialOptions, Transport } from "./transport.js";
import { SUBPROTOCOL, type WebSocketLike, webSocketTransport } from "./websocket-transport.js";

/** The class of the browser, of Node 22, or of the package ws. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;

export interface WebSocketDialOptions extends DialOptions {
  /** The class to dial with. By default the runtime's own; Node 20 has none. */
  WebSocket?: WebSocketClass | undefined;
}

/** Rejects with what ws says, with ECONNREFUSED where the runtime does not say what went wrong, or with the signal's reason. */
export function dialWebSocket(url: string, options: WebSocketDialOptions = {}): Promise<Transport> {
  return attempt(url, options, ({ succeed, fail }) => {
    const socket = new (options.WebSocket ?? nativeWebSocket())(url, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    // From the first moment: what arrives together with the answer would be lost otherwise.
    const transport = webSocketTransport(socket, url);
    socket.addEventListener("open", () => {
      if (socket.protocol === SUBPROTOCOL) succeed(transport);
      else fail(new Error(`${url} does not speak ${SUBPROTOCOL}: it chose "${socket.protocol}"`));
    });
    socket.addEventListener("error", ({ error, message }) => {
      const what = message ? `${url} cannot be reached: ${message}` : `${url} cannot be reached`;
      // The package ws gives Node's error, browsers none, and Node's own WebSocket a TypeError, as if the call were wrong.
      if (error !== undefined && !(error instanceof TypeError)) fail(error);
      else fail(Object.assign(new Error(what, { cause: error }), { code: "ECONNREFUSED" }));
    });
    socket.addEventListener("close", ({ code }) => {
      fail(new Error(`${url} closed the connection with ${code ?? 1006} before it was open`));
    });
    return () => transport.destroy();
  });
}

function nativeWebSocket(): WebSocketClass {
  const { WebSocket } = globalThis as unknown as { WebSocket?: WebSocketClass };
  if (WebSocket) return WebSocket;
  throw new TypeError(
    "this runtime has no WebSocket; on Node 20 connect with peerwire/node, or pass { WebSocket } from the package ws",
  );
}
