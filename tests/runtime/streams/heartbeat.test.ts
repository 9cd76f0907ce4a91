import { describe, expect, it } from "@jest/globals";
import { Flag } from "../../../runtime/frames/header.js";
import { Heartbeat, type HeartbeatOptions } from "../../../runtime/streams/heartbeat.js";
import type { RoundTripTimes } from "../../../runtime/streams/round-trips.js";
import { data, ping, syn } from "../../support/frames.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

function beating(options: HeartbeatOptions = {}): {
  peer: ScriptedPeer;
  beats: RoundTripTimes[];
  heartbeat: Heartbeat;
} {
  const peer = new ScriptedPeer({ limits: { keepaliveIdleMs: 1e9 } });
  const beats: RoundTripTimes[] = [];
  const { clock } = peer;
  const heartbeat = new Heartbeat(peer.session, { clock, onBeat: (times) => beats.push(times), ...options });
  return { peer, beats, heartbeat };
}

async function answer(peer: ScriptedPeer, afterMs: number): Promise<void> {
  const asked = peer.take().find((frame) => frame.type === "ping" && frame.flags === "syn")!;
  peer.clock.advance(afterMs);
  peer.send(ping(asked.length, Flag.ack));
  await peer.settle();
}

describe("Heartbeat", () => {
  it("pings every 10 s and tells round trip, smoothed and jitter", async () => {
    const { peer, beats, heartbeat } = beating();
    await answer(peer, 80);
    peer.clock.advance(9_919);
    expect(peer.take()).toEqual([]);
    peer.clock.advance(1);
    await answer(peer, 160);
    expect(beats).toEqual([
      { latestMs: 80, shortestMs: 80, smoothedMs: 80, jitterMs: 40 },
      { latestMs: 160, shortestMs: 80, smoothedMs: 90, jitterMs: 50 },
    ]);
    expect(heartbeat.times).toEqual(beats[1]);
  });

  it("destroys the session after 15 s without an answer, whatever else comes in", async () => {
    const { peer } = beating();
    peer.send(syn(1));
    peer.clock.advance(14_999);
    peer.send(data(1, "bytes are no answer"));
    expect(peer.isDestroyed).toBe(false);
    peer.clock.advance(1);
    await peer.settle();
    expect(peer.ending?.local).toMatchObject({ code: "keepalive-timeout" });
    expect(peer.clock.pending).toBe(0);
  });

  it("leaves it to its owner what follows from silence: asks again, counts what is missed, and starts over with an answer", async () => {
    const silences: number[][] = [];
    const { peer, heartbeat, beats } = beating({
      intervalMs: 100,
      timeoutMs: 1500,
      onSilence: (silentMs, misses) => silences.push([silentMs, misses]),
    });
    peer.clock.advance(1500);
    expect(peer.take().filter((frame) => frame.type === "ping")).toHaveLength(2);
    peer.clock.advance(1500);
    expect(silences).toEqual([
      [1500, 1],
      [3000, 2],
    ]);
    expect(peer.isDestroyed).toBe(false);
    await answer(peer, 20); // the third; the first two were lost
    expect(beats).toMatchObject([{ latestMs: 20 }]);
    peer.clock.advance(79);
    expect(peer.take()).toEqual([]);
    peer.clock.advance(1); // an interval after the last ping
    expect(peer.take()).toHaveLength(1);
    peer.clock.advance(1500);
    expect(silences.at(-1)).toEqual([1500, 1]);
    heartbeat.stop();
    peer.clock.advance(10_000);
    expect(silences).toHaveLength(3);
  });

  it("may be stopped by what it tells", () => {
    let silences = 0;
    const { peer, heartbeat } = beating({
      onSilence: () => {
        silences++;
        heartbeat.stop();
      },
    });
    peer.clock.advance(100_000);
    expect([silences, peer.clock.pending]).toEqual([1, 1]); // the session's own keepalive
  });

  it("stops when told, and with the session", async () => {
    const { peer, heartbeat } = beating();
    await answer(peer, 5);
    heartbeat.stop();
    peer.clock.advance(60_000);
    expect(peer.take()).toEqual([]);
    const other = beating();
    other.peer.lose();
    await other.peer.settle();
    expect(other.peer.clock.pending).toBe(0);
  });
});
