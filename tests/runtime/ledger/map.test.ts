/**
 * `map` over a list at a peer: recorded once, run beside the list, in one round trip; its references, its errors, its
 * limits, and what it does not carry. Through bridges too.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { type Peer, release, serve } from "peerwire";
import { connect, listen } from "peerwire/node";
import { until } from "../references/at-rest.js";
import { LedgerService } from "./generated/ledger.rpc.js";
import { AccountImpl, LedgerImpl, PersonImpl } from "./ledger-impl.js";
import { type Account, Frozen } from "./ledger.js";
import { type LedgerOptions, type LinkedLedger, linkLedger, recordCalls } from "./linked-ledger.js";

let linked: LinkedLedger | undefined;
afterEach(async () => {
  await linked?.close();
  linked = undefined;
});
async function link(options: LedgerOptions = {}): Promise<LinkedLedger> {
  return (linked = await linkLedger(options));
}

/** What `use` has held is garbage when it has ended. */
async function within(use: () => Promise<void>): Promise<void> {
  await use();
}

function allAtRest(peers: readonly Peer[]): Promise<void> {
  return until(() =>
    peers.every((peer) => {
      const { exports, imports } = peer.references();
      const { incomingCalls, outgoingCalls } = peer.stats();
      return exports.retains + imports.retains + incomingCalls + outgoingCalls === 0;
    }),
  );
}

describe.each([0, 1, 2])("a map over a list, with %i bridges between", (bridges) => {
  it("makes the calls for each item, in the round trip of the list itself", async () => {
    const { ledger, seen } = await link({ bridges });
    seen.length = 0;
    const balances: bigint[] = await ledger.accounts().map((account) => account.balance());
    expect(balances).toEqual([0n, 1n, 2n]);
    expect(seen.filter((one) => one === "out call")).toHaveLength(2);
    expect(seen.slice(0, 2)).toEqual(["out call", "out call"]);
  });

  it("chains on what a step gives, and passes references on", async () => {
    const { ledger, impl } = await link({ bridges });
    const first = await ledger.accounts();
    const rich = first[0]!;
    expect(await ledger.accounts().map((account) => account.owner().boss().name())).toEqual(
      impl.list.map(({ label }) => `boss of owner of ${label}`),
    );
    expect(await ledger.accounts().map((account) => account.mergeInto(rich))).toEqual([0n, 1n, 2n]);
    expect(await rich.balance()).toBe(3n);
    expect(await ledger.accounts().map((account) => account.isSame(account))).toEqual([true, true, true]);
  });

  it("gives results in the shape that the callback returned", async () => {
    const { ledger } = await link({ bridges });
    const all = await ledger.accounts().map((account) => ({
      kind: "account" as const,
      all: [account.balance(), account.limit] as const,
      owner: account.profile().owner.name(),
    }));
    expect(all[2]).toEqual({ kind: "account", all: [2n, 0n], owner: "owner of a2" });
    expect(await ledger.accounts().map(() => 7)).toEqual([7, 7, 7]);
  });

  it("goes to objects from outside too, with the item as an argument", async () => {
    const { ledger } = await link({ bridges });
    const at = new Date(5);
    expect(await ledger.accounts().map((account) => ledger.audit(account, { text: "seen", at }))).toEqual([
      "seen 5 a0",
      "seen 5 a1",
      "seen 5 a2",
    ]);
  });

  it("runs over lists inside values, and over values that hold references", async () => {
    const { ledger } = await link({ bridges });
    const book = ledger.book();
    const [labels, balances, names] = await Promise.all([
      book.then(({ rows }) => rows.map(({ label }) => label)),
      book.accounts.map((account) => account.balance()),
      book.rows.map(({ account, inner }) => ({ balance: account.balance(), reader: inner.owner.name() })),
    ]);
    expect(labels).toEqual(["row 0", "row 1", "row 2"]);
    expect(balances).toEqual([0n, 1n, 2n]);
    expect(names[1]).toEqual({ balance: 1n, reader: "reader 1" });
  });

  it("gives references, each counted once, and the same stub for the same object", async () => {
    const { ledger, peers } = await link({ bridges });
    await within(async () => {
      const [accounts, same, owners] = await Promise.all([
        ledger.accounts(),
        ledger.accounts().map((account) => account),
        ledger.accounts().map((account) => ({ owner: account.owner() })),
      ]);
      expect(same).toEqual(accounts);
      for (const [i, account] of same.entries()) expect(account).toBe(accounts[i]);
      expect(await owners[1]!.owner.name()).toBe("owner of a1");
      for (const account of same) account.dispose();
      for (const { owner } of owners) owner.dispose();
      accounts.forEach(release);
    });
    await allAtRest(peers);
  });

  it("is mapped over again before it is known", async () => {
    const { ledger, seen } = await link({ bridges });
    seen.length = 0;
    const owners = ledger.accounts().map((account) => ({ of: account.owner(), self: account }));
    const names = await owners.map(({ of, self }) => [of.name(), of.boss().name(), self.balance()] as const);
    expect(names[2]).toEqual(["owner of a2", "boss of owner of a2", 2n]);
    expect(seen.slice(0, 3)).toEqual(["out call", "out call", "out call"]);
    expect(await (await owners)[0]!.of.name()).toBe("owner of a0");
    expect(await owners.map(({ self }) => self.balance())).toEqual([0n, 1n, 2n]); // known by now
  });

  it("calls back", async () => {
    const { ledger, peers } = await link({ bridges });
    const heard: bigint[] = [];
    const listener = async (balance: bigint): Promise<string> => {
      heard.push(balance);
      return `heard ${balance}`;
    };
    expect(await ledger.accounts().map((account) => account.tell(listener))).toEqual([
      "a0 heard 0",
      "a1 heard 1",
      "a2 heard 2",
    ]);
    expect(heard).toEqual([0n, 1n, 2n]);
    await allAtRest(peers);
  });

  it("sends one-way calls and assignments", async () => {
    const { ledger, impl } = await link({ bridges });
    const done = await ledger.accounts().map((account) => {
      account.note("hello");
      account.limit = 9n;
      return account.limit;
    });
    expect(done).toEqual([9n, 9n, 9n]);
    await until(() => impl.log.filter((one) => one.startsWith("note")).length === 3);
  });

  it("fails as a whole with the first item that does: its index, its member, its code and its cause", async () => {
    const { ledger, peers, impl } = await link({ bridges });
    const live = PersonImpl.live;
    await within(async () => {
      const failed = ledger.accounts().map((account) => {
        const owner = account.owner();
        return { owner, left: account.withdraw(1n), name: owner.name() };
      });
      await expect(failed).rejects.toMatchObject({
        name: "CallError",
        code: "UNKNOWN",
        message: "item 0: ledger.v1.AccountService.withdraw: a0 is frozen",
        cause: { name: "Frozen", account: "a0" },
      });
      await failed.catch((error: unknown) => {
        expect((error as Error).cause).toBeInstanceOf(Frozen);
      });
    });
    expect(impl.log.filter((one) => one.startsWith("withdraw"))).not.toHaveLength(0);
    // What other calls gave is nobody's: it has been let go of, with its hooks.
    await until(() => PersonImpl.live === live);
    await allAtRest(peers);
    expect(await ledger.accounts().map((account) => account.balance())).toHaveLength(3);
  });

  it("lets go of what its steps gave and nobody was answered", async () => {
    const { ledger, peers } = await link({ bridges });
    const live = PersonImpl.live;
    await ledger.accounts().map((account) => account.owner().boss().name());
    await until(() => PersonImpl.live === live);
    await allAtRest(peers);
  });

  it("is cancelled, and every handler is told", async () => {
    const { ledger, impl, peers } = await link({ bridges });
    await within(async () => {
      const abort = new AbortController();
      const settled = ledger
        .accounts()
        .map((account) => account.settle(), { signal: abort.signal, metadata: { tenant: "acme" } });
      await until(() => impl.log.filter((one) => one.startsWith("settle")).length === 3);
      expect(impl.log).toContain("settle a1 0 acme");
      abort.abort();
      await expect(settled).rejects.toMatchObject({ code: "CANCELLED" });
    });
    await until(() => impl.log.filter((one) => one.startsWith("stopped")).length === 3);
    await allAtRest(peers);
  });

  it("ends at its deadline", async () => {
    const { ledger, impl } = await link({ bridges });
    const settled = ledger.accounts().map((account) => account.settle(), { timeoutMs: 50 });
    await expect(settled).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    // Whatever had begun by then is told.
    const counted = (what: string): number => impl.log.filter((one) => one.startsWith(what)).length;
    await until(() => counted("stopped") === counted("settle"));
  });

  it("fails as the call that gives the list does", async () => {
    class Broken extends LedgerImpl {
      override async accounts(): Promise<Account[]> {
        throw new Frozen("all");
      }
    }
    const { ledger } = await link({ bridges, impl: new Broken() });
    await expect(ledger.accounts().map((account) => account.balance())).rejects.toBeInstanceOf(Frozen);
  });

  it("over nothing gives nothing", async () => {
    const { ledger } = await link({ bridges, impl: new LedgerImpl(0) });
    expect(await ledger.accounts().map((account) => account.owner().name())).toEqual([]);
  });
});

it("a map is one round trip over tcp", async () => {
  const impl = new LedgerImpl(100);
  await using server = await listen("tcp://127.0.0.1:0", { roots: [serve(LedgerService, impl)] });
  const seen: string[] = [];
  await using client = await connect(server.address, {
    onInstruction: (direction, { kind }) => seen.push(`${direction} ${kind}`),
  });
  const ledger = await client.root(LedgerService);
  seen.length = 0;
  const names = ledger.accounts().map((account) => account.owner().boss().name());
  expect((await names)[99]).toBe("boss of owner of a99");
  expect(seen.slice(0, 3)).toEqual(["out call", "out call", "in return"]);
  expect(seen.filter((one) => one === "out call")).toHaveLength(2);
});

describe("the calls of a map", () => {
  it("are seen by the interceptors of the side that serves them, each; the caller's see one", async () => {
    const served: string[] = [];
    const made: string[] = [];
    const { ledger } = await link({
      client: { interceptors: { outgoing: [recordCalls(made)] } },
      server: { interceptors: { incoming: [recordCalls(served)] } },
    });
    await ledger.accounts().map((account) => [account.balance(), account.owner().name()]);
    expect(made).toEqual(["accounts", "map"]);
    expect(served.sort()).toEqual(
      ["accounts", ...["balance", "name", "owner"].flatMap((name) => [name, name, name])].sort(),
    );
  });

  it("are refused by them like any other", async () => {
    const { ledger, impl } = await link({
      server: {
        interceptors: {
          incoming: [
            (call, next) => {
              if (call.member.name === "withdraw") throw new Error("not for you");
              return next();
            },
          ],
        },
      },
    });
    await expect(ledger.accounts().map((account) => account.withdraw(0n))).rejects.toMatchObject({
      message: expect.stringContaining("not for you"),
    });
    expect(impl.log).toEqual([]);
  });

  it("have their place in the order of calls on each object", async () => {
    const { ledger, impl } = await link();
    const accounts = ledger.accounts();
    const [first, second] = await accounts;
    first!.note("x".repeat(1_000_000)); // on its way while the map arrives
    const balances = ledger.accounts().map((account) => account.balance());
    second!.note("small");
    await balances;
    const order = impl.log.map((one) => one.slice(0, 10));
    expect(order.indexOf("balance a1")).toBeLessThan(order.indexOf("note a0 xx"));
    expect(order.indexOf("note a0 xx")).toBeLessThan(order.indexOf("balance a0"));
  });

  it("run from here where the list has arrived, or is our own", async () => {
    const { ledger, seen } = await link();
    const accounts = ledger.accounts();
    await accounts;
    seen.length = 0;
    expect(await accounts.map((account) => account.owner().boss().name())).toHaveLength(3);
    expect(seen.slice(0, 9)).toEqual(Array(9).fill("out call")); // all of them before any answer
    const own = new AccountImpl("mine", 42n, []);
    await ledger.adopt([own]);
    expect(await ledger.accounts().map((account) => account.balance())).toEqual([42n]);
  });
});
