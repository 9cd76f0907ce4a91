/** What a test can do with two linked peers: stop the wire, slow it, break it at any byte, and move time. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { serve } from "peerwire";
import { type LinkOptions, type LinkedPeers, TestWire, VirtualClock, linkPeers } from "peerwire/testing";
import { Session, readChunks } from "peerwire/mux";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";

let linked: LinkedPeers | undefined;
afterEach(async () => {
  await linked?.close();
  linked = undefined;
});

async function link(options: LinkOptions = {}): Promise<LinkedPeers & { bank: BankStub; impl: BankImpl }> {
  const impl = new BankImpl();
  linked = await linkPeers({ ...options, server: { roots: [serve(BankService, impl)], ...options.server } });
  return { ...linked, bank: await linked.client.root(BankService), impl };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe("linkPeers", () => {
  it("gives two peers that are ready, and close() ends both", async () => {
    const { client, server, bank, close } = await link();
    expect(await bank.add(1, 2)).toBe(3);
    await close();
    expect([client.status, server.status]).toEqual(["closed", "closed"]);
  });

  it("passes a clock to both: a deadline passes when the test says so", async () => {
    const clock = new VirtualClock();
    const { bank, impl } = await link({ clock });
    const late = expect(bank.$with({ timeoutMs: 1000 }).sleep(1_000_000)).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
    });
    await turns();
    expect(impl.signals[0]!.aborted).toBe(false);
    clock.advance(1000);
    await late;
  });
});

describe("TestWire", () => {
  it("holds what arrives, in order and without loss, until it is released", async () => {
    const { bank, impl, wire } = await link();
    wire.hold();
    const calls = Array.from({ length: 10 }, (_, i) => bank.add(i, 1));
    const large = bank.echo(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251));
    const before = wire.delivered;
    await turns();
    expect([impl.log, wire.delivered]).toEqual([[], before]);
    wire.release();
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect((await large).every((byte, i) => byte === i % 251)).toBe(true);
  });

  it("delays each way by as much as the clock has to move", async () => {
    const clock = new VirtualClock();
    const { bank, impl, wire } = await link({ clock });
    wire.delayMs = 50;
    const asked = bank.add(1, 2);
    await turns();
    clock.advance(49);
    await turns();
    expect(impl.log).toEqual([]);
    clock.advance(1);
    await turns();
    expect(impl.log).toEqual(["add 1 2"]);
    let answer: number | undefined;
    void asked.then((value) => (answer = value));
    clock.advance(49);
    await turns();
    expect(answer).toBeUndefined();
    clock.advance(1);
    expect(await asked).toBe(3);
  });

  it("shows that a chain is one round trip; a goodbye is as slow, and loses nothing before it", async () => {
    const clock = new VirtualClock();
    const { bank, wire, client, server } = await link({ clock });
    wire.delayMs = 50;
    const name = bank.login("ann").name();
    for (let way = 0; way < 2; way++) {
      await turns();
      clock.advance(50);
    }
    expect(await name).toBe("ann");
    wire.delayMs = 0;
    await client.drain(10_000);
    expect(await server.closed).toMatchObject({ code: "session-closed" });
  });

  it("breaks in the middle of a call: the caller is told, and the other side's handler too", async () => {
    const { bank, impl, wire, client, server } = await link();
    const asleep = expect(bank.sleep(1_000_000)).rejects.toMatchObject({ name: "ClosedError", dispatched: "maybe" });
    await turns();
    wire.break();
    await asleep;
    await Promise.all([client.closed, server.closed]);
    expect(impl.signals[0]!.aborted).toBe(true);
    expect(wire.broken).toBe("loss");
  });

  it("delivers exactly as many bytes as it was told to, and then breaks", async () => {
    for (const how of ["loss", "end", "silence"] as const) {
      const { bank, wire } = await link({ client: { limits: { keepaliveIdleMs: 20, keepaliveTimeoutMs: 20 } } });
      const before = wire.delivered;
      wire.breakAfter(17, how);
      await expect(bank.echo(new Uint8Array(1000))).rejects.toMatchObject({ name: "ClosedError" });
      expect([wire.delivered - before, wire.broken]).toEqual([17, how]);
      await linked!.close();
    }
  });

  it("carries a session of the multiplexer as well", async () => {
    const wire = new TestWire();
    const got: string[] = [];
    const server = new Session(wire.ends[1], {
      role: "server",
      onStream: (stream) => {
        void (async () => {
          for await (const chunk of readChunks(stream)) got.push(new TextDecoder().decode(chunk));
          stream.end();
        })();
      },
    });
    const client = new Session(wire.ends[0], { role: "client" });
    const stream = client.open();
    stream.write(new TextEncoder().encode("over the wire"));
    stream.end();
    for await (const chunk of readChunks(stream))
      throw new Error(`nothing was sent back, and ${chunk.length} bytes came`);
    expect(got.join("")).toBe("over the wire");
    await Promise.all([client.close(), server.close()]);
  });
});
