/**
 * A pair of sessions against a model of byte queues: whatever is opened, written, ended and reset, over whatever wire,
 * the bytes that come out are those that went in, nobody exceeds its credit, and what is over leaves the tables.
 */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Stream } from "../../../runtime/streams/stream.js";
import { LinkedPair, type Cut } from "../../support/linked-pair.js";
import { record, type Recorder } from "../../support/recorder.js";
import { seeded, seeds } from "../../support/seeded.js";

interface Side {
  readonly stream: Stream;
  readonly seen: Recorder;
  written: string;
  hasEnded: boolean;
}
interface Line {
  readonly ours: Side;
  theirs: Side | undefined;
  wasReset: boolean;
}

function side(stream: Stream): Side {
  return { stream, seen: record(stream, { consume: true }), written: "", hasEnded: false };
}

const command = fc.oneof(
  fc.record({ kind: fc.constant("open" as const), from: fc.boolean() }),
  fc.record({
    kind: fc.constant("write" as const),
    line: fc.nat(7),
    back: fc.boolean(),
    bytes: fc.oneof(fc.nat(40), fc.nat(400_000)),
  }),
  fc.record({ kind: fc.constant("end" as const), line: fc.nat(7), back: fc.boolean() }),
  fc.record({ kind: fc.constant("reset" as const), line: fc.nat(7), back: fc.boolean() }),
  fc.record({ kind: fc.constant("settle" as const) }),
);

describe("a pair of sessions", () => {
  it("carries what the model carries", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), fc.nat(), async (commands, seed) => {
        const inbox = new Map<string, Line>();
        const lines: Line[] = [];
        const onStream = (end: string) => (stream: Stream) => {
          const line = inbox.get(`${end}${stream.id}`);
          if (line) line.theirs = side(stream);
        };
        const pair = new LinkedPair({
          random: seeded(seed),
          client: { onStream: onStream("server") },
          server: { onStream: onStream("client") },
        });
        for (const step of commands) {
          if (step.kind === "settle") await pair.settle();
          else if (step.kind === "open") {
            const stream = (step.from ? pair.client : pair.server).open();
            const line: Line = { ours: side(stream), theirs: undefined, wasReset: false };
            inbox.set(`${step.from ? "client" : "server"}${stream.id}`, line);
            lines.push(line);
          } else {
            const line = lines[step.line % Math.max(1, lines.length)];
            const end = step.back ? line?.theirs : line?.ours;
            if (!line || !end || line.wasReset) continue;
            if (step.kind === "reset") {
              line.wasReset = true;
              end.stream.reset();
            } else if (step.kind === "end") {
              end.hasEnded = true;
              end.stream.end();
            } else if (!end.hasEnded) {
              const text = String.fromCharCode(97 + (end.written.length % 26)).repeat(step.bytes);
              end.written += text;
              end.stream.write(Buffer.from(text));
            }
          }
        }
        await pair.settle();
        for (const { ours, theirs, wasReset } of lines) {
          for (const [from, to] of [
            [ours, theirs],
            [theirs, ours],
          ]) {
            if (wasReset || !from || !to) {
              if (from && to) expect(from.written.startsWith(to.seen.text)).toBe(true);
              continue;
            }
            expect(to.seen.text === from.written).toBe(true);
            expect(to.seen.hasEnded).toBe(from.hasEnded);
            expect(from.stream.sendCredit).toBeGreaterThanOrEqual(0);
            expect(from.stream.queuedBytes).toBe(0);
          }
          expect(ours.seen.closes.length).toBe(wasReset || (ours.hasEnded && theirs?.hasEnded) ? 1 : 0);
        }
        const live = lines.filter((line) => !line.wasReset && !(line.ours.hasEnded && line.theirs?.hasEnded)).length;
        expect([pair.client.stats().streams, pair.server.stats().streams]).toEqual([live, live]);
        await Promise.resolve();
      }),
      { numRuns: 60 },
    );
  }, 20_000);

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
