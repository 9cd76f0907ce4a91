// @libp2p/yamux over a TCP socket, without the rest of libp2p: the socket is dressed as the connection that it expects.
import { connect, createServer } from "node:net";
import { AbstractMultiaddrConnection } from "@libp2p/utils";
import { yamux } from "@libp2p/yamux";

const quiet = Object.assign(() => undefined, { enabled: false, trace: () => undefined, error: () => undefined });
quiet.newScope = () => quiet;
const OPTIONS = {
  maxInboundStreams: Infinity,
  maxOutboundStreams: Infinity,
  maxEarlyStreams: Infinity,
  streamOptions: { inactivityTimeout: 2 ** 31 - 1, maxReadBufferLength: 1 << 28 },
};

class SocketConnection extends AbstractMultiaddrConnection {
  #socket;

  constructor(socket, direction) {
    super({ direction, log: quiet, remoteAddr: { toString: () => "/ip4/127.0.0.1" }, inactivityTimeout: 2 ** 31 - 1 });
    this.#socket = socket;
    socket.on("data", (chunk) => this.onData(chunk));
    socket.on("drain", () => this.safeDispatchEvent("drain"));
    socket.on("error", () => undefined);
    socket.on("close", () => this.onTransportClosed());
  }

  sendData(data) {
    const chunks = data.subarray instanceof Function && data.bufs ? data.bufs : [data];
    this.#socket.cork();
    let hasRoom = true;
    for (const chunk of chunks) hasRoom = this.#socket.write(chunk);
    process.nextTick(() => this.#socket.uncork());
    return { sentBytes: data.byteLength, canSendMore: hasRoom };
  }
  async sendClose() {
    this.#socket.end();
  }
  sendReset() {
    this.#socket.resetAndDestroy();
  }
  sendPause() {
    this.#socket.pause();
  }
  sendResume() {
    this.#socket.resume();
  }
}

class StreamPipe {
  #stream;

  constructor(stream) {
    this.#stream = stream;
  }

  receive({ onData, onEnd, onDrain }) {
    this.#stream.addEventListener("message", ({ data }) => {
      if (data instanceof Uint8Array) onData(data);
      else for (const chunk of data) onData(chunk);
    });
    this.#stream.addEventListener("remoteCloseWrite", onEnd);
    this.#stream.addEventListener("drain", onDrain);
  }

  write(chunk) {
    return this.#stream.send(chunk);
  }

  end() {
    this.#stream.close().catch(() => undefined);
  }
}

const createMuxer = (socket, direction) => yamux(OPTIONS)().createStreamMuxer(new SocketConnection(socket, direction));

export function serve(onPipe) {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    createMuxer(socket, "inbound").addEventListener("stream", ({ detail }) => onPipe(new StreamPipe(detail)));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

export async function dial(port) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const muxer = createMuxer(socket, "outbound");
  return { open: async () => new StreamPipe(await muxer.createStream()) };
}
