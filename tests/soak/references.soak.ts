/** What a live reference costs; R21 at its full size: 100,000 objects come and go, given back by hand and by collection, with hooks that fail. */
import { describe, expect, it } from "@jest/globals";
import { atRest } from "../runtime/references/at-rest.js";
import { SessionImpl } from "../runtime/sample/bank-impl.js";
import type { BankStub } from "../runtime/sample/bank.rpc.js";
import { linkBank } from "../runtime/sample/linked-bank.js";

const OBJECTS = 100_000;
const AT_ONCE = 2_000;

/** How often each object's hook ran. Of three hooks one throws, one rejects. */
class Hooks {
  readonly ran = new Uint8Array(OBJECTS);
  session(index: number): SessionImpl {
    const { ran } = this;
    return Object.assign(new SessionImpl(String(index)), {
      [Symbol.dispose]: (): unknown => {
        ran[index]! += 1;
        if (index % 3 === 0) throw new Error("a hook's own trouble");
        return index % 3 === 1 ? Promise.reject(new Error("later")) : undefined;
      },
    });
  }
}

/** Acquires objects and disposes of every second. (Here, not in the test: a suspended function keeps its locals alive.) */
async function churn(bank: BankStub, from: number): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => bank.login(String(from + i))));
  for (let i = 0; i < AT_ONCE; i += 2) sessions[i]!.dispose();
}

async function acquire(bank: BankStub, into: unknown[], from: number): Promise<void> {
  const sessions = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => bank.login(String(from + i))));
  sessions.forEach((session, i) => (into[from + i] = session));
}

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 6; i++) {
    globalThis.gc!();
    await new Promise(setImmediate);
  }
  return process.memoryUsage().heapUsed;
}

describe("references", () => {
  it("R21: 100,000 come and go while hooks fail: each hook runs once, both tables are back at their start", async () => {
    const { client, server, impl, bank } = await linkBank();
    const hooks = new Hooks();
    impl.login = async (index) => hooks.session(Number(index));
    for (let from = 0; from < OBJECTS; from += AT_ONCE) {
      await churn(bank, from);
      globalThis.gc!();
      await atRest({ client, server });
    }
    expect(hooks.ran.filter((times) => times !== 1)).toHaveLength(0);
    expect([client, server].map((peer) => peer.references().exports.list.length)).toEqual([0, 0]);
    expect(await bank.add(1, 2)).toBe(3);
    await Promise.all([client.close(), server.closed]);
  });

  it("cost at most 600 bytes each, both sides together, while 100,000 are held", async () => {
    const limits = { maxExports: 2 * OBJECTS, maxImports: 2 * OBJECTS };
    const { client, server, impl, bank } = await linkBank({ limits }, { limits });
    const objects = Array.from({ length: OBJECTS }, (_, i) => new SessionImpl(String(i)));
    impl.login = async (index) => objects[Number(index)]!;
    const held = new Array<unknown>(OBJECTS).fill(undefined);
    await acquire(bank, held, 0); // tables and pools have been made
    const before = await heapUsed();
    for (let from = AT_ONCE; from < OBJECTS; from += AT_ONCE) await acquire(bank, held, from);
    const perReference = ((await heapUsed()) - before) / (OBJECTS - AT_ONCE);
    expect(server.references().exports.entries).toBe(OBJECTS);
    expect(held.every((one) => one !== undefined)).toBe(true);
    expect(perReference).toBeLessThan(2 * 300); // both sides are here
    await Promise.all([client.close(), server.closed]);
  });
});
