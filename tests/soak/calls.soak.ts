import { describe, expect, it } from "@jest/globals";
import { raceCancellations } from "../runtime/calls/cancel-race.js";
import { heapSlope, heapSlopeBesideStream, sharedSignal } from "../runtime/calls/endurance.js";

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

  it("S07: 100,000 results of 1,000 bytes, each a stream of its own, beside one long stream leave at most 20 bytes each", async () => {
    expect(await heapSlopeBesideStream(100_000, 1_000)).toBeLessThan(20);
  }, 1_800_000);
});
