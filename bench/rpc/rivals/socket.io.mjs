// socket.io with acknowledgements, over its WebSocket transport.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { listening } from "../framed-socket.mjs";
import { implementation } from "../implementation.mjs";

export function serve() {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"], maxHttpBufferSize: 1e9 });
  server.on("connection", (socket) => {
    for (const name of ["echo", "add", "place", "sink"]) {
      socket.on(name, async (parameters, answer) => answer(await implementation[name](...parameters)));
    }
    socket.on("callBack", async ([times, isParallel], answer) => {
      answer(await implementation.callBack((value) => socket.emitWithAck("back", value), times, isParallel));
    });
  });
  return listening(http);
}

export async function connect(port) {
  const socket = io(`ws://127.0.0.1:${port}`, { transports: ["websocket"] });
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.on("back", (value, answer) => answer(value + 1));
  const ask = (name, ...parameters) => socket.emitWithAck(name, parameters);
  return {
    close: () => {
      socket.disconnect();
    },
    echo: (bytes) => ask("echo", bytes),
    add: (a, b) => ask("add", a, b),
    place: (order) => ask("place", order),
    sink: (bytes) => ask("sink", bytes),
    callBackInParallel: (times) => ask("callBack", times, true),
    callBackInSequence: (times) => ask("callBack", times, false),
  };
}
