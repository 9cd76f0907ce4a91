/** The rows of categories "keepalive" and "shutdown" that concern sessions, by id. */
import { describe, expect, it } from "@jest/globals";
import { ProtocolError } from "../../../runtime/base/errors.js";
import { Flag } from "../../../runtime/frames/header.js";
import { ack, data, fin, goAway, ping, rawFrame, repeat, syn } from "../../support/frames.js";
import { LinkedPair } from "../../support/linked-pair.js";
import { record } from "../../support/recorder.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

describe("keepalive", () => {
  it("K01: a ping is answered within the turn, with its value, on id 0", () => {
    const peer = new ScriptedPeer();
    peer.send(ping(42));
    expect(peer.take()).toEqual([{ type: "ping", flags: "ack", id: 0, length: 42 }]);
  });

  it("K02: unsolicited and doubled answers, and pings on a stream's id, are ignored", async () => {
    const peer = new ScriptedPeer();
    peer.send(ping(77, Flag.ack), ping(5, Flag.syn, 9), ping(5, 0));
    expect(peer.take()).toEqual([]);
    const asked = peer.session.ping();
    const [sent] = peer.take();
    peer.clock.advance(12);
    peer.send(ping(sent!.length, Flag.ack), ping(sent!.length, Flag.ack));
    expect(await asked).toBe(12);
    expect(peer.answersPing()).toBe(true);
  });

  it("K03: a peer that answers nothing for 10 s after 30 s of silence is given up", async () => {
    const peer = new ScriptedPeer();
    const seen = record(peer.session.open());
    peer.take();
    peer.clock.advance(30_000);
    expect(peer.take()).toMatchObject([{ type: "ping", flags: "syn" }]);
    peer.clock.advance(9_999);
    expect(peer.isDestroyed).toBe(false);
    peer.clock.advance(1);
    await peer.settle();
    expect(peer.ending?.local).toMatchObject({ code: "keepalive-timeout" });
    expect(seen.closes).toMatchObject([{ code: "keepalive-timeout" }]);
    expect(peer.clock.pending).toBe(0);
  });

  it("T14: 7 of a header's 12 bytes and silence: that session ends by keepalive, another one lives", async () => {
    const [broken, other] = [new ScriptedPeer(), new ScriptedPeer()];
    broken.send(syn(1).subarray(0, 7));
    broken.clock.advance(30_000);
    broken.clock.advance(9_999);
    expect(broken.isDestroyed).toBe(false);
    broken.clock.advance(1);
    await broken.settle();
    expect(broken.ending?.local).toMatchObject({ code: "keepalive-timeout" });
    expect(other.answersPing()).toBe(true);
  });

  it("K04: a peer that comes back in time is kept", () => {
    const peer = new ScriptedPeer();
    peer.clock.advance(30_000);
    peer.clock.advance(9_000);
    peer.send(ping(1));
    peer.clock.advance(29_000);
    expect(peer.answersPing()).toBe(true);
  });

  it("K05: any bytes are a sign of life; two minutes of them need no ping", () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1));
    peer.take();
    for (let s = 0; s < 120; s += 20) {
      peer.clock.advance(20_000);
      peer.send(data(1, "bulk"));
    }
    expect(peer.take()).toEqual([]);
    expect(peer.isDestroyed).toBe(false);
  });

  it("K06: pings beyond 20 at once are not answered, and a million end the session", async () => {
    const peer = new ScriptedPeer();
    for (let i = 0; i < 100; i++) peer.send(ping(i));
    expect(peer.take()).toHaveLength(20);
    peer.send(repeat(ping(1), 1_000_000));
    expect(peer.take()).toEqual([{ type: "goAway", flags: "", id: 0, length: 1 }]);
    peer.lose();
    expect((await peer.session.closed).local).toMatchObject({ code: "ping-flood" });
    expect(peer.session.stats().framesIn).toBeLessThan(300);
  });

  it("K06: at most 16 answers of one turn are queued", () => {
    const peer = new ScriptedPeer();
    peer.send(repeat(ping(1), 20));
    expect(peer.take()).toHaveLength(16);
  });

  it("S08: a timer that fires late is our own delay, and the peer gets another interval", () => {
    const peer = new ScriptedPeer();
    peer.clock.advance(30_000);
    peer.clock.sleep(60_000);
    expect(peer.isDestroyed).toBe(false);
    peer.clock.advance(10_000);
    expect(peer.isDestroyed).toBe(true);
  });

  it("spaces its own pings so that a peer with the same limits answers each", async () => {
    const pair = new LinkedPair();
    for (let i = 0; i < 40; i++) {
      const asked = pair.client.ping();
      await pair.settle();
      pair.clock.advance(500);
      await pair.settle();
      await asked;
    }
    expect(pair.server.stats().framesIn).toBe(40);
  });

  it("keeps five of the twenty pings that a peer answers at once, for pings that arrive closer together than they left", () => {
    const peer = new ScriptedPeer();
    let asked = 0;
    for (let answered = true; answered;) {
      void peer.session.ping();
      const mine = peer.take().find((frame) => frame.type === "ping");
      answered = mine !== undefined;
      if (mine === undefined) continue;
      asked++;
      peer.send(ping(mine.length, Flag.ack));
    }
    expect(asked).toBe(15);
  });

  it("takes a later ping's answer for one that the peer has dropped, and an earlier one's for nothing", async () => {
    const peer = new ScriptedPeer();
    const settled: number[] = [];
    peer.clock.advance(30_000); // silence: keepalive asks
    const earlier = peer.take().find((frame) => frame.type === "ping")!;
    void peer.session.ping().then((ms) => settled.push(ms)); // dropped
    peer.take();
    peer.send(ping(earlier.length, Flag.ack));
    peer.clock.advance(30_000);
    const later = peer.take().find((frame) => frame.type === "ping")!;
    peer.clock.advance(7);
    await peer.settle();
    expect(settled).toEqual([]);
    peer.send(ping(later.length, Flag.ack));
    await peer.settle();
    expect(settled).toEqual([7]);
  });
});

describe("shutdown", () => {
  it("K07: after GoAway(0) what is open goes on, and nothing new is opened", () => {
    const codes: number[] = [];
    const peer = new ScriptedPeer({ onGoAway: (code) => codes.push(code) });
    const stream = peer.session.open();
    const seen = record(stream);
    peer.send(ack(stream.id), goAway(0), data(stream.id, "in flight"));
    stream.write(Buffer.from("as well"));
    expect([seen.text, codes]).toEqual(["in flight", [0]]);
    expect(peer.take().some((frame) => frame.payload === "as well")).toBe(true);
    expect(() => peer.session.open()).toThrow(expect.objectContaining({ code: "session-draining", dispatched: "no" }));
  });

  it.each([1, 2, 9, 0xffffffff])("K08: GoAway(%i) ends the session with its code", async (code) => {
    const peer = new ScriptedPeer();
    const seen = record(peer.session.open());
    peer.send(goAway(code));
    await peer.settle();
    expect(peer.ending).toMatchObject({ goAwayCode: code, remote: { code: "goaway-received" } });
    expect(peer.ending?.local).toBeUndefined();
    expect(seen.closes).toMatchObject([{ code: "goaway-received" }]);
    expect(peer.take().filter((frame) => frame.type === "goAway")).toEqual([]);
  });

  it("K09: GoAway(1) is the last frame, behind it the connection ends, and is read until the peer is gone", async () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1));
    const seen = record(peer.accepted[0]!);
    peer.accepted[0]!.write(new Uint8Array(1000));
    peer.send(rawFrame(3, 0, 0, 0, 0));
    expect(peer.take().at(-1)).toEqual({ type: "goAway", flags: "", id: 0, length: 1 });
    expect([peer.isEnded, peer.isDestroyed]).toEqual([true, false]);
    peer.send(data(1, "unread bytes must not turn our end into a reset"));
    expect([peer.isDestroyed, seen.bytes]).toEqual([false, 0]);
    peer.clock.advance(1000);
    expect(peer.isDestroyed).toBe(true);
    await peer.settle();
    expect(seen.closes).toMatchObject([{ code: "bad-version" }]);
    expect(peer.clock.pending).toBe(0);
  });

  it("K09: a full transport is given GoAway(1) all the same", () => {
    const peer = new ScriptedPeer();
    peer.isFull = true;
    peer.session.open().write(new Uint8Array(100_000));
    peer.take();
    peer.send(rawFrame(3, 0, 0, 0, 0));
    expect(peer.take()).toEqual([{ type: "goAway", flags: "", id: 0, length: 1 }]);
  });

  it("K09: a peer that goes on sending is cut off after 16 MiB", () => {
    const peer = new ScriptedPeer();
    peer.send(rawFrame(3, 0, 0, 0, 0));
    for (let i = 0; i < 16; i++) peer.send(new Uint8Array(1024 * 1024));
    expect(peer.isDestroyed).toBe(false);
    peer.send(new Uint8Array(1));
    expect(peer.isDestroyed).toBe(true);
  });

  it("K10: goAway() refuses new streams and lets those that exist finish", () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1));
    const seen = record(peer.accepted[0]!);
    peer.session.goAway();
    peer.send(data(1, "more"), syn(3));
    peer.accepted[0]!.end();
    expect(peer.take()).toMatchObject([
      { flags: "ack", id: 1 },
      { type: "goAway", length: 0 },
      { flags: "rst", id: 3 },
      { flags: "fin", id: 1 },
    ]);
    expect([seen.text, peer.accepted.length]).toEqual(["more", 1]);
  });

  it("K10: close() says GoAway(0), flushes what was written, and ends", async () => {
    const pair = new LinkedPair();
    const stream = pair.client.open();
    stream.write(new Uint8Array(200_000));
    stream.end();
    void pair.client.close();
    await pair.settle();
    const seen = record(pair.accepted[0]!);
    await pair.settle();
    expect([seen.bytes, seen.order]).toEqual([200_000, ["data", "end", "close"]]);
    expect(await pair.client.closed).toEqual({});
    expect(await pair.server.closed).toEqual({ goAwayCode: 0 });
    expect(pair.clock.pending).toBe(0);
  });

  it("K10: close() waits for credit, but not longer than the write timeout", async () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1));
    peer.accepted[0]!.write(new Uint8Array(300_000));
    const closed = peer.session.close();
    peer.take();
    expect(peer.isEnded).toBe(false);
    for (let s = 0; s < 30; s += 5) {
      peer.send(ping(s));
      peer.clock.advance(5000);
    }
    peer.clock.advance(30_000);
    await peer.settle();
    expect((await closed).local).toMatchObject({ code: expect.stringMatching(/write-timeout|keepalive-timeout/) });
  });

  it("K10: close({ graceMs }) refuses new streams, lets those in flight finish, and then ends", async () => {
    const pair = new LinkedPair({ server: { onStream: undefined } as object });
    const streams = Array.from({ length: 100 }, () => pair.client.open());
    const seen = streams.map((stream) => record(stream));
    await pair.settle();
    const closed = pair.client.close({ graceMs: 5000 });
    await pair.settle();
    expect(pair.client.stats().streams).toBe(100);
    for (let i = 0; i < 100; i++) {
      const stream = await pair.server.accept();
      stream.write(Buffer.from("answer"));
      stream.end();
    }
    for (const stream of streams) stream.end();
    await pair.settle();
    expect(seen.every((recorder) => recorder.text === "answer" && recorder.closes[0] === undefined)).toBe(true);
    expect(await closed).toEqual({});
    expect([pair.client.stats().streams, pair.clock.pending]).toEqual([0, 0]);
  });

  it("K10: streams that do not finish within the grace of 5 s are reset", async () => {
    const pair = new LinkedPair();
    const seen = record(pair.client.open());
    await pair.settle();
    const far = record(pair.accepted[0]!);
    const closed = pair.client.close({ graceMs: 5000 });
    await pair.settle();
    pair.clock.advance(4999);
    await pair.settle();
    expect(seen.closes).toEqual([]);
    pair.clock.advance(1);
    await pair.settle();
    expect([seen.closes, far.closes]).toMatchObject([[{ code: "session-closed" }], [{ code: "stream-reset" }]]);
    expect([await closed, pair.clock.pending]).toEqual([{}, 0]);
  });

  it("K11: close() three times, and from inside a callback, settles once", async () => {
    const pair = new LinkedPair();
    const stream = pair.client.open();
    const seen = record(stream, { onClose: () => void pair.client.close() });
    await pair.settle();
    record(pair.accepted[0]!, { onData: () => void pair.server.close() });
    stream.write(Buffer.from("close in your callback"));
    await pair.settle();
    const ends = await Promise.all([pair.client.close(), pair.client.close(), pair.client.close()]);
    expect(new Set(ends).size).toBe(1);
    expect(seen.closes).toMatchObject([{ code: "session-closed" }]);
    pair.client.destroy(new Error("too late to matter"));
    expect(await pair.client.closed).toBe(ends[0]);
  });

  it("K11: 1000 blocked writers are each told once", async () => {
    const peer = new ScriptedPeer();
    const seen = Array.from({ length: 1000 }, () => {
      const stream = peer.session.open();
      const recorder = record(stream);
      stream.write(new Uint8Array(300_000));
      return recorder;
    });
    peer.session.destroy(new Error("over"));
    peer.session.destroy(new ProtocolError("bad-hello", "twice"));
    await peer.settle();
    expect(seen.every((recorder) => recorder.closes.length === 1)).toBe(true);
    expect(peer.session.stats()).toMatchObject({ streams: 0, queuedBytes: 0 });
  });

  it("T02: an end of the connection in the middle of a frame is an error, at once", async () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1), goAway(0), data(1, "cut off").subarray(0, 15));
    const seen = record(peer.accepted[0]!);
    peer.hangUp();
    await peer.settle();
    expect([seen.text, seen.hasEnded]).toEqual(["cut", false]);
    expect(seen.closes).toMatchObject([{ code: "transport-closed" }]);
    peer.lose();
    expect((await peer.session.closed).remote).toMatchObject({ message: expect.stringContaining("middle of a frame") });
  });

  it("a hook that throws harms nothing", () => {
    const peer = new ScriptedPeer({
      onFrame: () => {
        throw new Error("log is full");
      },
      onGoAway: () => {
        throw new Error("bug");
      },
    });
    peer.send(syn(1), data(1, "x"), fin(1), goAway(0));
    expect(peer.answersPing()).toBe(true);
  });
});
