/** Releases against uses, cancellations against results, in many orders; tests/soak/races.soak.ts runs many more. Rows: C08, R05. */
import { describe, it } from "@jest/globals";
import { raceAll } from "./race.js";

describe("whatever the order", () => {
  it("R05: a release that meets a use: the use is answered, and nothing is left", () => raceAll("release", 200));
  it("C08: a cancellation that meets a result: one of them settles the call, and nothing is left", () =>
    raceAll("cancel", 200));
  it("C08: the end of the connection in between settles the rest", () => raceAll("lose", 200));
});
