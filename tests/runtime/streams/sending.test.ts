/** When what is written leaves: with the end of its turn, or before. Source: docs/mux.md, "Sending". */
import { describe, expect, it } from "@jest/globals";
import { syn } from "../../support/frames.js";
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
