// kkrpc over a socket: calls by name, as text (superjson). Its callbacks bring no answer back.
import { connect as dial, createServer } from "node:net";
import { NodeIo, RPCChannel } from "kkrpc";
import { listening } from "../framed-socket.mjs";
import { implementation } from "../implementation.mjs";
import { asText } from "./text.mjs";

export function serve() {
  const { echo, add, place, sink } = implementation;
  const expose = { echo, add, place, sink };
  return listening(createServer({ noDelay: true }, (socket) => new RPCChannel(new NodeIo(socket, socket), { expose })));
}

export async function connect(port) {
  const socket = dial({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const server = new RPCChannel(new NodeIo(socket, socket)).getAPI();
  return {
    close: () => {
      socket.destroy();
    },
    echo: (bytes) => server.echo(asText(bytes)),
    add: (a, b) => server.add(a, b),
    place: (order) => server.place(order),
    sink: (bytes) => server.sink(asText(bytes)),
  };
}
