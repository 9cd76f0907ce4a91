/** The generator under `--watch`, edited for long: it never gives another result than one that has just been started. */
import { describe, it } from "@jest/globals";
import { expectSameAfterEdits } from "../codegen/support/watcher.js";
import { workspace } from "../codegen/support/workspace.js";
import { seeds } from "../support/seeded.js";

describe("a generator that remembers", () => {
  it.each(seeds(4))("gives after each of 60 random edits what a fresh one gives (seed %i)", (seed) => {
    expectSameAfterEdits(seed, 60, workspace);
  });
});
