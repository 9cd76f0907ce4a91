/** The races of tests/runtime/references/races.test.ts, many more of them. */
import { describe, it } from "@jest/globals";
import { raceAll } from "../runtime/references/race.js";

describe("whatever the order", () => {
  it("R05: 5,000 times, a release meets a use", () => raceAll("release", 5_000));
  it("C08: 10,000 times, a cancellation meets a result", () => raceAll("cancel", 10_000));
  it("C08: 5,000 times, the connection is lost in between", () => raceAll("lose", 5_000));
});
