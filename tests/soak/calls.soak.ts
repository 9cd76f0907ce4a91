import { describe, expect, it } from "@jest/globals";
import { raceCancellations } from "../runtime/calls/cancel-race.js";
import { heapSlope, heapSlopeBesideStream, largeArguments, sharedSignal } from "../runtime/calls/endurance.js";

describe("calls", () => {
  it("C08: cancel against answer, in 100,000 interleavings", async () => {
    await raceCancellations(100_000);
  }, 1_800_000);

  it("C18: 100,000 with one signal leave no listener, and never had more than one", async () => {
    expect(await sharedSignal(100_000)).toEqual([1, 0]);
  });

  it("S04: a million leave at most 20 bytes each", async () => {
    const slope = await heapSlope(1_000_000);
    console.log(`${slope.toFixed(2)} bytes a call`);
    expect(slope).toBeLessThan(20);
  });

  it("100 arguments of 16 MiB, two at a time, hold no more than a few at a time, and are not kept", async () => {
    const { kept, most } = await largeArguments(100, 16 << 20);
    console.log(`${(most / 2 ** 20).toFixed(1)} MiB at most, ${(kept / 2 ** 20).toFixed(1)} MiB in the end`);
    expect(most).toBeLessThan(10 * (16 << 20));
    expect(kept).toBeLessThan(2 << 20);
  }, 600_000);

  it("S07: 100,000 results of 1,000 bytes, each a stream of its own, beside one long stream leave at most 20 bytes each", async () => {
    expect(await heapSlopeBesideStream(100_000, 1_000)).toBeLessThan(20);
  }, 1_800_000);
});
