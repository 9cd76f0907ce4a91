/** The pure rules, each on both sides of its limit: no session, no wire, no waiting. */
import { describe, expect, it } from "@jest/globals";
import { resolveLimits } from "../../../runtime/base/limits.js";
import { FrameWriter } from "../../../runtime/frames/frame-writer.js";
import { decodeHeader, encodeHeader } from "../../../runtime/frames/header.js";
import { Fifo } from "../../../runtime/streams/fifo.js";
import { FloodGuard } from "../../../runtime/streams/flood-guard.js";
import { Keepalive } from "../../../runtime/streams/keepalive.js";
import { ReceiveWindow } from "../../../runtime/streams/receive-window.js";
import { RecentStreams } from "../../../runtime/streams/recent-streams.js";
import { RoundTrips } from "../../../runtime/streams/round-trips.js";
import { Scheduler } from "../../../runtime/streams/scheduler.js";
import { SendQueue, SmallWrites } from "../../../runtime/streams/send-queue.js";
import { SendWindow } from "../../../runtime/streams/send-window.js";
import {
  isOver,
  isReadable,
  isWritable,
  STREAM_TRANSITIONS,
  type StreamState,
} from "../../../runtime/streams/stream-state.js";
import { TokenBucket } from "../../../runtime/streams/token-bucket.js";
import { rawFrame } from "../../support/frames.js";

const KiB = 1024;
const still = { now: () => 0, roundTripMs: () => undefined, takeSpare: () => 0 };

describe("the frame header", () => {
  it("is what a DataView writes, and reads back unsigned", () => {
    for (const [type, flags, id, length] of [
      [0, 1, 1, 0],
      [1, 0xfffe, 0x80000000, 0xffffffff],
      [3, 0, 0xffffffff, 0x01020304],
    ] as const) {
      const bytes = new Uint8Array(12);
      encodeHeader(bytes, 0, type, flags, id, length);
      expect(bytes).toEqual(rawFrame(0, type, flags, id, length));
      const header = { version: 9, type: 9, flags: 9, streamId: 9, length: 9 };
      decodeHeader(bytes, 0, header);
      expect(header).toEqual({ version: 0, type, flags, streamId: id, length });
    }
  });
});

describe("STREAM_TRANSITIONS", () => {
  it("lets nothing leave closed and reset, and ends every other state by reset", () => {
    for (const state of Object.keys(STREAM_TRANSITIONS) as StreamState[]) {
      expect(STREAM_TRANSITIONS[state].reset).toBe(isOver(state) ? undefined : "reset");
      expect(STREAM_TRANSITIONS[state].sendFin !== undefined).toBe(isWritable(state));
      expect(STREAM_TRANSITIONS[state].recvFin !== undefined).toBe(isReadable(state));
    }
  });
});

describe("ReceiveWindow", () => {
  it("grants nothing until half the window has been read", () => {
    const window = new ReceiveWindow(8 * KiB, 0);
    window.onData(6 * KiB);
    expect([window.onRead(3 * KiB, still), window.onRead(1 * KiB, still)]).toEqual([0, 4 * KiB]);
  });
  it("refuses a reader that gives back more than came", () => {
    const window = new ReceiveWindow(8 * KiB, 0);
    window.onData(10);
    expect(() => window.onRead(11, still)).toThrow(RangeError);
    expect(() => window.onRead(-1, still)).toThrow(RangeError);
  });
});

describe("SendWindow", () => {
  it("holds 2^32-1 and not one more", () => {
    const window = new SendWindow(2 ** 32 - 2);
    window.onUpdate(1);
    expect(() => window.onUpdate(1)).toThrow(expect.objectContaining({ code: "window-overflow" }));
    expect(() => window.spend(2 ** 32)).toThrow(RangeError);
  });
});

describe("TokenBucket", () => {
  it("gives its size at once and then so much per second", () => {
    const bucket = new TokenBucket(2, 10, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0), bucket.take(99), bucket.take(100)]).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(bucket.waitMs(100)).toBe(100);
  });
});

describe("FloodGuard", () => {
  it("names the kind of flood, after exactly as many as the limit allows", () => {
    const guard = new FloodGuard(
      resolveLimits({ resetBurst: 2, refusedStreamsPer10Seconds: 1, discardedBytes: 10 }),
      () => 0,
    );
    guard.onReset();
    guard.onReset();
    expect(() => guard.onReset()).toThrow(expect.objectContaining({ code: "reset-flood" }));
    guard.onRefused();
    expect(() => guard.onRefused()).toThrow(expect.objectContaining({ code: "refused-flood" }));
    guard.onInvalid(10);
    expect(() => guard.onInvalid(1)).toThrow(expect.objectContaining({ code: "invalid-flood" }));
  });
});

describe("Keepalive", () => {
  it("waits, asks, and gives up, in this order", () => {
    const keepalive = new Keepalive(30, 10, 0);
    expect([keepalive.check(29), keepalive.check(30), keepalive.check(39), keepalive.check(40)]).toEqual([
      "wait",
      "ping",
      "wait",
      "dead",
    ]);
  });
});

describe("RoundTrips", () => {
  it("knows its own answers only, each once", () => {
    const trips = new RoundTrips(0xffffffff);
    const [first, second] = [trips.ask(0), trips.ask(5)];
    expect([first, second]).toEqual([0xffffffff, 0]);
    expect([trips.answer(first, 8), trips.answer(first, 9), trips.answer(77, 9), trips.answer(second, 9)]).toEqual([
      8,
      undefined,
      undefined,
      4,
    ]);
    expect(trips.times).toMatchObject({ latestMs: 4, shortestMs: 4, smoothedMs: 7.5 });
  });

  it("keeps no ping that will not be answered: those before one that was, and no more than 64", () => {
    const trips = new RoundTrips();
    const [dropped, answered] = [trips.ask(0), trips.ask(1)];
    expect([trips.answer(answered, 3), trips.underWay, trips.answer(dropped, 4)]).toEqual([2, 0, undefined]);
    for (let now = 0; now < 1000; now++) trips.ask(now);
    expect(trips.underWay).toBe(64);
  });
});

describe("RecentStreams", () => {
  it("forgives as many bytes as were granted, and forgets the oldest of more than 1024", () => {
    const recent = new RecentStreams();
    recent.remember(1, 10);
    expect([recent.forgives(1, 6), recent.forgives(1, 5), recent.forgives(1, 4), recent.forgives(2, 1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    for (let id = 3; id < 3 + 1024; id++) recent.remember(id, 10);
    expect([recent.forgives(1, 0), recent.forgives(3, 1)]).toEqual([false, true]);
  });
});

describe("Scheduler", () => {
  const sender = (
    name: string,
    waitingBytes: number,
  ): { name: string; waitingBytes: number; isScheduled: boolean; readonly isSendable: boolean } => ({
    name,
    waitingBytes,
    isScheduled: false,
    get isSendable() {
      return this.waitingBytes > 0;
    },
  });
  it("serves small ones first, then bulk in turns; bulk gets a frame even when small ones spend all", () => {
    const scheduler = new Scheduler<ReturnType<typeof sender>>();
    const all = [sender("A", 30_000), sender("B", 30_000), sender("s", 100), sender("t", 100)];
    for (const each of all) scheduler.add(each);
    const order: string[] = [];
    const send = (each: (typeof all)[number]): number => {
      const bytes = Math.min(10_000, each.waitingBytes);
      each.waitingBytes -= bytes;
      order.push(each.name);
      return bytes;
    };
    scheduler.run(150, Infinity, send);
    expect(order).toEqual(["s", "t", "A"]);
    scheduler.run(25_000, Infinity, send);
    scheduler.run(1e6, Infinity, send);
    expect(order.join("")).toBe("stABABAB");
    expect(scheduler.isEmpty).toBe(true);
  });
  it("sends no more bulk than it may, and none at all of 0: small ones go all the same", () => {
    const scheduler = new Scheduler<ReturnType<typeof sender>>();
    const order: string[] = [];
    const send = (each: ReturnType<typeof sender>): number => {
      const bytes = Math.min(10_000, each.waitingBytes);
      each.waitingBytes -= bytes;
      order.push(each.name);
      return bytes;
    };
    for (const each of [sender("A", 40_000), sender("s", 100)]) scheduler.add(each);
    scheduler.run(1e6, 0, send);
    expect(order).toEqual(["s"]);
    expect([scheduler.hasSmall, scheduler.isEmpty]).toEqual([false, false]);
    scheduler.run(1e6, 15_000, send);
    expect(order).toEqual(["s", "A", "A"]);
  });
});

describe("SendQueue", () => {
  it("sends small writes of several streams as they were written, in few pieces", () => {
    const small = new SmallWrites();
    const [a, b] = [new SendQueue(), new SendQueue()];
    const expected = { a: "", b: "" };
    for (let i = 0; i < 2000; i++) {
      a.push(Buffer.from(`a${i},`), small);
      expected.a += `a${i},`;
      if (i % 3 === 0) b.push(Buffer.from(`b${i},`.repeat(i % 1000)), small);
      if (i % 3 === 0) expected.b += `b${i},`.repeat(i % 1000);
    }
    const drain = (queue: SendQueue): string => {
      const writer = new FrameWriter();
      while (queue.bytes > 0) queue.moveTo(writer, Math.min(777, queue.bytes));
      return Buffer.concat(writer.take()).toString();
    };
    expect([drain(a), drain(b)]).toEqual([expected.a, expected.b]);
  });
});

describe("Fifo", () => {
  it("keeps the order over many pushes and shifts", () => {
    const fifo = new Fifo<number>();
    let next = 0;
    for (let i = 0; i < 10_000; i++) {
      fifo.push(i);
      if (i % 3 !== 0) expect(fifo.shift()).toBe(next++);
    }
    expect(fifo.size).toBe(10_000 - next);
    while (fifo.size > 0) expect(fifo.shift()).toBe(next++);
    expect(fifo.shift()).toBeUndefined();
  });
});
