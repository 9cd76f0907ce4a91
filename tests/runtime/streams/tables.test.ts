/** The containers of a session beside their obvious twins (Map, Array, Set), over whatever is put in and taken out. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Fifo } from "../../../runtime/streams/fifo.js";
import { IdTable } from "../../../runtime/base/id-table.js";
import { Openings, type Opening } from "../../../runtime/streams/openings.js";

class Entry implements Opening<Entry> {
  openingSince: number | undefined;
  openedBefore: Entry | undefined;
  openedAfter: Entry | undefined;
}

/** Few enough ids that they meet again and again, and the largest that a peer may choose. */
const anyId = fc.oneof(fc.nat(40), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 3, 2 ** 32 - 1));
const steps = fc.array(fc.record({ id: anyId, adds: fc.boolean() }), { maxLength: 300 });

describe("IdTable", () => {
  it("holds what a Map holds, whatever comes and goes", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const table = new IdTable<{ id: number }>();
        const twin = new Map<number, { id: number }>();
        for (const { id, adds } of list) {
          const item = { id };
          if (adds) {
            table.add(item);
            twin.set(id, item);
          } else expect(table.remove(id)).toBe(twin.delete(id));
          expect(table.size).toBe(twin.size);
          expect(table.find(id)).toBe(twin.get(id));
        }
        expect(table.all).toEqual([...twin.values()].sort((one, other) => one.id - other.id));
        for (const [id, item] of twin) expect(table.find(id)).toBe(item);
      }),
    );
  });

  it("holds 10,000 at once, and is small again afterwards", () => {
    const table = new IdTable<{ id: number }>();
    for (let id = 1; id < 20_000; id += 2) table.add({ id });
    expect([table.size, table.find(9_999)?.id, table.find(10_000)]).toEqual([10_000, 9_999, undefined]);
    for (let id = 1; id < 20_000; id += 2) expect(table.remove(id)).toBe(true);
    expect([table.size, table.all]).toEqual([0, []]);
  });
});

describe("Fifo", () => {
  it("gives what an Array gives, whatever comes and goes", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat()), { maxLength: 5000, size: "max" }), (list) => {
        const fifo = new Fifo<number>();
        const twin: number[] = [];
        const given: unknown[] = [];
        const expected: unknown[] = [];
        for (const item of list) {
          if (item === null) {
            given.push(fifo.shift());
            expected.push(twin.shift());
          } else {
            fifo.push(item);
            twin.push(item);
          }
          given.push(fifo.size);
          expected.push(twin.length);
        }
        while (fifo.size > 0) given.push(fifo.shift());
        expect(given).toEqual([...expected, ...twin]);
        expect(fifo.shift()).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});

describe("Openings", () => {
  it("knows the oldest, whoever is acknowledged first, and who has left holds on to nobody", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ index: fc.nat(9), adds: fc.boolean() }), { maxLength: 100 }), (list) => {
        const entries = Array.from({ length: 10 }, () => new Entry());
        const openings = new Openings<Entry>();
        const twin = new Set<Entry>();
        list.forEach(({ index, adds }, now) => {
          const entry = entries[index]!;
          if (!adds) {
            expect(openings.remove(entry)).toBe(twin.delete(entry));
            expect(entry).toEqual(new Entry());
          } else if (!twin.has(entry)) {
            openings.add(entry, now);
            twin.add(entry);
          }
          expect([openings.size, openings.oldest]).toEqual([twin.size, [...twin][0]]);
        });
      }),
    );
  });
});
