/** A pool over real sessions in one process, with servers that can be slow, broken or gone. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, Peer, type Pool, type PoolOptions, connectPool, memoryTransportPair, serve } from "peerwire";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import { until } from "../sample/linked-bank.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

class CountingBank extends BankImpl {
  calls = 0;
  error: Error | undefined;
  override async add(a: number, b: number): Promise<number> {
    this.calls++;
    if (this.error !== undefined) throw this.error;
    return a + b;
  }
}

/** One server, and the connections that it has taken. */
class House {
  readonly impl = new CountingBank();
  readonly peers: Peer[] = [];
  isUp = true;
  readonly dial = async (): Promise<Peer> => {
    if (!this.isUp) throw new Error("ECONNREFUSED");
    const [near, far] = memoryTransportPair();
    const serving = Peer.open(far, "server", { roots: [serve(BankService, this.impl)] });
    const client = await Peer.open(near, "client");
    this.peers.push(await serving);
    return client;
  };
}

async function pooled(
  houses: House[],
  options: PoolOptions = {},
): Promise<{ pool: Pool; bank: BankStub; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const pool = connectPool(
    houses.map((house) => house.dial),
    { clock, random: () => 1, ...options },
  );
  cleanups.push(() => pool.close());
  const bank = await pool.root(BankService);
  await until(() => pool.stats().connected === pool.stats().size);
  await new Promise((resolve) => setImmediate(resolve)); // the roots of all
  return { pool, bank, clock };
}

describe("Pool", () => {
  it("deals its connections out over the addresses, and calls in turn", async () => {
    const houses = [new House(), new House()];
    const { pool, bank } = await pooled(houses, { size: 4 });
    expect(houses.map(({ peers }) => peers.length)).toEqual([2, 2]);
    for (let i = 0; i < 40; i++) expect(await bank.add(i, 1)).toBe(i + 1);
    expect(houses.map(({ impl }) => impl.calls)).toEqual([20, 20]);
    expect(pool.stats()).toMatchObject({ size: 4, connected: 4, outgoingCalls: 0 });
  });

  it("gives a call to the connection with the fewest under way", async () => {
    const houses = [new House(), new House()];
    const { pool, bank } = await pooled(houses, { size: 2 });
    const abort = new AbortController();
    const slow = Array.from({ length: 6 }, () => bank.sleep(60_000, abort.signal).catch(() => undefined));
    await until(() => houses.every(({ impl }) => impl.signals.length === 3));
    expect(pool.stats().connections.map(({ outgoingCalls }) => outgoingCalls)).toEqual([3, 3]);
    abort.abort();
    await Promise.all(slow);
    await until(() => pool.stats().outgoingCalls === 0);

    const awake = new AbortController();
    const sleeping = bank.sleep(60_000, awake.signal).catch(() => undefined);
    await until(() => houses.some(({ impl }) => impl.signals.length === 4));
    for (let i = 0; i < 10; i++) await bank.add(1, 1);
    const idle = houses.find(({ impl }) => impl.signals.length === 3)!;
    expect(idle.impl.calls).toBe(10);
    awake.abort();
    await sleeping;
  });

  it("keeps a chain, and what it leads to, on one connection", async () => {
    const { bank } = await pooled([new House(), new House()]);
    const names = Array.from({ length: 8 }, (_, i) => bank.login("a").child(String(i)).name());
    expect(await Promise.all(names)).toEqual(Array.from({ length: 8 }, (_, i) => `a/${i}`));
    const session = await bank.login("ada");
    for (let i = 0; i < 4; i++) expect(await session.name()).toBe("ada");
  });

  it("refills after a failure, and goes on meanwhile", async () => {
    const houses = [new House(), new House()];
    const { pool, bank, clock } = await pooled(houses, { size: 2 });
    houses[0]!.isUp = false;
    houses[0]!.peers[0]!.destroy();
    await until(() => pool.stats().connected === 1);
    for (let i = 0; i < 5; i++) expect(await bank.add(i, 0)).toBe(i);
    expect(houses[1]!.impl.calls).toBe(5);
    houses[0]!.isUp = true;
    await until(() => {
      clock.advance(30_000);
      return pool.stats().connected === 2;
    });
    for (let i = 0; i < 4; i++) await bank.add(1, 1);
    expect(houses[0]!.impl.calls).toBe(2);
  });

  it("gives no call to a server that drains while another is there, though it has fewer under way", async () => {
    const houses = [new House(), new House()];
    const { pool, bank } = await pooled(houses, { size: 2 });
    const abort = new AbortController();
    const sleeping = Array.from({ length: 4 }, () => bank.sleep(60_000, abort.signal).catch(() => undefined));
    await until(() => houses.every(({ impl }) => impl.signals.length === 2));
    const drained = houses[0]!.peers[0]!.drain(60_000);
    await bank.add(1, 1).catch(() => undefined); // crosses with the news
    await expect(Promise.all(Array.from({ length: 10 }, () => bank.add(1, 1)))).resolves.toEqual(Array(10).fill(2));
    expect(houses[0]!.impl.calls).toBe(0);
    abort.abort();
    await Promise.all(sleeping);
    expect(await drained).toEqual({ cut: [] });
    expect(pool.stats().size).toBe(2);
  });

  it("fails a call at once, as not sent, while no connection is there", async () => {
    const house = new House();
    const { pool, bank } = await pooled([house], { size: 1 });
    house.isUp = false;
    house.peers[0]!.destroy();
    await until(() => pool.stats().connected === 0);
    await expect(bank.add(1, 1)).rejects.toMatchObject({ code: "transport-closed", dispatched: "no" });
  });

  it("leaves an address out whose calls fail, and takes it back", async () => {
    const houses = [new House(), new House()];
    const { pool, bank, clock } = await pooled(houses, { size: 2 });
    houses[0]!.impl.error = new CallError("UNAVAILABLE", "my database is gone");
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => bank.add(1, 1)));
    expect(outcomes.filter(({ status }) => status === "rejected").length).toBeGreaterThanOrEqual(5);
    expect(pool.stats().connections.map(({ leftOut }) => leftOut)).toEqual([true, false]);
    const before = houses[0]!.impl.calls;
    for (let i = 0; i < 10; i++) expect(await bank.add(1, 1)).toBe(2);
    expect(houses[0]!.impl.calls).toBe(before);
    houses[0]!.impl.error = undefined;
    clock.advance(30_000 - 1);
    expect(pool.stats().connections[0]!.leftOut).toBe(true);
    clock.advance(150_000);
    for (let i = 0; i < 4; i++) await bank.add(1, 1);
    expect(houses[0]!.impl.calls).toBe(before + 2);
  });

  it("does not hold a handler's own errors against an address", async () => {
    const house = new House();
    const { pool, bank } = await pooled([house, new House()], { size: 2 });
    house.impl.error = new TypeError("a bug");
    await Promise.allSettled(Array.from({ length: 40 }, () => bank.add(1, 1)));
    expect(pool.stats().connections.map(({ leftOut }) => leftOut)).toEqual([false, false]);
  });

  it("stops waiting for the first connection with the reason of a signal", async () => {
    const pool = connectPool(() => new Promise<never>(() => undefined));
    const reason = new Error("enough");
    const abort = new AbortController();
    const waiting = pool.ready({ signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(pool.ready({ signal: abort.signal })).rejects.toBe(reason);
    await pool.close();
  });

  it("lets end what is under way when it is closed with a grace, and tells what was cut off", async () => {
    const houses = [new House(), new House()];
    const { pool, bank, clock } = await pooled(houses, { size: 2 });
    const late = [1, 2].map(() => bank.sleep(60_000).catch((error: unknown) => error));
    await until(() => houses.every(({ impl }) => impl.signals.length === 1));
    const closed = pool.close({ graceMs: 20 });
    await until(() => pool.stats().connected === 0 || (clock.advance(20), false));
    expect(await closed).toMatchObject({
      cut: [{ what: "bank.v1.BankService.sleep" }, { what: "bank.v1.BankService.sleep" }],
    });
    for (const call of late) expect(await call).toBeInstanceOf(Error);
  });

  it("rejects where no address can ever be had, and needs at least one", async () => {
    const refused = async (): Promise<never> => {
      throw new CallError("UNAUTHENTICATED", "no");
    };
    const pool = connectPool(refused);
    await expect(pool.ready()).rejects.toMatchObject({ cause: { code: "UNAUTHENTICATED" } });
    await pool.close();
    expect(() => connectPool([])).toThrow(RangeError);
    expect(() => connectPool(refused, { size: 0 })).toThrow("a pool of 0 connections to 1 addresses");
    expect(() => connectPool([refused, refused], { size: 1 })).toThrow("a pool of 1 connections to 2 addresses");
  });
});
