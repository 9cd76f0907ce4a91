/** References inside by-value results: used on the promise of the value, in the round trip of the call itself. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { type LinkedStudio, linkStudio } from "./linked-studio.js";

let studio: LinkedStudio;
beforeEach(async () => {
  studio = await linkStudio();
});
afterEach(async () => {
  await studio.client.close();
});

describe("the promise of a value", () => {
  it("has the references that the value holds, at their places", async () => {
    const { rack, sent } = studio;
    const pair = rack.pair();
    pair.left.gain = 7;
    const [left, gain, right] = await Promise.all([pair.left.label(), pair.left.gain, pair.inner.right.label()]);
    expect([left, gain, right, sent["call"]]).toEqual(["left", 7, "right", 5]);
    const { count, left: channel } = await pair;
    expect([count, await pair.left]).toEqual([2, channel]);
  });

  it("of a tuple has them by position, with the members of their bases and classes", async () => {
    const { rack } = studio;
    const both = rack.both();
    expect(await both[0].record(2)).toMatchObject({ title: "2 s" });
    expect(await new both[0].Channel("inside").label()).toBe("inside");
    expect((await both)[1]).toBe(1);
  });

  it("gives a reference inside it as an argument", async () => {
    const { rack, mixer } = studio;
    mixer.solo = rack.pair().inner.right;
    expect(await mixer.solo.label()).toBe("right");
    expect(await rack.inspect(rack.both()[0])).toBe("tape deck, off, ours");
  });
});
