// rpc-websockets: JSON-RPC 2.0 over WebSocket, from the client to the server.
import { Client, Server } from "rpc-websockets";
import { implementation } from "../implementation.mjs";
import { asText } from "./text.mjs";

export async function serve() {
  const server = new Server({ port: 0, host: "127.0.0.1", maxPayload: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  for (const name of ["echo", "add", "place", "sink"]) {
    server.register(name, (parameters) => implementation[name](...parameters));
  }
  return server.wss.address().port;
}

export async function connect(port) {
  const client = new Client(`ws://127.0.0.1:${port}`, { reconnect: false, maxPayload: 0 });
  await new Promise((resolve) => client.once("open", resolve));
  return {
    close: () => {
      client.close();
    },
    echo: (bytes) => client.call("echo", [asText(bytes)]),
    add: (a, b) => client.call("add", [a, b]),
    place: (order) => client.call("place", [order]),
    sink: (bytes) => client.call("sink", [asText(bytes)]),
  };
}
