/** What docs/mux.md shows: each region is one snippet of the page, and tests/docs/mux.test.ts runs them. */
// #region server
import { type Server, type Socket, createServer } from "node:net";
import { pipeline } from "node:stream/promises";
import { Session } from "peerwire/mux";
import { socketTransport, toNodeDuplex } from "peerwire/node";

/** Sends back what comes on each stream. */
export function startEcho(port: number): Server {
  return createServer((socket) => {
    new Session(socketTransport(socket), {
      role: "server",
      onStream: async (stream) => {
        const duplex = toNodeDuplex(stream);
        await pipeline(duplex, duplex); // where it rejects, that stream is reset, and no other
      },
    });
  }).listen(port, "127.0.0.1");
}
// #endregion

// #region client
export async function ask(socket: Socket, question: string): Promise<string> {
  const session = new Session(socketTransport(socket), { role: "client" });
  const duplex = toNodeDuplex(session.open());
  duplex.end(question); // half-closes; the answer may still come
  let answer = "";
  for await (const chunk of duplex) answer += String(chunk);
  await session.close();
  return answer;
}
// #endregion

// #region typed
import { type StreamLike, type Transport, openTyped, readChunks, toWebStreams, typedStreams } from "peerwire/mux";

export const lines: string[] = [];

export function serveKinds(transport: Transport): Session {
  const onStream = typedStreams({
    log: async (stream) => {
      for await (const chunk of readChunks(stream)) lines.push(new TextDecoder().decode(chunk));
    },
    gzip: async (stream) => {
      const { readable, writable } = toWebStreams(stream);
      await readable.pipeThrough(new CompressionStream("gzip")).pipeTo(writable);
    },
  });
  return new Session(transport, { role: "server", onStream });
}

export function openLog(session: Session): StreamLike {
  return openTyped(session, "log"); // what is written to it comes to the other side's `log`
}
// #endregion

// #region callbacks
export function count(stream: StreamLike, onCount: (bytes: number, error?: Error) => void): void {
  let bytes = 0;
  stream.receive({
    onData: (chunk) => {
      bytes += chunk.length; // the view is valid only during this call
      stream.consume(chunk.length); // gives the window back: now, or when these bytes are done with
    },
    onEnd: () => stream.end(), // the peer writes no more; we could still
    onDrain: () => undefined, // there is room again after write() returned false
    onClose: (error) => onCount(bytes, error), // once, last; undefined after both sides have ended
  });
}
// #endregion

// #region watched
import { FrameType, Heartbeat, type SessionOptions } from "peerwire/mux";

const names = Object.fromEntries(Object.entries(FrameType).map(([name, type]) => [type, name]));

/** More to give to a session. */
export const options: Partial<SessionOptions> = {
  limits: { maxInboundStreams: 1000, keepaliveIdleMs: 10_000 },
  onFrame: (direction, { type, flags, streamId, length }) => {
    lines.push(`${direction} ${names[type]} flags ${flags} stream ${streamId} length ${length}`);
  },
  onGoAway: (code) => lines.push(`no more streams either way (${code}); those that are open go on`),
};

export async function watch(session: Session): Promise<string> {
  const heartbeat = new Heartbeat(session, {
    onBeat: ({ smoothedMs, jitterMs }) => lines.push(`${smoothedMs} ± ${jitterMs}`),
  });
  const { local, remote, goAwayCode } = await session.closed; // never rejects
  heartbeat.stop(); // it ends with the session by itself
  return local?.message ?? remote?.message ?? `goodbye ${goAwayCode ?? "from here"}`;
}
// #endregion

// #region deadline
import { addAbortSignal } from "node:stream";

export async function fetchAll(session: Session, signal: AbortSignal): Promise<Buffer> {
  const duplex = addAbortSignal(signal, toNodeDuplex(session.open())); // whatever it waits for: its SYN, window, bytes
  duplex.end("all");
  const chunks: Uint8Array[] = [];
  for await (const chunk of duplex) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
// #endregion
