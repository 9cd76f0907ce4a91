// Cap'n Web over the WebSocket that it is made for.
import { createServer } from "node:http";
import { newWebSocketRpcSession } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";
import { listening } from "../framed-socket.mjs";
import { Bench, clientOf } from "./capnweb.mjs";

globalThis.WebSocket ??= WebSocket; // Cap'n Web asks for its constants, and Node 20 has none of its own

export function serve() {
  const http = createServer();
  new WebSocketServer({ server: http }).on("connection", (socket) => newWebSocketRpcSession(socket, new Bench()));
  return listening(http);
}

export async function connect(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve) => socket.once("open", resolve));
  return { ...clientOf(newWebSocketRpcSession(socket)), close: () => socket.close() };
}
