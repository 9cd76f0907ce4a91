/** When what is written leaves: with the end of its turn, or before. Source: docs/mux.md, "Sending". */
import { describe, expect, it } from "@jest/globals";
import { data, syn, windowUpdate } from "../../support/frames.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

const KiB = 1024;

function opened(...ids: number[]) {
  const peer = new ScriptedPeer();
  peer.send(...ids.map((id) => syn(id)));
  peer.take();
  peer.writes = 0;
  return { peer, streams: peer.accepted };
}

describe("small writes of one turn", () => {
  it("leave in one write at its end, up to 8 KiB", () => {
    const { peer, streams } = opened(1);
    for (let i = 0; i < 255; i++) streams[0]!.write(new Uint8Array(32));
    expect(peer.writes).toBe(0);
    peer.turn();
    expect(peer.writes).toBe(1);
  });

  it("begin to leave before it at 8, 16 and 32 KiB more, in order", () => {
    const { peer, streams } = opened(1);
    const writesAt = new Map<number, number>();
    for (let i = 0; i < 64 * KiB; i += 32) {
      streams[0]!.write(new Uint8Array(32).fill(i >> 10));
      if (!writesAt.has(peer.writes)) writesAt.set(peer.writes, i + 32);
    }
    expect([...writesAt.values()]).toEqual([32, 8 * KiB, 24 * KiB, 56 * KiB]);
    const frames = peer.take();
    expect(frames.map((frame) => frame.length).reduce((sum, length) => sum + length)).toBe(64 * KiB);
    expect(frames.every((frame) => frame.type === "data" && frame.id === 1)).toBe(true);
  });

  it("wait for its end while another stream has bytes queued: those keep to their turns", () => {
    const { peer, streams } = opened(1, 3);
    streams[1]!.write(new Uint8Array(100 * KiB));
    for (let i = 0; i < 10 * KiB; i += 32) streams[0]!.write(new Uint8Array(32));
    expect(peer.writes).toBe(0);
  });
});

describe("a small write of a stream with nothing waiting", () => {
  const text = (value: string) => Buffer.from(value);
  const sent = (peer: ScriptedPeer) =>
    peer
      .take()
      .filter(({ type }) => type !== "ping")
      .map(({ type, id, payload }) => payload ?? `${type} ${id}`);

  it("makes the frame of its stream longer until another stream writes one; what follows that goes together", () => {
    const { peer, streams } = opened(1, 3);
    const [one, other] = streams;
    for (const letter of "abc") one!.write(text(letter));
    other!.write(text("x"));
    for (const letter of "def") one!.write(text(letter));
    other!.write(text("y"));
    expect([one!.queuedBytes, other!.queuedBytes, peer.session.stats().queuedBytes]).toEqual([6, 2, 8]);
    expect(sent(peer)).toEqual(["abc", "x", "def", "y"]);
    expect([one!.queuedBytes, peer.session.stats().queuedBytes, peer.writes]).toEqual([0, 0, 1]);
  });

  it("leaves behind the SYN of its stream, and in front of its FIN", () => {
    const peer = new ScriptedPeer({ role: "client" });
    const stream = peer.session.open();
    stream.write(text("question"));
    stream.end();
    expect(peer.take()).toMatchObject([{ flags: "syn" }, { payload: "question" }, { flags: "fin" }]);
  });

  it("is taken back where the stream is reset in the same turn, and nothing of any other", () => {
    const { peer, streams } = opened(1, 3, 5);
    const [first, second, third] = streams;
    first!.write(text("stays"));
    second!.write(text("goes"));
    third!.write(text("stays too"));
    second!.reset();
    third!.write(text(", whole"));
    expect(peer.session.stats().queuedBytes).toBe(21);
    expect(sent(peer)).toEqual(["stays", "stays too", "window 3", ", whole"]);
    peer.send(data(1, "x"));
    expect(peer.answersPing()).toBe(true);
  });

  it("is logged with the length that it has", () => {
    const lengths: number[] = [];
    const onFrame = (direction: string, header: { type: number; length: number }) => {
      if (direction === "out" && header.type === 0) lengths.push(header.length);
    };
    const peer = new ScriptedPeer({ onFrame });
    peer.send(syn(1));
    for (const letter of "abc") peer.accepted[0]!.write(text(letter));
    expect(peer.take().flatMap((frame) => frame.payload ?? []).join("")).toBe("abc"); // prettier-ignore
    expect(lengths).toEqual([1, 2]);
  });

  it("are none where nothing is written: an empty write sends no frame, first or last", () => {
    const peer = new ScriptedPeer({ role: "client" });
    const stream = peer.session.open();
    expect(stream.write(new Uint8Array())).toBe(true);
    expect(peer.take()).toMatchObject([{ flags: "syn", id: 1 }]);
    stream.write(new Uint8Array());
    expect(peer.take()).toEqual([]);
    stream.write(Buffer.from("x"));
    stream.write(new Uint8Array());
    stream.end();
    expect(peer.take()).toMatchObject([{ payload: "x" }, { flags: "fin" }]);
  });

  it("spends the stream's credit to the byte", () => {
    const { peer, streams } = opened(1);
    const stream = streams[0]!;
    stream.write(new Uint8Array(256 * KiB - 3));
    peer.take();
    for (const letter of "abcde") stream.write(text(letter));
    expect([sent(peer), stream.sendCredit, stream.queuedBytes]).toEqual([["abc"], 0, 2]);
    peer.send(windowUpdate(1, 1));
    expect([sent(peer), stream.queuedBytes]).toEqual([["d"], 1]);
  });

  it("waits behind those of others that are left from the turn before", () => {
    const { peer, streams } = opened(1, 3);
    peer.isFull = true;
    streams[0]!.write(new Uint8Array(3000));
    peer.turn();
    streams[0]!.write(text("old"));
    peer.isFull = false;
    peer.drain();
    streams[1]!.write(text("new"));
    expect(sent(peer).slice(1)).toEqual(["old", "new"]);
  });
});
