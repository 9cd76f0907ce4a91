/**
 * Letting go: where a released reference was released, what a failing call gives back and what it must not, what streams
 * keep alive, and what the collector gives back. And who holds what, for the people who look after a program.
 * Rows: R05, R11, R12, R13, R21.
 */
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { type ReferenceWarning, release } from "peerwire";
import { SessionImpl } from "../sample/bank-impl.js";
import type { Session } from "../sample/bank.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";
import { atRest, gate, until } from "./at-rest.js";

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

function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

describe("use after release", () => {
  it("R05: says where the reference was released, where references are traced", async () => {
    const { bank } = await link({ references: { trace: true } });
    const session = await bank.login("ada");
    function letGoOfTheSession(): void {
      session.dispose();
    }
    letGoOfTheSession();
    session.dispose();
    const error = await session.name().then(
      () => undefined,
      (reason: unknown) => reason as Error & { cause: Error },
    );
    expect(error).toMatchObject({ name: "ClosedError", code: "released-reference", dispatched: "no" });
    expect(error?.message).toMatch(
      /SessionService #\d+ at .* has been released; .* at letGoOfTheSession \(.*release\.test/,
    );
    expect(error?.cause.stack).toMatch(/letGoOfTheSession/);
    expect(error?.cause.stack).not.toMatch(/import-table/);
  });

  it("R05: says how to find out, where they are not", async () => {
    const { bank } = await link();
    const session = await bank.login("ada");
    session.dispose();
    await expect(session.name()).rejects.toMatchObject({ message: expect.stringContaining("references.trace") });
  });

  it("an object that comes again has a new stub, and the old one stays released", async () => {
    const { bank, impl, client } = await link();
    const shared = new SessionImpl("shared");
    impl.login = async () => shared;
    const first = await bank.login("a");
    first.dispose();
    const second = await bank.login("a"); // named again before the release arrived, under whatever id
    expect(second).not.toBe(first);
    await expect(first.name()).rejects.toMatchObject({ code: "released-reference" });
    first.dispose();
    expect(await second.name()).toBe("shared");
    second.dispose();
    await atRest({ client, server: linked!.server });
  });
});

describe("a call that fails", () => {
  it("R11: gives back its own reference to an object, and not one that an earlier call had brought", async () => {
    const { bank, impl } = await link();
    let fails = false;
    impl.onEvent = async (listener) => {
      impl.listeners.push(listener);
      if (!fails) return;
      release(listener); // its own
      throw new Error("no");
    };
    const events: unknown[] = [];
    const listener = (event: unknown): void => void events.push(event);
    await bank.onEvent(listener);
    fails = true;
    await expect(bank.onEvent(listener)).rejects.toThrow("no");
    expect(linked!.client.references().exports).toMatchObject({ entries: 1, retains: 1 });
    impl.listeners[0]!({ kind: "opened", at: new Date(0) });
    await until(() => events.length === 1);
    for (const one of new Set(impl.listeners.splice(0))) release(one);
    await atRest(linked!);
  });
});

describe("the garbage collector", () => {
  it("hears of a stub only where it outlives the turn in which it came", async () => {
    const register = jest.spyOn(FinalizationRegistry.prototype, "register");
    try {
      const { bank } = await link();
      (await bank.login("brief")).dispose();
      await new Promise(setImmediate);
      expect(register).not.toHaveBeenCalled();
      const kept = await bank.login("kept");
      await new Promise(setImmediate);
      expect(register).toHaveBeenCalledTimes(1);
      expect(await kept.name()).toBe("kept");
    } finally {
      register.mockRestore();
    }
  });

  it("R12: gives back stubs that nobody has any more, in few instructions", async () => {
    const batches: number[] = [];
    const { bank, client, server, impl } = await link({
      onInstruction: (direction, instruction) => {
        if (direction === "out" && instruction.kind === "release") batches.push(instruction.references.length);
      },
    });
    await (async () => {
      await Promise.all(Array.from({ length: 500 }, (_, i) => bank.login(`${i}`)));
    })();
    await until(() => server.references().exports.entries === 500);
    collect();
    await until(() => client.references().imports.entries === 0 && server.references().exports.entries === 0);
    expect(batches.reduce((sum, size) => sum + size, 0)).toBe(500);
    expect(batches.length).toBeLessThan(50);
    expect(impl.sessionsMade.every(({ disposed }) => disposed === 1)).toBe(true);
  });
});

describe("peer.references()", () => {
  it("lists both tables: id, interface, count, age, use, and where each came from", async () => {
    const { bank, impl, client, server } = await link({ references: { trace: true } }, { references: { trace: true } });
    const hold = gate();
    class Slow extends SessionImpl {
      override async name(): Promise<string> {
        await hold.opened;
        return "slow";
      }
    }
    impl.login = async () => new Slow("slow");
    async function logIn(): Promise<Session> {
      return bank.login("ada");
    }
    const session = await logIn();
    const name = session.name();
    await bank.onEvent(() => undefined);
    await until(() => server.references().exports.list[0]?.inUse === 1);
    const { exports, imports } = server.references();
    expect(exports.list).toEqual([
      {
        id: expect.any(Number),
        interface: "bank.v1.SessionService",
        count: 1,
        inUse: 1,
        ageMs: expect.any(Number),
        created: "result of bank.v1.BankService.login",
      },
    ]);
    expect(imports.list).toMatchObject([{ count: 1, inUse: 0, created: "argument of bank.v1.BankService.onEvent" }]);
    expect(imports.list[0]!.interface).toMatch(/^bank\.v1\./);
    const own = client.references();
    expect(own.imports.list[0]).toMatchObject({ id: exports.list[0]!.id, interface: "bank.v1.SessionService" });
    expect(own.imports.list[0]!.created).toMatch(/^result of bank\.v1\.BankService\.login\n.*logIn/s);
    expect(own.exports.list[0]!.created).toMatch(/release\.test/);
    expect(own.imports.list[0]!.ageMs).toBeGreaterThanOrEqual(0);
    hold.open();
    expect(await name).toBe("slow");
  });

  it("costs no stack where nobody asked for it", async () => {
    const { bank, client } = await link();
    await bank.onEvent(() => undefined);
    expect(client.references().exports.list[0]!.created).toBeUndefined();
  });

  it("warns where many are held, on both sides, at each doubling, and survives a hook that throws", async () => {
    const warnings: ReferenceWarning[] = [];
    const onWarning = (warning: ReferenceWarning): void => {
      warnings.push(warning);
      throw new Error("a hook's own trouble");
    };
    const { bank } = await link({ references: { warnAt: 10, onWarning } }, { references: { warnAt: 10, onWarning } });
    const sessions: unknown[] = [];
    for (let i = 0; i < 45; i++) sessions.push(await bank.login(`${i}`));
    expect(warnings.map(({ direction, entries }) => `${direction} ${entries}`).sort()).toEqual(
      ["exports 10", "exports 20", "exports 40", "imports 10", "imports 20", "imports 40"].sort(),
    );
    expect(warnings[0]!.interfaces).toEqual([{ interface: "bank.v1.SessionService", entries: 10 }]);
    expect(warnings.at(-1)!.oldest).toHaveLength(5);
    expect(sessions).toHaveLength(45);
  });
});
