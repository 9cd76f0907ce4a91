/** Rows that need a real wire, or a broken one: GoAway over TCP, flipped bits, what floods cost in memory. */
import { once } from "node:events";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import { listenSocket } from "../../../runtime/bytes/socket-listener.js";
import { FrameType } from "../../../runtime/frames/header.js";
import { Session } from "../../../runtime/streams/session.js";
import type { SessionStream as Stream } from "../../../runtime/streams/contract.js";
import { data, fin, join, parseFrames, rawFrame, repeat, rst, syn, type SentFrame } from "../../support/frames.js";
import { record } from "../../support/recorder.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";
import { seeded } from "../../support/seeded.js";

const MiB = 1024 * 1024;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** Twice, with a turn between: array buffers are freed beside the collector, not by it. */
async function heapBytes(): Promise<number> {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe("a violation over TCP", () => {
  it("K09: GoAway(1) reaches a peer that has sent more than was read, before the connection ends", async () => {
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      new Session(transport, { role: "server", onStream: (stream) => void record(stream) });
    });
    const { port } = listener.address as { port: number };
    for (let attempt = 0; attempt < 3; attempt++) {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const received: Buffer[] = [];
      const errors: Error[] = [];
      socket.on("data", (chunk: Buffer) => received.push(chunk)).on("error", (error) => errors.push(error));
      await once(socket, "connect");
      socket.write(join(syn(1), rawFrame(9, 0, 0, 0, 0), new Uint8Array(4 * MiB))); // much that nobody will read
      await once(socket, "end");
      socket.end();
      await once(socket, "close");
      expect(errors).toEqual([]);
      const last: SentFrame | undefined = parseFrames(join(...received)).at(-1);
      expect(last).toEqual({ type: "goAway", flags: "", id: 0, length: 1 });
    }
    await listener.close();
  });
});

describe("a connection that is reset", () => {
  it("L02: 256 KiB and FIN that came before it are read after it, over TCP", async () => {
    let onSession!: (session: Session) => void;
    const accepted = new Promise<Session>((resolve) => (onSession = resolve));
    const streams: Stream[] = [];
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      onSession(new Session(transport, { role: "server", onStream: (stream) => void streams.push(stream) }));
    });
    const socket = connect({ port: (listener.address as { port: number }).port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(join(syn(1), data(1, new Uint8Array(256 * 1024)), fin(1)));
    const session = await accepted;
    while (session.stats().framesIn < 3) await new Promise(setImmediate);
    socket.resetAndDestroy();
    expect((await session.closed).remote).toMatchObject({ code: "transport-closed" });
    const seen = record(streams[0]!);
    while (seen.closes.length === 0) await new Promise(setImmediate);
    expect([seen.bytes, seen.order]).toEqual([256 * 1024, ["data", "end", "close"]]);
    await listener.close();
  });
});

describe("a wire that flips bits", () => {
  it("T06: one bit in 10 KB, 1000 seeds: an end or success, never a hang or a crash", async () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const random = seeded(seed);
      const peer = new ScriptedPeer({ onStream: (stream) => void record(stream, { consume: true }) });
      const bytes = join(syn(1), data(1, random.bytes(4000)), syn(3), data(3, random.bytes(5900)), rst(3));
      const at = random.int(0, bytes.length - 1);
      bytes[at] = bytes[at]! ^ (1 << random.int(0, 7));
      peer.send(bytes);
      peer.clock.advance(1_000_000); // every timer there is: silence ends it at the latest
      await peer.settle();
      peer.clock.advance(10_000);
      await peer.settle();
      if (peer.ending === undefined) throw new Error(`seed ${seed}: the session never ended`);
      expect([seed, peer.session.stats().streams, peer.clock.pending]).toEqual([seed, 0, 0]);
    }
  });
});

describe("what a flood costs", () => {
  const floods: readonly (readonly [string, () => Uint8Array])[] = [
    ["F08: a claim of 4 GiB on a live stream", () => join(syn(1), rawFrame(0, FrameType.data, 0, 1, 0xffffffff))],
    ["F09: a claim of 4 GiB on an unknown stream", () => rawFrame(0, FrameType.data, 0, 1, 0xffffffff)],
    ["F10: 200,000 empty frames", () => join(syn(1), repeat(data(1), 200_000))],
    ["K06: a million pings", () => repeat(rawFrame(0, FrameType.ping, 1, 0, 1), 1_000_000)],
    [
      "X10: 100,000 streams opened and reset",
      () => join(...Array.from({ length: 100_000 }, (_, i) => join(syn(2 * i + 1), rst(2 * i + 1)))),
    ],
    [
      "X11: 10,000 streams with a request, and a second FIN that makes us reset them",
      () =>
        join(
          ...Array.from({ length: 10_000 }, (_, i) =>
            join(syn(2 * i + 1), data(2 * i + 1, "request"), fin(2 * i + 1), fin(2 * i + 1)),
          ),
        ),
    ],
    [
      "W10: a million window updates of 1",
      () => join(syn(1), repeat(rawFrame(0, FrameType.windowUpdate, 0, 1, 1), 1_000_000)),
    ],
  ];

  it.each(floods)("%s: less than 1 MiB, one session, and the next one works", async (_name, build) => {
    const flood = build();
    const before = await heapBytes();
    const peer = new ScriptedPeer({ onStream: (stream) => void record(stream) });
    peer.send(flood);
    const cost = (await heapBytes()) - before;
    expect(peer.take().at(-1)).toEqual({ type: "goAway", flags: "", id: 0, length: 1 });
    expect(cost).toBeLessThan(MiB);
    expect(peer.session.stats().streams).toBe(0);
    expect(new ScriptedPeer().answersPing()).toBe(true);
  });
});
