/**
 * Pipelining on references inside by-value results: one round trip, the same order, the same errors, the same counts as
 * on results that are themselves references. Rows: O03, O04, C19.
 */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "@jest/globals";
import { Peer, memoryTransportPair, release, serve } from "peerwire";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import { NoSuchUser, type Session } from "../sample/bank.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import type { Opened, Vault } from "../sample/vault.js";
import { VaultService, type VaultStub } from "../sample/vault.rpc.js";
import { atRest, gate, until } from "./at-rest.js";

class VaultImpl implements Vault {
  readonly made: SessionImpl[] = [];
  make(name: string): SessionImpl {
    const session = new SessionImpl(name);
    this.made.push(session);
    return session;
  }
  async open(user: string): Promise<Opened> {
    if (user === "nobody") throw new NoSuchUser(user);
    return {
      label: user,
      session: this.make(user),
      owner: { session: this.make(`owner of ${user}`) },
      all: [this.make("first"), this.make("second")],
    };
  }
  async hold(session: Session): Promise<Opened> {
    return { label: "held", session, owner: { session }, all: [session, session] };
  }
}

interface Linked {
  readonly client: Peer;
  readonly server: Peer;
  readonly impl: VaultImpl;
  readonly vault: VaultStub;
  readonly bank: BankStub;
  /** Kinds of instructions that the client saw, in order. */
  readonly seen: string[];
}

let linked: Linked | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});

async function link(impl: VaultImpl = new VaultImpl()): Promise<Linked> {
  const [near, far] = memoryTransportPair();
  const seen: string[] = [];
  const [client, server] = await Promise.all([
    Peer.open(near, "client", { onInstruction: (direction, { kind }) => seen.push(`${direction} ${kind}`) }),
    Peer.open(far, "server", { roots: [serve(VaultService, impl), serve(BankService, new BankImpl())] }),
  ]);
  const [vault, bank] = [await client.root(VaultService), await client.root(BankService)];
  linked = { client, server, impl, vault, bank, seen };
  return linked;
}

describe("references inside results that are not known yet", () => {
  it("are called in the round trip of the call itself", async () => {
    const { vault, seen } = await link();
    seen.length = 0;
    const opened = vault.open("ada");
    expect(await Promise.all([opened.session.name(), opened.owner.session.child("x").name()])).toEqual([
      "ada",
      "owner of ada/x",
    ]);
    expect(seen.slice(0, seen.indexOf("in return"))).toEqual(["out call", "out call", "out call", "out call"]);
    expect((await opened).label).toBe("ada");
    expect(await (await opened.session).name()).toBe("ada");
  });

  it("are the references of the value, and of one promise each", async () => {
    const { vault, client } = await link();
    const promise = vault.open("ada");
    const opened = await promise;
    expect(await promise.session).toBe(opened.session);
    expect(promise.owner.session).toBe(promise.owner.session);
    expect(await promise.owner.session).toBe(opened.owner.session);
    expect(client.references().imports.entries).toBe(4);
  });

  it("may be passed as arguments of calls on other objects", async () => {
    const { vault, bank } = await link();
    expect(await bank.same(vault.open("ada").owner.session).name()).toBe("owner of ada");
  });

  it("O04: fail as the call did, as target and as argument", async () => {
    const { vault, bank } = await link();
    const failed = vault.open("nobody");
    for (const dependent of [
      failed.session.name(),
      failed.owner.session.child("x").name(),
      bank.same(failed.owner.session),
      failed,
      failed.session,
    ]) {
      await expect(dependent).rejects.toBeInstanceOf(NoSuchUser);
    }
  });

  it("that are absent cannot be called on, before and after", async () => {
    const { vault, bank } = await link();
    const opened = vault.open("ada");
    const refusal = { code: "INVALID_ARGUMENT" };
    await expect(opened.spare.name()).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(/^the result of call \d+ has no reference at field 1\.4: nothing can be called/),
    });
    await expect(bank.same(vault.open("ada").spare)).rejects.toMatchObject(refusal);
    await opened;
    await expect(opened.spare.name()).rejects.toMatchObject({ ...refusal, message: expect.stringContaining("spare") });
    await expect(opened.spare.child("x").name()).rejects.toMatchObject(refusal);
    expect(() => opened.spare.child("x")).not.toThrow();
  });

  it("is chained on while it is large, and still arrives", async () => {
    class LargeVault extends VaultImpl {
      override async open(user: string): Promise<Opened> {
        return { ...(await super.open(user)), label: "x".repeat(1_000_000) };
      }
    }
    const { vault, seen } = await link(new LargeVault());
    const opened = vault.open("ada");
    await until(() => seen.includes("in return"));
    expect(await opened.owner.session.name()).toBe("owner of ada");
    expect((await opened).label).toHaveLength(1_000_000);
    expect(seen).toContain("out finish");
  });

  it("O03: that turn out to be our own object get their calls before direct ones", async () => {
    const { vault } = await link();
    const log: string[] = [];
    class Recording extends SessionImpl {
      override async child(name: string): Promise<Session> {
        log.push(name);
        return this;
      }
    }
    const mine = new Recording("mine");
    const promise = vault.hold(mine);
    const calls: Promise<unknown>[] = [promise.session.child("0"), promise.owner.session.child("1")];
    const { session } = await promise;
    calls.push(session.child("2"));
    await Promise.all(calls);
    expect(session).toBe(mine);
    expect(log).toEqual(["0", "1", "2"]);
  });

  it("are counted once for each place, and given back", async () => {
    const { vault, impl, client, server } = await link();
    const promise = vault.open("ada");
    await promise.session.name();
    const opened = await promise;
    expect(server.references().exports).toMatchObject({ entries: 4, retains: 4 });
    for (const session of [opened.session, opened.owner.session, ...opened.all]) release(session);
    await atRest({ client, server });
    await until(() => impl.made.filter(({ disposed }) => disposed === 1).length === 4);
    await expect(promise.session.name()).rejects.toMatchObject({ code: "released-reference" });
  });

  it("wait with the call for its arguments, and are cancelled with it", async () => {
    const hold = gate();
    class Slow extends VaultImpl {
      override async open(user: string): Promise<Opened> {
        await hold.opened;
        return super.open(user);
      }
    }
    const { vault, server, client } = await link(new Slow());
    const abort = new AbortController();
    const opened = vault.$with({ signal: abort.signal }).open("ada");
    const name = opened.session.name();
    await until(() => server.stats().incomingCalls === 2);
    abort.abort();
    await expect(opened).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(name).rejects.toMatchObject({ code: "CANCELLED" });
    hold.open();
    await atRest({ client, server });
  });

  it("C19: of failing calls are nobody's unhandled rejection; the promise prints as a promise", async () => {
    const { vault, bank, seen } = await link();
    const failed = vault.open("nobody");
    void failed.session;
    void failed.owner.session.child("x");
    await bank.add(1, 1);
    const sent = seen.length;
    expect(inspect(vault.open("x"), { depth: 5 })).toMatch(/Promise/);
    expect(Object.keys(failed)).toEqual([]);
    expect(JSON.stringify(failed)).toBe("{}");
    expect(seen.length).toBe(sent + 1);
    await new Promise(setImmediate);
  });
});
