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

describe("awaited calls on one reference", () => {
  /** A server that asks a callback of the client, which answers when `hold` is opened. */
  async function linkAsked(limit: number) {
    linked = await linkBank({}, { limits: { maxUnansweredPerReference: limit } });
    const hold = gate();
    const asked: string[] = [];
    let question!: (text: string) => Promise<string>;
    linked.impl.ask = async (given) => {
      question = given;
      return "kept";
    };
    await linked.bank.ask(async (text) => {
      asked.push(text);
      await hold.opened;
      return `answer to ${text}`;
    }, "");
    return { question, hold, asked };
  }

  it("are refused past limits.maxUnansweredPerReference, and go on when some have been answered", async () => {
    const { question, hold, asked } = await linkAsked(3);
    const answers = ["a", "b", "c"].map((text) => question(text));
    await expect(question("d")).rejects.toMatchObject({
      name: "LimitError",
      code: "too-many-calls",
      message: expect.stringMatching(/^3 calls on .* the limit is 3 \(limits\.maxUnansweredPerReference\)/),
    });
    hold.open();
    expect(await Promise.all(answers)).toEqual(["answer to a", "answer to b", "answer to c"]);
    expect(await question("e")).toBe("answer to e");
    expect(asked).toEqual(["a", "b", "c", "e"]);
    release(question);
    await atRest(linked!);
  });

  it("count until they fail, too, and each reference for itself", async () => {
    linked = await linkBank({ limits: { maxUnansweredPerReference: 1 } });
    const { bank } = linked;
    const ada = bank.login("ada");
    await expect(bank.add(1, 2)).rejects.toMatchObject({ code: "too-many-calls" });
    await expect(bank.login("bob").name()).rejects.toMatchObject({ code: "too-many-calls" });
    const session = await ada;
    expect(await Promise.all([session.name(), bank.add(1, 2)])).toEqual(["ada", 3]);
    await expect(bank.fail("thrown")).rejects.toMatchObject({ message: "thrown" });
    await expect(bank.add("x" as unknown as number, 2)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await bank.add(1, 2)).toBe(3);
  });
});
