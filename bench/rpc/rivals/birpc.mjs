// birpc with msgpackr (records) over a socket: calls in both directions by name, nothing by reference, nothing validated.
import { connect as dial, createServer } from "node:net";
import { createBirpc } from "birpc";
import { Packr } from "msgpackr";
import { FramedSocket, listening } from "../framed-socket.mjs";
import { implementation } from "../implementation.mjs";

function channel(socket, functions) {
  const packr = new Packr();
  let receive;
  const framed = new FramedSocket(socket, (message) => receive(message));
  return createBirpc(functions, {
    post: (data) => framed.send(data),
    on: (listener) => (receive = listener),
    serialize: (value) => packr.pack(value),
    deserialize: (bytes) => packr.unpack(bytes),
    timeout: -1,
  });
}

export function serve() {
  const server = createServer({ noDelay: true }, (socket) => {
    const { echo, add, place, sink, callBack } = implementation;
    const client = channel(socket, {
      echo,
      add,
      place,
      sink,
      callBack: (times, isParallel) => callBack((value) => client.back(value), times, isParallel),
    });
  });
  return listening(server);
}

export async function connect(port) {
  const socket = dial({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  const server = channel(socket, { back: async (value) => value + 1 });
  return {
    echo: (bytes) => server.echo(bytes),
    add: (a, b) => server.add(a, b),
    place: (order) => server.place(order),
    sink: (bytes) => server.sink(bytes),
    close: () => {
      socket.destroy();
    },
    callBackInParallel: (times) => server.callBack(times, true),
    callBackInSequence: (times) => server.callBack(times, false),
  };
}
