// npm yamux-js 0.2.0, behind an aligner: it loses frames that are split over two chunks, so it is given whole ones. Both
// limits that would end a measurement are lifted.
import { connect, createServer } from "node:net";
import yamux from "yamux-js";
import { FrameAligner } from "./frame-aligner.mjs";

const CONFIG = { enableKeepAlive: false, logger: () => undefined, acceptBacklog: 1 << 20 };

class DuplexPipe {
  #duplex;

  constructor(duplex) {
    this.#duplex = duplex;
    duplex.on("error", () => undefined);
  }

  receive({ onData, onEnd, onDrain }) {
    this.#duplex.on("data", onData);
    this.#duplex.on("end", onEnd);
    this.#duplex.on("drain", onDrain);
  }

  write(chunk) {
    return this.#duplex.write(chunk);
  }

  end() {
    this.#duplex.end();
    this.#duplex.close();
  }
}

function attach(session, socket) {
  session.on("error", () => socket.destroy());
  socket.on("error", () => session.destroy());
  socket.pipe(new FrameAligner()).pipe(session).pipe(socket);
}

export function serve(onPipe) {
  const server = createServer({ noDelay: true }, (socket) => {
    attach(new yamux.Server((stream) => onPipe(new DuplexPipe(stream)), CONFIG), socket);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

export async function dial(port) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const session = new yamux.Client(CONFIG);
  attach(session, socket);
  return { open: async () => new DuplexPipe(session.open()) };
}
