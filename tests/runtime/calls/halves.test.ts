/** Which calls leave before the end of their turn: two groups under way, one at each side, and never more writes than that. */
import { describe, expect, it } from "@jest/globals";
import { Halves } from "../../../runtime/calls/halves.js";

/** A peer that answers what it was sent, group by group; each answered call is made again. @returns sizes of the writes. */
function rounds(halves: Halves, inFlight: number, turns: number): number[] {
  const writes: number[] = [];
  let unanswered = 0;
  let due = inFlight;
  for (let turn = 0; turn < turns; turn++) {
    let waiting = 0;
    for (let call = 0; call < due; call++) {
      const isFirst = waiting++ === 0;
      if (!halves.onCall(isFirst, ++unanswered)) continue;
      writes.push(waiting);
      waiting = 0;
    }
    if (waiting > 0) writes.push(waiting);
    due = writes[turn]!;
    unanswered -= due;
  }
  return writes;
}

describe("Halves", () => {
  it("few calls in flight leave together, at the end of their turn", () => {
    expect(rounds(new Halves(), 1, 3)).toEqual([1, 1, 1]);
    expect(rounds(new Halves(), 15, 3)).toEqual([15, 15, 15]);
  });

  it("of many, some leave early, and from then on two groups are under way", () => {
    expect(rounds(new Halves(), 64, 5)).toEqual([16, 48, 16, 48, 16, 48]);
  });

  it("calls that are all answered at once are halved", () => {
    const halves = new Halves();
    const writes: number[] = [];
    for (let round = 0; round < 3; round++) {
      let waiting = 0;
      for (let call = 1; call <= 64; call++) {
        const isFirst = waiting++ === 0;
        if (!halves.onCall(isFirst, call)) continue;
        writes.push(waiting);
        waiting = 0;
      }
      writes.push(waiting);
    }
    expect(writes).toEqual([16, 48, 32, 32, 32, 32]);
  });
});
