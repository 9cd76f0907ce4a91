/** The rows of category "lifecycle", by id. */
import { describe, expect, it } from "@jest/globals";
import { Flag } from "../../../runtime/frames/header.js";
import type { SessionStream as Stream } from "../../../runtime/streams/contract.js";
import { ack, data, fin, join, ping, rst, syn, windowUpdate } from "../../support/frames.js";
import { LinkedPair } from "../../support/linked-pair.js";
import { record, type Recorder } from "../../support/recorder.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

const KiB = 1024;

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

async function expectViolation(peer: ScriptedPeer, code: string): Promise<void> {
  expect(peer.take().at(-1)).toMatchObject({ type: "goAway", length: 1 });
  peer.lose();
  expect((await peer.session.closed).local).toMatchObject({ code });
}

describe("lifecycle", () => {
  it.each(["client", "server"] as const)("L01: the %s half-closes first, 200 KB come back after it", async (first) => {
    const pair = new LinkedPair();
    const ours = pair.client.open();
    await pair.settle();
    const theirs = pair.accepted[0]!;
    const [asking, answering] = first === "client" ? [ours, theirs] : [theirs, ours];
    const answer = record(asking, { consume: true });
    const question = record(answering, {
      onEnd: () => {
        answering.write(new Uint8Array(200_000).fill(1));
        answering.end();
      },
    });
    asking.write(Buffer.from("question"));
    asking.end();
    await pair.settle();
    expect([question.text, answer.bytes, answer.order, answer.closes]).toEqual([
      "question",
      200_000,
      ["data", "end", "close"],
      [undefined],
    ]);
    expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([0, 0]);
  });

  it("L02: 256 KiB and FIN stay readable after the connection was reset", async () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1), data(1, new Uint8Array(256 * KiB)), fin(1));
    peer.lose(new Error("ECONNRESET"));
    const seen = record(peer.accepted[0]!);
    await peer.settle();
    expect([seen.bytes, seen.order]).toEqual([256 * KiB, ["data", "end", "close"]]);
    expect(seen.closes).toMatchObject([{ code: "transport-closed" }]);
  });

  it("L03: RST while bytes wait to be written closes the stream and drops them", async () => {
    const { peer, stream, seen } = openPeer();
    stream.write(new Uint8Array(512 * KiB));
    peer.take();
    peer.send(rst(1));
    await peer.settle();
    expect(seen.closes).toMatchObject([{ code: "stream-reset" }]);
    expect(peer.session.stats()).toMatchObject({ streams: 0, queuedBytes: 0 });
    expect(stream.write(Buffer.from("too late"))).toBe(false);
    expect(peer.take()).toEqual([]);
  });

  it("L04: DATA, credit, FIN and RST after our RST are tolerated, up to the window in flight", () => {
    const { peer, stream, seen } = openPeer();
    stream.reset();
    for (let i = 0; i < 8; i++) peer.send(data(1, new Uint8Array(32 * KiB)));
    peer.send(windowUpdate(1, 1000), fin(1), rst(1));
    expect([seen.bytes, peer.answersPing()]).toEqual([0, true]);
  });

  it("L04: 10,000 late DATA frames of a stream that we reset are no flood while the window covers them", () => {
    const { peer, stream } = openPeer();
    stream.reset();
    for (let i = 0; i < 10_000; i++) peer.send(data(1, "x"));
    expect(peer.answersPing()).toBe(true);
  });

  it("L05: frames for an id that never was are tolerated and not answered", () => {
    const peer = new ScriptedPeer();
    peer.send(data(9, "x"), windowUpdate(9, 5), fin(9), rst(9), data(8, "x"), windowUpdate(0, 5), data(0, "x"));
    expect(peer.take()).toEqual([]);
    expect(peer.answersPing()).toBe(true);
  });

  it("L05: 1000 of them pass in ten seconds, more end the session", async () => {
    const peer = new ScriptedPeer();
    for (let i = 0; i < 1000; i++) peer.send(windowUpdate(9, 5));
    expect(peer.answersPing()).toBe(true);
    for (let i = 0; i < 200; i++) peer.send(windowUpdate(9, 5));
    await expectViolation(peer, "invalid-flood");
  });

  it("L06: a second FIN resets that stream, and the session lives", async () => {
    const { peer, seen } = openPeer();
    peer.send(fin(1), fin(1));
    await peer.settle();
    expect(peer.take()).toMatchObject([{ flags: "rst", id: 1 }]);
    expect([seen.order, peer.answersPing()]).toEqual([["end", "close"], true]);
  });

  it("L07: DATA after FIN is never delivered", () => {
    const { peer, seen } = openPeer();
    peer.send(data(1, "all"), fin(1), data(1, " and more"));
    expect([seen.text, peer.answersPing()]).toEqual(["all", true]);
  });

  it("L08: SYN on a live id ends the session", async () => {
    const { peer } = openPeer();
    peer.send(syn(1));
    await expectViolation(peer, "duplicate-stream");
  });

  it("L09: SYN with an id of ours ends the session; so do two clients wired together", async () => {
    const { peer } = openPeer();
    peer.send(syn(2));
    await expectViolation(peer, "bad-stream-id");
    const pair = new LinkedPair({ server: { role: "client" } });
    pair.client.open();
    await pair.settle();
    pair.clock.advance(1000);
    await pair.settle();
    expect((await pair.server.closed).local).toMatchObject({ code: "bad-stream-id" });
    expect((await pair.client.closed).goAwayCode).toBe(1);
  });

  it("L10: SYN on id 0 ends the session", async () => {
    const peer = new ScriptedPeer();
    peer.send(syn(0));
    await expectViolation(peer, "bad-stream-id");
  });

  it("L11: ids may come in any order: 5, 1, 3", () => {
    const peer = new ScriptedPeer();
    peer.send(syn(5), syn(1), syn(3));
    expect(peer.accepted.map((stream) => stream.id)).toEqual([5, 1, 3]);
  });

  it("L12: an id that is used again after a reset gets none of the old stream's bytes", () => {
    const { peer, stream, seen } = openPeer();
    stream.write(Buffer.from("old answer"));
    peer.send(rst(1), syn(1), data(1, "new"));
    const next = record(peer.accepted[1]!);
    peer.accepted[1]!.write(Buffer.from("new answer"));
    expect([seen.text, next.text]).toEqual(["", "new"]);
    expect(peer.take().flatMap((frame) => frame.payload ?? [])).toEqual(["new answer"]);
  });

  it("L13: ids end at 2^32-3 and do not wrap", () => {
    const peer = new ScriptedPeer({ role: "client", firstStreamId: 2 ** 32 - 3 });
    expect(peer.session.open().id).toBe(4294967293);
    expect(() => peer.session.open()).toThrow(expect.objectContaining({ code: "streams-exhausted" }));
    expect(peer.take()).toMatchObject([{ flags: "syn", id: 4294967293 }]);
    const server = new ScriptedPeer({ role: "server", firstStreamId: 2 ** 32 - 4 });
    expect(server.session.open().id).toBe(4294967292);
    expect(() => server.session.open()).toThrow(expect.objectContaining({ code: "streams-exhausted" }));
  });

  it("L14: with 8 unacknowledged at most, 8 opened and closed before any ACK leave room for the 9th", async () => {
    const server = { onStream: (stream: Stream) => void record(stream, { onEnd: () => stream.end() }) };
    const pair = new LinkedPair({ client: { limits: { maxUnacknowledgedStreams: 8 } }, server });
    for (let i = 0; i < 8; i++) pair.client.open().end();
    const ninth = pair.client.open();
    await pair.settle();
    expect(ninth.isAcknowledged).toBe(true);
    expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([1, 1]);
  });

  it("L14: 256 streams opened and reset before any ACK leave room for the next", () => {
    const peer = new ScriptedPeer();
    for (let i = 0; i < 256; i++) {
      const stream = peer.session.open();
      peer.take();
      stream.reset();
      peer.take();
    }
    const next = peer.session.open();
    expect(peer.take()).toMatchObject([{ flags: "syn", id: next.id }]);
  });

  it("L15: the 257th stream waits for an ACK, with what was written on it", () => {
    const peer = new ScriptedPeer();
    const streams = Array.from({ length: 257 }, () => peer.session.open());
    const last = streams[256]!;
    last.write(Buffer.from("waited"));
    last.end();
    expect(peer.take().filter((frame) => frame.flags === "syn")).toHaveLength(256);
    peer.send(ack(streams[7]!.id));
    expect(peer.take()).toMatchObject([
      { flags: "syn", id: last.id },
      { payload: "waited" },
      { flags: "fin", id: last.id },
    ]);
  });

  it("L15: a stream that is reset while it waits leaves no trace on the wire", async () => {
    const peer = new ScriptedPeer();
    const streams = Array.from({ length: 258 }, () => peer.session.open());
    const waiting = record(streams[256]!);
    streams[256]!.reset();
    await peer.settle();
    peer.take();
    peer.send(ack(streams[0]!.id));
    expect(peer.take()).toMatchObject([{ flags: "syn", id: streams[257]!.id }]);
    expect(waiting.closes).toMatchObject([{ code: "stream-reset" }]);
  });

  it("L16: a stream without ACK for 75 s is reset; the third such ends the session", async () => {
    const peer = new ScriptedPeer();
    const seen = Array.from({ length: 3 }, () => {
      const recorder = record(peer.session.open());
      peer.clock.advance(5000);
      return recorder;
    });
    peer.take();
    const wait = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 5000) {
        peer.clock.advance(5000);
        peer.send(ping(left)); // alive, only not accepting
      }
      await peer.settle();
    };
    await wait(60_000);
    expect(seen.map((recorder) => recorder.closes.length)).toEqual([1, 0, 0]);
    expect(seen[0]!.closes).toMatchObject([{ code: "open-timeout" }]);
    expect(peer.take().filter((frame) => frame.flags === "rst")).toHaveLength(1);
    await wait(10_000);
    expect(peer.ending?.local).toMatchObject({ code: "open-timeout" });
  });

  it("L16: we acknowledge within the turn, also when nobody accepts", () => {
    const peer = new ScriptedPeer({ onStream: undefined as never });
    peer.send(syn(1));
    expect(peer.take()).toMatchObject([{ flags: "ack", id: 1 }]);
  });

  it("L17: of 10,000 SYNs nobody accepts, 256 are held, the next are reset, then the session ends", async () => {
    const peer = new ScriptedPeer({ onStream: undefined as never });
    for (let i = 0; i < 356; i++) peer.send(syn(2 * i + 1));
    const sent = peer.take();
    expect(sent.filter((frame) => frame.flags === "ack")).toHaveLength(256);
    expect(sent.filter((frame) => frame.flags === "rst")).toHaveLength(100);
    expect(peer.isEnded).toBe(false);
    peer.send(syn(2 * 356 + 1)); // the 101st refused
    expect(peer.isEnded).toBe(true);
    for (let i = 357; i < 10_000; i++) peer.send(syn(2 * i + 1));
    await expectViolation(peer, "refused-flood");
  });

  it("refuses the 257th stream that is open at once, and takes another when one is over", async () => {
    const peer = new ScriptedPeer();
    for (let i = 0; i < 256; i++) peer.send(syn(2 * i + 1));
    peer.send(syn(1001), data(1001, "nobody hears this"));
    expect(peer.take().filter((frame) => frame.flags === "rst")).toMatchObject([{ id: 1001 }]);
    peer.send(rst(1), syn(1003));
    expect(peer.take()).toMatchObject([{ flags: "ack", id: 1003 }]);
    expect(peer.accepted).toHaveLength(257);
  });

  it("L17: streams that the peer has reset before anybody accepted them keep nobody out", async () => {
    const peer = new ScriptedPeer({ onStream: undefined as never });
    for (let i = 0; i < 256; i++)
      peer.send(syn(2 * i + 1), data(2 * i + 1, "given up"), ...(i === 7 ? [] : [rst(2 * i + 1)]));
    peer.take();
    peer.send(syn(1001), data(1001, "next"));
    expect(peer.take()).toMatchObject([{ flags: "ack", id: 1001 }]);
    expect([(await peer.session.accept()).id, (await peer.session.accept()).id]).toEqual([15, 1001]);
  });

  it("L17: who waits for a stream may stop waiting, and the stream is for the next", async () => {
    const peer = new ScriptedPeer({ onStream: undefined as never });
    const reason = new Error("enough");
    const abort = new AbortController();
    const [first, second] = [peer.session.accept({ signal: abort.signal }), peer.session.accept()];
    abort.abort(reason);
    await expect(first).rejects.toBe(reason);
    await expect(peer.session.accept({ signal: abort.signal })).rejects.toBe(reason);
    peer.send(syn(1));
    expect((await second).id).toBe(1);
  });

  it("L18: a peer that never ends its side is reset 5 min after its last byte, not after our FIN", async () => {
    const { peer, stream, seen } = openPeer({ limits: { keepaliveIdleMs: 1e9 } });
    stream.end();
    peer.take();
    for (let minutes = 0; minutes < 20; minutes += 4) {
      peer.clock.advance(4 * 60_000);
      peer.send(data(1, "still flowing"));
    }
    expect(peer.session.stats().streams).toBe(1);
    peer.clock.advance(5 * 60_000);
    await peer.settle();
    expect(peer.take()).toMatchObject([{ flags: "rst", id: 1 }]);
    expect(seen.closes).toMatchObject([{ code: "stream-reset" }]);
  });

  it("L19: SYN|RST, SYN|ACK, all flags, and ACK on an unknown id crash nothing", () => {
    const peer = new ScriptedPeer();
    peer.send(windowUpdate(1, 0, Flag.syn | Flag.rst), windowUpdate(3, 0, Flag.syn | Flag.ack));
    peer.send(windowUpdate(5, 0, 0xffff), data(7, "x", 0xffff), ack(99), ack(2));
    expect(peer.accepted.map((stream) => stream.id)).toEqual([3]);
    expect(peer.answersPing()).toBe(true);
  });

  it("L20: 10,000 streams opened, echoed and closed leave the tables empty", async () => {
    const pair = new LinkedPair({
      server: {
        onStream: (stream) => {
          record(stream, { onData: (chunk) => void stream.write(chunk.slice()), onEnd: () => stream.end() });
        },
      },
    });
    let echoed = 0;
    for (let batch = 0; batch < 100; batch++) {
      for (let i = 0; i < 100; i++) {
        const stream = pair.client.open();
        record(stream, { onClose: (error) => (echoed += error ? 0 : 1) });
        stream.write(Buffer.from("echo"));
        stream.end();
      }
      await pair.settle();
    }
    expect(echoed).toBe(10_000);
    expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([0, 0]);
  });

  it("L21: open, accept and ping after the end are refused with a ClosedError", async () => {
    const peer = new ScriptedPeer();
    const accepting = peer.session.accept();
    const pinging = peer.session.ping();
    peer.lose();
    await expect(accepting).rejects.toMatchObject({ code: "transport-closed" });
    await expect(pinging).rejects.toMatchObject({ code: "transport-closed" });
    expect(() => peer.session.open()).toThrow(expect.objectContaining({ code: "session-closed", dispatched: "no" }));
    await expect(peer.session.accept()).rejects.toMatchObject({ name: "ClosedError" });
    await expect(peer.session.ping()).rejects.toMatchObject({ name: "ClosedError" });
  });

  it("L22: both open at once with ids 1 and 2; 50 streams x 1000 ping-pongs are all correct", async () => {
    const rounds = 1000;
    const serve = (stream: Stream): void => {
      record(stream, { onData: (chunk) => void stream.write(chunk.slice()), onEnd: () => stream.end() });
    };
    const pair = new LinkedPair({ server: { onStream: serve }, client: { onStream: serve } });
    const [left, right] = [pair.client.open(), pair.server.open()];
    expect([left.id, right.id]).toEqual([1, 2]);
    left.end();
    right.end();
    const counts = Array.from({ length: 50 }, (_, i) => {
      const stream = (i % 2 === 0 ? pair.client : pair.server).open();
      const count = { answers: 0, wrong: 0 };
      record(stream, {
        onData: (chunk) => {
          if (Buffer.from(chunk).toString() !== `${stream.id}:${count.answers}`) count.wrong++;
          if (++count.answers < rounds) stream.write(Buffer.from(`${stream.id}:${count.answers}`));
          else stream.end();
        },
      });
      stream.write(Buffer.from(`${stream.id}:0`));
      return count;
    });
    await pair.settle();
    expect(counts).toEqual(counts.map(() => ({ answers: rounds, wrong: 0 })));
    expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([0, 0]);
  });

  it("L23: an onStream that throws, or rejects, costs that stream only", async () => {
    let calls = 0;
    const peer = new ScriptedPeer({
      onStream: () => {
        if (++calls === 1) throw new Error("thrown");
        return Promise.reject(new Error("rejected"));
      },
    });
    peer.send(syn(1), data(1, "x"), syn(3), data(3, "y"));
    await peer.settle();
    const resets = peer.take().flatMap((frame) => (frame.flags === "rst" ? [frame.id] : []));
    expect([resets, peer.answersPing()]).toEqual([[1, 3], true]);
  });

  it("L23: what an onStream returns that is no promise costs nothing", () => {
    const streams: Stream[] = [];
    const onStream: (stream: Stream) => void = (stream) => streams.push(stream);
    const peer = new ScriptedPeer({ onStream });
    peer.send(syn(1), data(1, "x"));
    expect(record(streams[0]!).text).toBe("x");
    expect(peer.take().filter((frame) => frame.flags === "rst")).toEqual([]);
  });

  it("L23: a receiver that throws loses its own stream, told why, and nobody else's", async () => {
    const peer = new ScriptedPeer();
    peer.send(syn(1), syn(3));
    const fault = new Error("bug");
    const broken = record(peer.accepted[0]!, {
      onData: () => {
        throw fault;
      },
    });
    const other = record(peer.accepted[1]!);
    peer.send(join(data(1, "a"), data(1, "b"), data(3, "fine")));
    await peer.settle();
    expect(broken.closes).toMatchObject([{ code: "stream-reset", cause: fault }]);
    expect([broken.text, other.text, peer.answersPing()]).toEqual(["a", "fine", true]);
  });

  it("lets a receiver write, end, reset and destroy from inside its callbacks", async () => {
    const { peer, stream } = { peer: new ScriptedPeer(), stream: undefined };
    expect(stream).toBeUndefined();
    peer.send(syn(1), syn(3), syn(5));
    const [first, second, third] = peer.accepted as [Stream, Stream, Stream];
    const resetting = record(first, {
      onData: () => {
        first.write(Buffer.from("never sent"));
        first.reset();
      },
    });
    const ending = record(second, {
      onData: () => {
        second.write(Buffer.from("bye"));
        second.end();
      },
    });
    const destroying = record(third, { onData: () => peer.session.destroy(new Error("enough")) });
    peer.take();
    peer.send(data(1, "xx"), data(1, "yy"), fin(1), data(3, "z"), fin(3));
    await peer.settle();
    expect([resetting.text, resetting.order]).toEqual(["xx", ["data", "close"]]);
    expect([ending.order, ending.closes]).toEqual([["data", "end", "close"], [undefined]]);
    expect(peer.take().flatMap((frame) => frame.payload ?? [])).toEqual(["bye"]);
    peer.send(data(5, "a"), data(5, "b"));
    await peer.settle();
    expect([destroying.text, destroying.closes.length]).toEqual(["a", 1]);
  });

  it("ends the session at more resets than 1000 at once", async () => {
    const peer = new ScriptedPeer();
    for (let i = 0; i < 1000; i++) peer.send(syn(2 * i + 1), rst(2 * i + 1));
    expect(peer.isEnded).toBe(false);
    for (let i = 1000; i < 1100 && !peer.isEnded; i++) peer.send(syn(2 * i + 1), rst(2 * i + 1));
    await expectViolation(peer, "reset-flood");
  });

  it("lets 33 resets a second go on for ever, and a few more not", async () => {
    const flooding = (perSecond: number): ScriptedPeer => {
      const peer = new ScriptedPeer();
      let id = -1;
      for (let i = 0; i < 1000; i++) peer.send(syn((id += 2)), rst(id)); // the bucket is empty
      for (let s = 0; s < 120 && !peer.isEnded; s++) {
        peer.clock.advance(1000);
        for (let i = 0; i < perSecond; i++) peer.send(syn((id += 2)), rst(id));
      }
      return peer;
    };
    expect(flooding(33).isEnded).toBe(false);
    await expectViolation(flooding(35), "reset-flood");
  });

  it("X11: counts resets that the peer provokes in the same bucket", async () => {
    const peer = new ScriptedPeer();
    for (let i = 0; i < 1100 && !peer.isEnded; i++) peer.send(syn(2 * i + 1), fin(2 * i + 1), fin(2 * i + 1));
    await expectViolation(peer, "reset-flood");
  });
});
