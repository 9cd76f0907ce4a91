/** The rows of category "flow control" that concern frames and streams, by id. */
import { describe, expect, it } from "@jest/globals";
import { ClosedError } from "../../../runtime/base/errors.js";
import { Flag } from "../../../runtime/frames/header.js";
import type { SessionStream as Stream } from "../../../runtime/streams/contract.js";
import { ack, data, fin, ping, rawFrame, syn, windowUpdate, type SentFrame } from "../../support/frames.js";
import { record, type Recorder } from "../../support/recorder.js";
import { LinkedPair } from "../../support/linked-pair.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const WINDOW = 256 * KiB;

interface Opened {
  readonly peer: ScriptedPeer;
  readonly stream: Stream;
  readonly seen: Recorder;
}
function openPeer(options: ConstructorParameters<typeof ScriptedPeer>[0] = {}): Opened {
  const peer = new ScriptedPeer(options);
  peer.send(syn(1));
  const stream = peer.accepted[0]!;
  const seen = record(stream);
  peer.take();
  return { peer, stream, seen };
}
function payloadBytes(frames: readonly SentFrame[]): number {
  return frames.reduce((sum, frame) => sum + (frame.type === "data" ? frame.length : 0), 0);
}
function credits(frames: readonly SentFrame[]): number[] {
  return frames.filter((frame) => frame.type === "window").map((frame) => frame.length);
}
async function expectViolation(peer: ScriptedPeer, code: string): Promise<void> {
  expect(peer.take().at(-1)).toMatchObject({ type: "goAway", length: 1 });
  peer.lose();
  expect((await peer.session.closed).local).toMatchObject({ code });
}

describe("flow control", () => {
  it("W01: a sender without new credit stops at exactly 262144, and 1000 more let exactly 1000 go", () => {
    const { peer, stream } = openPeer();
    stream.write(new Uint8Array(WINDOW + 5000));
    expect(payloadBytes(peer.take())).toBe(WINDOW);
    peer.send(windowUpdate(1, 1000));
    expect(payloadBytes(peer.take())).toBe(1000);
    expect(stream.queuedBytes).toBe(4000);
  });

  it("W02: without consumption no credit is granted, however long the peer waits", () => {
    const { peer, stream, seen } = openPeer();
    for (let i = 0; i < 8; i++) peer.send(data(1, new Uint8Array(32 * KiB)));
    peer.clock.advance(5000);
    expect(seen.bytes).toBe(WINDOW);
    expect(credits(peer.take())).toEqual([]);
    stream.consume(WINDOW);
    expect(credits(peer.take())).toEqual([WINDOW]);
  });

  it("W03: half the window and one byte read are granted, to the byte", () => {
    const { peer, stream } = openPeer();
    peer.send(data(1, new Uint8Array(WINDOW)));
    stream.consume(WINDOW / 2 - 1);
    expect(credits(peer.take())).toEqual([]);
    stream.consume(2);
    expect(credits(peer.take())).toEqual([WINDOW / 2 + 1]);
  });

  it("W04: 16 MiB read in steps of 1 KiB take at most one update per half window", () => {
    const { peer, stream } = openPeer({ limits: { maxWindowBytes: WINDOW } });
    const frame = data(1, new Uint8Array(1 * KiB));
    for (let i = 0; i < 16 * KiB; i++) {
      peer.send(frame);
      stream.consume(1 * KiB);
    }
    const granted = credits(peer.take());
    expect(granted.length).toBeLessThanOrEqual((16 * MiB) / (WINDOW / 2) + 1);
    expect(granted.length).toBeGreaterThan(100);
  });

  it("W05: one byte more than the window ends the session with GoAway(1)", async () => {
    const { peer, seen } = openPeer();
    peer.send(data(1, new Uint8Array(WINDOW)), data(1, "x"));
    await expectViolation(peer, "window-exceeded");
    expect(seen.bytes).toBe(WINDOW);
  });

  it("W06: exactly 262144 bytes in one frame are accepted", () => {
    const { peer, seen } = openPeer();
    peer.send(data(1, new Uint8Array(WINDOW)));
    expect([seen.bytes, peer.answersPing()]).toEqual([WINDOW, true]);
  });

  it("W07: SYN with 262145 bytes is refused before the stream exists", async () => {
    const peer = new ScriptedPeer();
    peer.send(rawFrame(0, 0, Flag.syn, 1, WINDOW + 1));
    expect(peer.accepted).toEqual([]);
    await expectViolation(peer, "window-exceeded");
  });

  it("W08: credit of 2^32-1 is held, one byte more ends the session", async () => {
    const { peer, stream } = openPeer();
    peer.send(windowUpdate(1, 0xffffffff - WINDOW));
    expect(stream.sendCredit).toBe(0xffffffff);
    peer.send(windowUpdate(1, 1));
    await expectViolation(peer, "window-overflow");
  });

  it("W09: SYN and window update with credit of 2^32-1 end the session", async () => {
    const opening = new ScriptedPeer();
    opening.send(syn(1, 0xffffffff));
    await expectViolation(opening, "window-overflow");
    const { peer } = openPeer();
    peer.send(windowUpdate(1, 0xffffffff));
    await expectViolation(peer, "window-overflow");
  });

  it("W10: 1000 updates of 0 are harmless", () => {
    const { peer } = openPeer();
    peer.send(...Array.from({ length: 1000 }, () => windowUpdate(1, 0)));
    expect(peer.answersPing()).toBe(true);
  });

  it("W10: 1000 updates of 1 in one turn release one DATA frame; a million end the session", async () => {
    const { peer, stream } = openPeer();
    stream.write(new Uint8Array(2 * WINDOW));
    peer.take();
    peer.send(...Array.from({ length: 1000 }, () => windowUpdate(1, 1)));
    expect(peer.take()).toMatchObject([{ type: "data", length: 1000 }]);
    for (let i = 0; i < 1000 && !peer.isEnded; i++)
      peer.send(...Array.from({ length: 1000 }, () => windowUpdate(1, 1)));
    await expectViolation(peer, "empty-flood");
  });

  it("W11: with 64 streams stalled the 65th is served", () => {
    const { peer } = openPeer();
    for (let i = 0; i < 64; i++) {
      const stalled = peer.session.open();
      stalled.write(new Uint8Array(WINDOW));
      stalled.write(new Uint8Array(WINDOW));
    }
    peer.take();
    const next = peer.session.open();
    expect(next.write(Buffer.from("served"))).toBe(true);
    expect(peer.take().some((frame) => frame.payload === "served")).toBe(true);
  });

  it("W12: 1 MiB each way on one stream, both write before they read, does not hang", async () => {
    const pair = new LinkedPair();
    const ours = pair.client.open();
    ours.write(new Uint8Array(MiB));
    await pair.settle();
    const theirs = pair.accepted[0]!;
    theirs.write(new Uint8Array(MiB));
    await pair.settle();
    const [mine, other] = [record(ours, { consume: true }), record(theirs, { consume: true })];
    await pair.settle();
    // Up to receive() nobody consumed: what had come by then is given back now, as a reader would.
    ours.consume(0);
    expect([mine.bytes, other.bytes]).toEqual([MiB, MiB]);
  });

  it("W13: a writer is told to wait at 256 KiB, and to go on once half is gone", () => {
    const { peer, stream, seen } = openPeer();
    peer.isFull = true;
    stream.write(Buffer.from("x"));
    peer.turn();
    let accepted = 0;
    while (stream.write(new Uint8Array(16 * KiB))) accepted += 16 * KiB;
    expect(accepted).toBeLessThanOrEqual(256 * KiB);
    expect(seen.drains).toBe(0);
    peer.drain();
    expect(seen.drains).toBe(1);
  });

  it.each([1, 8, 64])(
    "W13: %i streams that wait are let queue an n-th of queuedBytesSoft each, as they come",
    (streams) => {
      const peer = new ScriptedPeer({ limits: { queuedBytesSoft: 512 * KiB } });
      peer.isFull = true;
      peer.session.open().write(Buffer.from("fills it"));
      peer.turn();
      for (let i = 0; i < streams; i++) {
        const stream = peer.session.open();
        while (stream.write(new Uint8Array(4 * KiB)));
      }
      const { queuedBytes } = peer.session.stats();
      expect(queuedBytes).toBeLessThanOrEqual(512 * KiB * (1 + Math.log(streams)) + streams * 4 * KiB);
      expect(queuedBytes).toBeGreaterThan(200 * KiB);
    },
  );

  it("W14: a peer that ended its side and reads no more can be given up by reset", () => {
    const { peer, stream } = openPeer();
    stream.write(new Uint8Array(2 * WINDOW));
    peer.send(fin(1));
    peer.take();
    stream.reset();
    expect(peer.take()).toEqual([{ type: "window", flags: "rst", id: 1, length: 0 }]);
    expect(peer.session.stats()).toMatchObject({ streams: 0, queuedBytes: 0 });
  });

  it("W15: a connection that drops while a writer waits for window closes the stream at once", async () => {
    const { peer, stream, seen } = openPeer();
    stream.write(new Uint8Array(2 * WINDOW));
    peer.take();
    peer.lose(new Error("reset"));
    await peer.settle();
    expect(seen.closes).toMatchObject([{ code: "transport-closed" }]);
  });

  it("W16: credit that comes with SYN or ACK is used", () => {
    const { peer } = openPeer();
    peer.send(syn(3, WINDOW));
    expect(peer.accepted[1]!.sendCredit).toBe(2 * WINDOW);
    const ours = peer.session.open();
    ours.write(new Uint8Array(3 * WINDOW));
    peer.send(ack(ours.id, WINDOW));
    expect(payloadBytes(peer.take())).toBe(2 * WINDOW);
  });

  it("W16: a larger first window of our own is announced with SYN and with ACK", () => {
    const peer = new ScriptedPeer({ limits: { initialWindowBytes: 2 * WINDOW } });
    peer.session.open();
    peer.send(syn(1));
    expect(peer.take()).toMatchObject([
      { flags: "syn", length: WINDOW },
      { flags: "ack", length: WINDOW },
    ]);
  });

  it("W17: 32 MiB of a pattern over 4 streams arrive byte for byte", async () => {
    const pair = new LinkedPair();
    const pattern = Uint8Array.from({ length: 8 * MiB }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
    const streams = Array.from({ length: 4 }, () => pair.client.open());
    for (const stream of streams) {
      stream.write(pattern);
      stream.end();
    }
    await pair.settle();
    const seen = pair.accepted.map((stream) => {
      const recorder = record(stream, { consume: true });
      stream.consume(0);
      return recorder;
    });
    await pair.settle();
    for (const recorder of seen) {
      expect(recorder.bytes).toBe(pattern.length);
      expect(Buffer.from(recorder.text, "latin1").equals(pattern)).toBe(true);
    }
  });

  it("W18: no DATA frame is larger than 32 KiB, and a small write goes before a transfer's next frame", () => {
    const { peer, stream } = openPeer();
    peer.send(windowUpdate(1, 64 * MiB));
    stream.write(new Uint8Array(8 * MiB));
    const small = peer.session.open();
    small.write(Buffer.from("call"));
    const sent = peer.take();
    expect(Math.max(...sent.map((frame) => (frame.type === "data" ? frame.length : 0)))).toBe(32 * KiB);
    expect(sent.findIndex((frame) => frame.payload === "call")).toBeLessThan(3);
  });

  it("W18: two transfers take turns, frame by frame", () => {
    const { peer, stream } = openPeer();
    peer.send(syn(3));
    stream.write(new Uint8Array(128 * KiB));
    peer.accepted[1]!.write(new Uint8Array(128 * KiB));
    const order = peer.take().flatMap((frame) => (frame.type === "data" ? [frame.id] : []));
    expect(order).toEqual([1, 3, 1, 3, 1, 3, 1, 3]);
  });

  it("W19: with 100 MiB queued, a pong and a reset overtake the data", () => {
    const { peer, stream } = openPeer();
    peer.isFull = true;
    stream.write(new Uint8Array(100 * MiB));
    peer.take();
    peer.send(ping(7));
    stream.reset();
    peer.isFull = false;
    peer.drain();
    expect(peer.take()).toMatchObject([
      { type: "ping", flags: "ack", length: 7 },
      { flags: "rst", id: 1 },
    ]);
  });

  it("W20: while the transport is full, reading goes on and control frames stay bounded", async () => {
    const { peer, seen } = openPeer({ limits: { pingBurst: 1e6, pingsPerSecond: 1e6 } });
    peer.isFull = true;
    peer.session.open().write(Buffer.from("fills it"));
    peer.turn();
    peer.take();
    peer.send(data(1, "read all the same"));
    for (let i = 0; i < 1000; i++) peer.send(ping(i));
    expect(seen.text).toBe("read all the same");
    peer.drain();
    expect(peer.take().filter((frame) => frame.type === "ping")).toHaveLength(16);
  });

  it("W20: more than 4096 control frames for a peer that does not read end the session", async () => {
    const peer = new ScriptedPeer({ limits: { maxInboundStreams: 10_000 } });
    peer.isFull = true;
    peer.send(syn(1));
    for (let i = 1; i <= 4096; i++) peer.send(syn(2 * i + 1));
    expect(peer.isDestroyed).toBe(false);
    peer.send(syn(2 * 4097 + 1));
    await peer.settle();
    expect(peer.ending?.local).toMatchObject({ code: "slow-peer" });
  });

  it("W21: a transport that takes no bytes for 30 s ends the session", async () => {
    const { peer, stream, seen } = openPeer();
    peer.isFull = true;
    stream.write(Buffer.from("x"));
    peer.turn();
    peer.clock.advance(25_000);
    peer.send(ping(1)); // the peer lives, and does not read
    peer.clock.advance(4_999);
    await peer.settle();
    expect(peer.ending).toBeUndefined();
    peer.clock.advance(1);
    await peer.settle();
    expect(peer.ending?.local).toMatchObject({ code: "write-timeout" });
    expect(seen.closes).toMatchObject([{ code: "write-timeout" }]);
  });

  it("ends with slow-peer where a writer does not wait and the peer does not read: 16 MiB, for a second", async () => {
    const { peer, stream } = openPeer();
    for (let i = 0; i < 20; i++) stream.write(new Uint8Array(MiB));
    peer.take();
    peer.clock.advance(1000);
    stream.write(new Uint8Array(1));
    expect(peer.isDestroyed).toBe(false); // 256 KiB went out in that second
    peer.clock.advance(1000);
    stream.write(new Uint8Array(1));
    await peer.settle();
    expect(peer.ending?.local).toBeInstanceOf(ClosedError);
    expect(peer.ending?.local).toMatchObject({ code: "slow-peer" });
  });

  it("grows a window that held the sender back for a round trip, within its own and the session's limits", () => {
    const { peer, stream } = openPeer({ limits: { maxWindowBytes: 4 * WINDOW, sessionReceiveBytes: 2.5 * WINDOW } });
    const readHalf = (): number[] => {
      const half = stream.receiveWindowBytes / 2;
      peer.send(data(1, new Uint8Array(half)));
      stream.consume(half);
      return credits(peer.take());
    };
    const windowAfter = (ms: number): number => {
      peer.clock.advance(ms);
      readHalf();
      return stream.receiveWindowBytes / WINDOW;
    };
    expect(readHalf()).toEqual([WINDOW / 2]); // no round trip known: it asks
    peer.clock.advance(50);
    peer.send(ping(0, Flag.ack)); // 50 ms
    expect(windowAfter(0)).toBeCloseTo(5 / 4, 1); // half a window in a round trip: up to two and a half times that
    expect(windowAfter(40)).toBeCloseTo(5 / 4, 1); // not a whole one yet
    expect(windowAfter(10)).toBe(2.5); // doubled: as far as the session's limit goes
    peer.clock.advance(500);
    expect(readHalf()).toEqual([WINDOW * 1.25]); // slower than the link: as it was
  });
});
