import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, ClosedError } from "peerwire";
import { SessionImpl } from "../sample/bank-impl.js";
import { type BankEvent, NoSuchUser, type Session } from "../sample/bank.js";
import { BankService } from "../sample/bank.rpc.js";
import { type LinkedBank, linkBank, until } from "../sample/linked-bank.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});
async function link(...options: Parameters<typeof linkBank>): Promise<LinkedBank> {
  linked = await linkBank(...options);
  return linked;
}

describe("Peer", () => {
  it("calls, with every kind of argument", async () => {
    const { bank, impl } = await link();
    expect(await bank.add(20, 22)).toBe(42);
    const session = await bank.login("ada", { otp: "1", tags: ["x", "y"] });
    expect(await session.balance()).toBe(3n);
    expect(await session.name()).toBe("ada");
    expect(impl.log).toContain("login ada 1 x,y");
  });

  it("is symmetric: the server calls the client at the same time", async () => {
    const { bank, server } = await link();
    const back = await server.root(BankService);
    expect(await Promise.all([bank.add(1, 2), back.add(3, 4)])).toEqual([3, 7]);
  });

  it("carries a chain of four in one round trip", async () => {
    const directions: string[] = [];
    const { bank } = await link({
      onInstruction: (direction, { kind }) => {
        if (kind === "call" || kind === "return") directions.push(direction);
      },
    });
    directions.length = 0;
    expect(await bank.login("a").child("b").child("c").name()).toBe("a/b/c");
    expect(directions.join(" ")).toBe("out out out out in in in in");
  });

  it("fails a chain with the error of its base, and dispatches nothing", async () => {
    const { bank, impl } = await link();
    const chained = bank.login("nobody").child("x").name();
    await expect(chained).rejects.toBeInstanceOf(NoSuchUser);
    await expect(chained).rejects.toMatchObject({ user: "nobody", message: "no user nobody" });
    expect(impl.sessionsMade).toHaveLength(0);
  });

  it("passes an unresolved promise as an argument", async () => {
    const { bank } = await link();
    expect(await bank.same(bank.login("eve")).name()).toBe("eve");
  });

  it("brings our own object home as itself", async () => {
    const { bank } = await link();
    const mine = new SessionImpl("mine");
    expect(await bank.same(mine)).toBe(mine);
  });

  it("gives the same stub for the same object, and counts", async () => {
    const { bank, server, client } = await link();
    const session = await bank.login("ada");
    const again = await bank.same(session);
    expect(again).toBe(session);
    expect(server.references().exports).toMatchObject({ entries: 1, retains: 2 });
    session.dispose();
    await until(() => server.references().exports.retains === 1);
    expect(await again.name()).toBe("ada");
    again.dispose();
    await until(() => server.references().exports.entries === 0);
    expect(client.references().imports).toMatchObject({ entries: 0, retains: 0 });
    await expect(session.name()).rejects.toMatchObject({ code: "released-reference" });
  });

  it("disposes an object once its last holder has let go", async () => {
    const { bank, impl } = await link();
    const session = await bank.login("ada");
    session.dispose();
    await until(() => impl.sessionsMade[0]?.disposed === 1);
    session.dispose();
    expect(impl.sessionsMade[0]?.disposed).toBe(1);
  });

  it("releases what is garbage-collected", async () => {
    const { bank, server } = await link();
    await (async () => {
      const session = await bank.login("ada");
      await session.name();
    })();
    await until(() => server.references().exports.entries === 0);
  });

  it("calls back: one-way listeners and questions", async () => {
    const { bank, impl } = await link();
    const events: BankEvent[] = [];
    await bank.onEvent((event) => events.push(event));
    impl.listeners[0]?.({ kind: "opened", at: new Date(5) });
    impl.listeners[0]?.({ kind: "moved", amounts: new Map([["EUR", 3n]]) });
    expect(await bank.ask(async (text) => text.toUpperCase(), "why")).toBe("answer WHY");
    expect(events).toEqual([
      { kind: "opened", at: new Date(5) },
      { kind: "moved", amounts: new Map([["EUR", 3n]]) },
    ]);
  });

  it("keeps order: one-way and awaited calls start as they were made, large ones included", async () => {
    const { bank, impl } = await link();
    bank.note("1");
    const big = bank.echo(new Uint8Array(1_000_000).fill(7));
    bank.note("2");
    const small = bank.add(1, 1);
    expect((await big).length).toBe(1_000_000);
    await small;
    expect(impl.log).toEqual(["note 1", "echo 1000000", "note 2", "add 1 1"]);
  });

  it("streams items, and an error in their middle after those before it", async () => {
    const { bank } = await link();
    const items: number[] = [];
    for await (const item of bank.count(5)) items.push(item);
    expect(items).toEqual([0, 1, 2, 3, 4]);
    const more: number[] = [];
    const failing = (async () => {
      for await (const item of bank.count(20)) more.push(item);
    })();
    await expect(failing).rejects.toMatchObject({ message: "thirteen" });
    expect(more).toHaveLength(13);
  });

  it("ends a stream with the signal, and with the deadline, of its call", async () => {
    const { bank, impl } = await link();
    const abort = new AbortController();
    const aborted = bank.$with({ signal: abort.signal }).count(10)[Symbol.asyncIterator]();
    expect(await aborted.next()).toEqual({ done: false, value: 0 });
    abort.abort(new Error("enough"));
    await expect(aborted.next()).rejects.toMatchObject({ code: "CANCELLED", cause: { message: "enough" } });
    await until(() => impl.stopped === 1);

    const late = bank.$with({ timeoutMs: 30 }).statement(50_000_000).getReader();
    const readAll = async (): Promise<void> => {
      while (!(await late.read()).done) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await expect(readAll()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => impl.stopped === 2);
  });

  it("lets go of streams that nobody reads any more", async () => {
    const { bank, client, server, impl } = await link();
    const before = client.stats().streams;
    await (async () => {
      for (let i = 0; i < 5; i++) {
        const reader = bank.statement(8_000_000).getReader();
        await reader.read();
      }
    })();
    expect(client.stats().streams).toBeGreaterThan(before);
    await until(() => impl.stopped === 5 && client.stats().streams === before && server.stats().streams === before);
  });

  it("runs the producer's finally when the consumer leaves early", async () => {
    const { bank, impl } = await link();
    for await (const item of bank.count(10)) if (item === 3) break;
    await until(() => impl.stopped === 1);
  });

  it("streams references", async () => {
    const { bank } = await link();
    const names: string[] = [];
    for await (const session of bank.sessions()) names.push(await session.name());
    expect(names).toEqual(["a", "b", "c"]);
  });

  it("streams bytes with back-pressure, whole", async () => {
    const { bank } = await link();
    let bytes = 0;
    for await (const chunk of bank.statement(5_000_000)) bytes += chunk.length;
    expect(bytes).toBe(5_000_000);
  });

  it("brings declared errors as their class, others as CallError, and goes on", async () => {
    const { bank } = await link();
    const declared = await bank.fail("declared").catch((error: unknown) => error);
    expect(declared).toBeInstanceOf(NoSuchUser);
    expect(declared).toMatchObject({ user: "declared", name: "NoSuchUser" });
    const thrown = await bank.fail("thrown").catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(CallError);
    expect(thrown).toMatchObject({
      code: "UNKNOWN",
      message: "thrown",
      remoteName: "TypeError",
      cause: { message: "deeper", remoteName: "RangeError" },
    });
    await expect(bank.fail("text")).rejects.toMatchObject({ message: "text" });
    expect(await bank.add(20, 22)).toBe(42);
  });

  it("cancels: the caller at once, the handler through its signal", async () => {
    const { bank, impl } = await link();
    const abort = new AbortController();
    const sleeping = bank.sleep(60_000, abort.signal);
    await until(() => impl.signals.length === 1);
    abort.abort(new Error("enough"));
    await expect(sleeping).rejects.toMatchObject({ code: "CANCELLED", cause: { message: "enough" } });
    await until(() => impl.signals[0]?.aborted === true);
  });

  it("ends calls at their deadline, here and there", async () => {
    const { bank, impl, server } = await link();
    await expect(bank.$with({ timeoutMs: 20 }).sleep(60_000)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => impl.signals[0]?.aborted === true && server.stats().incomingCalls === 0);
  });

  it("refuses a wrong value before it is sent, naming the path", async () => {
    const { bank, impl } = await link();
    await expect(bank.login("x", { tags: ["a", 5 as unknown as string] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "options.tags[1]: expected a string, got the number 5",
    });
    await expect(bank.add("1" as unknown as number, 2)).rejects.toThrow("a: expected a number");
    expect(impl.log).toEqual([]);
  });

  it("refuses a stub of another interface where one is expected", async () => {
    const { bank } = await link();
    await expect(bank.same(bank as unknown as Session)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("fails calls under way when the connection is lost, and gives everything back", async () => {
    const { bank, server, client, impl } = await link();
    const session = await bank.login("ada");
    const sleeping = bank.sleep(60_000);
    await until(() => impl.signals.length === 1);
    server.destroy();
    await expect(sleeping).rejects.toBeInstanceOf(ClosedError);
    await expect(session.name()).rejects.toMatchObject({ dispatched: "no" });
    await until(() => impl.sessionsMade[0]?.disposed === 1 && server.references().exports.entries === 0);
    expect(client.references().imports.entries).toBe(0);
    expect(impl.signals[0]?.aborted).toBe(true);
  });

  it("says what is served where a root is missing", async () => {
    const { client } = await link();
    await expect(client.root(BankService, "other")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining('it serves "bank.v1.BankService"'),
    });
  });

  it("causes no traffic when a stub is printed, compared, cloned or awaited", async () => {
    let calls = 0;
    const { bank } = await link({
      onInstruction: (direction, { kind }) => {
        if (direction === "out" && kind === "call") calls++;
      },
    });
    calls = 0;
    const { inspect } = await import("node:util");
    inspect(bank);
    JSON.stringify(bank);
    expect(bank).toEqual(bank);
    structuredClone(bank);
    expect(await Promise.resolve(bank)).toBe(bank);
    expect(calls).toBe(0);
  });
});
