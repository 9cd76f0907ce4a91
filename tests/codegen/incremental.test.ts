/** What is generated after an edit by a generator that remembers is what one that knows nothing generates. */
import { describe, it } from "@jest/globals";
import { seeds } from "../support/seeded.js";
import { expectSameAfterEdits } from "./support/watcher.js";
import { workspace } from "./support/workspace.js";

describe("a generator that remembers", () => {
  it.each(seeds(2))("gives after each random edit what a fresh one gives (seed %i)", (seed) => {
    expectSameAfterEdits(seed, 8, workspace);
  });
});
