/**
 * References, streams and pipelining between two linked peers: who still holds what, after the ordinary path and after
 * every other. Rows: C09, C11, C19, R01, R02, R05-R11, R13, R16-R21, D01, D04, O01-O04, O07.
 */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, Peer, isRemote, memoryTransportPair, release, serve } from "peerwire";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import { type Bank, type BankEvent, NoSuchUser, type Session } from "../sample/bank.js";
import { BankService, type SessionStub } from "../sample/bank.rpc.js";
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

describe("counting", () => {
  it("R01: the same function passed twice is one id, counted twice", async () => {
    const { bank, client, impl } = await link();
    const listener = (): void => undefined;
    await bank.onEvent(listener);
    await bank.onEvent(listener);
    await bank.onEvent(() => undefined);
    expect(client.references().exports).toMatchObject({ entries: 2, retains: 3 });
    expect(impl.listeners[0]).toBe(impl.listeners[1]);
    release(impl.listeners[0]!);
    await until(() => client.references().exports.retains === 2);
    expect(client.references().exports.entries).toBe(2);
    release(impl.listeners[0]!);
    release(impl.listeners[2]!);
    await atRest(linked!);
  });

  it("R17: two objects that hold each other across the connection stay until it ends, and show in the counts", async () => {
    const { bank, client, server, impl } = await link();
    const shared = new SessionImpl("shared");
    impl.login = async () => shared;
    await (async () => {
      const session = await bank.login("a");
      await bank.onEvent(() => session.dispose()); // the listener holds the session ...
    })();
    Object.assign(shared, { listener: impl.listeners.pop() }); // ... and the session holds the listener
    for (let round = 0; round < 5; round++) {
      globalThis.gc!();
      await new Promise(setImmediate);
    }
    expect(client.references()).toMatchObject({ exports: { entries: 1 }, imports: { entries: 1 } });
    expect(server.references()).toMatchObject({ exports: { entries: 1 }, imports: { entries: 1 } });
    await client.close();
    await server.closed;
    expect(client.references()).toMatchObject({ exports: { entries: 0 }, imports: { entries: 0 } });
    expect(server.references()).toMatchObject({ exports: { entries: 0 }, imports: { entries: 0 } });
  });

  it("R02: an object that is given back while it crosses again stays alive", async () => {
    let session: SessionStub | undefined;
    const { bank, impl } = await link(
      {},
      {
        onInstruction: (direction, { kind }) => {
          if (direction === "out" && kind === "return") session?.dispose(); // while the same object is on its way
        },
      },
    );
    const shared = new SessionImpl("shared");
    impl.login = async () => shared;
    session = await bank.login("a");
    for (let i = 0; i < 20; i++) {
      const again: SessionStub = await bank.login("a");
      session = undefined;
      expect(await again.name()).toBe("shared");
      session = again;
    }
    expect(shared.disposed).toBe(0);
    session.dispose();
    await until(() => shared.disposed === 1);
    await atRest(linked!);
  });

  it("R05: a disposed stub refuses locally, and sends nothing", async () => {
    let sent = 0;
    const { bank } = await link({
      onInstruction: (direction, { kind }) => {
        if (direction === "out" && kind === "call") sent++;
      },
    });
    const session = await bank.login("ada");
    session.dispose();
    sent = 0;
    await expect(session.name()).rejects.toMatchObject({ code: "released-reference", dispatched: "no" });
    await expect(session.child("x").name()).rejects.toMatchObject({ code: "released-reference" });
    await expect(bank.same(session)).rejects.toMatchObject({ code: "released-reference" });
    expect(sent).toBe(0);
  });

  it("R07: a call completes although its target was given back, and dispose follows it", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    class Slow extends SessionImpl {
      override async name(): Promise<string> {
        await hold.opened;
        return `slow, disposed ${this.disposed}`;
      }
    }
    const slow = new Slow("slow");
    impl.login = async () => slow;
    const session = await bank.login("a");
    const name = session.name();
    session.dispose();
    expect(await bank.add(1, 1)).toBe(2); // the Release has arrived
    await until(() => linked!.server.references().exports.entries === 0);
    expect(slow.disposed).toBe(0);
    hold.open();
    expect(await name).toBe("slow, disposed 0");
    await until(() => slow.disposed === 1);
  });

  it("R07: an object that came home as an argument is not disposed under the call that uses it", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    const shared = new SessionImpl("shared");
    let seen: number | undefined;
    impl.login = async () => shared;
    impl.same = async (session) => {
      await hold.opened;
      if (session === shared) seen = shared.disposed;
      return new SessionImpl("other");
    };
    const session = await bank.login("a");
    const other = bank.same(session);
    session.dispose();
    await until(() => linked!.server.references().exports.entries === 0);
    hold.open();
    (await other).dispose();
    expect(seen).toBe(0);
    await until(() => shared.disposed === 1);
    await atRest(linked!);
  });

  it("R08: a stub that is collected while its call is under way does not end the call", async () => {
    const { bank, impl, server } = await link();
    const hold = gate();
    class Slow extends SessionImpl {
      override async name(): Promise<string> {
        await hold.opened;
        return "settled";
      }
    }
    impl.login = async () => new Slow("slow");
    const name = (async () => (await bank.login("a")).name())();
    await until(() => server.stats().incomingCalls === 1);
    for (let i = 0; i < 5; i++) {
      (globalThis as { gc?: () => void }).gc?.();
      await new Promise(setImmediate);
    }
    expect(server.references().exports.entries).toBe(1);
    hold.open();
    expect(await name).toBe("settled");
    await atRest(linked!);
  });

  it("R09: on disconnect every import breaks, and every export is disposed once", async () => {
    const { bank, impl, client, server } = await link();
    const sessions = await Promise.all(Array.from({ length: 1000 }, (_, i) => bank.login(`user ${i}`)));
    const listeners = Array.from({ length: 1000 }, () => () => undefined);
    await Promise.all(listeners.map((listener) => bank.onEvent(listener)));
    expect(server.references()).toMatchObject({ exports: { entries: 1000 }, imports: { entries: 1000 } });
    client.destroy();
    await Promise.all([client.closed, server.closed]);
    expect(impl.sessionsMade.map((session) => session.disposed)).toEqual(sessions.map(() => 1));
    await expect(sessions[7]!.name()).rejects.toMatchObject({ dispatched: "no" });
    for (const session of sessions) session.dispose();
    for (const listener of impl.listeners) release(listener);
    expect(
      [client, server].map((peer) => [peer.references().exports.entries, peer.references().imports.entries]),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("R10: what an argument shared before a later one failed is taken back", async () => {
    const { bank, client } = await link();
    const question = async (text: string): Promise<string> => text;
    await expect(bank.ask(question, 5 as unknown as string)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(client.references().exports).toMatchObject({ entries: 0, retains: 0 });
    const calls = client.stats().outgoingCalls;
    const odd = { metadata: { tenant: 5 as unknown as string } };
    await expect(bank.$with(odd).ask(question, "x")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "metadata.tenant: expected a string, got the number 5",
    });
    expect(client.references().exports).toMatchObject({ entries: 0, retains: 0 });
    expect(client.stats().outgoingCalls).toBe(calls);
  });

  it("R11: a handler that throws gives back what it was given", async () => {
    const { bank, impl, client } = await link();
    impl.onEvent = async () => {
      throw new Error("no");
    };
    await expect(bank.onEvent(() => undefined)).rejects.toThrow("no");
    await until(() => client.references().exports.entries === 0);
    impl.onEvent = () => {
      throw new Error("synchronously");
    };
    await expect(bank.onEvent(() => undefined)).rejects.toThrow("synchronously");
    await atRest(linked!);
  });

  it("R13: dispose, then collection, then the end of the session: one Release", async () => {
    const released: number[] = [];
    const { bank, client } = await link({
      onInstruction: (direction, instruction) => {
        if (direction === "out" && instruction.kind === "release")
          released.push(...instruction.references.map(({ count }) => count));
      },
    });
    await (async () => {
      const session = await bank.login("a");
      session.dispose();
      session.dispose();
    })();
    await atRest(linked!);
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise(setImmediate);
    await client.close();
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise(setImmediate);
    expect(released).toEqual([1]);
  });

  it("R16: an object goes there and back, through a stored stub too, and is itself", async () => {
    const { bank, clientImpl, server } = await link();
    const mine = new SessionImpl("mine");
    expect(await bank.same(mine)).toBe(mine);
    const back = await server.root(BankService);
    const theirs = await back.login("theirs");
    expect(await back.same(theirs)).toBe(theirs);
    expect(clientImpl.sessionsMade).toHaveLength(1);
    theirs.dispose();
    theirs.dispose(); // it crossed twice
    await atRest(linked!);
  });

  it("R18: one object more than limits.maxExports fails its call; the others go on", async () => {
    const { bank } = await link({}, { limits: { maxExports: 3 } });
    const sessions = await Promise.all(["a", "b", "c"].map((name) => bank.login(name)));
    await expect(bank.login("d")).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(await sessions[0]!.name()).toBe("a");
    sessions[0]!.dispose();
    await until(() => linked!.server.references().exports.entries === 2);
    expect(await (await bank.login("e")).name()).toBe("e");
  });

  it("R18: the limit on our own side refuses the call, and sends nothing", async () => {
    const { bank, client } = await link({ limits: { maxExports: 1 } });
    await bank.onEvent(() => undefined);
    await expect(bank.onEvent(() => undefined)).rejects.toMatchObject({ code: "too-many-references" });
    expect(client.references().exports.entries).toBe(1);
  });

  it("R21: 10,000 objects come and go, and a hook that throws stops no other", async () => {
    const { bank, impl } = await link();
    const seen: string[] = [];
    impl.login = async (user) => {
      const session = new SessionImpl(user);
      Object.assign(session, {
        [Symbol.dispose]: () => {
          seen.push(user);
          if (user.endsWith("3")) throw new Error("a hook's own trouble");
        },
      });
      return session;
    };
    for (let round = 0; round < 10; round++) {
      const sessions = await Promise.all(Array.from({ length: 1000 }, (_, i) => bank.login(`${i}`)));
      for (const session of sessions) session.dispose();
    }
    await atRest(linked!);
    expect(seen).toHaveLength(10_000);
  });

  it("a hook that fails asynchronously is nobody's unhandled rejection", async () => {
    const { bank, impl } = await link();
    let ran = 0;
    impl.login = async () =>
      Object.assign(new SessionImpl("x"), {
        [Symbol.dispose]: async () => {
          ran++;
          throw new Error("later");
        },
      });
    (await bank.login("x")).dispose();
    await until(() => ran === 1);
    await new Promise(setImmediate);
  });

  it("an object that is a root somewhere is never disposed", async () => {
    let disposed = 0;
    const shared: Bank = Object.assign(new BankImpl(), {
      [Symbol.dispose]: () => {
        disposed++;
      },
    });
    const { bank, impl } = await link();
    impl.same = async () => shared as unknown as Session; // under another interface
    const [near, far] = memoryTransportPair();
    const [first, second] = await Promise.all([
      Peer.open(near, "client", { roots: [serve(BankService, shared)] }),
      Peer.open(far, "server"),
    ]);
    (await bank.same(new SessionImpl("x"))).dispose();
    await atRest(linked!);
    expect(disposed).toBe(0);
    await first.close();
    await second.close();
    expect(disposed).toBe(0);
  });
});

describe("stubs are plain values", () => {
  it("R19, R20: none of the ways in which JavaScript looks at a value sends anything", async () => {
    let calls = 0;
    const { bank } = await link({
      onInstruction: (_, { kind }) => {
        if (kind === "call") calls++;
      },
    });
    const session = await bank.login("a");
    calls = 0;
    inspect(session, { depth: 9, showHidden: true });
    JSON.stringify({ session });
    expect(() => Object.prototype.toString.call(session)).not.toThrow();
    expect(session).toEqual(session);
    expect(await Promise.all([Promise.resolve(session), (async () => session)()])).toEqual([session, session]);
    expect(structuredClone(Object.entries(session))).toEqual([]);
    expect(Object.keys(session)).toEqual([]);
    expect("then" in session).toBe(false);
    expect(isRemote(session)).toBe(true);
    expect(calls).toBe(0);
  });

  it("a plain promise is refused where an object is expected: it has no members", async () => {
    const { bank, client } = await link();
    await expect(bank.same(Promise.resolve(new SessionImpl("x")))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "a promise where a bank.v1.SessionService is expected; await it first",
    });
    expect(client.references().exports.entries).toBe(0);
  });
});

describe("callbacks", () => {
  it("D01: work during the call, after it, and 10,000 at once", async () => {
    const { bank, impl } = await link();
    let asked = 0;
    const question = async (text: string): Promise<string> => `${text}${++asked}`;
    expect(await bank.ask(question, "q")).toBe("answer q1");
    const events: BankEvent[] = [];
    await bank.onEvent((event) => events.push(event));
    for (let i = 0; i < 3; i++) impl.listeners[0]!({ kind: "opened", at: new Date(i) });
    await until(() => events.length === 3);
    let kept!: (text: string) => Promise<string>;
    impl.ask = async (ask) => {
      kept = ask;
      return "";
    };
    await bank.ask(async () => String(++asked), "");
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => kept("")));
    expect(new Set(answers).size).toBe(10_000);
    release(kept);
    await expect(kept("")).rejects.toMatchObject({ code: "released-reference" });
  });

  it("D04: a callback is answered while its caller's own streams are full", async () => {
    const { bank } = await link();
    const stalled = bank.statement(20_000_000).getReader();
    await stalled.read(); // and no more: its window is full
    const items = bank.count(1_000_000)[Symbol.asyncIterator]();
    await items.next();
    const big = new Uint8Array(1_000_000);
    expect(await bank.ask(async () => String((await bank.echo(big)).length), "")).toBe("answer 1000000");
    await stalled.cancel();
    await items.return?.();
    await atRest(linked!);
  });

  it("a throw with getters that throw is an error like others", async () => {
    const { bank, impl } = await link();
    impl.fail = async () => {
      const error = new Error("x");
      Object.defineProperty(error, "message", {
        get: () => {
          throw new Error("no");
        },
      });
      throw error;
    };
    await expect(bank.fail("text")).rejects.toMatchObject({ code: "UNKNOWN" });
    expect(await bank.add(1, 1)).toBe(2);
  });

  it("a result whose then() throws is that call's error", async () => {
    const { bank, impl } = await link();
    impl.add = (() => ({
      get then(): never {
        throw new Error("not thenable");
      },
    })) as unknown as BankImpl["add"];
    await expect(bank.add(1, 1)).rejects.toMatchObject({ message: "not thenable" });
    impl.add = (() => ({
      then: () => {
        throw new Error("not either");
      },
    })) as unknown as BankImpl["add"];
    await expect(bank.add(1, 1)).rejects.toMatchObject({ message: "not either" });
    expect(await bank.echo(new Uint8Array(3))).toHaveLength(3);
  });
});

describe("order and pipelining", () => {
  it("O01: 100 un-awaited calls start in the order in which they were made", async () => {
    const { bank, impl } = await link();
    await Promise.all(Array.from({ length: 100 }, (_, i) => bank.add(i, 0)));
    expect(impl.log).toEqual(Array.from({ length: 100 }, (_, i) => `add ${i} 0`));
  });

  it("O02: a small call waits for the large one before it, and passes large ones on other objects", async () => {
    const { bank, impl } = await link();
    const session = await bank.login("a");
    impl.log.length = 0;
    const finished: string[] = [];
    const large = bank.echo(new Uint8Array(1 << 20)).then(() => finished.push("large"));
    const small = bank.add(1, 1).then(() => finished.push("small"));
    const other = session.name().then(() => finished.push("other"));
    await Promise.all([large, small, other]);
    expect(impl.log).toEqual([`echo ${1 << 20}`, "add 1 1"]);
    expect(finished[0]).toBe("other");
  });

  it("O02: 40 KB do not stand behind 3 MiB on another object", async () => {
    const { bank, impl } = await link();
    const session = await bank.login("a");
    const started: string[] = [];
    impl.echo = async () => {
      started.push("large");
      return new Uint8Array();
    };
    const large = bank.echo(new Uint8Array(3 << 20));
    const small = session.child("x".repeat(40_000)).then(() => started.push("small was answered"));
    await Promise.all([large, small]);
    expect(started).toEqual(["small was answered", "large"]);
  });

  it("C06: large arguments that wait for a stream are not sent once their call was cancelled, or refused", async () => {
    const { bank, server, impl } = await link({ limits: { maxPooledStreams: 1 } });
    const session = await bank.login("a");
    const abort = new AbortController();
    const first = bank.echo(new Uint8Array(3 << 20));
    const cancelled = bank.$with({ signal: abort.signal }).echo(new Uint8Array(3 << 20));
    const gone = bank.login("gone");
    const late = bank.$with({ timeoutMs: 1 }).echo(new Uint8Array(3 << 20));
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await Promise.all([first, gone, session.child("y".repeat(40_000)), bank.echo(new Uint8Array(200_000))]);
    expect(impl.log.filter((line) => line.startsWith("echo"))).toEqual([`echo ${3 << 20}`, "echo 200000"]);
    expect(server.stats().bytesIn).toBeLessThan(3.5 * 2 ** 20);
    expect(server.stats()).toMatchObject({ incomingCalls: 0 });
  });

  it("O03: calls on a promise that turns out to be our own object precede direct ones", async () => {
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
    const calls: Promise<unknown>[] = [promise.child("0"), promise.child("1"), promise.child("2")];
    const home = await promise;
    calls.push(home.child("3"), home.child("4"), home.child("5"));
    await Promise.all(calls);
    expect(home).toBe(mine);
    expect(log).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("O04: what depends on a failed call fails as it did, as target or as argument, and is not dispatched", async () => {
    const { bank, impl } = await link();
    let sames = 0;
    impl.same = async (session) => {
      sames++;
      return session;
    };
    const failed = bank.login("nobody");
    for (const dependent of [failed.name(), failed.child("x").balance(), bank.same(failed), bank.same(failed).name()]) {
      await expect(dependent).rejects.toBeInstanceOf(NoSuchUser);
    }
    expect(sames).toBe(0);
    await atRest(linked!);
  });

  it("O04: what depends on a cancelled call is cancelled", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    impl.login = async () => {
      await hold.opened;
      return new SessionImpl("late");
    };
    const abort = new AbortController();
    const base = bank.$with({ signal: abort.signal }).login("a");
    const name = base.name();
    const same = bank.same(base);
    await until(() => linked!.server.stats().incomingCalls === 3);
    abort.abort();
    await expect(base).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(name).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(same).rejects.toMatchObject({ code: "CANCELLED" });
    hold.open();
    await atRest(linked!);
  });

  it("O07: a call that was made before dispose is delivered", async () => {
    const { bank } = await link();
    const session = await bank.login("ada");
    const name = session.name();
    session.dispose();
    expect(await name).toBe("ada");
    await atRest(linked!);
  });

  it("C19: failing calls that nobody awaits, and their dependents, are no unhandled rejection of ours", async () => {
    const { bank } = await link();
    void bank.login("nobody");
    void bank.login("nobody").child("x").child("y");
    void bank.same(bank.login("nobody"));
    void bank.count(20)[Symbol.asyncIterator]();
    bank.statement(10);
    await bank.add(1, 1);
    linked!.server.destroy();
    await linked!.client.closed;
    await new Promise(setImmediate);
  });

  it("a getter that calls while the arguments are being written does not disturb them", async () => {
    const { bank, impl } = await link();
    let inner: Promise<number> | undefined;
    const options = {
      tags: ["t"],
      get otp(): string {
        inner ??= bank.add(40, 2);
        return "1";
      },
    };
    expect(await (await bank.login("outer", options)).name()).toBe("outer");
    expect(await inner).toBe(42);
    expect(impl.log).toEqual(["add 40 2", "login outer 1 t"]);
  });
});

describe("streams", () => {
  it("C11: break, an error of the consumer and one of the producer all run the producer's finally", async () => {
    const { bank, impl } = await link();
    for await (const item of bank.count(10)) if (item === 2) break;
    await until(() => impl.stopped === 1);
    const own = async (): Promise<void> => {
      for await (const item of bank.count(10)) if (item === 2) throw new Error("mine");
    };
    await expect(own()).rejects.toThrow("mine");
    await until(() => impl.stopped === 2);
    const items: number[] = [];
    const theirs = async (): Promise<void> => {
      for await (const item of bank.count(20)) items.push(item);
    };
    await expect(theirs()).rejects.toThrow("thirteen");
    expect([items.length, impl.stopped]).toEqual([13, 3]);
    await atRest(linked!);
  });

  it("leaving while an item is awaited ends the iteration", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    impl.count = async function* () {
      yield 1;
      await hold.opened;
      yield 2;
    };
    const items = bank.count(2)[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    const pending = items.next();
    await items.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    hold.open();
    await atRest(linked!);
  });

  it("items asked for one by one, several at once, before they come and after, come in order", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    impl.count = async function* () {
      for (let item = 0; item < 5; item++) yield item;
      await hold.opened;
      for (let item = 5; item < 1000; item++) yield item;
    };
    const items = bank.count(1)[Symbol.asyncIterator]();
    const asked: Promise<IteratorResult<number>>[] = [];
    for (let count = 0; count < 10; count++) asked.push(items.next());
    await asked[0]; // the next four are there already
    asked.push(items.next()); // behind those that wait
    hold.open();
    await asked[10];
    for (let count = 11; count < 500; count++) asked.push(items.next());
    for (let count = 500; count < 1000; count++) {
      const next = items.next();
      asked.push(next);
      await next;
    }
    const came = await Promise.all(asked);
    expect(came.map(({ value }) => value as number)).toEqual(Array.from({ length: 1000 }, (_, item) => item));
    expect(await Promise.all([items.next(), items.next()])).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    await atRest(linked!);
  });

  it("a producer whose return() throws, and one that cannot be opened, end their stream and nothing else", async () => {
    const { bank, impl } = await link();
    let returned = 0;
    impl.count = () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 7 }),
        return: () => {
          returned++;
          throw new Error("no");
        },
      }),
    });
    for await (const item of bank.count(1)) if (item === 7) break;
    await until(() => returned === 1);
    impl.count = () => ({
      [Symbol.asyncIterator]: () => {
        throw new Error("cannot begin");
      },
    });
    await expect(bank.count(1)[Symbol.asyncIterator]().next()).rejects.toThrow("cannot begin");
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    impl.statement = () => locked;
    await expect(bank.statement(1).getReader().read()).rejects.toBeInstanceOf(CallError);
    expect(await bank.add(1, 1)).toBe(2);
    await atRest(linked!);
  });

  it("references in items that nobody read are given back", async () => {
    const { bank, impl } = await link();
    const made: SessionImpl[] = [];
    impl.sessions = async function* () {
      for (let i = 0; i < 100; i++) {
        const session = new SessionImpl(`${i}`);
        made.push(session);
        yield session;
      }
    };
    for await (const session of bank.sessions()) {
      release(session);
      break;
    }
    await atRest(linked!);
    expect(made.every((session) => session.disposed === 1)).toBe(true);
  });

  it("references in items that had arrived when the connection was lost are broken, and readable", async () => {
    const { bank, impl, server, client } = await link();
    impl.sessions = async function* () {
      yield new SessionImpl("a");
      yield new SessionImpl("b");
      await new Promise(() => undefined);
    };
    const items = bank.sessions()[Symbol.asyncIterator]();
    expect((await items.next()).done).toBe(false);
    await until(() => client.references().imports.entries >= 2);
    server.destroy();
    await client.closed;
    const second = (await items.next()) as { value: Session };
    await expect(second.value.name()).rejects.toMatchObject({ dispatched: "no" });
    await expect(items.next()).rejects.toMatchObject({ name: "ClosedError" });
  });

  it("a stream that is left just after its end takes no later payload with it", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    impl.count = async function* () {
      yield 1;
      await hold.opened;
    };
    impl.echo = async (blob) => {
      await hold.opened;
      for (let i = 0; i < 20; i++) await Promise.resolve(); // the stream ends first, in the same turn
      return blob;
    };
    const items = bank.count(2)[Symbol.asyncIterator]();
    await items.next();
    const echoed = bank.echo(new Uint8Array(100_000));
    await until(() => linked!.server.stats().incomingCalls === 1);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate); // the argument has arrived whole
    hold.open();
    void items.return?.(); // in the very turn in which the producer ends, and the answer follows
    expect((await echoed).length).toBe(100_000);
    await atRest(linked!);
  });

  it("a stream that nobody reads does not hold up a later payload", async () => {
    const { bank } = await link();
    const unread = bank.statement(200_000);
    await bank.add(1, 1);
    await new Promise(setImmediate);
    for (let i = 0; i < 10; i++) expect((await bank.echo(new Uint8Array(1_000_000))).length).toBe(1_000_000);
    await unread.cancel();
    await atRest(linked!);
  });

  it("1000 streams at once all arrive: they wait for room at the producer", async () => {
    const { bank } = await link();
    const sums = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        let sum = 0;
        for await (const item of bank.count(4)) sum += item;
        return sum;
      }),
    );
    expect(sums.every((sum) => sum === 6)).toBe(true);
    await atRest(linked!);
  });
});
