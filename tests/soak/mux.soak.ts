/** W17 at its full size, over a real socket: byte for byte, and in memory that does not grow with what has passed. */
import { describe, expect, it } from "@jest/globals";
import { dialSocket } from "../../runtime/bytes/socket-dialer.js";
import { listenSocket } from "../../runtime/bytes/socket-listener.js";
import type { StreamReceiver } from "../../runtime/streams/contract.js";
import { Session } from "../../runtime/streams/session.js";
import type { SessionStream as Stream } from "../../runtime/streams/contract.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
/** What must not be held of what has passed; the windows of 16 streams and the kernel's share are far below. */
const FLAT_BYTES = 256 * MiB;

/** A prime length: no frame, chunk or window is a multiple of it, so bytes that are lost or doubled show. */
const PATTERN_BYTES = 1_000_003;
const pattern = Buffer.from(Uint8Array.from({ length: PATTERN_BYTES }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

/** Reads the pattern; resolves at the peer's half-close with how many bytes there were. */
function readPattern(stream: Stream, onProgress: (bytes: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let at = 0;
    stream.receive({
      onData: (chunk) => {
        for (let done = 0; done < chunk.length;) {
          const start = (at + done) % PATTERN_BYTES;
          const count = Math.min(chunk.length - done, PATTERN_BYTES - start);
          if (pattern.compare(chunk, done, done + count, start, start + count) !== 0) {
            return reject(new Error(`stream ${stream.id} differs after byte ${at + done}`));
          }
          done += count;
        }
        at += chunk.length;
        stream.consume(chunk.length);
        onProgress(chunk.length);
      },
      onEnd: () => {
        stream.end();
        resolve(at);
      },
      onDrain: () => undefined,
      onClose: (error) => error && reject(error),
    });
  });
}

function writePattern(stream: Stream, bytes: number): void {
  let at = 0;
  const go = (): void => {
    for (let hasRoom = true; hasRoom && at < bytes;) {
      const start = at % PATTERN_BYTES;
      const count = Math.min(bytes - at, PATTERN_BYTES - start, 256 * KiB);
      hasRoom = stream.write(pattern.subarray(start, start + count));
      at += count;
    }
    if (at >= bytes) stream.end();
  };
  const receiver: StreamReceiver = {
    onData: () => undefined,
    onEnd: () => undefined,
    onDrain: go,
    onClose: () => undefined,
  };
  stream.receive(receiver);
  go();
}

/** Sends `bytes` on each of `count` streams. @returns what each brought, and how far memory grew after the first tenth. */
async function transfer(count: number, bytes: number): Promise<{ received: number[]; grownBytes: number }> {
  let [passed, looksAt, earlyRss, mostRss] = [0, 0, 0, 0];
  const onProgress = (more: number): void => {
    passed += more;
    if (passed < looksAt) return;
    looksAt = passed + 16 * MiB;
    const rss = process.memoryUsage.rss();
    if (passed < (count * bytes) / 10) earlyRss = Math.max(earlyRss, rss);
    mostRss = Math.max(mostRss, rss);
  };
  const received: Promise<number>[] = [];
  let onAllOpen!: () => void;
  const allOpen = new Promise<void>((resolve) => (onAllOpen = resolve));
  const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
    new Session(transport, {
      role: "server",
      onStream: (stream) => {
        if (received.push(readPattern(stream, onProgress)) === count) onAllOpen();
      },
    });
  });
  const session = new Session(await dialSocket(listener.address), { role: "client" });
  for (let i = 0; i < count; i++) writePattern(session.open(), bytes);
  await allOpen;
  const counts = await Promise.all(received);
  await session.close();
  await listener.close();
  return { received: counts, grownBytes: mostRss - earlyRss };
}

describe("the multiplexer over a socket", () => {
  it("W17: 250 MiB of a pattern arrive byte for byte", async () => {
    const { received } = await transfer(1, 250 * MiB);
    expect(received).toEqual([250 * MiB]);
  });

  it("W17: 16 streams of 1 GiB side by side arrive byte for byte, in flat memory", async () => {
    const { received, grownBytes } = await transfer(16, 1 * GiB);
    expect(received).toEqual(Array.from({ length: 16 }, () => 1 * GiB));
    expect(grownBytes).toBeLessThan(FLAT_BYTES);
  });
});
