/** R21 at its full size: 100,000 objects come and go, given back by hand and by collection, with hooks that fail. */
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
});
