/** The rows of category "framing" that concern frames and streams, by id. */
import { describe, expect, it } from "@jest/globals";
import { Flag } from "../../../runtime/frames/header.js";
import { data, fin, goAway, join, ping, rawFrame, repeat, rst, syn, windowUpdate } from "../../support/frames.js";
import { record, type Recorder } from "../../support/recorder.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

const KiB = 1024;

/** A session whose streams send back what they receive, and end when the peer does. */
function echoPeer(): ScriptedPeer {
  return new ScriptedPeer({
    onStream: (stream) => {
      record(stream, { consume: true, onData: (chunk) => void stream.write(chunk.slice()), onEnd: () => stream.end() });
    },
  });
}

/** A session, one open stream (id 1) on it, and what it received. */
function openPeer(options: ConstructorParameters<typeof ScriptedPeer>[0] = {}): { peer: ScriptedPeer; seen: Recorder } {
  const peer = new ScriptedPeer(options);
  peer.send(syn(1));
  const seen = record(peer.accepted[0]!);
  peer.take();
  return { peer, seen };
}

async function expectGoAway1(peer: ScriptedPeer, code: string): Promise<void> {
  expect(peer.take().at(-1)).toMatchObject({ type: "goAway", length: 1 });
  expect(peer.isEnded).toBe(true);
  expect(peer.isDestroyed).toBe(false); // not yet: GoAway must reach the peer first
  peer.lose();
  expect((await peer.session.closed).local).toMatchObject({ code });
}

describe("framing", () => {
  const hello = join(syn(1), data(1, "hello"), fin(1)); // 12 + 17 + 12
  const echoed = [
    { type: "window", flags: "ack", id: 1 },
    { type: "data", flags: "", id: 1, payload: "hello" },
    { type: "window", flags: "fin", id: 1 },
  ];

  it("F01: SYN, DATA and FIN split at each of 41 offsets are echoed and ended", () => {
    expect(hello).toHaveLength(41);
    for (let at = 0; at <= hello.length; at++) {
      const peer = echoPeer();
      peer.send(hello.subarray(0, at));
      peer.send(hello.subarray(at));
      const sent = peer.take();
      expect(sent.map((frame) => frame.payload ?? "").join("")).toBe("hello");
      expect(sent.filter((frame) => frame.flags === "fin")).toHaveLength(1);
      expect(peer.session.stats().streams).toBe(0);
    }
  });

  it("F01: the same, one byte at a time", () => {
    const peer = echoPeer();
    for (const byte of hello) peer.send(Uint8Array.of(byte));
    expect(
      peer
        .take()
        .map((frame) => frame.payload ?? "")
        .join(""),
    ).toBe("hello");
    expect(peer.session.stats().streams).toBe(0);
  });

  it("F01: in one chunk it is answered in one write", () => {
    const peer = echoPeer();
    peer.send(hello);
    expect(peer.take()).toMatchObject(echoed);
    expect(peer.writes).toBe(1);
  });

  it("F02: 200 x (SYN, DATA, FIN) in one chunk are all echoed and ended", () => {
    const peer = echoPeer();
    peer.send(...Array.from({ length: 200 }, (_, i) => join(syn(2 * i + 1), data(2 * i + 1, `n${i}`), fin(2 * i + 1))));
    const sent = peer.take();
    expect(sent.filter((frame) => frame.type === "data").map((frame) => frame.payload)).toEqual(
      Array.from({ length: 200 }, (_, i) => `n${i}`),
    );
    expect(sent.filter((frame) => frame.flags === "fin")).toHaveLength(200);
    expect(peer.session.stats().streams).toBe(0);
  });

  it.each([64, 1])("F03: a DATA frame of 256 KiB in chunks of %i bytes is delivered as it arrives", (size) => {
    const { peer, seen } = openPeer();
    const frame = data(1, new Uint8Array(256 * KiB).fill(7));
    const half = Math.floor(frame.length / 2);
    for (let at = 0; at < frame.length; at += size) {
      peer.send(frame.subarray(at, at + size));
      if (at <= half && half < at + size) expect(seen.bytes).toBeGreaterThanOrEqual(half - 12); // nothing waits for the rest
    }
    expect(seen.bytes).toBe(256 * KiB);
  });

  it.each([0, 0x7fffffff, 0x80000000, 0xffffffff])(
    "F04: a ping with the opaque value %i comes back with it",
    (opaque) => {
      const peer = new ScriptedPeer();
      peer.send(ping(opaque));
      expect(peer.take()).toEqual([{ type: "ping", flags: "ack", id: 0, length: opaque }]);
    },
  );

  it.each([0x7fffffff, 0x80000001, 0xffffffff])("F04: stream id %i is unsigned and exact", (id) => {
    const peer = echoPeer();
    peer.send(syn(id), data(id, "x"));
    expect(peer.take()).toMatchObject([
      { flags: "ack", id },
      { id, payload: "x" },
    ]);
  });

  it.each([1, 255])("F05: version %i gets GoAway(1)", async (version) => {
    const peer = new ScriptedPeer();
    peer.send(rawFrame(version, 0, 0, 1, 0));
    await expectGoAway1(peer, "bad-version");
  });

  it.each([4, 255])("F06: frame type %i gets GoAway(1)", async (type) => {
    const peer = new ScriptedPeer();
    peer.send(rawFrame(0, type, 0, 1, 0));
    await expectGoAway1(peer, "bad-frame-type");
  });

  it("F07: flag bits that mean nothing are ignored", () => {
    const { peer, seen } = openPeer();
    peer.send(data(1, "ab", 0xfff0), windowUpdate(1, 1000, 0xfff0), ping(3, 0xfff0 | Flag.syn));
    expect(seen.text).toBe("ab");
    expect(peer.take()).toMatchObject([{ type: "ping", flags: "ack", length: 3 }]);
  });

  it("F08: DATA of 2^32-1 bytes on a live stream is refused on its header", async () => {
    const { peer, seen } = openPeer();
    peer.send(rawFrame(0, 0, 0, 1, 0xffffffff));
    await expectGoAway1(peer, "frame-too-large");
    expect(seen.bytes).toBe(0);
  });

  it("F09: DATA of 2^32-1 bytes on an unknown stream is refused on its header", async () => {
    const peer = new ScriptedPeer();
    peer.send(rawFrame(0, 0, 0, 9, 0xffffffff), new Uint8Array(KiB));
    await expectGoAway1(peer, "frame-too-large");
  });

  it("F09: a frame of 1 MiB for an unknown stream passes, one byte more is refused on its header", async () => {
    const peer = new ScriptedPeer();
    peer.send(data(9, new Uint8Array(1024 * KiB)));
    expect(peer.answersPing()).toBe(true);
    peer.send(rawFrame(0, 0, 0, 9, 1024 * KiB + 1));
    await expectGoAway1(peer, "frame-too-large");
  });

  it("F09: 4 MiB for unknown streams are discarded, and one frame more ends the session", async () => {
    const peer = new ScriptedPeer();
    const large = data(9, new Uint8Array(1024 * KiB));
    for (let i = 0; i < 4; i++) peer.send(large);
    expect(peer.isEnded).toBe(false);
    peer.send(data(9, "x"));
    await expectGoAway1(peer, "invalid-flood");
  });

  it("F10: 5000 empty DATA frames pass, 200,000 end the session", async () => {
    const { peer, seen } = openPeer();
    peer.send(repeat(data(1), 5000));
    expect(peer.isEnded).toBe(false);
    peer.send(repeat(data(1), 195_000));
    await expectGoAway1(peer, "empty-flood");
    expect(peer.session.stats().framesIn).toBeLessThan(6000); // the rest was not even looked at
    expect(seen.bytes).toBe(0);
  });

  it("F11: DATA with SYN and payload opens, is acknowledged, and delivers", () => {
    const peer = echoPeer();
    peer.send(data(1, "first", Flag.syn));
    expect(peer.take()).toMatchObject([{ flags: "ack", id: 1 }, { payload: "first" }]);
  });

  it("F12: DATA with SYN, FIN and payload delivers the payload, then the end", () => {
    const peer = new ScriptedPeer();
    peer.send(data(1, "all", Flag.syn | Flag.fin));
    const seen = record(peer.accepted[0]!);
    expect([seen.text, seen.order]).toEqual(["all", ["data", "end"]]);
  });

  it("F12: FIN on an empty DATA frame ends; a window update with FIN ends and grants", () => {
    const { peer, seen } = openPeer();
    peer.send(data(1, "", Flag.fin));
    expect(seen.hasEnded).toBe(true);
    peer.send(syn(3));
    const stream = peer.accepted[1]!;
    const other = record(stream);
    peer.send(windowUpdate(3, 1000, Flag.fin));
    expect(other.hasEnded).toBe(true);
    expect(stream.sendCredit).toBe(256 * KiB + 1000);
  });

  it("F13: frames behind GoAway(0) in the same chunk are still read", () => {
    const { peer, seen } = openPeer();
    peer.send(goAway(0), data(1, "still here"), ping(5));
    expect(seen.text).toBe("still here");
    expect(peer.take()).toMatchObject([{ type: "ping", flags: "ack", length: 5 }]);
  });

  it("drops what follows a violation in the same chunk", () => {
    const { peer, seen } = openPeer();
    peer.send(rawFrame(7, 0, 0, 1, 0), data(1, "too late"), rst(1));
    expect(seen.text).toBe("");
  });
});
