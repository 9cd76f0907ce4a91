/**
 * The limits on calls, metadata, errors and messages, each from both sides: what is within them passes, what is past them
 * costs that call alone. Rows: limits 12-15, 18-24, 27, 28; X12, X14; C15, C21.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { CallError } from "peerwire";
import { type Limits, Peer, type PeerOptions, serve } from "peerwire";
import type { Transport, TransportReceiver } from "peerwire/mux";
import { gate } from "../references/at-rest.js";
import { BankImpl } from "../sample/bank-impl.js";
import type { Session } from "../sample/bank.js";
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
const limits = (own: Partial<Limits>): PeerOptions => ({ limits: own });

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "OK",
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

describe("metadata (19)", () => {
  const entries = (count: number, bytes = 10): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "x".repeat(bytes)]));

  it("64 entries and 8 KiB pass; one more of either is refused here before anything is sent, with both numbers", async () => {
    const { bank, impl } = await link();
    const key = "key";
    const full = { [key]: "x".repeat(8192 - key.length) };
    expect(await bank.$with({ metadata: entries(64) }).add(1, 1)).toBe(2);
    expect(await bank.$with({ metadata: full }).add(1, 1)).toBe(2);
    const many = bank.$with({ metadata: entries(65) }).add(1, 1);
    await expect(many).rejects.toThrow("metadata of 65 entries and 835 bytes; the limits are 64 and 8192");
    const large = bank.$with({ metadata: { [key]: `${full[key]}x` } }).add(1, 1);
    await expect(large).rejects.toMatchObject({ name: "LimitError", code: "message-too-large" });
    expect(impl.log).toHaveLength(2);
    await expect(bank.$with({ metadata: { a: 5 as never } }).add(1, 1)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("X14: a caller with larger limits loses that call, before its handler, and not the session", async () => {
    const { bank, impl } = await link(limits({ maxMetadataBytes: 2 ** 22, maxMetadataEntries: 20_000 }));
    for (const metadata of [entries(65), entries(1, 8191), entries(10_000), { big: "x".repeat(900_000) }])
      expect(await codeOf(bank.$with({ metadata }).add(1, 1))).toBe("RESOURCE_EXHAUSTED");
    expect(impl.log).toEqual([]);
    expect(await bank.add(1, 1)).toBe(2);
  });
});

describe("messages (12, 13)", () => {
  it("what travels inline is the smaller of both sides' maxInlineBytes: neither session ends over it", async () => {
    for (const [client, server] of [
      [3_000_000, 1_000],
      [1_000, 3_000_000],
      [0, 32_768],
    ] as const) {
      const sent: number[] = [];
      const {
        bank,
        client: a,
        server: b,
      } = await link(
        {
          ...limits({ maxInlineBytes: client }),
          onInstruction: (direction, one) => {
            if (direction === "out" && one.kind === "call" && one.argumentsPayloadId === 0)
              sent.push(one.arguments.length);
          },
        },
        limits({ maxInlineBytes: server }),
      );
      for (const bytes of [1, 900, 1_100, 500_000, 2_500_000])
        expect((await bank.echo(new Uint8Array(bytes))).length).toBe(bytes);
      expect(Math.max(0, ...sent)).toBeLessThanOrEqual(Math.min(client, server));
      await a.close();
      await b.close();
    }
  });

  it("C21: 1000 large calls at once on one session are all answered, in order on their object", async () => {
    const { bank, impl } = await link();
    const order: number[] = [];
    impl.echo = async (blob) => {
      order.push(blob[0]! * 256 + blob[1]!);
      return blob;
    };
    const blobs = Array.from({ length: 1000 }, (_, i) => {
      const blob = new Uint8Array(40_000);
      blob.set([i >> 8, i & 255]);
      return blob;
    });
    const answers = await Promise.all(blobs.map((blob) => bank.echo(blob)));
    expect(answers.every((answer, i) => answer[0]! * 256 + answer[1]! === i)).toBe(true);
    expect(order).toEqual(blobs.map((_, i) => i));
  });
});

describe("errors (20)", () => {
  it("message, details and causes are cut at the sender's limits, larger or smaller than the defaults", async () => {
    for (const [own, message, causes] of [
      [{ maxErrorMessageBytes: 10, maxErrorCauseDepth: 1 }, 10, 1],
      [{ maxErrorMessageBytes: 10_000, maxErrorCauseDepth: 6 }, 10_000, 6],
      [{ maxErrorMessageBytes: 0, maxErrorCauseDepth: 0 }, 0, 0],
    ] as const) {
      const { bank, impl, client, server } = await link({}, limits(own));
      impl.fail = async () => {
        let error = new Error("x".repeat(10_000));
        for (let i = 0; i < 10; i++) error = new Error("x".repeat(10_000), { cause: error });
        throw error;
      };
      let error = (await bank.fail("text").catch((thrown: unknown) => thrown)) as Error | undefined;
      expect(Buffer.byteLength(error!.message)).toBe(message);
      let depth = -1;
      for (; error !== undefined; error = error.cause as Error | undefined) depth++;
      expect(depth).toBe(causes);
      await client.close();
      await server.close();
    }
  });

  it("C05: stacks stay at home, unless they are switched on; then they are cut at 8 KiB", async () => {
    for (const sendStacks of [false, true]) {
      const { bank, impl, client, server } = await link({}, { sendStacks });
      impl.fail = async function revealing() {
        const error = new Error("inner");
        error.stack = `${error.stack ?? ""}${"\n".repeat(20_000)}`;
        throw new Error("outer", { cause: error });
      };
      const error = (await bank.fail("text").catch((thrown: unknown) => thrown)) as CallError;
      expect([error.remoteStack?.includes("revealing"), error.stack?.includes("revealing")]).toEqual(
        sendStacks ? [true, false] : [undefined, false],
      );
      const inner = (error.cause as CallError).remoteStack;
      expect(inner === undefined ? 0 : Buffer.byteLength(inner)).toBe(sendStacks ? 8192 : 0);
      await client.close();
      await server.close();
    }
  });
});

describe("pipelining (27) and references in one message (24)", () => {
  it("256 calls may wait for one result; the next fails, and the others do not", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    const login = impl.login.bind(impl);
    impl.login = async (user) => {
      await hold.opened;
      return login(user);
    };
    const session = bank.login("ada");
    const calls = Array.from({ length: 257 }, () => codeOf(session.name()));
    expect(await calls[256]).toBe("RESOURCE_EXHAUSTED");
    hold.open();
    expect((await Promise.all(calls)).filter((code) => code === "OK")).toHaveLength(256);
  });

  it("a chain of 32 unknown results passes, one of 33 does not", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    const login = impl.login.bind(impl);
    impl.login = async (user) => {
      await hold.opened; // nothing of a chain is known before all of it has arrived
      return login(user);
    };
    const chain = (length: number): Promise<string> => {
      let session = bank.login("0");
      for (let i = 1; i < length; i++) session = session.child(String(i));
      return session.name();
    };
    const passes = chain(32);
    expect(await codeOf(chain(33))).toBe("RESOURCE_EXHAUSTED");
    hold.open();
    expect((await passes).split("/")).toHaveLength(32);
  });

  it("limits.maxReferencesPerMessage: a message with as many passes, one with one more is refused on either side", async () => {
    const { bank, impl } = await link(limits({ maxReferencesPerMessage: 1 }), limits({ maxReferencesPerMessage: 0 }));
    expect(await codeOf(bank.ask(async (text) => text, "x"))).toBe("RESOURCE_EXHAUSTED");
    expect(impl.log).toEqual([]);
    const own = await link(limits({ maxReferencesPerMessage: 0 }));
    expect(await codeOf(own.bank.ask(async (text) => text, "x"))).toBe("RESOURCE_EXHAUSTED");
    await own.client.close();
    await own.server.close();
    const both = await link(limits({ maxReferencesPerMessage: 1 }), limits({ maxReferencesPerMessage: 1 }));
    expect(await codeOf(both.bank.ask(async (text) => text, "x"))).toBe("OK");
  });
});

/** A transport whose writes a test can hold up, as a peer that does not read. */
class StuckTransport implements Transport {
  readonly description = "stuck";
  readonly #inner: Transport;
  #receiver: TransportReceiver | undefined;
  #isStuck = false;
  #held: Uint8Array[] = [];
  constructor(inner: Transport) {
    this.#inner = inner;
  }
  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#inner.start(receiver);
  }
  write(chunk: Uint8Array): boolean {
    if (!this.#isStuck) return this.#inner.write(chunk);
    this.#held.push(chunk.slice());
    return false;
  }
  end(): void {
    this.#inner.end();
  }
  destroy(error?: Error): void {
    this.#inner.destroy(error);
  }
  stick(): void {
    this.#isStuck = true;
  }
  flow(): void {
    this.#isStuck = false;
    for (const chunk of this.#held.splice(0)) this.#inner.write(chunk);
    this.#receiver?.onDrain();
  }
}

async function stuckClient(options: PeerOptions): Promise<LinkedBank & { wire: StuckTransport }> {
  const { memoryTransportPair } = await import("peerwire");
  const [near, far] = memoryTransportPair();
  const wire = new StuckTransport(near);
  const impl = new BankImpl();
  const [client, server] = await Promise.all([
    Peer.open(wire, "client", options),
    Peer.open(far, "server", { roots: [serve(BankService, impl)] }),
  ]);
  linked = { client, server, impl, clientImpl: new BankImpl(), bank: await client.root(BankService) };
  return { ...linked, wire };
}

describe("a peer that does not read (28)", () => {
  it("X12: what is queued for it is bounded: past queuedBytesHard the session ends with slow-peer", async () => {
    const clock = new VirtualClock();
    const { bank, wire, client } = await stuckClient({ clock, ...limits({ queuedBytesHard: 1_000_000 }) });
    expect(await bank.add(1, 1)).toBe(2);
    wire.stick();
    const codes: Promise<string>[] = [];
    for (let i = 0; i < 200 && client.status === "open"; i++) {
      for (let k = 0; k < 10; k++) codes.push(codeOf(bank.echo(new Uint8Array(30_000))));
      await new Promise(setImmediate);
      clock.advance(100);
    }
    expect(new Set(await Promise.all(codes))).toEqual(new Set(["slow-peer"]));
    expect(await client.closed).toMatchObject({ code: "slow-peer" });
  });

  it("C15: a deadline fires while the call waits to be written, for a window, and for its turn in the pool", async () => {
    const clock = new VirtualClock();
    const { bank, wire, impl } = await stuckClient({ clock, limits: { maxPooledStreams: 1 } });
    wire.stick();
    const timed = bank.$with({ timeoutMs: 100 });
    const waiting = [timed.add(1, 1), timed.echo(new Uint8Array(3_000_000)), timed.echo(new Uint8Array(1_000_000))];
    const codes = Promise.all(waiting.map(codeOf));
    await new Promise(setImmediate);
    clock.advance(100);
    expect(await codes).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    wire.flow();
    expect(await bank.add(2, 2)).toBe(4);
    expect(impl.log.at(-1)).toBe("add 2 2");
  });
});

describe("arguments that were given up", () => {
  it("hold up nobody: a call behind a cancelled large one on the same object starts at once", async () => {
    const { bank, wire, impl } = await stuckClient({});
    const abort = new AbortController();
    const large = bank.$with({ signal: abort.signal }).echo(new Uint8Array(4_000_000));
    await new Promise(setImmediate);
    abort.abort();
    expect(await codeOf(large)).toBe("CANCELLED");
    const session: Session = await bank.login("ada");
    expect(await session.name()).toBe("ada");
    wire.flow();
    expect(impl.log.filter((line) => line.startsWith("echo"))).toEqual([]);
  });
});
