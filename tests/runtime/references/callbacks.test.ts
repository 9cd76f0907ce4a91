/**
 * Callbacks under pressure: one-way ones are bounded for each reference, awaited ones by who awaits them.
 * Rows: D01, D03 (nothing that is awaited ever waits for room).
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { release, whenTaken } from "peerwire";
import type { BankEvent } from "../sample/bank.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";
import { atRest, gate, until } from "./at-rest.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});

const event = (at: number): BankEvent => ({ kind: "opened", at: new Date(at) });

/** A server that calls a one-way callback of the client, which is taken when `hold` is opened. */
async function linkSlow(limit: number) {
  linked = await linkBank({}, { limits: { maxUntakenOneWay: limit } });
  const hold = gate();
  const seen: number[] = [];
  const slow: (one: BankEvent) => unknown = async (one) => {
    await hold.opened;
    if (one.kind === "opened") seen.push(one.at.getTime());
  };
  await linked.bank.onEvent(slow);
  return { listener: linked.impl.listeners[0]!, hold, seen };
}

describe("one-way callbacks", () => {
  it("are refused past limits.maxUntakenOneWay, with both numbers and what to do", async () => {
    const { listener, hold, seen } = await linkSlow(40);
    for (let i = 0; i < 40; i++) listener(event(i));
    expect(() => {
      listener(event(40));
    }).toThrow(
      expect.objectContaining({
        name: "LimitError",
        code: "too-many-calls",
        message: expect.stringMatching(/^40 one-way calls on .* the limit is 40 .*whenTaken/),
      }),
    );
    let isTaken = false;
    const taken = whenTaken(listener).then(() => {
      isTaken = true;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(isTaken).toBe(false);
    hold.open();
    await taken;
    listener(event(41));
    await until(() => seen.length === 41);
    expect(seen).toEqual([...Array.from({ length: 40 }, (_, i) => i), 41]);
    release(listener);
    await atRest(linked!);
  });

  it("flow without end where their consumer keeps up", async () => {
    const { listener, hold, seen } = await linkSlow(100);
    hold.open();
    for (let i = 0; i < 2_000; i++) {
      await whenTaken(listener);
      listener(event(i));
    }
    await until(() => seen.length === 2_000);
    release(listener);
    await atRest(linked!);
  });

  it("that cannot be encoded do not count, and those that wait are told of the end", async () => {
    const { listener } = await linkSlow(8);
    for (let i = 0; i < 50; i++)
      expect(() => {
        listener({ kind: "opened", at: new Date(Number.NaN) });
      }).toThrow();
    for (let i = 0; i < 8; i++) listener(event(i));
    const taken = whenTaken(listener);
    linked!.client.destroy();
    await taken;
  });
});
