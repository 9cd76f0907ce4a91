/** The server: every byte of every stream goes back on the same stream, and its end is answered with ours. */
import { Session, type Stream } from "peerwire/mux";
import { listenTransport } from "peerwire/node";

/** As many streams as a client may open at once. */
export const MAX_STREAMS = 1_000_000;

/** @param port  0: any. @returns where it listens. */
export async function startServer(port: number): Promise<number> {
  const listener = await listenTransport(`tcp://127.0.0.1:${port}`, (transport) => {
    new Session(transport, { role: "server", onStream: echo, limits: { maxInboundStreams: MAX_STREAMS } });
  });
  return Number(new URL(listener.address).port);
}

/**
 * Window is given back as our own side takes the bytes, so a client that does not read holds back what it sends, and
 * nothing piles up here.
 */
function echo(stream: Stream): void {
  let owed = 0; // echoed, and not given back yet
  stream.receive({
    onData: (chunk) => {
      owed += chunk.length;
      if (stream.write(chunk.slice())) giveBack(); // the view is valid only during this call
    },
    onDrain: () => {
      giveBack();
    },
    onEnd: () => {
      stream.end();
    },
    onClose: () => undefined, // the client knows why; other streams go on
  });
  function giveBack(): void {
    stream.consume(owed);
    owed = 0;
  }
}
