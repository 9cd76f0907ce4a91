import { describe, expect, it } from "@jest/globals";
import { callsUnderCuts } from "../runtime/calls/chaos.js";

const SECONDS = 40;

describe("calls over connections that break", () => {
  it(`S06: for ${SECONDS} s, cut about every 5 MB: every call settles once, and nothing is left`, async () => {
    let [answered, failed] = [0, 0];
    const end = performance.now() + SECONDS * 1000;
    for (let seed = Date.now() % 2 ** 31; performance.now() < end; seed++) {
      console.log(`seed ${seed}`);
      const [more, less] = await callsUnderCuts(seed, 10, 10_000_000);
      answered += more;
      failed += less;
    }
    console.log(`${answered} calls answered, ${failed} failed`);
    expect(answered).toBeGreaterThan(failed);
  });
});
