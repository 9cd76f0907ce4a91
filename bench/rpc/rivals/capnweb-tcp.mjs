// Cap'n Web over its custom transport: messages of text on a TCP socket, all of one turn in one write.
import { Buffer } from "node:buffer";
import { connect as dial, createServer } from "node:net";
import { RpcSession } from "capnweb";
import { FramedSocket, listening } from "../framed-socket.mjs";
import { Bench, clientOf } from "./capnweb.mjs";

class Transport {
  #framed;
  #messages = [];
  #reader;

  constructor(socket) {
    this.#framed = new FramedSocket(socket, (message) => {
      const text = message.toString();
      if (this.#reader === undefined) this.#messages.push(text);
      else this.#reader(text);
      this.#reader = undefined;
    });
  }

  send(message) {
    this.#framed.send(Buffer.from(message));
  }

  receive() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    return new Promise((resolve) => (this.#reader = resolve));
  }
}

export function serve() {
  return listening(createServer({ noDelay: true }, (socket) => new RpcSession(new Transport(socket), new Bench())));
}

export async function connect(port) {
  const socket = dial({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve) => socket.once("connect", resolve));
  return { ...clientOf(new RpcSession(new Transport(socket)).getRemoteMain()), close: () => socket.destroy() };
}
