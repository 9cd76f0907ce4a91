/**
 * The 25 scenarios of a reference's life, real: over each carrier, and those of profile m also through two bridges that
 * pass live references on.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { functional } from "./functional.js";
import { releasing } from "./release.js";
import { type Carrier, World } from "./world.js";

const SCENARIOS = [...functional, ...releasing].sort((a, b) => a.number - b.number);
const CARRIERS: readonly Carrier[] = ["tcp", "unix", "inproc"];

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

it("all 25 are here", () => {
  expect(SCENARIOS.map(({ number }) => number)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

describe.each(CARRIERS)("over %s", (carrier) => {
  it.each(SCENARIOS)("$number $name", async (one) => {
    world = await World.open(carrier, 0);
    await one.run(world);
  });
});

describe.each(CARRIERS)("through two bridges over %s", (carrier) => {
  it.each(SCENARIOS.filter(({ isMultihop }) => isMultihop))("$number $name", async (one) => {
    world = await World.open(carrier, 2);
    await one.run(world);
  });
});
