/** Scenarios about letting go: by hand, by collection, by failure, by the end of the connection. */
import { expect } from "@jest/globals";
import fc from "fast-check";
import { until } from "../runtime/references/at-rest.js";
import { type Scenario, scenario } from "./scenario.js";
import type { World } from "./world.js";

/** Uses an object and drops it, in a function of its own: a suspended one would keep its locals alive. */
async function useAndDrop(world: World): Promise<void> {
  const shared = await world.fixture.getShared();
  expect(await shared.value).toBe("shared");
  expect(world.exported.entries).toBe(1);
}

async function churn(world: World, objects: number): Promise<void> {
  const acquired = await Promise.all(Array.from({ length: objects }, () => world.fixture.acquireShared()));
  expect(world.exported.entries).toBe(objects);
  for (const one of acquired) one.dispose();
  await world.nothingHeld();
  expect(world.impl.acquired.splice(0).every(({ disposed }) => disposed === 1)).toBe(true);
}

async function raceOnce(world: World, order: readonly boolean[]): Promise<void> {
  const shared = await world.fixture.acquireShared();
  const uses: Promise<string>[] = [];
  for (const isUse of order) {
    if (isUse) uses.push(shared.value);
    else shared.dispose();
  }
  for (const outcome of await Promise.allSettled(uses)) {
    if (outcome.status === "fulfilled") expect(outcome.value).toBe("shared");
    else expect(outcome.reason).toMatchObject({ code: "released-reference" });
  }
  shared.dispose();
}

export const releasing: readonly Scenario[] = [
  scenario(8, "SharedReferenceConsistency", "frm", async (world) => {
    const [first, second] = await Promise.all([world.fixture.getShared(), world.fixture.getShared()]);
    expect([await first.kind, await first.value, await second.kind, await second.value]).toEqual(
      Array<string>(4).fill("shared"),
    );
    expect(first).toBe(second);
    expect(world.exported).toMatchObject({ entries: 1, retains: 2 });
    expect(world.exportedAtOrigin.entries).toBe(1);
    first.dispose();
    second.dispose();
    await world.nothingHeld();
  }),

  scenario(9, "ExplicitRelease", "frm", async (world) => {
    expect(world.exported.entries).toBe(0);
    const acquired = [await world.fixture.acquireShared(), await world.fixture.acquireShared()];
    expect([world.exported.entries, world.exportedAtOrigin.entries]).toEqual([2, 2]);
    for (const one of acquired) one.dispose();
    await until(() => world.exported.entries === 0 && world.exportedAtOrigin.entries === 0);
    expect(world.impl.acquired.map(({ disposed }) => disposed)).toEqual([1, 1]);
  }),

  scenario(10, "AliasRetainRelease", "rm", async (world) => {
    const [first, second] = [await world.fixture.getShared(), await world.fixture.getShared()];
    expect([await first.value, await second.value]).toEqual(["shared", "shared"]);
    expect(world.exported).toMatchObject({ entries: 1, retains: 2 });
    first.dispose();
    await until(() => world.exported.retains === 1);
    expect(await second.value).toBe("shared");
    expect(world.impl.shared.disposed).toBe(0);
    second.dispose();
    await world.nothingHeld();
    expect(world.impl.shared.disposed).toBe(1);
  }),

  scenario(11, "UseAfterRelease", "r", async (world) => {
    const shared = await world.fixture.acquireShared();
    expect(world.exported.entries).toBe(1);
    shared.dispose();
    await until(() => world.exported.entries === 0);
    world.log.length = 0;
    await expect(shared.value).rejects.toMatchObject({ code: "released-reference", dispatched: "no" });
    expect(world.log).toEqual([]);
  }),

  scenario(12, "SessionCloseCleanup", "r", async (world) => {
    const held = [await world.fixture.acquireShared(), await world.fixture.acquireShared()];
    expect(world.exported.entries).toBe(2);
    await world.client.close();
    await until(() => world.exported.entries === 0);
    expect(world.impl.acquired.map(({ disposed }) => disposed)).toEqual([1, 1]);
    await expect(held[0]!.value).rejects.toMatchObject({ name: "ClosedError" });
  }),

  scenario(13, "ErrorPathNoLeak", "r", async (world) => {
    const helper = { greet: async (name: string): Promise<string> => name };
    await expect(world.fixture.explodeWith(async (value) => value, helper)).rejects.toThrow("Boom");
    for (let turn = 0; turn < 200 && world.held > 0; turn++) await new Promise(setImmediate);
    expect(world.held).toBe(0); // without any help of the collector
  }),

  scenario(14, "ReferenceChurnSoak", "r", async (world) => {
    await churn(world, 32);
    await churn(world, 128);
  }),

  scenario(15, "AutomaticReleaseAfterDrop", "rm", async (world) => {
    await useAndDrop(world);
    await world.nothingHeld();
    expect(world.impl.shared.disposed).toBe(1);
  }),

  scenario(16, "CallbackReferenceCleanup", "r", async (world) => {
    await world.fixture.keepCallback(async (value) => value);
    expect(world.exportedByClient.entries).toBe(1);
    expect(await world.fixture.callKept("x")).toEqual(["x"]);
    await world.fixture.useHelper({ greet: async (name) => name }, "Ada");
    await world.fixture.forgetCallbacks();
    await world.nothingHeld();
  }),

  scenario(17, "FinalizerEventualCleanup", "r", async (world) => {
    await useAndDrop(world);
    await world.nothingHeld(); // within a bound of turns of the event loop
    expect(world.exported).toMatchObject({ entries: 0, retains: 0 });
  }),

  scenario(18, "AbruptDisconnectCleanup", "rm", async (world) => {
    const shared = await world.fixture.acquireShared();
    expect(world.exported.entries).toBe(1);
    world.client.destroy();
    await until(() => world.exported.entries === 0 && world.exportedAtOrigin.entries === 0);
    expect(world.impl.acquired[0]!.disposed).toBe(1);
    await expect(shared.value).rejects.toMatchObject({ name: "ClosedError" });
  }),

  scenario(19, "ServerAbortInFlight", "r", async (world) => {
    const blocked = world.fixture.block();
    await until(() => world.hops[0]!.far.stats().incomingCalls === 1);
    world.hops[0]!.far.destroy();
    const error = await blocked.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).not.toBe("");
    expect(["ClosedError", "ProtocolError"]).toContain(error?.name);
    await world.client.closed;
    await expect(world.fixture.add(1, 1)).rejects.toMatchObject({ dispatched: "no" });
  }),

  scenario(22, "ReleaseUseRace", "r", async (world) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 2, maxLength: 6 }), (order) => raceOnce(world, order)),
      { numRuns: 50 },
    );
    await world.nothingHeld();
    const shared = await world.fixture.acquireShared();
    const use = shared.value.catch((error: unknown) => (error as { name: string }).name);
    world.client.destroy();
    expect(["shared", "ClosedError", "ProtocolError"]).toContain(await use);
    await until(() => world.exported.entries === 0);
  }),
];
