/** The long rows of calls at a size that `npm test` bears; tests/soak/calls.soak.ts runs them in full. */
import { describe, expect, it } from "@jest/globals";
import { raceCancellations } from "./cancel-race.js";
import { heapSlope, heapSlopeBesideStream, largeArguments, sharedSignal } from "./endurance.js";

describe("many calls", () => {
  it("C08: cancel against answer, in 200 interleavings", async () => {
    await raceCancellations(200);
  });

  it("C18: 5,000 with one signal leave no listener, and never had more than one", async () => {
    expect(await sharedSignal(5_000)).toEqual([1, 0]);
  });

  it("20 arguments of 4 MiB are not kept", async () => {
    expect((await largeArguments(20, 4 << 20)).kept).toBeLessThan(2 << 20);
  });

  it("S04, S07: leave next to nothing on the heap", async () => {
    expect(await heapSlope(8_000)).toBeLessThan(375);
    expect(await heapSlopeBesideStream(250, 40_000)).toBeLessThan(16_000);
  });
});
