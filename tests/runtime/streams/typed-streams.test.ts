import { describe, expect, it } from "@jest/globals";
import type { StreamLike } from "../../../runtime/streams/contract.js";
import { readChunks } from "../../../runtime/streams/read-chunks.js";
import { openTyped, typedStreams } from "../../../runtime/streams/typed-streams.js";
import { data, fin, join, rst, syn } from "../../support/frames.js";
import { LinkedPair } from "../../support/linked-pair.js";
import { record, type Recorder } from "../../support/recorder.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";
import { seeded } from "../../support/seeded.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

const announce = (kind: string): Uint8Array => Buffer.concat([Buffer.from([kind.length]), Buffer.from(kind)]);

function typedPeer(): { peer: ScriptedPeer; clock: VirtualClock; seen: Map<string, Recorder> } {
  const clock = new VirtualClock();
  const seen = new Map<string, Recorder>();
  const handler = (stream: StreamLike): void => void seen.set(String(stream.id), record(stream));
  const onStream = typedStreams({ log: handler, file: handler }, { clock });
  return { peer: new ScriptedPeer({ onStream }), clock, seen };
}

describe("typed streams", () => {
  it("go to the handler of their kind, without the announcement, however it is split", async () => {
    for (const seed of [1, 2, 3]) {
      const texts: string[] = [];
      const handle = (kind: string) => (stream: StreamLike) =>
        void record(stream, {
          consume: true,
          onEnd: () => stream.end(),
          onData: (c) => texts.push(`${kind}${c.length}`),
        });
      const onStream = typedStreams({ log: handle("log"), file: handle("file") });
      const pair = new LinkedPair({ random: seeded(seed), server: { onStream } });
      for (const kind of ["log", "file", "log"]) {
        const stream = openTyped(pair.client, kind);
        record(stream);
        stream.write(new Uint8Array(5));
        stream.end();
      }
      await pair.settle();
      const bytes = (kind: string): number =>
        texts.filter((t) => t.startsWith(kind)).reduce((sum, t) => sum + Number(t.slice(kind.length)), 0);
      expect([seed, bytes("log"), bytes("file")]).toEqual([seed, 10, 5]);
      expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([0, 0]);
    }
  });

  it("are read side by side: one that says nothing holds up nobody, and is reset after 10 s", () => {
    const { peer, clock, seen } = typedPeer();
    peer.send(
      syn(1),
      data(1, join(announce("log").subarray(0, 2))),
      syn(3),
      data(3, join(announce("file"), Buffer.from("!"))),
    );
    expect(seen.get("3")?.text).toBe("!");
    peer.take();
    clock.advance(9_999);
    expect(peer.take()).toEqual([]);
    clock.advance(1);
    expect(peer.take()).toMatchObject([{ flags: "rst", id: 1 }]);
    expect(clock.pending).toBe(0);
    expect(peer.answersPing()).toBe(true);
  });

  it.each(["nobody", "constructor", "__proto__"])("of the unknown kind %s are reset", (kind) => {
    const { peer } = typedPeer();
    peer.send(syn(1), data(1, announce(kind)));
    expect(peer.take()).toMatchObject([{ flags: "rst", id: 1 }]);
    expect(peer.session.stats().streams).toBe(0);
  });

  it("that end before they have said their kind are reset", async () => {
    const { peer, clock, seen } = typedPeer();
    peer.send(syn(1), data(1, announce("log").subarray(0, 3)), fin(1));
    expect(peer.take().at(-1)).toMatchObject({ flags: "rst", id: 1 });
    await peer.settle();
    expect([seen.size, peer.session.stats().streams, clock.pending]).toEqual([0, 0, 0]);
  });

  it("keep what came before receive(), the end included", async () => {
    const kept: StreamLike[] = [];
    const peer = new ScriptedPeer({ onStream: typedStreams({ log: (stream) => void kept.push(stream) }) });
    peer.send(syn(1), data(1, announce("log")), data(1, "early"), fin(1));
    const seen = record(kept[0]!);
    kept[0]!.end();
    await peer.settle();
    expect([seen.text, seen.order]).toEqual(["early", ["data", "end", "close"]]);
  });

  it("lose a handler that rejects, told why, and nobody else's", async () => {
    const fault = new Error("bug");
    const kept: Recorder[] = [];
    const log = async (stream: StreamLike): Promise<void> => {
      kept.push(record(stream));
      await Promise.resolve();
      throw fault;
    };
    const peer = new ScriptedPeer({ onStream: typedStreams({ log }) });
    peer.send(syn(1), data(1, announce("log")));
    await peer.settle();
    expect(peer.take().at(-1)).toMatchObject({ flags: "rst", id: 1 });
    expect(kept[0]!.closes).toMatchObject([{ code: "stream-reset", cause: fault }]);
    expect(peer.answersPing()).toBe(true);
  });

  it("are no trouble to a handler that is reading when the peer resets", async () => {
    const log = async (stream: StreamLike): Promise<void> => {
      for await (const chunk of readChunks(stream)) expect(chunk).toBeDefined(); // throws, and nobody catches it
    };
    const peer = new ScriptedPeer({ onStream: typedStreams({ log }) });
    peer.send(syn(1), data(1, announce("log")), rst(1));
    await new Promise(setImmediate); // where a rejection that nobody handles would end the process
    expect(peer.session.stats().streams).toBe(0);
  });

  it("refuse a kind of no bytes, or of more than 255", () => {
    const { client } = new LinkedPair();
    expect(() => openTyped(client, "")).toThrow(RangeError);
    expect(() => openTyped(client, "k".repeat(256))).toThrow(RangeError);
    expect(client.stats().streams).toBe(0);
  });
});
