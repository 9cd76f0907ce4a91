/** What `map` does not carry, said in words where it is written; and its limits, on either side of each. Rows: X15, C07. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { inspect } from "node:util";
import { CallError } from "peerwire";
import { until } from "../references/at-rest.js";
import type { AccountPromise } from "./generated/ledger.rpc.js";
import { AccountImpl, LedgerImpl } from "./ledger-impl.js";
import type { Account } from "./ledger.js";
import { type LedgerOptions, type LinkedLedger, linkLedger } from "./linked-ledger.js";

let linked: LinkedLedger | undefined;
afterEach(async () => {
  await linked?.close();
  linked = undefined;
});
async function link(options: LedgerOptions = {}): Promise<LinkedLedger> {
  return (linked = await linkLedger(options));
}

/** Callbacks that cannot be recorded, and what is said about each. */
const REFUSED: readonly (readonly [what: string, callback: (account: AccountPromise) => unknown, words: RegExp])[] = [
  [
    "prints a reference",
    (account) => "".concat(account as unknown as string),
    /cannot be printed, compared or computed/,
  ],
  [
    "prints a result",
    (account) => "".concat(account.balance() as unknown as string),
    /the result of .*balance is not known/,
  ],
  ["compares a result", (account) => (account.balance() as unknown as number) > 3, /cannot be printed, compared/],
  ["computes with a result", (account) => (account.balance() as unknown as number) + 1, /cannot be printed, compared/],
  ["makes JSON of a result", (account) => JSON.stringify({ of: account.balance() }), /cannot be printed, compared/],
  ["spreads a result", (account) => Array.from(account.balance() as unknown as string), /cannot be printed, compared/],
  ["asks for then", (account) => account.balance().then((balance) => balance + 1n), /cannot be awaited; call on it/],
  ["asks a reference for then", (account) => account.owner().catch(() => undefined), /cannot be awaited/],
  ["is async", async (account) => account.balance(), /is a promise: the callback runs once, .* cannot be async/],
  ["awaits", async (account) => (await account.balance()) + 1n, /is a promise: .* cannot be async/],
  ["maps inside", (account) => account.profile().accounts.map((one) => one.balance()), /cannot be mapped over/],
  ["reads a stream", (account) => account.entries(), /gives a stream, which map does not carry/],
  ["passes a stream", (account) => account.import(new LedgerImpl().list[0]!.entries()), /a stream is read once/],
  [
    "has a signal of its own",
    (account) => account.settle(new AbortController().signal),
    /give it to map, as an option/,
  ],
  ["returns a Date", () => new Date(0), /what it returns is neither a recorded result nor a plain object/],
  ["returns a function", (account) => ({ ask: () => account.balance() }), /^map records its callback: ask in what it/],
  [
    "reads a property that comes with the object",
    (account) => (account as unknown as { label: string }).label,
    /a property that comes with the recorded ledger\.v1\.AccountService: it is not known yet/,
  ],
  [
    "passes a result that is no reference",
    (account) => account.isSame(account.balance() as unknown as Account),
    /a recorded result where a ledger\.v1\.AccountService is expected/,
  ],
  ["passes another interface", (account) => account.isSame(account.owner() as unknown as Account), /is expected/],
];

describe("a callback that cannot be recorded", () => {
  it.each(REFUSED)("%s: is refused at once, in words, and nothing of it is sent", async (_, callback, words) => {
    const { ledger, seen } = await link();
    const accounts = ledger.accounts();
    expect(() => accounts.map(callback)).toThrow(words);
    expect(() => accounts.map(callback)).toThrow(CallError);
    await accounts;
    expect(seen.filter((one) => one === "out call")).toHaveLength(1);
    expect(await accounts.map((account) => account.balance())).toHaveLength(3);
  });

  it("throws what it throws itself", async () => {
    const { ledger } = await link();
    const own = new RangeError("mine");
    expect(() =>
      ledger.accounts().map(() => {
        throw own;
      }),
    ).toThrow(own);
  });

  it("may be looked at, and kept: what is called on it afterwards is refused", async () => {
    const { ledger } = await link();
    let kept!: AccountPromise;
    await ledger.accounts().map((account) => {
      kept = account;
      expect(inspect(account)).toContain("a recorded result, not known yet");
      return 1;
    });
    expect(() => kept.balance()).toThrow(/what map's callback was given is of no use after it/);
    await expect(ledger.audit(kept as unknown as Account, { text: "" })).rejects.toThrow(/cannot leave the callback/);
  });

  it("cannot call what is elsewhere, or have options or an end of its own", async () => {
    const { ledger } = await link();
    const other = await linkLedger();
    try {
      const accounts = ledger.accounts();
      expect(() => accounts.map(() => other.ledger.accounts())).toThrow(/is not at the peer that holds the list/);
      expect(() => accounts.map(() => ledger.$with({ timeoutMs: 1 }).accounts())).toThrow(/give them to map/);
      expect(() =>
        accounts.map(() => {
          ledger.dispose();
        }),
      ).toThrow(/dispose would run for no item/);
      const [held] = await ledger.accounts();
      // An object of another peer may be passed, as anywhere.
      const [theirs] = await other.ledger.accounts();
      expect(await accounts.map((account) => account.isSame(theirs!))).toEqual([false, false, false]);
      expect(await accounts.map((account) => account.isSame(held!))).toEqual([true, false, false]);
    } finally {
      await other.close();
    }
  });

  it("C07: with a signal that has aborted is recorded, and not sent", async () => {
    const { ledger, seen } = await link();
    const accounts = ledger.accounts();
    const signal = AbortSignal.abort();
    await expect(accounts.map((account) => account.balance(), { signal })).rejects.toMatchObject({
      code: "CANCELLED",
      dispatched: "no",
    });
    expect(seen.filter((one) => one === "out call")).toHaveLength(1);
  });
});

describe("the limits of a map", () => {
  const steps =
    (count: number) =>
    (account: AccountPromise): unknown =>
      Array.from({ length: count }, () => account.balance());

  it("maxMapSteps: a program of as many calls is recorded, one more is refused before it is sent", async () => {
    const { ledger, seen } = await link({ client: { limits: { maxMapSteps: 4 } } });
    expect(await ledger.accounts().map(steps(4))).toHaveLength(3);
    const accounts = ledger.accounts();
    const sent = seen.length;
    expect(() => accounts.map(steps(5))).toThrow(
      expect.objectContaining({
        code: "too-many-calls",
        message: expect.stringContaining("more than 4 calls in one recorded program (limits.maxMapSteps)"),
      }),
    );
    expect(seen).toHaveLength(sent);
  });

  it("maxMapSteps: of the side that runs it, too, and nothing of it runs", async () => {
    const { ledger, impl } = await link({ server: { limits: { maxMapSteps: 4 } } });
    expect(await ledger.accounts().map(steps(4))).toHaveLength(3);
    impl.log.length = 0;
    await expect(ledger.accounts().map(steps(5))).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: "a recorded program of 5 calls, and the limit is 4 (limits.maxMapSteps)",
      dispatched: "no",
    });
    expect(impl.log).toEqual([]);
  });

  it.each([0, 1])("X15: maxMapCalls: items times steps, with %i bridges between", async (bridges) => {
    const { ledger, impl } = await link({ bridges, server: { limits: { maxMapCalls: 6 } } });
    expect(await ledger.accounts().map(steps(2))).toHaveLength(3);
    impl.log.length = 0;
    await expect(ledger.accounts().map(steps(3))).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringContaining("makes 9 calls, and the limit is 6 (limits.maxMapCalls)"),
    });
    expect(impl.log).toEqual([]);
    expect(await ledger.accounts().map(steps(2))).toHaveLength(3);
  });

  it("X15: maxMapCalls: is shared by all maps that run, until their calls have ended", async () => {
    const { ledger, impl } = await link({ server: { limits: { maxMapCalls: 6 } } });
    const abort = new AbortController();
    const slow = ledger.accounts().map((account) => account.settle(), { signal: abort.signal });
    await until(() => impl.log.length === 3);
    await expect(ledger.accounts().map(steps(2))).rejects.toMatchObject({
      message: expect.stringContaining("makes 6 calls, beside 3 that run already, and the limit is 6"),
    });
    expect(await ledger.accounts().map(steps(1))).toHaveLength(3);
    abort.abort();
    await expect(slow).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => impl.log.filter((one) => one.startsWith("stopped")).length === 3);
    expect(await ledger.accounts().map(steps(2))).toHaveLength(3);
  });

  it("maxMapCalls: of the caller, where the list is known to it already", async () => {
    const { ledger, seen } = await link({ client: { limits: { maxMapCalls: 3 } } });
    const accounts = ledger.accounts();
    await accounts;
    expect(await accounts.map(steps(1))).toHaveLength(3);
    const sent = seen.length;
    await expect(accounts.map(steps(2))).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(seen).toHaveLength(sent);
  });

  it("maxReferencesPerMessage: of what it gives, and what was made is let go of", async () => {
    const { ledger } = await link({ server: { limits: { maxReferencesPerMessage: 4 } } });
    await expect(ledger.accounts().map((account) => [account.owner(), account.owner()])).rejects.toMatchObject({
      message: expect.stringContaining("more than 4 references in one message"),
    });
    expect(await ledger.accounts().map((account) => account.owner().name())).toHaveLength(3);
  });

  it("a list that is our own object's is called here", async () => {
    const { ledger } = await link();
    const log: string[] = [];
    await ledger.adopt([new AccountImpl("mine", 5n, log)]);
    const accounts = ledger.accounts();
    await accounts;
    expect(await accounts.map((account) => [account.balance(), account.owner().name()])).toEqual([
      [5n, "owner of mine"],
    ]);
    expect(log).toEqual(["balance mine"]);
  });
});
