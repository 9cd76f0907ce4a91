/** A stream as an async iterable, as web streams and as a Node Duplex. */
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { addAbortSignal, Readable } from "node:stream";
import { afterEach, describe, expect, it } from "@jest/globals";
import { memoryTransportPair } from "../../../runtime/bytes/memory-transport.js";
import { toNodeDuplex } from "../../../runtime/streams/node-duplex.js";
import { readChunks } from "../../../runtime/streams/read-chunks.js";
import { Session } from "../../../runtime/streams/session.js";
import type { SessionStream as Stream } from "../../../runtime/streams/contract.js";
import { toWebStreams } from "../../../runtime/streams/web-streams.js";

const MiB = 1024 * 1024;
const sessions: Session[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
});

/** A stream of the client's and the same stream at the server. */
async function streamPair(): Promise<readonly [Stream, Stream]> {
  const [left, right] = memoryTransportPair();
  const client = new Session(left, { role: "client" });
  const server = new Session(right, { role: "server" });
  sessions.push(client, server);
  const near = client.open();
  return [near, await server.accept()];
}
const pattern = Buffer.alloc(2 * MiB, "0123456789abcdef-");

describe("readChunks", () => {
  it("yields everything, then ends", async () => {
    const [near, far] = await streamPair();
    const writer = toNodeDuplex(near);
    writer.end(pattern);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readChunks(far)) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(pattern)).toBe(true);
    const ended = once(writer, "end");
    far.end();
    writer.resume();
    await ended;
  });

  it("resets the stream when the loop is left early", async () => {
    const [near, far] = await streamPair();
    near.write(Buffer.alloc(1000));
    for await (const chunk of readChunks(far)) {
      expect(chunk.length).toBe(1000);
      break;
    }
    const closed = new Promise((resolve) => near.receive({ onData() {}, onEnd() {}, onDrain() {}, onClose: resolve }));
    expect(await closed).toMatchObject({ code: "stream-reset" });
  });

  it("throws what closed the stream, after all that came before", async () => {
    const [near, far] = await streamPair();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const chunk of readChunks(far)) {
        seen.push(chunk.length);
        near.reset();
      }
    })();
    near.write(Buffer.alloc(10));
    await expect(reading).rejects.toMatchObject({ code: "stream-reset" });
    expect(seen).toEqual([10]);
  });

  it("holds the sender back while the loop does not read", async () => {
    const [near, far] = await streamPair();
    const chunks = readChunks(far);
    near.write(Buffer.alloc(MiB));
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
    expect(near.queuedBytes).toBe(MiB - 256 * 1024);
    await chunks.return();
  });
});

describe("toWebStreams", () => {
  it("pipes through and back", async () => {
    const [near, far] = await streamPair();
    const server = toWebStreams(far);
    void server.readable.pipeTo(server.writable);
    const client = toWebStreams(near);
    const sent = (async () => {
      const writer = client.writable.getWriter();
      for (let at = 0; at < pattern.length; at += 100_000) await writer.write(pattern.subarray(at, at + 100_000));
      await writer.close();
    })();
    const chunks: Uint8Array[] = [];
    for await (const chunk of client.readable) chunks.push(chunk);
    await sent;
    expect(Buffer.concat(chunks).equals(pattern)).toBe(true);
  });

  it("resets on cancel and on abort, and errors both sides at the peer", async () => {
    const [near, far] = await streamPair();
    const server = toWebStreams(far);
    await toWebStreams(near).readable.cancel();
    await expect(server.readable.getReader().read()).rejects.toMatchObject({ code: "stream-reset" });
    await expect(server.writable.getWriter().closed).rejects.toMatchObject({ code: "stream-reset" });
    const [other, otherFar] = await streamPair();
    const reader = toWebStreams(otherFar).readable.getReader();
    await toWebStreams(other).writable.abort();
    await expect(reader.read()).rejects.toMatchObject({ code: "stream-reset" });
  });
});

describe("toNodeDuplex", () => {
  it("works in a pipeline, both ways", async () => {
    const [near, far] = await streamPair();
    const echo = toNodeDuplex(far);
    void pipeline(echo, echo).catch(() => undefined);
    const duplex = toNodeDuplex(near);
    const chunks: Buffer[] = [];
    duplex.on("data", (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise((resolve) => duplex.on("end", resolve));
    await pipeline(Readable.from([pattern.subarray(0, 7), pattern.subarray(7)]), duplex, { end: true }).catch(
      () => undefined,
    );
    await ended;
    expect(Buffer.concat(chunks).equals(pattern)).toBe(true);
  });

  it("resets the stream when it is destroyed, and is destroyed by the peer's reset", async () => {
    const [near, far] = await streamPair();
    const [left, right] = [toNodeDuplex(near), toNodeDuplex(far)];
    const failed = new Promise((resolve) => right.on("error", resolve));
    right.resume();
    left.destroy();
    expect(await failed).toMatchObject({ code: "stream-reset" });
    expect([near.state, far.state, right.destroyed]).toEqual(["reset", "reset", true]);
  });

  it("tells a side that only writes, or only waits, that the peer has reset", async () => {
    const [near, far] = await streamPair();
    const idle = toNodeDuplex(near); // nobody reads it
    const failed = once(idle, "error");
    far.reset();
    expect(await failed).toMatchObject([{ code: "stream-reset" }]);
    expect(idle.destroyed).toBe(true);
  });

  it("gives what came before a reset first, however late it is read", async () => {
    const [near, far] = await streamPair();
    const late = toNodeDuplex(near);
    far.write(Buffer.from("before"));
    const closed = new Promise((resolve) => far.receive({ onData() {}, onEnd() {}, onDrain() {}, onClose: resolve }));
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    far.reset();
    await closed;
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    const seen: string[] = [];
    const failed = new Promise((resolve) => late.on("error", resolve));
    late.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    expect(await failed).toMatchObject({ code: "stream-reset" });
    expect(seen).toEqual(["before"]);
  });

  it.each(["waits for its SYN", "waits for window", "reads what never comes"])(
    "is given up by a signal while it %s",
    async (what) => {
      const [left, right] = memoryTransportPair();
      const client = new Session(left, { role: "client", limits: { maxUnacknowledgedStreams: 1 } });
      const server = new Session(right, { role: "server" });
      sessions.push(client, server);
      if (what === "waits for its SYN") for (let i = 0; i < 2; i++) client.open();
      const stream = client.open();
      const abort = new AbortController();
      const duplex = addAbortSignal(abort.signal, toNodeDuplex(stream));
      const ended =
        what === "reads what never comes"
          ? once(duplex, "data")
          : new Promise((resolve, reject) => {
              duplex.on("error", reject).on("finish", resolve);
              duplex.end(Buffer.alloc(MiB));
            });
      const failed = expect(ended).rejects.toMatchObject({ name: "AbortError" });
      if (what === "waits for window") for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
      abort.abort();
      await failed;
      expect(stream.state).toBe("reset");
      expect(stream.queuedBytes).toBe(0);
    },
  );
});
