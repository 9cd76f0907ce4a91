import { describe, expect, it } from "@jest/globals";
import { seeds } from "../../support/seeded.js";
import { callsUnderCuts } from "./chaos.js";

describe("calls over connections that break", () => {
  it.each(seeds(3))(
    "S06: 10 cuts, about 1 MB apart: every call settles once, and nothing is left (seed %d)",
    async (seed) => {
      const [answered, failed] = await callsUnderCuts(seed, 10, 1_000_000);
      expect(answered).toBeGreaterThan(0);
      expect(failed).toBeGreaterThan(0);
    },
  );
});
