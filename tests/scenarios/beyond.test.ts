/**
 * What the 25 scenarios leave out, over the same fixture, directly and through two bridges: one-way calls on promises
 * keep their order, streams keep their object, functions that are returned work and are let go of.
 * Rows: O03, D01, G (derived references).
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { release } from "peerwire";
import { until } from "../runtime/references/at-rest.js";
import type { Log } from "./fixture.js";
import { World } from "./world.js";

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

class OwnLog implements Log {
  readonly notes: string[] = [];
  note(text: string): void {
    this.notes.push(text.slice(0, 8));
  }
  async size(): Promise<number> {
    return this.notes.length;
  }
}

describe.each([0, 2])("with %i bridges", (bridges) => {
  it("O03: one-way calls on a promise that turns out to be our own object precede direct ones, large ones too", async () => {
    const { fixture } = (world = await World.open("inproc", bridges));
    const own = new OwnLog();
    const promise = fixture.mirror(own);
    promise.note("0");
    promise.note("1".padEnd(200_000)); // flows beside the instructions, and arrives later
    promise.note("2");
    const log = await promise;
    expect(log).toBe(own);
    log.note("3");
    expect(await log.size()).toBe(4);
    expect(own.notes.map((note) => note.trim())).toEqual(["0", "1", "2", "3"]);
  });

  it("a stream keeps its object from being disposed of until it has ended", async () => {
    const { fixture, impl } = (world = await World.open("inproc", bridges));
    const shared = await fixture.getShared();
    const items = shared.items()[Symbol.asyncIterator]();
    expect((await items.next()).value).toBe(0);
    shared.dispose();
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(impl.shared.disposed).toBe(0);
    impl.shared.hold.open();
    expect((await items.next()).value).toBe(0);
    expect((await items.next()).done).toBe(true);
    await until(() => impl.shared.disposed === 1);
    await world.nothingHeld();
  });

  it("a stream that is left, or lost, lets its object go", async () => {
    const { fixture, impl, client } = (world = await World.open("inproc", bridges));
    const shared = await fixture.getShared();
    for await (const item of shared.items()) if (item === 0) break;
    shared.dispose();
    await until(() => impl.shared.disposed === 1);
    const acquired = await fixture.acquireShared();
    await acquired.items()[Symbol.asyncIterator]().next();
    client.destroy();
    for (const one of impl.acquired) one.hold.open();
    await until(() => impl.acquired[0]!.disposed === 1);
  });

  it("D01: a function that is returned is called until it is let go of", async () => {
    const { fixture } = (world = await World.open("inproc", bridges));
    const count = await fixture.makeCounter();
    expect([await count(), await count()]).toEqual([1, 2]);
    release(count);
    await expect(count()).rejects.toMatchObject({ code: "released-reference" });
    await world.nothingHeld();
  });

  it("D01: a callback is kept beyond its call, and 10,000 invocations at once are all answered", async () => {
    const { fixture } = (world = await World.open("inproc", bridges));
    let ran = 0;
    await fixture.keepCallback(async (value) => `${value}${++ran}`);
    expect(await fixture.callKept("a")).toEqual(["a1"]);
    const answers = await fixture.fanOut(async (value) => `${value}${++ran}`, "b", 10_000);
    expect(new Set(answers).size).toBe(10_000);
    await fixture.forgetCallbacks();
    await world.nothingHeld();
  });
});
