/**
 * Payloads on both sides, over streams that a test holds in its hand: a payload before its instruction and after, left
 * at any moment, larger than the window, cut off; and the pool's order, reuse and replacement.
 */
import { describe, expect, it } from "@jest/globals";
import type { StreamId } from "../../../runtime/base/ids.js";
import { DEFAULT_LIMITS } from "../../../runtime/base/limits.js";
import type { PayloadEvent } from "../../../runtime/messages/incoming-payload.js";
import { IncomingPayloads } from "../../../runtime/messages/incoming-payloads.js";
import { encodeMark } from "../../../runtime/messages/payload-record.js";
import type { PayloadSender } from "../../../runtime/messages/payload-sender.js";
import { StreamPool } from "../../../runtime/messages/stream-pool.js";
import type { StreamLike, StreamReceiver } from "../../../runtime/streams/contract.js";
import { itemHead } from "../../support/item-head.js";

/** A stream without a session: what was written and given back is counted. */
class LooseStream implements StreamLike {
  readonly id = 1 as StreamId;
  readonly written: Uint8Array[] = [];
  receiver: StreamReceiver | undefined;
  consumed = 0;
  hasRoom = true;
  state: "open" | "ended" | "reset" = "open";
  receive(receiver: StreamReceiver): void {
    this.receiver = receiver;
  }
  consume(bytes: number): void {
    this.consumed += bytes;
  }
  write(chunk: Uint8Array): boolean {
    this.written.push(chunk.slice());
    return this.hasRoom;
  }
  end(): void {
    this.state = "ended";
  }
  reset(): void {
    this.state = "reset";
    queueMicrotask(() => this.receiver?.onClose(new Error("reset")));
  }
}

function item(value: Uint8Array, payloadId = 0): Uint8Array {
  return Uint8Array.from([...itemHead(value.length, payloadId, false), ...value]);
}
function end(payloadId = 0): Uint8Array {
  return encodeMark(payloadId, { error: undefined });
}

function receiving(limits = DEFAULT_LIMITS) {
  const payloads = new IncomingPayloads(limits);
  const failures: Error[] = [];
  const open = () => {
    const stream = new LooseStream();
    const receiver = payloads.receiver(stream, (error) => failures.push(error));
    stream.receive(receiver);
    return {
      stream,
      receiver,
      push: (...chunks: Uint8Array[]): void => {
        for (const chunk of chunks) receiver.onData(chunk);
      },
    };
  };
  return { payloads, failures, open };
}

async function drain(next: () => Promise<PayloadEvent>): Promise<string[]> {
  const events: string[] = [];
  for (;;) {
    const event = await next();
    events.push(event.kind === "item" ? `item ${event.value.length}` : event.kind);
    if (event.kind !== "item") return events;
  }
}

const small = new Uint8Array(10).fill(1);

describe("an incoming payload", () => {
  it("is the same whether its instruction or its stream comes first", async () => {
    for (const first of ["instruction", "stream"]) {
      const { payloads, open, failures } = receiving();
      const early = first === "instruction" ? payloads.claim(1) : undefined;
      open().push(item(small, 1), item(small), end());
      const payload = early ?? payloads.claim(1);
      expect(await drain(() => payload.next())).toEqual(["item 10", "item 10", "end"]);
      expect((await payload.next()).kind).toBe("end");
      expect([payloads.size, failures]).toEqual([0, []]);
    }
  });

  it("gives window back when an item is taken, and only then", async () => {
    const { payloads, open } = receiving();
    const payload = payloads.claim(1);
    const { stream, push } = open();
    const records = [item(small, 1), item(small), item(small), end()];
    push(...records);
    expect(stream.consumed).toBe(end().length);
    await payload.next();
    expect(stream.consumed).toBe(end().length + records[0]!.length);
    await drain(() => payload.next());
    expect(stream.consumed).toBe(records.reduce((sum, { length }) => sum + length, 0));
  });

  it("gives window back for exactly what came, whatever the chunks", async () => {
    for (const chunkBytes of [1, 7, 1000, 40_000, 1 << 20]) {
      const { payloads, open } = receiving();
      const payload = payloads.claim(1);
      const { stream, push } = open();
      const bytes = Buffer.concat([
        item(small, 1),
        item(new Uint8Array(300_000)),
        item(small),
        item(new Uint8Array(70_000)),
        end(),
      ]);
      const events = drain(() => payload.next());
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        push(bytes.subarray(at, at + chunkBytes));
        if (at % 64_000 < chunkBytes) await Promise.resolve();
      }
      expect(await events).toEqual(["item 10", "item 300000", "item 10", "item 70000", "end"]);
      expect(stream.consumed).toBe(bytes.length);
    }
  });

  it("takes in a record larger than the window while somebody waits for it, and only then", async () => {
    const { payloads, open } = receiving();
    const payload = payloads.claim(1);
    const { stream, push } = open();
    const first = item(small, 1);
    const MiB = item(new Uint8Array(1 << 20));
    push(first, MiB.subarray(0, 200_000));
    expect(stream.consumed).toBe(0);
    expect((await payload.next()).kind).toBe("item");
    expect(stream.consumed).toBe(first.length);
    const large = payload.next();
    expect(stream.consumed).toBe(first.length + 200_000);
    push(MiB.subarray(200_000), MiB.subarray(0, 200_000));
    expect((await large).kind).toBe("item");
    expect(stream.consumed).toBe(first.length + MiB.length);
  });

  it("refuses a large record that no record has announced: nobody could say whether it is wanted", () => {
    for (const [bytes, reasons] of [
      [65_536 - 16, []],
      [65_536, ["bad-instruction"]],
    ] as const) {
      const { open, failures } = receiving();
      open().push(item(new Uint8Array(bytes), 1).subarray(0, 1000));
      expect(failures).toMatchObject(reasons.map((code) => ({ code })));
    }
  });

  it("that is cancelled resets its stream: at once where there is one, else when it comes", async () => {
    for (const first of ["cancel", "begin"]) {
      const { payloads, open } = receiving();
      const payload = payloads.claim(1);
      if (first === "cancel") payload.cancel();
      const { stream, push, receiver } = open();
      push(item(small, 1));
      payload.cancel();
      push(item(small), end());
      expect(stream.state).toBe("reset");
      expect((await payload.next()).kind).toBe("lost");
      await Promise.resolve();
      receiver.onClose(undefined);
      expect(payloads.size).toBe(0);
    }
  });

  it("that is discarded leaves its stream and what follows on it alone, and holds no window", async () => {
    for (const first of ["discard", "begin", "end"]) {
      const { payloads, open } = receiving();
      const payload = payloads.claim(1);
      if (first === "discard") payload.discard();
      const { stream, push } = open();
      const records = [item(small, 1), item(small), end(), item(small, 2), end()];
      push(records[0]!);
      if (first === "begin") payload.discard();
      push(records[1]!, records[2]!);
      payload.discard();
      const following = payloads.claim(2);
      push(records[3]!, records[4]!);
      expect(await drain(() => following.next())).toEqual(["item 10", "end"]);
      expect([stream.state, stream.consumed]).toEqual(["open", records.reduce((sum, { length }) => sum + length, 0)]);
      expect(payloads.size).toBe(0);
    }
  });

  it("is lost with its stream and with the session, after what had arrived", async () => {
    const { payloads, open } = receiving();
    const [first, second] = [payloads.claim(1), payloads.claim(2)];
    const carrier = open();
    carrier.push(item(small, 1));
    carrier.receiver.onClose(new Error("reset"));
    open().push(item(small, 2));
    payloads.close(new Error("gone"));
    expect(await drain(() => first.next())).toEqual(["item 10", "lost"]);
    expect(await drain(() => second.next())).toEqual(["item 10", "lost"]);
    expect(payloads.size).toBe(0);
  });

  it("F16: resets a stream that ends inside a payload or a record, and ends one that does not", () => {
    const cut = item(small, 1);
    for (const [chunk, state] of [
      [cut.subarray(0, 5), "reset"],
      [cut, "reset"],
      [Uint8Array.from([...cut, ...end()]), "ended"],
    ] as const) {
      const { stream, push, receiver } = receiving().open();
      push(chunk);
      receiver.onEnd();
      expect(stream.state).toBe(state);
    }
  });

  it("F15: a record past limits.maxMessageBytes is refused on its size", () => {
    const { open, failures } = receiving({ ...DEFAULT_LIMITS, maxMessageBytes: 1000 });
    open().push(Uint8Array.of(0xff, 0xff, 0x01));
    expect(failures).toMatchObject([{ code: "message-too-large" }]);
  });
});

describe("the pool of streams", () => {
  function pool(overrides: Partial<typeof DEFAULT_LIMITS> = {}) {
    const streams: LooseStream[] = [];
    const made = new StreamPool(
      () => {
        const stream = new LooseStream();
        streams.push(stream);
        return stream;
      },
      { ...DEFAULT_LIMITS, maxPooledStreams: 2, ...overrides },
    );
    const begin = (id: number): { sender?: PayloadSender | Error } => {
      const result: { sender?: PayloadSender | Error } = {};
      made.begin(id, (sender) => (result.sender = sender));
      return result;
    };
    return { streams, pool: made, begin };
  }
  const sender = (begun: { sender?: PayloadSender | Error }): PayloadSender => begun.sender as PayloadSender;

  it("sends whole messages one after the other on one stream", () => {
    const { pool: made, streams } = pool();
    for (let id = 1; id <= 5; id++) made.sendWhole(id, small);
    expect(streams).toHaveLength(1);
    expect(Buffer.concat(streams[0]!.written.slice(1))).toEqual(
      Buffer.concat([1, 2, 3, 4, 5].flatMap((id) => [item(small, id), end()])),
    );
    expect(made.stats).toEqual({ inUse: 0, idle: 1, waiting: 0 });
  });

  it("gives a large message a stream of its own until little of it is left, so that others need not stand behind it", () => {
    const { pool: made, streams } = pool({ maxPooledStreams: 16 });
    const written = (at: number): number => Buffer.concat(streams[at]!.written).length;
    made.sendWhole(1, small);
    streams[0]!.hasRoom = false;
    made.sendWhole(2, new Uint8Array(4 << 20));
    expect(made.stats).toEqual({ inUse: 1, idle: 0, waiting: 0 });
    made.sendWhole(3, new Uint8Array(40_000));
    expect([streams.length, written(1) > 40_000]).toEqual([2, true]);
    streams[0]!.hasRoom = true;
    streams[0]!.receiver!.onDrain();
    expect(made.stats).toEqual({ inUse: 0, idle: 2, waiting: 0 });
    streams[0]!.receiver!.onDrain();
    expect(made.stats).toEqual({ inUse: 0, idle: 2, waiting: 0 });
  });

  it("sends 2 large messages at once, and lets smaller ones pass those that wait", () => {
    const streams: LooseStream[] = [];
    const made = new StreamPool(() => {
      const stream = new LooseStream();
      stream.hasRoom = false;
      streams.push(stream);
      return stream;
    }, DEFAULT_LIMITS);
    for (let id = 1; id <= 4; id++) made.sendWhole(id, new Uint8Array(70_000));
    expect(made.stats).toEqual({ inUse: 2, idle: 0, waiting: 2 });
    made.sendWhole(11, new Uint8Array(60_000));
    expect(made.stats).toEqual({ inUse: 3, idle: 0, waiting: 2 });
    streams[0]!.receiver!.onDrain();
    expect([streams.length, made.stats]).toEqual([3, { inUse: 3, idle: 0, waiting: 1 }]);
    streams[1]!.receiver!.onClose(new Error("lost"));
    expect([streams.length, made.stats]).toEqual([4, { inUse: 3, idle: 0, waiting: 0 }]);
  });

  it("lets go of a message that is withdrawn while it waits, and tells its receiver in its turn", async () => {
    const { pool: made, streams, begin } = pool({ maxPooledStreams: 1 });
    const { payloads, open } = receiving();
    const held = sender(begin(1));
    const withdraw = made.sendWhole(2, new Uint8Array(1 << 20));
    made.sendWhole(3, small);
    withdraw!();
    held.end(undefined);
    streams[0]!.receiver!.onClose(undefined);
    expect(Buffer.concat(streams[1]!.written).length).toBeLessThan(200);
    const [second, third] = [payloads.claim(2), payloads.claim(3)];
    open().push(...streams[1]!.written.slice(1));
    expect(await drain(() => second.next())).toEqual(["failed"]);
    expect(await drain(() => third.next())).toEqual(["item 10", "end"]);
    expect([made.sendWhole(4, small), payloads.size]).toEqual([undefined, 0]);
  });

  it("ends the stream of a payload of items with it, and counts it until the receiver has ended it too", () => {
    const { pool: made, streams, begin } = pool();
    sender(begin(1)).end(undefined);
    expect([streams[0]!.state, made.stats]).toEqual(["ended", { inUse: 1, idle: 0, waiting: 0 }]);
    streams[0]!.receiver!.onClose(undefined);
    expect(made.stats).toEqual({ inUse: 0, idle: 0, waiting: 0 });
    made.sendWhole(2, small);
    expect(streams).toHaveLength(2);
  });

  it("makes those past limits.maxPooledStreams wait, first in, first out", () => {
    const { pool: made, streams, begin } = pool();
    const begun = [1, 2, 3, 4, 5].map(begin);
    const started = (): boolean[] => begun.map((one) => one.sender !== undefined);
    expect([started(), made.stats.waiting]).toEqual([[true, true, false, false, false], 3]);
    sender(begun[1]!).end(undefined);
    streams[1]!.receiver!.onClose(undefined);
    expect(started()).toEqual([true, true, true, false, false]);
    streams[0]!.receiver!.onClose(new Error("cancelled by the receiver"));
    expect(started()).toEqual([true, true, true, true, false]);
    expect(sender(begun[0]!).isCancelled()).toBe(true);
  });

  it("keeps a quarter of the streams for whole messages, so that streams of items never hold those up", () => {
    const { pool: made, begin } = pool({ maxPooledStreams: 8, maxIdlePooledStreams: 8 });
    const begun = Array.from({ length: 8 }, (_, i) => begin(i + 1));
    expect(begun.filter((one) => one.sender !== undefined)).toHaveLength(6);
    made.sendWhole(9, small);
    expect(made.stats).toEqual({ inUse: 6, idle: 1, waiting: 2 });
    sender(begun[0]!).end(undefined);
  });

  it("replaces a stream that broke while it was idle", () => {
    const { pool: made, streams } = pool();
    made.sendWhole(1, small);
    streams[0]!.receiver!.onClose(new Error("gone"));
    made.sendWhole(2, small);
    expect(streams).toHaveLength(2);
    expect(streams[1]!.written.length).toBeGreaterThan(1);
  });

  it("keeps at most limits.maxIdlePooledStreams", () => {
    const { pool: made, streams, begin } = pool({ maxIdlePooledStreams: 1, maxPooledStreams: 3 });
    const held = [1, 2].map(begin);
    made.sendWhole(3, small);
    for (const one of held) sender(one).end(undefined);
    for (const stream of streams) if (stream.state === "ended") stream.receiver!.onClose(undefined);
    expect(made.stats).toEqual({ inUse: 0, idle: 1, waiting: 0 });
  });

  it("tells those who wait when the session is gone, and those who come later", () => {
    const { pool: made, begin } = pool();
    const begun = [1, 2, 3].map(begin);
    const gone = new Error("gone");
    made.close(gone);
    expect(begun[2]!.sender).toBe(gone);
    expect(begin(4).sender).toBe(gone);
  });

  it("goes on where a stream cannot be opened: everyone who waits is told", () => {
    const streams: LooseStream[] = [];
    const made = new StreamPool(
      () => {
        if (streams.length === 1) throw new Error("ids are used up");
        const stream = new LooseStream();
        streams.push(stream);
        return stream;
      },
      { ...DEFAULT_LIMITS, maxPooledStreams: 1 },
    );
    const told: (PayloadSender | Error)[] = [];
    for (let id = 1; id <= 4; id++) made.begin(id, (one) => told.push(one));
    streams[0]!.receiver!.onClose(undefined);
    expect(told.slice(1)).toEqual([1, 2, 3].map(() => new Error("ids are used up")));
    expect(made.stats).toEqual({ inUse: 0, idle: 0, waiting: 0 });
  });

  it("asks for patience when its stream does, and ends it when there is room or the receiver has left", async () => {
    const { streams, begin } = pool();
    const [first, second] = [sender(begin(1)), sender(begin(2))];
    streams[0]!.hasRoom = streams[1]!.hasRoom = false;
    expect([first.write(small, false), second.write(new Uint8Array(5000), false)]).toEqual([false, false]);
    const waits = [first.room(), second.room()];
    streams[0]!.receiver!.onDrain();
    streams[1]!.receiver!.onClose(new Error("reset"));
    await Promise.all(waits);
    expect([first.isCancelled(), second.isCancelled()]).toEqual([false, true]);
    await second.room();
  });
});
