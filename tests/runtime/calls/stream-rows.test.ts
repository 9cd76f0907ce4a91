/**
 * Streams between two linked peers, in all four directions: sizes, order, the consumer's pace, early ends, errors.
 * Rows: C01, C02, C03, C06, C11, C12, C15, W13, O08.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, type PeerOptions, memoryTransportPair } from "peerwire";
import { gate, until } from "../references/at-rest.js";
import { type LinkedRelay, ProbeImpl, linkRelay } from "../relay/linked-relay.js";
import type { Probe, Request } from "../relay/relay.js";
import { chopped } from "../../support/chopped.js";
import { seeded, seeds } from "../../support/seeded.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

let linked: LinkedRelay | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});
async function link(client: PeerOptions = {}, server: PeerOptions = {}): Promise<LinkedRelay> {
  linked = await linkRelay(client, server);
  return linked;
}

const REQUESTS = [27_182, 8, 1_828, 45_904];
const RESPONSES = [31_415, 9, 2_653, 58_979];

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Turns of the event loop until `value` has not changed for a while. @returns it. */
async function settled(value: () => number): Promise<number> {
  let last = value();
  for (let same = 0; same < 30; same++) {
    await new Promise(setImmediate);
    if (value() !== last) same = 0;
    last = value();
  }
  return last;
}

describe("streams of gRPC's sizes", () => {
  it("C02: four items in, their sum out; and none in, nothing out", async () => {
    const { relay, impl } = await link();
    expect(await relay.sum(impl.make(REQUESTS))).toBe(74_922);
    expect(await relay.sum(impl.make([]))).toBe(0);
  });

  it("C03: four items out, in order and whole", async () => {
    const { relay } = await link();
    const items = await collect(relay.make(RESPONSES));
    expect(items.map(({ length }) => length)).toEqual(RESPONSES);
    expect(items.every((item) => item.every((byte) => byte === item.length % 256))).toBe(true);
    expect(await collect(relay.make([]))).toEqual([]);
  });

  it("C03: ping-pong: each answer is there before the next question; and an empty one", async () => {
    const { relay } = await link();
    const answered: number[] = [];
    let next = gate();
    async function* questions(): AsyncIterable<Request> {
      for (const [i, size] of RESPONSES.entries()) {
        expect(answered).toHaveLength(i);
        yield { size, body: new Uint8Array(REQUESTS[i]!) };
        await next.opened;
        next = gate();
      }
    }
    for await (const { length } of relay.exchange(questions())) {
      answered.push(length);
      next.open();
    }
    expect(answered).toEqual(RESPONSES);
    expect(await collect(relay.exchange((async function* () {})()))).toEqual([]);
  });

  it("bytes flow through both directions of one call, in order", async () => {
    const { relay } = await link();
    let sent = 0;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (sent === 100) controller.close();
        else controller.enqueue(new Uint8Array(10_000).fill(sent++));
      },
    });
    let bytes = 0;
    for await (const chunk of relay.pass(source))
      for (const byte of chunk) if (byte !== Math.floor(bytes++ / 10_000)) throw new Error(`byte ${bytes} is ${byte}`);
    expect(bytes).toBe(1_000_000);
  });

  it("large items arrive in order, whatever their size against the window and what is awaited at once", async () => {
    const { relay } = await link();
    const sizes = [1, 65_400, 65_536, 70_000, 262_144, 1_000_000, 3, 4_000_000, 0, 300_000];
    const items = await collect(relay.make(sizes));
    expect(items.map(({ length }) => length)).toEqual(sizes);
    const iterator = relay.make(sizes)[Symbol.asyncIterator]();
    const all = await Promise.all(sizes.map(() => iterator.next()));
    expect(all.map(({ value }) => (value as Uint8Array).length)).toEqual(sizes);
  });
});

describe("a wire in pieces", () => {
  it.each(seeds(5))("O08: items arrive once each and in order, both ways at once (seed %i)", async (seed) => {
    const random = seeded(seed);
    const [near, far] = memoryTransportPair();
    linked = await linkRelay({}, {}, [chopped(near, random, 40), chopped(far, random, 700)]);
    const sizes = Array.from({ length: 200 }, () => random.int(0, random.chance(0.1) ? 5_000 : 20));
    const all = await Promise.all([collect(linked.relay.make(sizes)), collect(linked.clientRelay.make(sizes))]);
    for (const items of all)
      expect(items.map((item) => [...new Set(item), item.length])).toEqual(
        sizes.map((size) => [...(size === 0 ? [] : [size % 256]), size]),
      );
  });
});

describe("the consumer's pace", () => {
  it("W13: a consumer that pauses pauses the producer, in each of the four directions", async () => {
    const { relay, impl, clientRelay, clientImpl } = await link();
    const small = 600_000; // items of three bytes that fit in the window and on the way
    for (const [from, producer] of [
      [relay, impl],
      [clientRelay, clientImpl],
    ] as const) {
      const out = from.count(0)[Symbol.asyncIterator]();
      expect((await out.next()).value).toBe(0);
      const ahead = await settled(() => producer.produced);
      expect(ahead).toBeLessThan(small);
      for (let i = 1; i <= 1000; i++) expect((await out.next()).value).toBe(i);
      expect(await settled(() => producer.produced)).toBeLessThan(small + 1000);
      await out.return!();
      await until(() => producer.stopped === 1);
      const produced = await settled(() => producer.produced);
      expect(await settled(() => producer.produced)).toBe(produced);
    }
    // And into a call.
    const hold = gate();
    let pulled = 0;
    impl.sum = async (items) => {
      await hold.opened;
      let sum = 0;
      for await (const { length } of items) sum += length;
      return sum;
    };
    const sum = relay.sum(
      (async function* () {
        for (; pulled < 2_000; pulled++) yield new Uint8Array(1000);
      })(),
    );
    const ahead = await settled(() => pulled);
    expect(ahead).toBeLessThan(1_000);
    hold.open();
    expect(await sum).toBe(2_000_000);
  });

  it("a paused consumer of large items holds one window, not an item of 4 MiB", async () => {
    const { relay, client } = await link({ limits: { maxWindowBytes: 262_144 } });
    const before = client.stats().bytesIn;
    const streams = Array.from({ length: 10 }, () => relay.make([4_000_000, 4_000_000]));
    const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    await settled(() => client.stats().bytesIn);
    expect(client.stats().bytesIn - before).toBeLessThan(10 * 300_000);
    const [first] = iterators;
    expect(((await first!.next()).value as Uint8Array).length).toBe(4_000_000);
    await settled(() => client.stats().bytesIn);
    expect(client.stats().bytesIn - before).toBeLessThan(4_000_000 + 11 * 300_000);
    await Promise.all(iterators.map((iterator) => iterator.return!()));
  });

  it("small items share frames", async () => {
    const { relay, impl, server } = await link();
    const frames = server.stats().bytesOut;
    expect(await collect(relay.make(Array.from({ length: 1000 }, () => 1)))).toHaveLength(1000);
    // 6 bytes for each item; a frame for each would cost 12 more.
    expect(server.stats().bytesOut - frames).toBeLessThan(1000 * 6 + 2_000);
    expect(impl.produced).toBe(0);
  });

  it("items with references wait for credit: a slow consumer costs at most 256 objects ahead", async () => {
    const { relay, client, server, impl } = await link();
    const probes = relay.probes(5_000)[Symbol.asyncIterator]();
    const held: Probe[] = [];
    held.push((await probes.next()).value as Probe);
    await settled(() => impl.produced);
    expect(impl.produced).toBeLessThanOrEqual(257);
    expect(server.references().exports.entries).toBeLessThanOrEqual(257);
    let count = 1;
    for (let next = await probes.next(); next.done !== true; next = await probes.next()) {
      count++;
      (next.value as unknown as Disposable)[Symbol.dispose]();
      expect(impl.produced - count).toBeLessThanOrEqual(256 + 128);
    }
    expect(count).toBe(5_000);
    (held[0] as unknown as Disposable)[Symbol.dispose]();
    await until(() => ProbeImpl.live === 0 && client.references().imports.entries === 0);
  });

  it("an item with more references than that goes alone; 20,000 probes pass where 300 may be held", async () => {
    const limits = { maxImports: 500, maxExports: 500 };
    const { relay, clientImpl, server } = await link({ limits }, { limits });
    expect(await relay.touch(clientImpl.probes(20_000))).toBe(20_000);
    await until(() => ProbeImpl.live === 0 && server.references().imports.entries === 0);
  });

  it("streams beyond the pool wait their turn, in order, while large messages pass; past limits.maxStreams one is refused", async () => {
    const { relay, impl } = await link({}, { limits: { maxPooledStreams: 4, maxStreams: 6 } });
    const streams = Array.from({ length: 6 }, (_, i) => relay.count(i)[Symbol.asyncIterator]());
    const first = streams.map((stream) => stream.next());
    expect(await Promise.all(first.slice(0, 3))).toMatchObject([{ value: 0 }, { value: 1 }, { value: 2 }]);
    await expect(relay.count(6)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(await relay.sum(impl.make([1_000_000]))).toBe(1_000_000);
    for (const stream of streams) await stream.return!();
    await Promise.allSettled(first);
    await until(() => impl.stopped === impl.signals.length);
    expect(await collect(relay.make([1, 2]))).toHaveLength(2);
  });
});

describe("early ends", () => {
  it("C06, C11: break runs the producer's finally, aborts its call's signal, and costs no session", async () => {
    const { relay, impl } = await link();
    for await (const item of relay.count(0)) if (item === 3) break;
    await until(() => impl.stopped === 1 && impl.signals[0]!.aborted);
    expect(impl.signals[0]!.reason).toMatchObject({ code: "CANCELLED" });
    const iterator = relay.count(0)[Symbol.asyncIterator]();
    await iterator.next();
    await expect(
      (async () => {
        for await (const item of { [Symbol.asyncIterator]: () => iterator }) throw new Error(`refused ${item}`);
      })(),
    ).rejects.toThrow("refused 1");
    await until(() => impl.stopped === 2);
    expect(await relay.sum(impl.make([5]))).toBe(5);
  });

  it("C11: a producer that throws in the middle: what it gave before arrives, then its error", async () => {
    const { relay, impl } = await link();
    impl.make = async function* (sizes) {
      for (const size of sizes) yield new Uint8Array(size);
      throw new CallError("DATA_LOSS", "no more");
    };
    const got: number[] = [];
    const read = async (): Promise<void> => {
      for await (const { length } of relay.make([1, 100_000, 2])) got.push(length);
    };
    await expect(read()).rejects.toMatchObject({ code: "DATA_LOSS", message: "no more" });
    expect(got).toEqual([1, 100_000, 2]);
    // And towards a handler.
    const broken = async function* (): AsyncIterable<Uint8Array> {
      yield new Uint8Array(7);
      throw new CallError("ABORTED", "the caller's own");
    };
    await expect(relay.sum(broken())).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("C06: cancelling the call ends its streams on both sides, also one that blocks, and one that goes in", async () => {
    const { relay, impl } = await link();
    const abort = new AbortController();
    const out = relay.$with({ signal: abort.signal }).count(0)[Symbol.asyncIterator]();
    await out.next();
    let stopped = 0;
    const endless = async function* (): AsyncIterable<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(1000);
      } finally {
        stopped++;
      }
    };
    const sum = expect(relay.$with({ signal: abort.signal }).sum(endless())).rejects.toMatchObject({
      code: "CANCELLED",
    });
    await settled(() => impl.produced);
    abort.abort();
    await sum;
    const end = async (): Promise<void> => {
      for (;;) if ((await out.next()).done === true) return;
    };
    await expect(end()).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => impl.stopped === 1 && stopped === 1 && impl.signals[0]!.aborted);
  });

  it("C12, C15: a deadline ends a stream on both sides, read or not, and what waits for the pool", async () => {
    const clock = new VirtualClock();
    const limits = { maxPooledStreams: 1, maxIdlePooledStreams: 1 };
    const { relay, impl, server } = await link({ clock }, { clock, limits });
    const idle = clock.pending;
    const timed = relay.$with({ timeoutMs: 100 });
    const unread = timed.count(0)[Symbol.asyncIterator]();
    await unread.next();
    const waiting = timed.count(5)[Symbol.asyncIterator]();
    const first = expect(waiting.next()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => impl.signals.length === 1);
    await settled(() => impl.produced);
    clock.advance(100);
    await first;
    const rest = async (): Promise<void> => {
      for (;;) if ((await unread.next()).done === true) return;
    };
    await expect(rest()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => impl.signals.every((signal) => signal.aborted) && impl.stopped >= 1);
    expect(impl.signals[0]!.reason).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => server.stats().incomingCalls === 0);
    expect(clock.pending).toBe(idle);
    expect(await collect(relay.make([3]))).toHaveLength(1);
  });

  it("the end of the session ends them too: a producer's finally runs, a consumer hears of it", async () => {
    const { relay, client, impl } = await link();
    const out = relay.count(0)[Symbol.asyncIterator]();
    await out.next();
    client.destroy();
    const rest = async (): Promise<void> => {
      for (;;) if ((await out.next()).done === true) return;
    };
    await expect(rest()).rejects.toMatchObject({ name: "ClosedError" });
    await until(() => impl.stopped === 1 && impl.signals[0]!.aborted);
  });
});
