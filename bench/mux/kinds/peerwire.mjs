// Ours, from the built package, as a user imports it.
import { Session } from "peerwire/mux";
import { dialTransport, listenTransport } from "peerwire/node";

class StreamPipe {
  #stream;

  constructor(stream) {
    this.#stream = stream;
  }

  receive({ onData, onEnd, onDrain }) {
    const stream = this.#stream;
    stream.receive({
      onData: (chunk) => {
        onData(chunk);
        stream.consume(chunk.length);
      },
      onEnd,
      onDrain,
      onClose: () => undefined,
    });
  }

  write(chunk) {
    return this.#stream.write(chunk);
  }

  end() {
    this.#stream.end();
  }
}

export async function serve(onPipe) {
  const listener = await listenTransport("tcp://127.0.0.1:0", (transport) => {
    new Session(transport, {
      role: "server",
      onStream: (stream) => onPipe(new StreamPipe(stream)),
      limits: { maxInboundStreams: 10_000 },
    });
  });
  return Number(new URL(listener.address).port);
}

export async function dial(port) {
  const transport = await dialTransport(`tcp://127.0.0.1:${port}`);
  const session = new Session(transport, { role: "client" });
  return { open: async () => new StreamPipe(session.open()) };
}
