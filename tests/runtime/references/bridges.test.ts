/**
 * References through third peers: a client, two bridges that serve what the next one serves, and the origin. Identity
 * both ways, releases and callbacks all the way, chains, cancellation, order, and what the loss of each hop costs.
 * Rows: R11, R16, O01, O03, O04, C06, C13.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, release } from "peerwire";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import { type BankEvent, NoSuchUser, type Session } from "../sample/bank.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import type { Opened, Vault } from "../sample/vault.js";
import { VaultService } from "../sample/vault.rpc.js";
import { gate, until } from "./at-rest.js";
import { type Chain, heldBy, linkChain } from "./linked-chain.js";

let chain: Chain<object> | undefined;
afterEach(async () => {
  await chain?.close();
  chain = undefined;
});

async function link(impl: BankImpl = new BankImpl(), log?: string[]): Promise<{ bank: BankStub; impl: BankImpl }> {
  const made = await linkChain(BankService, impl, 2, {
    ...(log && { onInstruction: (direction, { kind }) => log.push(`${direction} ${kind}`) }),
  });
  chain = made;
  return { bank: made.root, impl };
}

/** Nothing crosses any more, and nothing is held, without any help of the garbage collector. */
async function nothingHeld(): Promise<void> {
  for (let turn = 0; heldBy(chain!.hops) > 0; turn++) {
    if (turn === 500) throw new Error(`${heldBy(chain!.hops)} references and calls are still there`);
    await new Promise(setImmediate);
  }
}

describe("through two bridges", () => {
  it("an object is the same stub while it is held, and released at its origin when it is given back", async () => {
    const { bank, impl } = await link();
    const shared = new SessionImpl("shared");
    impl.login = async () => shared;
    const [first, second] = await Promise.all([bank.login("a"), bank.login("b")]);
    expect(first).toBe(second);
    expect(await first.name()).toBe("shared");
    first.dispose();
    expect(await second.name()).toBe("shared");
    expect(shared.disposed).toBe(0);
    second.dispose();
    await nothingHeld();
    expect(shared.disposed).toBe(1);
  });

  it("R16: an object comes home as itself, from either end", async () => {
    const { bank, impl } = await link();
    const mine = new SessionImpl("mine");
    expect(await bank.same(mine)).toBe(mine);
    const theirs = await bank.login("theirs");
    let seen: Session | undefined;
    impl.same = async (session) => (seen = session);
    expect(await bank.same(theirs)).toBe(theirs);
    expect(seen).toBe(impl.sessionsMade[0]);
    theirs.dispose();
    theirs.dispose(); // it crossed twice
    await until(() => heldBy(chain!.hops) === 0); // the origin's own handler had a stub, and left it to collection
  });

  it("callbacks are called back, kept, and released all the way", async () => {
    const { bank, impl } = await link();
    let asked = 0;
    expect(await bank.ask(async (text) => `${text}${++asked}`, "q")).toBe("answer q1");
    await until(() => heldBy(chain!.hops) === 0); // the origin's handler has let go by collection
    const events: BankEvent[] = [];
    const listener = (event: BankEvent): unknown => events.push(event);
    await bank.onEvent(listener);
    await bank.onEvent(listener);
    expect(impl.listeners[0]).toBe(impl.listeners[1]);
    for (let i = 0; i < 3; i++) impl.listeners[0]!({ kind: "opened", at: new Date(i) });
    await until(() => events.length === 3);
    for (const one of impl.listeners) release(one);
    await nothingHeld();
  });

  it("a chain costs each hop one round trip", async () => {
    const log: string[] = [];
    const { bank } = await link(new BankImpl(), log);
    log.length = 0;
    expect(await bank.login("ada").child("x").child("y").name()).toBe("ada/x/y");
    expect(log.slice(0, 5)).toEqual(["out call", "out call", "out call", "out call", "in return"]);
    await until(() => heldBy(chain!.hops) === 0);
  });

  it("a chain is on its way through the bridges before anything of it is known", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    impl.login = async (user) => {
      await hold.opened;
      return new SessionImpl(user);
    };
    const name = bank.login("ada").child("x").name();
    const same = bank.same(bank.login("bob")).name();
    const origin = chain!.hops.at(-1)!.far;
    await until(() => origin.stats().incomingCalls === 6);
    hold.open();
    expect(await Promise.all([name, same])).toEqual(["ada/x", "bob"]);
    await until(() => heldBy(chain!.hops) === 0);
  });

  it("references inside values are chained on and released too", async () => {
    const made: SessionImpl[] = [];
    const make = (name: string): SessionImpl => {
      const session = new SessionImpl(name);
      made.push(session);
      return session;
    };
    const vault: Vault = {
      open: async (user) => ({ label: user, session: make(user), owner: { session: make("owner") }, all: [make("x")] }),
      hold: async (session): Promise<Opened> => ({ label: "", session, owner: { session }, all: [] }),
    };
    const linked = await linkChain(VaultService, vault, 2);
    chain = linked;
    const promise = linked.root.open("ada");
    expect(await promise.owner.session.child("x").name()).toBe("owner/x");
    const opened = await promise;
    for (const session of [opened.session, opened.owner.session, ...opened.all]) release(session);
    await until(() => made.every(({ disposed }) => disposed === 1));
    await expect(linked.root.open("bob").spare.name()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("O04: errors arrive as what they are, and dependents fail with them", async () => {
    const { bank } = await link();
    const failed = bank.login("nobody");
    await expect(failed.child("x").name()).rejects.toBeInstanceOf(NoSuchUser);
    await expect(failed).rejects.toMatchObject({ name: "NoSuchUser", user: "nobody" });
    await expect(bank.fail("thrown")).rejects.toMatchObject({
      code: "UNKNOWN",
      remoteName: "TypeError",
      message: "thrown",
      cause: { remoteName: "RangeError", message: "deeper" },
    });
    await nothingHeld();
  });

  it("R11: what came with a call that fails is given back", async () => {
    const { bank, impl } = await link();
    impl.onEvent = async () => {
      throw new Error("no");
    };
    await expect(bank.onEvent(() => undefined)).rejects.toThrow("no");
    await nothingHeld();
  });

  it("streams of objects are passed on, item by item, and given back item by item", async () => {
    const { bank, impl } = await link();
    const made: SessionImpl[] = [];
    impl.sessions = async function* () {
      for (let i = 0; i < 50; i++) {
        const session = new SessionImpl(`${i}`);
        made.push(session);
        yield session;
      }
    };
    let read = 0;
    for await (const session of bank.sessions()) {
      expect(await session.name()).toBe(`${read++}`);
      release(session);
    }
    expect(read).toBe(50);
    await nothingHeld();
    expect(made.every(({ disposed }) => disposed === 1)).toBe(true);
  });

  it("O01: calls start in the order in which they were made, one-way ones among them", async () => {
    const { bank, impl } = await link();
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      calls.push(bank.add(i, 0));
      bank.note(String(i));
      calls.push(bank.echo(new Uint8Array(i % 5 === 0 ? 100_000 : i)));
    }
    await Promise.all(calls);
    expect(impl.log).toEqual(
      Array.from({ length: 20 }, (_, i) => [`add ${i} 0`, `note ${i}`, `echo ${i % 5 === 0 ? 100_000 : i}`]).flat(),
    );
  });

  it("O03: calls on a promise that turns out to be the client's own object precede direct ones", async () => {
    const { bank } = await link();
    const log: number[] = [];
    class Recording extends SessionImpl {
      override async child(name: string): Promise<Session> {
        log.push(Number(name));
        return this;
      }
    }
    const mine = new Recording("mine");
    const promise = bank.same(mine);
    const calls: Promise<unknown>[] = [promise.child("0"), promise.child("1")];
    const home = await promise;
    calls.push(home.child("2"), home.child("3"));
    await Promise.all(calls);
    expect(home).toBe(mine);
    expect(log).toEqual([0, 1, 2, 3]);
  });

  it("C06, C13: cancellation and deadlines reach the origin, shrunk", async () => {
    const { bank, impl } = await link();
    const abort = new AbortController();
    const slept = bank.$with({ signal: abort.signal }).sleep(1_000_000);
    await until(() => impl.signals.length === 1);
    abort.abort();
    await expect(slept).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => impl.signals[0]!.aborted);
    let remaining: number | undefined;
    impl.add = async (...args: unknown[]) => {
      remaining = (args[2] as { remainingMs: number }).remainingMs;
      return 0;
    };
    await bank.$with({ timeoutMs: 60_000 }).add(1, 1);
    expect(remaining).toBeLessThanOrEqual(60_000);
    expect(remaining).toBeGreaterThan(0);
    await nothingHeld();
  });
});

describe("what the loss of a hop costs", () => {
  it.each([0, 1, 2])("hop %i: what goes through it fails with a cause, and all else is freed", async (lost) => {
    const { bank, impl } = await link();
    const session = await bank.login("ada");
    await bank.onEvent(() => undefined);
    const hold = gate();
    impl.add = async () => {
      await hold.opened;
      return 0;
    };
    const pending = bank.add(1, 1).catch((error: unknown) => error as Error & { code: string });
    await until(() => chain!.hops.at(-1)!.far.stats().incomingCalls === 1);
    const { near, far } = chain!.hops[lost]!;
    near.destroy();
    await Promise.all([near.closed, far.closed]);
    const error = await pending;
    expect(error).toMatchObject(lost === 0 ? { name: "ClosedError" } : { code: "UNAVAILABLE" });
    expect((error as Error).message).toMatch(/destroyed here|closed|gone/);
    await expect(session.name()).rejects.toBeInstanceOf(lost === 0 ? Error : CallError);
    hold.open();
    session.dispose();
    for (const listener of impl.listeners) release(listener);
    await nothingHeld();
    expect(impl.sessionsMade[0]!.disposed).toBe(1);
    expect(await Promise.all(chain!.hops.slice(0, lost).map(({ near: peer }) => peer.ping()))).toHaveLength(lost);
  });
});
