/** A connection that comes back, over real sessions in one process and a clock in the test's hands. */
import { afterEach, describe, expect, it } from "@jest/globals";
import {
  Peer,
  type PeerOptions,
  type ReconnectOptions,
  type ReconnectingPeer,
  memoryTransportPair,
  reconnect,
  serve,
} from "peerwire";
import { connect, listen } from "peerwire/node";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";
import { surviveOutage } from "./outage.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";
import { until } from "../sample/linked-bank.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that can be up or down. */
class House {
  readonly impl = new BankImpl();
  readonly peers: Peer[] = [];
  isUp = true;
  dials = 0;
  dialling = 0;
  mostDialling = 0;
  readonly options: PeerOptions;

  constructor(options: PeerOptions = {}) {
    this.options = { roots: [serve(BankService, this.impl)], ...options };
  }

  readonly dial = async (): Promise<Peer> => {
    this.dials++;
    this.mostDialling = Math.max(this.mostDialling, ++this.dialling);
    try {
      await Promise.resolve();
      if (!this.isUp) throw Object.assign(new Error("ECONNREFUSED"), { code: "ECONNREFUSED" });
      const [near, far] = memoryTransportPair();
      const serving = Peer.open(far, "server", this.options);
      serving.catch(() => undefined);
      const client = await Peer.open(near, "client");
      this.peers.push(await serving);
      return client;
    } finally {
      this.dialling--;
    }
  };

  /** As a crash. */
  drop(): void {
    this.peers.at(-1)!.destroy();
  }
}

function keepConnected(
  house: House,
  options: ReconnectOptions = {},
): { client: ReconnectingPeer; clock: VirtualClock } {
  const clock = new VirtualClock();
  const client = reconnect(house.dial, { clock, random: () => 1, ...options });
  cleanups.push(() => client.close());
  return { client, clock };
}

/** Everything that does not need time has happened. */
const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("reconnect", () => {
  it("S02: renews root stubs after a loss; other references stay broken; nothing runs twice", async () => {
    const house = new House();
    const events: string[] = [];
    const { client, clock } = keepConnected(house, {
      onDisconnect: (error) => events.push(`lost ${(error as { code?: string }).code}`),
      onReconnect: (peer) => events.push(`back ${peer === client.peer}`),
    });
    const bank = await client.root(BankService);
    const session = await bank.login("ada");
    const sleeping = bank.sleep(60_000);
    const lost = expect(sleeping).rejects.toMatchObject({ code: "transport-closed", dispatched: "maybe" });
    await until(() => house.impl.signals.length === 1);
    house.drop();
    await lost;
    await until(() => events.length === 1);
    await expect(bank.add(1, 2)).rejects.toMatchObject({ dispatched: "no" });
    expect(client.peer).toBeUndefined();
    clock.advance(500);
    await until(() => events.length === 2);
    expect(events).toEqual(["lost transport-closed", "back true"]);

    expect(await bank.add(1, 2)).toBe(3);
    expect(await bank.login("bob").name()).toBe("bob");
    await expect(session.name()).rejects.toMatchObject({ code: "transport-closed", dispatched: "no" });
    expect(await client.root(BankService)).toBe(bank);
    expect(client.connections).toBe(2);
    expect(house.impl.signals).toHaveLength(1);
    expect(house.impl.log.filter((line) => line.startsWith("add"))).toEqual(["add 1 2"]);
  });

  it("passes its roots on, with their options, in messages of the connection and of others", async () => {
    const house = new House();
    const { client, clock } = keepConnected(house);
    const bank = await client.root(BankService);
    house.drop();
    await until(() => client.peer === undefined);
    clock.advance(500);
    await client.ready();
    await expect(bank.$with({ timeoutMs: 20 }).sleep(60_000)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });

    const [near, far] = memoryTransportPair();
    const [third] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(BankService, bank)] }),
    ]);
    cleanups.push(() => third.close());
    expect(await (await third.root(BankService)).add(20, 22)).toBe(42);
  });

  it("waits longer after each failure, and begins anew after a connection that held for 10 s", async () => {
    const house = new House();
    house.isUp = false;
    const delays: number[] = [];
    const { client, clock } = keepConnected(house, { onDialFailed: (_, delayMs) => delays.push(delayMs) });
    for (const delayMs of [500, 1000, 2000]) {
      await until(() => delays.at(-1) === delayMs);
      clock.advance(delayMs - 1);
      await settle();
      expect(house.dials).toBe(delays.length);
      if (delayMs === 2000) house.isUp = true;
      clock.advance(1);
    }
    await client.ready();
    house.isUp = false;
    clock.advance(10_000);
    house.drop();
    await until(() => client.peer === undefined);
    await settle();
    clock.advance(500);
    await until(() => delays.length === 4);
    expect(delays).toEqual([500, 1000, 2000, 1000]);
  });

  it("does not begin anew where each connection is lost at once", async () => {
    const house = new House();
    const { client, clock } = keepConnected(house);
    let waited = 0;
    for (let connection = 1; connection <= 5; connection++) {
      await until(() => client.connections === connection);
      house.drop();
      await until(() => client.peer === undefined);
      await settle();
      for (; client.connections === connection; waited += 100) {
        clock.advance(100);
        await settle();
      }
    }
    expect(waited).toBe(500 + 1000 + 2000 + 4000 + 8000);
  });

  it("gives up where it is refused for good, and says why", async () => {
    const house = new House({ authorize: () => ({ allow: false, reason: "who are you?" }) });
    const { client } = keepConnected(house);
    await expect(client.ready()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await client.closed).toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(client.root(BankService)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(house.dials).toBe(1);
  });

  it("asks `retry`, where there is one", async () => {
    const house = new House();
    house.isUp = false;
    const asked: number[] = [];
    const { client, clock } = keepConnected(house, {
      retry: (_, failures) => {
        asked.push(failures);
        return failures < 3;
      },
    });
    for (let i = 0; i < 2; i++) {
      await until(() => asked.length === i + 1 && clock.pending === 1);
      clock.advance(30_000);
    }
    expect(await client.closed).toMatchObject({ code: "ECONNREFUSED" });
    expect(asked).toEqual([1, 2, 3]);
  });

  it("ends with close, in whatever state: dialling, waiting, connected", async () => {
    const connected = new House();
    const client = keepConnected(connected).client;
    await client.ready();
    await client.close();
    await client.close();
    expect(await connected.peers[0]!.closed).toMatchObject({ code: "session-closed" });

    const down = new House();
    down.isUp = false;
    const { client: waiting, clock } = keepConnected(down);
    await until(() => clock.pending === 1);
    const ready = expect(waiting.ready()).rejects.toMatchObject({ code: "session-closed" });
    await waiting.close();
    await ready;
    expect(clock.pending).toBe(0);

    let aborted = false;
    const dialling = reconnect(
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason);
          }),
        ),
    );
    await dialling.close();
    expect(aborted).toBe(true);

    const abort = new AbortController();
    const byItsSignal = keepConnected(new House(), { signal: abort.signal }).client;
    await byItsSignal.ready();
    abort.abort();
    expect(await byItsSignal.closed).toMatchObject({ code: "session-closed" });
  });

  it("does not wait at its end for a dial that does not mind its signal, and closes what that brings", async () => {
    const house = new House();
    let dialled!: () => void;
    const late = new Promise<void>((resolve) => (dialled = resolve));
    const client = reconnect(async () => {
      await late;
      return house.dial();
    });
    await settle();
    await client.close();
    expect(await client.closed).toMatchObject({ code: "session-closed" });
    dialled();
    await until(() => house.peers.length === 1);
    expect(await house.peers[0]!.closed).toMatchObject({ code: "session-closed" });

    const never = reconnect(() => new Promise<never>(() => undefined));
    await never.close();
  });

  it("enters no connection that was made while it was closed", async () => {
    const house = new House();
    let close: Promise<unknown> | undefined;
    const told: string[] = [];
    const client: ReconnectingPeer = reconnect(
      async () => {
        const peer = await house.dial();
        close = client.close();
        return peer;
      },
      { onReconnect: () => told.push("back"), onDisconnect: () => told.push("lost") },
    );
    await expect(client.ready()).rejects.toMatchObject({ code: "session-closed" });
    await close;
    expect([client.connections, client.peer, told]).toEqual([0, undefined, []]);
    expect(await house.peers[0]!.closed).toMatchObject({ code: "session-closed" });
  });

  it("dials anew as soon as the server says that it is going away, and lets what is under way end", async () => {
    const house = new House();
    const told: string[] = [];
    const { client, clock } = keepConnected(house, {
      random: () => 0,
      onDisconnect: (error) => told.push("code" in error ? String(error.code) : error.message),
      onReconnect: () => told.push("back"),
    });
    const bank = await client.root(BankService);
    const abort = new AbortController();
    const sleeping = expect(bank.sleep(60_000, abort.signal)).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => house.impl.signals.length === 1);
    const drained = house.peers[0]!.drain(60_000);
    const refused = await bank.add(1, 1).catch((error: unknown) => error); // crosses with the news
    expect(refused).toMatchObject({ dispatched: "no" });
    await until(() => {
      clock.advance(0);
      return client.connections === 2;
    });
    expect(await bank.add(1, 1)).toBe(2);
    expect(house.peers.map(({ status }) => status)).toEqual(["draining", "open"]);
    expect(told).toEqual(["session-draining", "back"]);
    abort.abort();
    await sleeping;
    expect(await drained).toEqual({ cut: [] });
    expect(await bank.add(2, 2)).toBe(4);
    expect(told).toHaveLength(2);
  });

  it("ends the connections that drain too when it is closed", async () => {
    const house = new House();
    const { client, clock } = keepConnected(house, { random: () => 0 });
    const bank = await client.root(BankService);
    const sleeping = expect(bank.sleep(60_000)).rejects.toMatchObject({ code: "session-closed" });
    await until(() => house.impl.signals.length === 1);
    void house.peers[0]!.drain(60_000);
    await until(() => {
      clock.advance(0);
      return client.connections === 2;
    });
    await client.close();
    await sleeping;
    for (const peer of house.peers) expect(await peer.closed).toMatchObject({ code: "session-closed" });
  });

  it("lets a waiter leave by its signal", async () => {
    const house = new House();
    house.isUp = false;
    const { client } = keepConnected(house);
    await expect(client.ready({ signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ name: "TimeoutError" });
    await expect(client.ready({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  });

  it("notices a half-open connection by the keepalive, and dials again", async () => {
    const clock = new VirtualClock();
    const house = new House();
    let muted = 0;
    const client = reconnect(
      async () => {
        const [near, far] = memoryTransportPair();
        // What the server writes is lost from some moment on, as behind a router that has forgotten the connection.
        let isMute = false;
        const start = near.start.bind(near);
        near.start = (receiver) => start({ ...wrap(receiver), onData: (chunk) => isMute || receiver.onData(chunk) });
        const serving = Peer.open(far, "server", house.options);
        serving.catch(() => undefined);
        const peer = await Peer.open(near, "client", { clock });
        if (muted++ === 0) isMute = true;
        return peer;
      },
      { clock, random: () => 0 },
    );
    cleanups.push(() => client.close());
    await client.ready();
    clock.advance(30_000);
    await settle();
    clock.advance(10_000);
    await until(() => {
      clock.advance(1);
      return client.connections === 2;
    });
    expect(await (await client.root(BankService)).add(1, 1)).toBe(2);
  });

  it("keeps to a real server that goes and comes back", async () => {
    const impl = new BankImpl();
    let server = await listen("inproc:comes-back", { roots: [serve(BankService, impl)] });
    const client = reconnect(() => connect("inproc:comes-back"), { firstDelayMs: 5, maxDelayMs: 5 });
    cleanups.push(() => client.close());
    const bank = await client.root(BankService);
    await server.close();
    await until(() => client.peer === undefined);
    server = await listen("inproc:comes-back", { roots: [serve(BankService, impl)] });
    cleanups.push(() => server.close());
    await client.ready();
    expect(await bank.add(2, 2)).toBe(4);
  });

  it("S03: clients of a server that is down for an hour dial seldom, spread out, one at a time (100 of them)", async () => {
    await surviveOutage(100);
  });
});

function wrap(receiver: Parameters<ReturnType<typeof memoryTransportPair>[0]["start"]>[0]) {
  return {
    onDrain: (): void => receiver.onDrain(),
    onEnd: (): void => receiver.onEnd(),
    onClose: (error: Error | undefined): void => receiver.onClose(error),
  };
}
