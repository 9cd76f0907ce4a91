/** Bulk that is held back while small messages go beside it: the rule, each part of it alone, and two sessions that keep it. */
import { describe, expect, it } from "@jest/globals";
import { Flag } from "../../../runtime/frames/header.js";
import { BulkPace } from "../../../runtime/streams/bulk-pace.js";
import type { QueuedStream } from "../../../runtime/streams/contract.js";
import { ReceiveWindow, type WindowTuning } from "../../../runtime/streams/receive-window.js";
import { data, ping, syn, windowUpdate } from "../../support/frames.js";
import { LinkedPair } from "../../support/linked-pair.js";
import { record } from "../../support/recorder.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";

const KiB = 1024;
const MiB = 1024 * KiB;

/** A pace on a link of `roundTripMs`, with bulk and a small message beside it, its first ping answered. */
function paced(roundTripMs = 0.1): BulkPace {
  const pace = new BulkPace();
  pace.onBulk(32 * KiB);
  pace.onSmall(0, roundTripMs);
  pace.onBulk(pace.room(0));
  pace.pinged(7);
  pace.onPong(7);
  return pace;
}

describe("BulkPace", () => {
  it("holds nothing back without bulk, without a known round trip, nor on a link of more than 2 ms", () => {
    const [alone, unknown, long] = [new BulkPace(), new BulkPace(), new BulkPace()];
    alone.onSmall(0, 0.1);
    unknown.onBulk(1);
    unknown.onSmall(0, undefined);
    long.onBulk(1);
    long.onSmall(0, 2.1);
    expect([alone.room(0), unknown.room(0), long.room(0)]).toEqual([Infinity, Infinity, Infinity]);
  });

  it("lets one frame and a ping follow what is under way, and no more until the ping is answered", () => {
    const pace = new BulkPace();
    pace.onBulk(1 * MiB);
    pace.onSmall(0, 0.1);
    expect([pace.room(0), pace.wantsPing]).toEqual([16 * KiB, false]);
    pace.onBulk(16 * KiB);
    expect([pace.room(0), pace.wantsPing]).toEqual([0, true]);
    pace.pinged(7);
    expect([pace.wantsPing, pace.onPong(6), pace.room(0)]).toEqual([false, false, 0]);
    expect([pace.onPong(7), pace.room(0)]).toEqual([true, 64 * KiB]);
  });

  it("has up to 64 KiB under way, and what the peer grants makes room again", () => {
    const pace = paced();
    pace.onBulk(64 * KiB);
    expect(pace.room(0)).toBe(0);
    pace.onGrant(32 * KiB);
    expect(pace.room(0)).toBe(32 * KiB);
  });

  it("has 640 KiB more under way for each ms of the round trip past 0.1", () => {
    expect(Math.round(paced(0.6).room(0))).toBe((64 + 320) * KiB);
  });

  it("waits for no peer that grants seldom: the lesser of its last two grants fits as well", () => {
    const pace = paced();
    pace.onGrant(1 * MiB); // a debt of the time before
    expect(pace.room(0)).toBe(64 * KiB);
    pace.onGrant(128 * KiB);
    expect(pace.room(0)).toBe((128 + 16) * KiB);
  });

  it("goes on after 5 ms without a grant, or without an answer to its ping", () => {
    const [unanswered, ungranted] = [new BulkPace(), paced()];
    unanswered.onBulk(1);
    unanswered.onSmall(0, 0.1);
    unanswered.onBulk(unanswered.room(0));
    unanswered.pinged(undefined);
    ungranted.onBulk(64 * KiB);
    for (const pace of [unanswered, ungranted]) {
      expect([pace.room(1), pace.retryAt, pace.room(5.9)]).toEqual([0, 6, 0]);
      expect(pace.room(6)).toBe(64 * KiB);
    }
  });

  it("ends 20 ms after the last small message, or the last bulk", () => {
    const pace = paced();
    expect(pace.room(20)).toBe(64 * KiB);
    pace.onSmall(20, 0.1);
    expect(pace.room(40)).toBe(64 * KiB);
    expect([pace.room(40.1), pace.isPaced]).toEqual([Infinity, false]);
    pace.onSmall(50, 0.1);
    expect([pace.isPaced, pace.hasBulk]).toEqual([false, false]);
  });
});

describe("ReceiveWindow", () => {
  /** A link of `roundTripMs` whose sender fills the window; `now` is the test's. */
  const link = (roundTripMs: number): WindowTuning & { at: number } => ({
    at: 0,
    now() {
      return this.at;
    },
    roundTripMs: () => roundTripMs,
    takeSpare: (limit, wanted) => Math.min(limit, Math.floor(wanted)),
  });
  const readHalf = (window: ReceiveWindow, tuning: WindowTuning): void => {
    const half = window.limit / 2;
    window.onData(half);
    window.onRead(half, tuning);
  };

  it("ends at about two and a half times the link's bandwidth-delay product", () => {
    const window = new ReceiveWindow(256 * KiB, 0);
    const tuning = link(20);
    for (let i = 0; i < 1000; i++) {
      tuning.at += Math.max(window.limit / 2 / (50 * KiB), 10); // 50 KiB a ms; half a window each half round trip
      readHalf(window, tuning);
    }
    expect(window.limit).toBeGreaterThan(2 * 20 * 50 * KiB);
    expect(window.limit).toBeLessThan(2.6 * 20 * 50 * KiB);
  });

  it("takes a backlog that is worked off at once for no fast link", () => {
    const window = new ReceiveWindow(256 * KiB, 0);
    const tuning = link(0.1);
    for (let i = 0; i < 1000; i++) {
      tuning.at += i % 2 === 0 ? 2 : 0.01; // 256 KiB in 2 ms, the second half right after the first
      readHalf(window, tuning);
    }
    expect(window.limit).toBe(256 * KiB);
  });

  it("grants every 32 KiB to a sender that cuts frames of 16 KiB, and nothing before half a window to others", () => {
    const window = new ReceiveWindow(256 * KiB, 0);
    const grants = (frameBytes: number, count: number): number[] =>
      Array.from({ length: count }, () => {
        window.onData(frameBytes);
        return window.onRead(frameBytes, link(50));
      });
    expect(grants(16 * KiB, 4)).toEqual([0, 32 * KiB, 0, 32 * KiB]);
    expect(grants(32 * KiB, 4)).toEqual([0, 0, 0, 128 * KiB]);
    expect(grants(1 * KiB, 64).every((credit) => credit === 0)).toBe(true);
  });
});

/** A session whose peer has granted 64 MiB on two streams, on a link without length. */
function opened() {
  const peer = new ScriptedPeer();
  peer.send(syn(1, 64 * MiB), syn(3));
  const pinged = peer.session.ping();
  const asked = peer.take().find((frame) => frame.type === "ping")!;
  peer.send(ping(asked.length, Flag.ack));
  const [bulk, small] = peer.accepted;
  const bulkFrames = (): number[] =>
    peer.take().flatMap((frame) => (frame.type === "data" && frame.id === 1 ? [frame.length] : []));
  return { peer, bulk: bulk!, small: small!, bulkFrames, pinged };
}

describe("a session", () => {
  it("holds a transfer back once a small message goes beside it: 16 KiB, a ping, then 64 KiB at a time", () => {
    const { peer, bulk, small, bulkFrames } = opened();
    peer.isFull = true; // else all of it would leave before the small message is written
    bulk.write(new Uint8Array(8 * MiB));
    peer.turn();
    small.write(Buffer.from("call"));
    peer.drain();
    const asked = peer.take().findLast((frame) => frame.type === "ping")!;
    peer.send(ping(asked.length, Flag.ack));
    expect(bulkFrames()).toEqual([16 * KiB, 16 * KiB, 16 * KiB, 16 * KiB]);
    peer.send(windowUpdate(1, 32 * KiB));
    expect(bulkFrames()).toEqual([16 * KiB, 16 * KiB]);
    peer.clock.advance(21); // no small message for so long
    expect(bulkFrames().reduce((sum, bytes) => sum + bytes)).toBeGreaterThan(7 * MiB);
  });

  it("holds nothing back where the small message announces a transfer of its own", () => {
    const { peer, bulk, small, bulkFrames } = opened();
    small.write(Buffer.from("call"));
    bulk.write(new Uint8Array(8 * MiB));
    small.write(Buffer.from("call"));
    expect(bulkFrames().reduce((sum, bytes) => sum + bytes)).toBe(8 * MiB);
    expect(peer.clock.pending).toBeLessThanOrEqual(1);
  });

  it("holds nothing back where its user says that the small message announces bulk, which may come later", () => {
    const { peer, bulk, small, bulkFrames } = opened();
    peer.isFull = true;
    bulk.write(new Uint8Array(8 * MiB));
    peer.turn();
    small.write(Buffer.from("call"));
    (small as QueuedStream).announceBulk();
    peer.drain();
    expect(bulkFrames().reduce((sum, bytes) => sum + bytes)).toBeGreaterThan(7 * MiB);
  });

  it("grants a paced sender within the chunk, before its turn is over", () => {
    const peer = new ScriptedPeer({ schedule: () => undefined }); // no turn ever ends
    peer.send(syn(1));
    record(peer.accepted[0]!, { consume: true });
    peer.send(data(1, new Uint8Array(16 * KiB)), data(1, new Uint8Array(16 * KiB)));
    expect(peer.take()).toContainEqual(expect.objectContaining({ type: "window", id: 1, length: 32 * KiB }));
  });
});

describe("two sessions", () => {
  it("carry a transfer beside small messages without ever waiting for time to pass", async () => {
    const pair = new LinkedPair();
    await Promise.all([pair.client.ping(), pair.settle()]);
    const [bulk, small] = [pair.client.open(), pair.client.open()];
    await pair.settle();
    const [sink, echo] = pair.accepted;
    const received = record(sink!, { consume: true });
    record(echo!, { onData: (chunk) => void echo!.write(chunk.slice()) });
    const answers = record(small, {
      onData: () => {
        if (answers.bytes < 64) small.write(new Uint8Array(1));
      },
    });
    for (let i = 0; i < 256; i++) bulk.write(new Uint8Array(64 * KiB));
    small.write(new Uint8Array(1));
    await pair.settle();
    expect([received.bytes, answers.bytes]).toEqual([16 * MiB, 64]);
  });
});
