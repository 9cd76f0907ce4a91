/**
 * A pair of sessions against a model of byte queues: whatever is opened, written, ended and reset, over whatever wire,
 * the bytes that come out are those that went in, nobody exceeds its credit, and what is over leaves the tables.
 */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { SessionStream as Stream } from "../../../runtime/streams/contract.js";
import { LinkedPair, type Cut } from "../../support/linked-pair.js";
import { record, type Recorder } from "../../support/recorder.js";
import { seeded, seeds } from "../../support/seeded.js";

/** Windows stay as they begin, so that what may be under way and unread is known. */
const WINDOW = 256 * 1024;
const limits = { maxWindowBytes: WINDOW };

/** One end of a stream, and what the model knows of it: byte queues, and who has ended. */
interface Side {
  readonly stream: Stream;
  readonly seen: Recorder;
  written: string;
  hasEnded: boolean;
  /** Given back to the peer, of what has come. */
  consumed: number;
}
interface Line {
  /** Whether the client opened it. */
  readonly byClient: boolean;
  readonly ours: Side;
  theirs: Side | undefined;
  wasReset: boolean;
}

function side(stream: Stream): Side {
  return { stream, seen: record(stream), written: "", hasEnded: false, consumed: 0 };
}

function read(end: Side, bytes: number): void {
  const count = Math.min(bytes, end.seen.bytes - end.consumed);
  end.consumed += count;
  end.stream.consume(count);
}

/** Nobody has sent more than it was granted, and nobody has received what was not written. */
function expectCredit(from: Side, to: Side): void {
  expect(from.stream.sendCredit).toBeGreaterThanOrEqual(0);
  expect(to.seen.bytes - to.consumed).toBeLessThanOrEqual(WINDOW);
  expect(from.written.startsWith(to.seen.text)).toBe(true);
}

const line = { line: fc.nat(7), back: fc.boolean() };
const bytes = fc.oneof(fc.nat(40), fc.nat(400_000));
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("open" as const), byClient: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), ...line, bytes }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("read" as const), ...line, bytes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("end" as const), ...line }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("reset" as const), ...line }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("goAway" as const), byClient: fc.boolean() }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** The pair, and the model beside it. */
class Model {
  readonly lines: Line[] = [];
  readonly pair: LinkedPair;
  readonly #incoming = new Map<number, Line>(); // by id, until it has been accepted
  /** Who has said that it takes no more streams. */
  readonly #hasGone = { client: false, server: false };

  constructor(seed: number) {
    const onStream = (stream: Stream): void => {
      const opened = this.#incoming.get(stream.id);
      if (opened) opened.theirs = side(stream);
    };
    this.pair = new LinkedPair({ random: seeded(seed), client: { onStream, limits }, server: { onStream, limits } });
  }

  async do(step: Command): Promise<void> {
    switch (step.kind) {
      case "settle":
        await this.pair.settle();
        return this.expectCredit();
      case "open":
        return this.#open(step.byClient);
      case "goAway":
        this.#hasGone[step.byClient ? "client" : "server"] = true;
        return (step.byClient ? this.pair.client : this.pair.server).goAway();
    }
    const chosen = this.lines[step.line % Math.max(1, this.lines.length)];
    const end = step.back ? chosen?.theirs : chosen?.ours;
    if (!chosen || !end || chosen.wasReset) return;
    switch (step.kind) {
      case "read":
        return read(end, step.bytes);
      case "reset":
        chosen.wasReset = true;
        return end.stream.reset();
      case "end":
        end.hasEnded = true;
        return end.stream.end();
      case "write":
        if (!end.hasEnded) this.#write(end, step.bytes);
    }
  }

  /** Reads everything that comes, until nothing comes any more. */
  async readAll(): Promise<void> {
    for (let before = -1; before !== this.pair.delivered;) {
      before = this.pair.delivered;
      for (const { ours, theirs } of this.lines) for (const end of [ours, theirs]) if (end) read(end, Infinity);
      await this.pair.settle();
      this.expectCredit();
    }
  }

  expectCredit(): void {
    for (const { ours, theirs } of this.lines) {
      if (theirs === undefined) continue;
      expectCredit(ours, theirs);
      expectCredit(theirs, ours);
    }
  }

  /** Refused by a side that takes no more: nobody has seen it there, and it was reset. */
  isRefused({ byClient, theirs, wasReset }: Line): boolean {
    return !wasReset && theirs === undefined && this.#hasGone[byClient ? "server" : "client"];
  }

  #open(byClient: boolean): void {
    let stream: Stream;
    try {
      stream = (byClient ? this.pair.client : this.pair.server).open();
    } catch (error) {
      expect(error).toMatchObject({ code: "session-draining" });
      expect(this.#hasGone.client || this.#hasGone.server).toBe(true);
      return;
    }
    expect(this.#hasGone[byClient ? "client" : "server"]).toBe(false);
    const opened: Line = { byClient, ours: side(stream), theirs: undefined, wasReset: false };
    this.#incoming.set(stream.id, opened);
    this.lines.push(opened);
  }

  #write(end: Side, count: number): void {
    const text = String.fromCharCode(97 + (end.written.length % 26)).repeat(count);
    end.written += text;
    end.stream.write(Buffer.from(text));
  }
}

describe("a pair of sessions", () => {
  it("carries what the model carries", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: "max" }), fc.nat(), async (commands, seed) => {
        const model = new Model(seed);
        for (const step of commands) await model.do(step);
        await model.pair.settle();
        await model.readAll();
        let live = 0;
        for (const opened of model.lines) {
          const { ours, theirs, wasReset } = opened;
          const isOver = wasReset || model.isRefused(opened) || (ours.hasEnded && theirs?.hasEnded === true);
          if (!isOver) live++;
          expect(ours.seen.closes.length).toBe(isOver ? 1 : 0);
          if (model.isRefused(opened)) expect(ours.seen.closes).toMatchObject([{ code: "stream-reset" }]);
          if (wasReset || !theirs) continue;
          expect(theirs.seen.closes.length).toBe(isOver ? 1 : 0);
          for (const [from, to] of [
            [ours, theirs],
            [theirs, ours],
          ] as const) {
            expect(to.seen.text === from.written).toBe(true);
            expect(to.seen.hasEnded).toBe(from.hasEnded);
            expect(from.stream.queuedBytes).toBe(0);
          }
        }
        const { client, server } = model.pair;
        expect([client.stats().streams, server.stats().streams]).toEqual([live, live]);
      }),
      { numRuns: 80 },
    );
  });

  it.each(seeds(12))("echoes 20 streams over a chopped, merged and delayed wire (seed %i)", async (seed) => {
    const random = seeded(seed);
    const pair = new LinkedPair({
      random,
      server: {
        onStream: (stream) => {
          record(stream, {
            consume: true,
            onData: (chunk) => void stream.write(chunk.slice()),
            onEnd: () => stream.end(),
          });
        },
      },
    });
    const lines = Array.from({ length: 20 }, () => {
      const sent = random.bytes(random.int(0, 40_000));
      const stream = pair.client.open();
      const seen = record(stream, { consume: true });
      stream.write(sent);
      stream.end();
      return { sent, seen };
    });
    await pair.settle();
    for (const { sent, seen } of lines) {
      expect(Buffer.from(seen.text, "latin1").equals(sent)).toBe(true);
      expect(seen.order.at(-1)).toBe("close");
      expect(seen.closes).toEqual([undefined]);
    }
    expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([0, 0]);
  });

  it.each<Cut>(["loss", "end"])(
    "T01: cut (%s) after each of the first 200 bytes, each stream closes once and nothing stays",
    async (cut) => {
      for (let bytes = 0; bytes <= 200; bytes++) {
        const pair = new LinkedPair();
        pair.cutAfter(bytes, cut);
        const stream = pair.client.open();
        const seen = record(stream, { consume: true });
        stream.write(Buffer.from("x".repeat(100)));
        await pair.settle();
        for (const accepted of pair.accepted) {
          record(accepted);
          accepted.write(Buffer.from("y".repeat(100)));
        }
        stream.end();
        await pair.settle();
        pair.client.destroy(new Error("test is over"));
        pair.server.destroy(new Error("test is over"));
        await pair.settle();
        pair.clock.advance(1000);
        await pair.settle();
        expect([bytes, seen.closes.length, pair.client.stats().streams, pair.server.stats().streams]).toEqual([
          bytes,
          1,
          0,
          0,
        ]);
        expect(pair.clock.pending).toBe(0);
      }
    },
  );
});
