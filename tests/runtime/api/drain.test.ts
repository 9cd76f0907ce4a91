/** Goodbyes that wait: what runs ends, what comes is refused as retryable, and what does not end is cut off and named. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { type CallContext, type PeerOptions, serve } from "peerwire";
import { connect, listen } from "peerwire/node";
import { gate, until } from "../references/at-rest.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});
async function link(client: PeerOptions = {}, server: PeerOptions = {}): Promise<LinkedBank> {
  linked = await linkBank(client, server);
  return linked;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

describe("drain", () => {
  it("lets running calls and their callbacks end, refuses new ones as not dispatched, then closes both sides", async () => {
    const { bank, client, server, impl } = await link();
    const hold = gate();
    impl.ask = async (question: (text: string) => Promise<string>, text: string) => {
      await hold.opened;
      return question(text);
    };
    const running = bank.ask(async (text) => `called back with ${text}`, "x");
    await until(() => server.stats().incomingCalls === 1);
    expect([client.status, server.status]).toEqual(["open", "open"]);
    const drained = server.drain(60_000);
    expect(await client.draining).toBe(60_000);
    expect([client.status, server.status]).toEqual(["draining", "draining"]);
    await expect(bank.add(1, 1)).rejects.toMatchObject({ code: "session-draining", dispatched: "no" });
    hold.open();
    expect(await running).toBe("called back with x");
    expect(await drained).toEqual({ cut: [] });
    await client.closed;
    expect([client.status, server.status]).toEqual(["closed", "closed"]);
    expect(impl.log).toEqual([]);
  });

  it("refuses a call that crosses with the news, so that its caller may ask elsewhere", async () => {
    const { bank, server, impl } = await link();
    const hold = gate();
    impl.login = async () => {
      await hold.opened;
      throw new Error("late");
    };
    const running = bank.login("a").catch((error: unknown) => error);
    await until(() => server.stats().incomingCalls === 1);
    const drained = server.drain(60_000);
    const crossing = bank.add(1, 1);
    await expect(crossing).rejects.toMatchObject({ code: "UNAVAILABLE", dispatched: "no" });
    hold.open();
    expect(await running).toMatchObject({ message: "late" });
    expect(await drained).toEqual({ cut: [] });
  });

  it("lets in calls that are nested in calls of its own", async () => {
    const { bank, server, impl, clientImpl } = await link();
    const clientBank = await server.root(BankService);
    const hold = gate();
    clientImpl.add = (async (a: number, b: number, context: CallContext) => {
      await hold.opened;
      return bank.$with({ context }).add(a, b);
    }) as typeof clientImpl.add;
    impl.login = async (_user: string, _options: unknown, context?: CallContext) => {
      const sum = await clientBank.$with({ context }).add(1, 2);
      throw new Error(`sum ${sum}`);
    };
    const running = bank.login("a");
    await until(() => server.stats().outgoingCalls === 1);
    const drained = server.drain(60_000);
    hold.open();
    await expect(running).rejects.toThrow("sum 3");
    expect(await drained).toEqual({ cut: [] });
  });

  it("waits for streams in both directions", async () => {
    const { bank, server } = await link();
    const stream = bank.statement(2_000_000).getReader();
    await stream.read();
    let isDrained = false;
    const drained = server.drain(60_000).then((report) => {
      isDrained = true;
      return report;
    });
    await turns();
    expect(isDrained).toBe(false);
    let bytes = 0;
    for (let part = await stream.read(); !part.done; part = await stream.read()) bytes += part.value.length;
    expect(bytes).toBeGreaterThan(1_900_000);
    expect(await drained).toEqual({ cut: [] });
  });

  it("cuts off a stream that nobody reads, names its interface, and does not wait for its reader", async () => {
    const clock = new VirtualClock();
    const what = "bank.v1.BankService";
    for (const leaves of ["server", "client"] as const) {
      const { bank, client, server } = await link({ clock }, { clock });
      const stream = bank.statement(2_000_000).getReader();
      await stream.read();
      const peer = leaves === "server" ? server : client;
      const kind = leaves === "server" ? "outgoing stream" : "incoming stream";
      const drained = peer.drain(5_000);
      clock.advance(5_000);
      await turns();
      clock.advance(1_000);
      expect((await drained).cut).toEqual([{ kind, what, peer: peer.description }]);
      const reading = (async () => {
        while (!(await stream.read()).done);
      })();
      await expect(reading).rejects.toMatchObject({ name: expect.stringMatching(/^(CallError|ClosedError)$/) });
      await Promise.all([client.closed, server.closed]);
    }
  });

  it("K10: with 100 in flight, those that have not ended by the grace are cut off, named, and told", async () => {
    const clock = new VirtualClock();
    const { bank, server, impl } = await link({}, { clock });
    const outcomes = Array.from({ length: 100 }, (_, i) =>
      bank.sleep(i < 60 ? 1 : 600_000).then(
        () => "done",
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    await until(() => impl.signals.length === 100);
    const drained = server.drain(5_000);
    await Promise.all(outcomes.slice(0, 60));
    clock.advance(5_000);
    const { cut } = await drained;
    expect(cut).toHaveLength(40);
    expect(cut[0]).toEqual({ kind: "incoming call", what: "bank.v1.BankService.sleep", peer: server.description });
    const told = await Promise.all(outcomes);
    expect([told.filter((one) => one === "done").length, told.filter((one) => one === "UNAVAILABLE").length]).toEqual([
      60, 40,
    ]);
    expect(impl.signals.filter((signal) => signal.aborted)).toHaveLength(40);
  });

  it("K11: is harmless when repeated, at the end, and beside close", async () => {
    const { server, client } = await link();
    const all = [server.drain(10), server.drain(10), client.drain(10), server.close()];
    await Promise.all(all);
    expect(await server.drain(1_000_000)).toEqual({ cut: [] });
  });

  it("leaves no timer behind where two wait at once", async () => {
    const clock = new VirtualClock();
    const { bank, server, impl } = await link({}, { clock });
    const hold = gate();
    impl.ask = async (question: (text: string) => Promise<string>, text: string) => {
      await hold.opened;
      return question(text);
    };
    const running = bank.ask(async (text) => text, "x");
    await until(() => server.stats().incomingCalls === 1);
    const both = [server.drain(60_000), server.drain(30_000)];
    hold.open();
    expect(await Promise.all([running, ...both])).toEqual(["x", { cut: [] }, { cut: [] }]);
    expect(clock.pending).toBe(0);
  });

  it("server.close({ graceMs }) does so for all peers, and refuses new connections", async () => {
    const impl = new BankImpl();
    const server = await listen("tcp://127.0.0.1:0", { roots: [serve(BankService, impl)] });
    const peers = await Promise.all([connect(server.address), connect(server.address)]);
    const banks = await Promise.all(peers.map((peer) => peer.root(BankService)));
    const running = banks.map((bank) => bank.sleep(30).then(() => "done"));
    const stuck = banks[0]!.sleep(600_000).catch((error: unknown) => (error as { code: string }).code);
    await until(() => impl.signals.length === 3);
    const closed = server.close({ graceMs: 500 });
    await expect(connect(server.address)).rejects.toThrow();
    const { cut } = await closed;
    expect([await Promise.all(running), await stuck]).toEqual([["done", "done"], "UNAVAILABLE"]);
    expect(cut.map(({ what }) => what)).toEqual(["bank.v1.BankService.sleep"]);
    await Promise.all(peers.map((peer) => peer.closed));
  });
});
