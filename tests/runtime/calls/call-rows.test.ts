/**
 * Calls between two linked peers: each settles exactly once, runs at most once, and leaves nothing behind.
 * Rows: C01, C05-C07, C09, C10, C14, C18, C20, C22.
 */
import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, Peer, type Transport, type TransportReceiver, memoryTransportPair, serve } from "peerwire";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import { NoSuchUser } from "../sample/bank.js";
import { BankService } from "../sample/bank.rpc.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";
import { gate, until } from "../references/at-rest.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

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

function quiet({ client, server }: LinkedBank): boolean {
  return [client, server].every((peer) => peer.stats().incomingCalls + peer.stats().outgoingCalls === 0);
}

/** A transport whose incoming bytes a test can hold back. */
class HeldTransport implements Transport {
  readonly description: string;
  readonly #inner: Transport;
  readonly #waiting: Uint8Array[] = [];
  #receiver: TransportReceiver | undefined;
  #held = false;

  constructor(inner: Transport) {
    this.#inner = inner;
    this.description = inner.description;
  }
  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#inner.start({
      onData: (chunk) => {
        if (this.#held) this.#waiting.push(chunk.slice());
        else receiver.onData(chunk);
      },
      onEnd: () => receiver.onEnd(),
      onDrain: () => receiver.onDrain(),
      onClose: (error) => receiver.onClose(error),
    });
  }
  write(chunk: Uint8Array): boolean {
    return this.#inner.write(chunk);
  }
  end(): void {
    this.#inner.end();
  }
  destroy(error?: Error): void {
    this.#inner.destroy(error);
  }
  hold(): void {
    this.#held = true;
  }
  release(): void {
    this.#held = false;
    for (const chunk of this.#waiting.splice(0)) this.#receiver?.onData(chunk);
  }
}

describe("a call", () => {
  it("C01: carries 0, 271828 and 314159 bytes exactly", async () => {
    const { bank, impl } = await link();
    impl.echo = async (blob) => new Uint8Array(blob.length === 0 ? 0 : 314_159).fill(blob[0] ?? 0);
    expect((await bank.echo(new Uint8Array())).length).toBe(0);
    const answer = await bank.echo(new Uint8Array(271_828).fill(9));
    expect([answer.length, answer.every((byte) => byte === 9)]).toEqual([314_159, true]);
  });

  it("carries arguments and results on either side of limits.maxInlineBytes", async () => {
    const { bank } = await link();
    for (const bytes of [32_760, 32_763, 32_764, 32_765, 32_768, 65_536, 65_537]) {
      const blob = new Uint8Array(bytes).map((_, i) => i * 31);
      expect(Buffer.compare(await bank.echo(blob), blob)).toBe(0);
    }
  });

  it("refuses a message past limits.maxMessageBytes before it is sent, and a result likewise", async () => {
    const { bank, impl } = await link({}, { limits: { maxMessageBytes: 100_000 } });
    await expect(bank.echo(new Uint8Array(100_001))).rejects.toMatchObject({ code: "message-too-large" });
    expect(impl.log).toEqual([]);
    impl.echo = async () => new Uint8Array(100_001);
    await expect(bank.echo(new Uint8Array(1))).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(quiet(linked!)).toBe(true);
  });

  it("C05: an error's text arrives whole up to 4 KiB, in any script, and is cut between characters past it", async () => {
    const { bank, impl } = await link();
    const messages = [
      "",
      "a".repeat(4096),
      "€".repeat(1365),
      "😀".repeat(1024),
      "a".repeat(4097),
      "😀".repeat(60_000),
      "\ud800",
    ];
    const seen: string[] = [];
    for (const message of messages) {
      impl.fail = async () => {
        throw new CallError("ABORTED", message);
      };
      const error: unknown = await bank.fail("text").catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ABORTED" });
      seen.push((error as Error).message);
      expect((error as Error).stack).not.toContain("impl.fail");
    }
    expect(seen.slice(0, 4)).toEqual(messages.slice(0, 4));
    for (const cut of seen.slice(4, 6)) {
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(4096);
      expect(Buffer.byteLength(cut)).toBeGreaterThan(4088);
      expect(cut).toMatch(/^(a+|(😀)+)…$/u);
    }
    expect(seen[6]).toBe("\ufffd");
  });

  it("C05: a declared error whose fields are past 8 KiB crosses without its class, and costs no session", async () => {
    const { bank, impl } = await link();
    impl.fail = async () => {
      throw new NoSuchUser("x".repeat(1_000_000));
    };
    const error: unknown = await bank.fail("declared").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({ remoteName: "NoSuchUser" });
    expect(await bank.add(1, 1)).toBe(2);
  });

  it("C05: a chain of causes is cut at 4, also where it is a circle", async () => {
    const { bank, impl } = await link();
    impl.fail = async () => {
      const error = new Error("round");
      error.cause = error;
      throw error;
    };
    let error = (await bank.fail("text").catch((thrown: unknown) => thrown)) as Error | undefined;
    let depth = 0;
    for (; error !== undefined; error = error.cause as Error | undefined) depth++;
    expect(depth).toBe(5);
  });
});

describe("cancellation", () => {
  it("C07: a signal that has aborted already sends nothing", async () => {
    let sent = 0;
    const { bank } = await link({
      onInstruction: (direction) => {
        if (direction === "out") sent++;
      },
    });
    sent = 0;
    await expect(bank.sleep(1, AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
    expect(sent).toBe(0);
  });

  it("aborted by a getter of its own arguments: nothing is sent, nothing stays shared", async () => {
    const { bank, client, impl } = await link();
    const abort = new AbortController();
    const call = bank.$with({ signal: abort.signal }).login("x", {
      get tags(): string[] {
        abort.abort();
        return [];
      },
    });
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    await bank.add(1, 1);
    expect(impl.log).toEqual(["add 1 1"]);
    expect(client.stats().outgoingCalls).toBe(0);
  });

  it("C10: a handler that ignores its signal keeps its slot until it ends, and its result is dropped", async () => {
    const arrived: string[] = [];
    const { bank, impl, server } = await link(
      {},
      {
        limits: { maxRunningCalls: 1 },
        onInstruction: (direction, { kind }) => {
          if (direction === "in") arrived.push(kind);
        },
      },
    );
    const hold = gate();
    impl.login = async () => {
      await hold.opened;
      return new SessionImpl("late");
    };
    const abort = new AbortController();
    const first = bank.$with({ signal: abort.signal }).login("a");
    await until(() => server.stats().incomingCalls === 1);
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    const second = bank.add(1, 1);
    await until(() => arrived.includes("cancel") && arrived.at(-1) === "call");
    expect(impl.log).toEqual([]);
    hold.open();
    expect(await second).toBe(2);
    expect(server.references().exports.entries).toBe(0);
  });

  it("a call that is cancelled while it waits for a slot never runs", async () => {
    const { bank, impl, server } = await link({}, { limits: { maxRunningCalls: 1 } });
    const hold = gate();
    impl.login = async () => {
      await hold.opened;
      return new SessionImpl("x");
    };
    const first = bank.login("a");
    const abort = new AbortController();
    const waiting = bank.$with({ signal: abort.signal }).ask(async (text) => text, "x");
    let asked = 0;
    impl.ask = async () => String(++asked);
    await until(() => server.stats().incomingCalls === 2);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => server.stats().incomingCalls === 1);
    hold.open();
    (await first).dispose();
    expect(await bank.add(1, 1)).toBe(2);
    expect(asked).toBe(0);
    await until(() => linked!.client.references().exports.entries === 0);
  });

  it("C09, C22: references in an answer that crosses with the cancellation are given back", async () => {
    const { bank, impl, server, client } = await link();
    for (let i = 0; i < 100; i++) {
      const abort = new AbortController();
      const call = bank.$with({ signal: abort.signal }).login(`user ${i}`);
      // As many turns as it takes for the answer to be anywhere on its way.
      for (let turn = 0; turn < i % 12; turn++) await new Promise(setImmediate);
      abort.abort();
      const session = await call.catch((error: unknown) => {
        expect(error).toMatchObject({ code: "CANCELLED" });
        return undefined;
      });
      session?.dispose();
    }
    await until(() => quiet(linked!) && server.references().exports.entries === 0);
    expect(client.references().imports).toMatchObject({ entries: 0, retains: 0 });
    expect(impl.sessionsMade.every((session) => session.disposed <= 1)).toBe(true);
  });

  it("cancels, and meets its deadline, while a large result is arriving", async () => {
    const clock = new VirtualClock();
    const [near, far] = memoryTransportPair();
    const wire = new HeldTransport(near);
    let returns = 0;
    const [client, server] = await Promise.all([
      Peer.open(wire, "client", {
        clock,
        onInstruction: (direction, { kind }) => {
          if (direction === "in" && kind === "return" && ++returns <= 2) wire.hold(); // the result comes behind it
        },
      }),
      Peer.open(far, "server", { roots: [serve(BankService, new BankImpl())] }),
    ]);
    const bank = await client.root(BankService);
    const blob = new Uint8Array(3_000_000);
    const abort = new AbortController();
    const cancelled = bank.$with({ signal: abort.signal }).echo(blob);
    await until(() => returns === 1);
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    wire.release();
    const late = bank.$with({ timeoutMs: 1000 }).echo(blob);
    await until(() => returns === 2);
    clock.advance(1000);
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    wire.release();
    expect((await bank.echo(blob)).length).toBe(blob.length);
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
    await client.close();
    await server.closed;
  });

  it("C18: 20,000 calls that share one signal leave no listener, and never had more than one", async () => {
    const { bank } = await link();
    const { signal } = new AbortController();
    const tagged = bank.$with({ signal });
    let most = 0;
    for (let round = 0; round < 10; round++) {
      const calls = Array.from({ length: 2000 }, (_, i) => tagged.add(i, 1));
      most = Math.max(most, getEventListeners(signal, "abort").length);
      await Promise.all(calls);
    }
    expect([most, getEventListeners(signal, "abort").length]).toEqual([1, 0]);
  });
});

describe("deadlines", () => {
  it("C14: 0, negative and NaN fail at once, and send nothing", async () => {
    const { bank, impl } = await link();
    for (const timeoutMs of [0, -1, Number.NaN, -Infinity]) {
      await expect(bank.$with({ timeoutMs }).add(1, 1)).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    }
    expect(impl.log).toEqual([]);
  });

  it("C14: Infinity, 2^31 and 1e15 do not fire early", async () => {
    const { bank, impl } = await link();
    const hold = gate();
    impl.add = async () => {
      await hold.opened;
      return 1;
    };
    const calls = [Infinity, 2 ** 31, 2 ** 31 + 5, 1e15, Number.MAX_VALUE, undefined].map((timeoutMs) =>
      bank.$with({ timeoutMs }).add(1, 1),
    );
    await until(() => linked!.server.stats().incomingCalls === calls.length);
    hold.open();
    expect(await Promise.all(calls)).toEqual(calls.map(() => 1));
  });

  it("fires on both sides, and leaves no timer", async () => {
    const clock = new VirtualClock();
    const { bank, impl, server } = await link({ clock }, { clock });
    const idle = clock.pending;
    const sleeping = bank.$with({ timeoutMs: 500 }).sleep(60_000);
    const settled = sleeping.catch((error: unknown) => error);
    await until(() => impl.signals.length === 1);
    clock.advance(499);
    expect(impl.signals[0]!.aborted).toBe(false);
    clock.advance(1);
    expect(await settled).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(impl.signals[0]!.reason).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => server.stats().incomingCalls === 0);
    await bank.$with({ timeoutMs: 500 }).add(1, 1);
    bank.$with({ timeoutMs: 1e9 }).note("one-way");
    await bank.add(1, 1);
    expect(clock.pending).toBe(idle);
  });
});

describe("C20: limits", () => {
  it("one call more than may wait here fails here", async () => {
    const { bank, impl } = await link({ limits: { maxPendingCalls: 5 } });
    const sleeping = Array.from({ length: 5 }, () => bank.sleep(60_000).catch((error: unknown) => error));
    await expect(bank.add(1, 1)).rejects.toMatchObject({ code: "too-many-calls" });
    await until(() => impl.signals.length === 5);
    linked!.client.destroy();
    await Promise.all(sleeping);
  });

  it("9,999 calls that wait start in order, without growing the stack", async () => {
    const { bank, impl } = await link({ limits: { maxPendingCalls: 20_000 } }, { limits: { maxRunningCalls: 1 } });
    const hold = gate();
    impl.login = async () => {
      await hold.opened;
      return new SessionImpl("x");
    };
    const first = bank.login("a");
    for (let i = 0; i < 9_999; i++) bank.note(String(i));
    await until(() => linked!.server.stats().incomingCalls >= 1);
    await new Promise(setImmediate);
    hold.open();
    (await first).dispose();
    await bank.add(1, 1);
    expect(impl.log).toHaveLength(10_000);
    expect(impl.log.slice(0, 9_999)).toEqual(Array.from({ length: 9_999 }, (_, i) => `note ${i}`));
  });

  it("what is past the limit is refused; what is within it is not", async () => {
    const { bank, impl } = await link({}, { limits: { maxRunningCalls: 2, maxWaitingCalls: 3 } });
    const hold = gate();
    impl.add = async (a) => {
      await hold.opened;
      return a;
    };
    const calls = Array.from({ length: 7 }, (_, i) =>
      bank.add(i, 0).then(String, (error: unknown) => (error as CallError).code),
    );
    expect(await calls[5]).toBe("RESOURCE_EXHAUSTED");
    hold.open();
    expect(await Promise.all(calls)).toEqual(["0", "1", "2", "3", "4", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"]);
    expect(await bank.add(8, 0)).toBe(8);
    expect(quiet(linked!)).toBe(true);
  });
});
