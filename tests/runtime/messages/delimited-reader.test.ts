/**
 * Size-delimited messages under every chunking: the same messages whatever the cuts, a limit that acts on the size
 * alone, and memory that grows with what has arrived. Rows: F14, F15, F16, X08.
 */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DelimitedReader } from "../../../runtime/messages/delimited-reader.js";

function sizeOf(bytes: number): Uint8Array {
  const size: number[] = [];
  let left = bytes;
  for (; left > 0x7f; left >>>= 7) size.push((left & 0x7f) | 0x80);
  return Uint8Array.from([...size, left]);
}

function delimited(message: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([sizeOf(message.length), message]));
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

function readAll(reader: DelimitedReader, chunks: readonly Uint8Array[]): string[] {
  const messages: string[] = [];
  for (const chunk of chunks) {
    const lent = chunk.slice();
    const owned: Uint8Array[] = [];
    reader.push(lent, (message, isOwned) => {
      if (isOwned) owned.push(message);
      messages.push(Buffer.from(message).toString("latin1"));
    });
    const before = owned.map((message) => Buffer.from(message).toString("latin1"));
    lent.fill(0xee);
    expect(owned.map((message) => Buffer.from(message).toString("latin1"))).toEqual(before);
  }
  return messages;
}

const messages = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 20 }) },
    fc.constantFrom(0, 127, 128, 300, 16_384).map((size) => new Uint8Array(size).fill(size)),
  ),
  { maxLength: 6 },
);

describe("DelimitedReader", () => {
  it("F14: gives the same messages whatever the cuts", () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 30 }), (sent, cuts) => {
        const bytes = new Uint8Array(Buffer.concat(sent.map(delimited)));
        const reader = new DelimitedReader("a message", () => 1 << 20);
        expect(readAll(reader, split(bytes, cuts))).toEqual(sent.map((one) => Buffer.from(one).toString("latin1")));
        expect(reader.midway).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it("F14: 50 messages cut at every byte, and in single bytes", () => {
    const sent = Array.from({ length: 50 }, (_, i) => new Uint8Array(i % 7).fill(i));
    const bytes = new Uint8Array(Buffer.concat(sent.map(delimited)));
    const expected = sent.map((one) => Buffer.from(one).toString("latin1"));
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(readAll(new DelimitedReader("m", () => 100), split(bytes, [cut]))).toEqual(expected);
    expect(
      readAll(
        new DelimitedReader("m", () => 100),
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(expected);
  });

  it("F15: refuses a size past the limit before any of the message, naming both numbers", () => {
    const reader = new DelimitedReader("a test message", () => 1000);
    reader.push(Uint8Array.of(0xe9), () => undefined);
    expect(() => {
      reader.push(Uint8Array.of(0x07), () => undefined);
    }).toThrow(
      expect.objectContaining({
        code: "message-too-large",
        message: "a test message of 1001 bytes, and the limit is 1000",
      }),
    );
    expect(readAll(new DelimitedReader("m", () => 1000), [delimited(new Uint8Array(1000))])).toHaveLength(1);
  });

  it("F15: keeps memory for what has arrived, not for what is claimed", () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 100 }, () => {
      const reader = new DelimitedReader("m", () => 2 ** 31);
      reader.push(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04, 1, 2, 3), () => undefined); // 1 GiB
      return reader;
    });
    expect(readers.every((reader) => reader.midway && reader.arriving === 2 ** 30)).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
  });

  it("F15: takes memory for an expected message at once, up to 1088 KiB and 16 times what has arrived", async () => {
    /** Bytes, when what others have left is freed: that happens beside the program. */
    const settled = async (): Promise<number> => {
      for (let last = -1, same = 0; ;) {
        gc!();
        await new Promise((resolve) => setTimeout(resolve, 5));
        const { arrayBuffers } = process.memoryUsage();
        same = arrayBuffers === last ? same + 1 : 0;
        last = arrayBuffers;
        if (same === 3) return last;
      }
    };
    const bytes = new Uint8Array(2 << 20);
    const readers: DelimitedReader[] = [];
    const memoryAfter = async (size: number, arrived: number, isExpected: boolean): Promise<number> => {
      const asked = new Set<number>();
      const reader = new DelimitedReader(
        "m",
        () => 2 ** 31,
        (claimed) => asked.add(claimed).size > 0 && isExpected,
      );
      readers.push(reader); // and what it keeps
      const before = await settled();
      reader.push(sizeOf(size), () => undefined);
      for (let at = 0; at < arrived; at += 50_000)
        reader.push(bytes.subarray(at, Math.min(arrived, at + 50_000)), () => undefined);
      expect([...asked]).toEqual([size]);
      return ((await settled()) - before) / 2 ** 20;
    };
    const MiB = 1 << 20;
    expect(await memoryAfter(MiB + 100, 1000, true)).toBeCloseTo(1, 1);
    expect(await memoryAfter(64 * MiB, 1000, true)).toBeCloseTo(1088 / 1024, 1);
    const grown = await memoryAfter(64 * MiB, 1.5 * MiB, true);
    expect(grown).toBeGreaterThan(16);
    expect(grown).toBeLessThan(18); // the first 1088 KiB, where it has not been freed yet
    expect(await memoryAfter(64 * MiB, 1000, false)).toBeCloseTo(1 / 16, 1);
  });

  it("gives the same messages whether they are expected or not", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 4 }),
        fc.integer({ min: 5000, max: 70_000 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        (sizes, step, expectations) => {
          const sent = sizes.map((size) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff));
          const bytes = new Uint8Array(Buffer.concat(sent.map(delimited)));
          const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) =>
            bytes.subarray(i * step, (i + 1) * step),
          );
          let asked = 0;
          const reader = new DelimitedReader(
            "m",
            () => 1 << 20,
            () => expectations[asked++ % expectations.length]!,
          );
          expect(readAll(reader, chunks)).toEqual(sent.map((one) => Buffer.from(one).toString("latin1")));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("X08: refuses a size of six bytes, after the fifth", () => {
    const reader = new DelimitedReader("m", () => 100);
    reader.push(new Uint8Array(4).fill(0x80), () => undefined);
    expect(() => {
      reader.push(Uint8Array.of(0x80), () => undefined);
    }).toThrow(expect.objectContaining({ code: "bad-instruction" }));
  });

  it("F16: says whether a message has begun", () => {
    const reader = new DelimitedReader("m", () => 1000);
    const midway = [...delimited(new Uint8Array(200))].map((byte) => {
      reader.push(Uint8Array.of(byte), () => undefined);
      return reader.midway;
    });
    expect(midway.slice(0, -1).every(Boolean)).toBe(true);
    expect(midway.at(-1)).toBe(false);
  });

  it("asks for the limit anew for each message", () => {
    let limit = 10;
    const reader = new DelimitedReader("m", () => limit);
    const sizes: number[] = [];
    reader.push(Uint8Array.from([...delimited(new Uint8Array(5)), ...delimited(new Uint8Array(50))]), (message) => {
      sizes.push(message.length);
      limit = 100;
    });
    expect(sizes).toEqual([5, 50]);
  });
});
