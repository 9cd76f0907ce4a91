// The practical limit of Node: one socket, all writes of a turn in one. Its only "stream" is the socket itself; several
// channels over it are messages with the channel's number in front.
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { connect, createServer } from "node:net";

const CONCAT_UP_TO_BYTES = 64 * 1024;

class SocketPipe {
  #socket;
  #chunks = [];
  #bytes = 0;

  constructor(socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
  }

  receive({ onData, onEnd, onDrain }) {
    this.#socket.on("data", onData);
    this.#socket.on("end", onEnd);
    this.#socket.on("drain", onDrain);
  }

  write(chunk) {
    if (this.#chunks.length === 0) setImmediate(this.#flush);
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return this.#socket.writableLength + this.#bytes < 1024 * 1024;
  }

  end() {
    setImmediate(() => this.#socket.end());
  }

  #flush = () => {
    const chunks = this.#chunks;
    const bytes = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    if (chunks.length === 1) return this.#socket.write(chunks[0]);
    if (bytes <= CONCAT_UP_TO_BYTES) return this.#socket.write(Buffer.concat(chunks, bytes));
    this.#socket.cork();
    for (const chunk of chunks) this.#socket.write(chunk);
    this.#socket.uncork();
  };
}

export function serve(onPipe) {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => onPipe(new SocketPipe(socket)));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

/** `open` gives the one pipe there is: more than one channel shares it (end.mjs). */
export async function dial(port) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const pipe = new SocketPipe(socket);
  return { isSingle: true, open: async () => pipe };
}
