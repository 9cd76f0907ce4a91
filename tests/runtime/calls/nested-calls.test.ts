/**
 * Calls that are made for other calls: what they take over from the call around them, how deep they may go, and that
 * they never wait behind it. Rows: C12, C13, D02, D03.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, it } from "@jest/globals";
import { type CallContext, type CallError, type PeerOptions, withOptions } from "peerwire";
import { gate, until } from "../references/at-rest.js";
import type { BankImpl } from "../sample/bank-impl.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});

interface Pair extends LinkedBank {
  /** The client's bank, as the server calls it. */
  readonly clientBank: BankStub;
}

async function link(client: PeerOptions = {}, server: PeerOptions = {}): Promise<Pair> {
  linked = await linkBank(client, server);
  return { ...linked, clientBank: await linked.server.root(BankService) };
}

/** `method` of the implementation, with the context that handlers get as one more argument. */
function handle<M extends "add" | "login" | "ask" | "sleep" | "note">(
  impl: BankImpl,
  method: M,
  handler: (args: Parameters<BankImpl[M]>, call: CallContext) => unknown,
): void {
  const arity = { add: 2, login: 2, ask: 2, sleep: 2, note: 1 }[method];
  impl[method] = ((...all: unknown[]) => handler(all.slice(0, arity) as never, all[arity] as CallContext)) as never;
}

const code = (error: unknown): string => (error as CallError).code;

describe("a handler's CallContext", () => {
  it("says who calls, with what, how deep, and until when; one object for each call", async () => {
    const clock = new VirtualClock();
    const { bank, server, impl } = await link({}, { clock });
    const seen: CallContext[] = [];
    handle(impl, "add", (_, call) => {
      seen.push(call);
      return 1;
    });
    await bank.$with({ timeoutMs: 500, metadata: { tenant: "acme", ["__proto__"]: "x" } }).add(1, 2);
    const [call] = seen;
    expect(call!.peer).toBe(server);
    expect([call!.depth, call!.remainingMs, call!.signal.aborted]).toEqual([0, 500, false]);
    expect(Object.entries(call!.metadata)).toEqual(expect.arrayContaining([["tenant", "acme"]]));
    expect(Object.getPrototypeOf(call!.metadata)).toBe(Object.prototype);
    await bank.add(1, 2);
    expect(seen[1]).not.toBe(call);
    expect([seen[1]!.remainingMs, seen[1]!.metadata]).toEqual([undefined, {}]);
  });
});

describe("$with({ context })", () => {
  it("C13: a nested call has one more depth, at most the time that remains, and the trace, but no other metadata", async () => {
    const clock = new VirtualClock();
    const { bank, clientBank, impl, clientImpl } = await link({ clock }, { clock });
    const inner: [number, number | undefined, object][] = [];
    handle(clientImpl, "add", (_, call) => {
      inner.push([call.depth, call.remainingMs, call.metadata]);
      return 1;
    });
    handle(impl, "add", async ([timeoutMs], context) => {
      clock.advance(100);
      return clientBank.$with({ context, ...(timeoutMs > 0 && { timeoutMs }) }).add(1, 1);
    });
    const trace = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=b" };
    const outer = bank.$with({ timeoutMs: 1000, metadata: { ...trace, secret: "s" } });
    await outer.add(0, 0);
    await outer.add(5000, 0);
    await outer.add(300, 0);
    await bank.add(300, 0);
    expect(inner).toEqual([
      [1, 900, trace],
      [1, 900, trace],
      [1, 300, trace],
      [1, 300, {}],
    ]);
  });

  it("takes over the metadata that inheritedMetadata names", async () => {
    const { bank, clientBank, impl, clientImpl } = await link({}, { inheritedMetadata: ["tenant"] });
    handle(clientImpl, "login", (_, call) => {
      throw new Error(JSON.stringify(call.metadata));
    });
    handle(impl, "login", (_, context) => clientBank.$with({ context, metadata: { own: "1" } }).login("x"));
    const call = bank.$with({ metadata: { tenant: "acme", traceparent: "t" } }).login("x");
    await expect(call).rejects.toThrow('{"tenant":"acme","own":"1"}');
  });

  it("cancelling the outer call cancels the nested one, and leaves no listener", async () => {
    const { bank, clientBank, impl, clientImpl, server } = await link();
    const nested: unknown[] = [];
    handle(impl, "sleep", async (_, context) => {
      await clientBank
        .$with({ context })
        .sleep(60_000)
        .catch((error: unknown) => nested.push(error));
    });
    const abort = new AbortController();
    const outer = bank.sleep(1, abort.signal);
    await until(() => clientImpl.signals.length === 1);
    abort.abort();
    await expect(outer).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => nested.length === 1 && clientImpl.signals[0]!.aborted);
    expect(nested[0]).toMatchObject({ code: "CANCELLED" });
    await until(() => server.stats().outgoingCalls === 0);
  });

  it("C12: past the outer deadline the nested call ends with DEADLINE_EXCEEDED, and a new one is not sent", async () => {
    const clock = new VirtualClock();
    const { bank, clientBank, impl, clientImpl } = await link({ clock }, { clock });
    const seen: string[] = [];
    handle(impl, "sleep", async (_, context) => {
      const nested = clientBank.$with({ context });
      await nested.sleep(60_000).catch((error: unknown) => seen.push(code(error)));
      await nested.add(1, 1).catch((error: unknown) => seen.push(code(error), (error as CallError).dispatched));
    });
    const outer = bank.$with({ timeoutMs: 100 }).sleep(1);
    const settled = expect(outer).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => clientImpl.signals.length === 1);
    clock.advance(100);
    await settled;
    await until(() => seen.length === 3);
    expect(seen).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "no"]);
    expect(clientImpl.log).toEqual([]);
  });

  it("withOptions does the same for a callback", async () => {
    const depths: number[] = [];
    const { bank, impl } = await link({
      onInstruction: (direction, instruction) => {
        if (direction === "in" && instruction.kind === "call") depths.push(instruction.depth);
      },
    });
    handle(impl, "ask", async ([question], context) => withOptions(question, { context, timeoutMs: 5_000 })("q"));
    expect(await bank.ask(async (text) => text, "x")).toBe("q");
    expect(depths).toEqual([1]);
    expect(() => withOptions(() => 1, {})).toThrow(TypeError);
  });
});

describe("contextStorage", () => {
  it("nests whatever a handler calls, and what its callee calls, without a word; a call outside is not nested", async () => {
    const here = new AsyncLocalStorage<CallContext>();
    const there = new AsyncLocalStorage<CallContext>();
    const { bank, clientBank, impl, clientImpl } = await link({ contextStorage: here }, { contextStorage: there });
    const depths: number[] = [];
    const bounce =
      (to: BankStub) =>
      async ([left]: [number, number], call: CallContext): Promise<number> => {
        depths.push(call.depth);
        await new Promise(setImmediate);
        return left === 0 ? 0 : to.add(left - 1, 0);
      };
    handle(impl, "add", bounce(clientBank));
    handle(clientImpl, "add", bounce(bank));
    await bank.add(4, 0);
    await bank.add(0, 0);
    expect(depths).toEqual([0, 1, 2, 3, 4, 0]);
    expect([here.getStore(), there.getStore()]).toEqual([undefined, undefined]);
  });
});

describe("nesting", () => {
  it("D02: ends at limits.maxCallDepth, on the side that would send the call too deep", async () => {
    const { bank, clientBank, impl, clientImpl } = await link();
    let deepest = 0;
    const bounce =
      (to: BankStub) =>
      async (_: unknown, context: CallContext): Promise<number> => {
        deepest = Math.max(deepest, context.depth);
        return to.$with({ context }).add(1, 1);
      };
    handle(impl, "add", bounce(clientBank));
    handle(clientImpl, "add", bounce(bank));
    await expect(bank.add(1, 1)).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    expect(deepest).toBe(32);
    expect(await bank.login("still here")).toBeDefined();
  });

  it.each([true, false])("D03: 8 chains of depth 4 complete where 8 calls may run (context: %s)", async (passed) => {
    const limits = { maxRunningCalls: 8 };
    const { bank, clientBank, impl, clientImpl } = await link({ limits }, { limits });
    const all = gate();
    let started = 0;
    const bounce =
      (to: BankStub) =>
      async ([left]: [number, number], context: CallContext): Promise<number> => {
        if (++started === 8) all.open();
        await all.opened;
        return left === 0 ? 0 : to.$with(passed ? { context } : {}).add(left - 1, 0);
      };
    handle(impl, "add", bounce(clientBank));
    handle(clientImpl, "add", bounce(bank));
    const chains = Array.from({ length: 8 }, () => bank.add(4, 0));
    expect(await Promise.all(chains)).toEqual(chains.map(() => 0));
  });

  it("limits.maxNestedCalls of them run beside a full house; one more is refused", async () => {
    const limits = { maxRunningCalls: 1, maxNestedCalls: 2 };
    const { bank, clientBank, impl, clientImpl } = await link({ limits });
    const hold = gate();
    handle(clientImpl, "add", () => hold.opened.then(() => 1));
    const outcomes: unknown[] = [];
    handle(impl, "add", async (_, context) => {
      const calls = Array.from({ length: 3 }, () => clientBank.$with({ context }).add(1, 1));
      outcomes.push(await calls[2]!.catch(code));
      hold.open();
      outcomes.push(await calls[0], await calls[1]);
      return 1;
    });
    await bank.add(1, 1);
    expect(outcomes).toEqual(["RESOURCE_EXHAUSTED", 1, 1]);
  });
});
