/** The client: opens all streams at once, sends a pattern on each, half-closes, and checks what comes back. */
import { Session, type Stream } from "peerwire/mux";
import { dialTransport } from "peerwire/node";

const CHUNK_BYTES = 64 * 1024;
const DIAL_TIMEOUT_MS = 2500;

/** Rejects at the first difference, reset or close. */
export async function runClient(port: number, streams: number, bytes: number): Promise<void> {
  const transport = await dialTransport(`tcp://127.0.0.1:${port}`, { timeoutMs: DIAL_TIMEOUT_MS });
  const session = new Session(transport, { role: "client" });
  await Promise.all(Array.from({ length: streams }, () => echoOnce(session, bytes)));
  await session.close();
}

function echoOnce(session: Session, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.open();
    const fail = (why: string): void => {
      reject(new Error(`stream ${stream.id}: ${why}`));
    };
    let received = 0;
    const send = sender(stream, bytes);
    stream.receive({
      onData: (chunk) => {
        const wrong = firstDifference(stream.id, received, chunk);
        if (wrong >= 0) fail(`byte ${received + wrong} came back as ${chunk[wrong] ?? "nothing"}`);
        received += chunk.length;
        stream.consume(chunk.length);
      },
      onDrain: send,
      onEnd: () => {
        if (received !== bytes) fail(`${received} of ${bytes} bytes came back`);
      },
      onClose: (error) => {
        if (error) fail(error.message);
        else resolve();
      },
    });
    send();
  });
}

/** Sends as much as there is room for, each time that it is called; then half-closes. */
function sender(stream: Stream, bytes: number): () => void {
  let sent = 0;
  return () => {
    for (let hasRoom = true; hasRoom && sent < bytes;) {
      const chunk = pattern(stream.id, sent, Math.min(CHUNK_BYTES, bytes - sent));
      sent += chunk.length;
      hasRoom = stream.write(chunk);
    }
    if (sent === bytes) stream.end();
  };
}

function pattern(streamId: number, from: number, count: number): Uint8Array {
  const chunk = new Uint8Array(count);
  for (let i = 0; i < count; i++) chunk[i] = patternAt(streamId, from + i);
  return chunk;
}

/** @returns where in `chunk` the pattern is broken, or -1. */
function firstDifference(streamId: number, from: number, chunk: Uint8Array): number {
  for (let i = 0; i < chunk.length; i++) if (chunk[i] !== patternAt(streamId, from + i)) return i;
  return -1;
}

/** Different on each stream and at each place within 64 KiB, so that nothing swapped or lost goes unseen. */
function patternAt(streamId: number, position: number): number {
  return (streamId * 31 + position + (position >>> 8) * 7) & 0xff;
}
