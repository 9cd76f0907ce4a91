/** Interceptors around calls in both directions: what they see, change, refuse and repeat, and in which order. */
import { afterEach, describe, expect, it } from "@jest/globals";
import {
  CallError,
  type CallContext,
  type CallLogEntry,
  type InterceptedCall,
  type Interceptor,
  type Peer,
  type PeerOptions,
  authorise,
  concurrencyLimit,
  logging,
  retry,
  whenOver,
} from "peerwire";
import { atRest, gate, until } from "../references/at-rest.js";
import type { SessionImpl } from "../sample/bank-impl.js";
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

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("an interceptor", () => {
  it("runs first to last on the way in and last to first on the way out, on both sides, for calls and streams", async () => {
    const seen: string[] = [];
    const named =
      (name: string): Interceptor =>
      async (call, next) => {
        seen.push(`${name} ${call.member.name}`);
        const result = await next();
        seen.push(`${name} done`);
        return result;
      };
    const { bank } = await link(
      { interceptors: { outgoing: [named("out 1"), named("out 2")], incoming: [named("never")] } },
      { interceptors: { outgoing: [named("never")], incoming: [named("in 1"), named("in 2")] } },
    );
    expect(await bank.add(1, 2)).toBe(3);
    const order = (member: string): string[] => [
      ...["out 1", "out 2", "in 1", "in 2"].map((name) => `${name} ${member}`),
      ...["in 2", "in 1", "out 2", "out 1"].map((name) => `${name} done`),
    ];
    expect(seen.splice(0)).toEqual(order("add"));
    expect(await collect(bank.count(3))).toEqual([0, 1, 2]);
    expect(seen.splice(0)).toEqual(order("count"));
    const bytes: Uint8Array[] = await collect(bank.statement(5));
    expect(bytes.map(({ length }) => length)).toEqual([5]);
    bank.note("one-way");
    await bank.add(1, 1);
    expect(seen).toContain("in 2 note");
  });

  it("sees what is called, with what, by whom, for how long; and on the handler's side the handler's own context", async () => {
    const clock = new VirtualClock();
    const outgoing: unknown[] = [];
    const facts: Interceptor = (call, next) => {
      const { side, service, member, metadata, remainingMs, depth, context } = call;
      outgoing.push([side, service, member.name, member.kind, call.arguments, metadata, remainingMs, depth, context]);
      return next();
    };
    const contexts: unknown[] = [];
    const peers: Peer[] = [];
    const { bank, impl, server } = await link(
      { clock, interceptors: { outgoing: [facts] } },
      {
        clock,
        interceptors: {
          incoming: [
            (call, next) => {
              contexts.push(call.context);
              peers.push(call.peer);
              return next();
            },
          ],
        },
      },
    );
    impl.add = (async (_a: number, _b: number, call: CallContext) => {
      contexts.push(call);
      return 1;
    }) as typeof impl.add;
    await bank.$with({ timeoutMs: 700, metadata: { k: "v" } }).add(4, 5);
    expect(outgoing).toEqual([
      ["outgoing", "bank.v1.BankService", "add", "call", [4, 5], { k: "v" }, 700, 0, undefined],
    ]);
    expect(contexts[0]).toBe(contexts[1]);
    expect(peers[0]).toBe(server);
  });

  it("changes metadata, deadline and signal for what is further in, and only shortens time", async () => {
    const clock = new VirtualClock();
    const seen: [number | undefined, object][] = [];
    const abort = new AbortController();
    const { bank, impl } = await link(
      {
        clock,
        interceptors: {
          outgoing: [
            (_, next) => next({ metadata: { a: "1", b: "1" }, timeoutMs: 500 }),
            (call, next) => next({ metadata: { b: "2" }, timeoutMs: 9_999, signal: abort.signal }).finally(() => call),
          ],
        },
      },
      { clock, interceptors: { incoming: [(_, next) => next({ timeoutMs: 50, metadata: { user: "ada" } })] } },
    );
    impl.sleep = (async (_ms: number, signal: AbortSignal, call: CallContext) => {
      seen.push([call.remainingMs, call.metadata]);
      impl.signals.push(signal);
      await new Promise(() => undefined);
    }) as typeof impl.sleep;
    const first = bank.sleep(1);
    const settled = expect(first).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await until(() => seen.length === 1);
    expect(seen).toEqual([[50, { a: "1", b: "2", user: "ada" }]]);
    clock.advance(50);
    await settled;
    const second = expect(bank.sleep(1)).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => seen.length === 2);
    abort.abort();
    await second;
    await until(() => impl.signals.every((signal) => signal.aborted));
  });

  it("may refuse, answer by itself, and replace results and errors", async () => {
    const { bank, impl } = await link(
      {
        interceptors: {
          outgoing: [
            async (call, next) => {
              if (call.arguments[0] === 1) return 100;
              if (call.arguments[0] === 2) throw new CallError("ABORTED", "not today");
              return ((await next()) as number) * 10;
            },
          ],
        },
      },
      {
        interceptors: {
          incoming: [
            async (_, next) => {
              try {
                return await next();
              } catch (error) {
                throw new CallError("NOT_FOUND", "hidden", { cause: error });
              }
            },
          ],
        },
      },
    );
    expect([await bank.add(1, 0), await bank.add(3, 4)]).toEqual([100, 70]);
    await expect(bank.add(2, 0)).rejects.toMatchObject({ code: "ABORTED" });
    await expect(bank.fail("thrown")).rejects.toMatchObject({ code: "NOT_FOUND", cause: { message: "thrown" } });
    expect(impl.log).toEqual(["add 3 4"]);
  });

  it("that throws, synchronously too, fails its call and nothing else", async () => {
    const { bank } = await link(
      {},
      {
        interceptors: {
          incoming: [
            (call, next) => {
              if (call.member.name === "login") throw new TypeError("oops");
              return next();
            },
          ],
        },
      },
    );
    await expect(bank.login("x")).rejects.toMatchObject({ remoteName: "TypeError", dispatched: "no" });
    expect(await bank.add(1, 1)).toBe(2);
  });

  it("that calls next at once keeps the order of calls and one round trip for a chain; one that waits delays its own call", async () => {
    const rounds: string[] = [];
    const late: { until: Promise<void> | undefined } = { until: undefined };
    const { bank, impl } = await link({
      interceptors: {
        outgoing: [
          async (call, next) => {
            if (late.until !== undefined && call.member.name === "login") await late.until;
            return next();
          },
        ],
      },
      onInstruction: (direction, { kind }) => {
        if (kind === "call" || kind === "return") rounds.push(`${direction} ${kind}`);
      },
    });
    expect(await bank.login("ada").child("b").name()).toBe("ada/b");
    expect(rounds.slice(0, 3)).toEqual(["out call", "out call", "out call"]);
    const hold = gate();
    late.until = hold.opened;
    const chained = bank.login("late").child("x").name();
    await bank.add(1, 1);
    expect(impl.log.at(-1)).toBe("add 1 1");
    hold.open();
    expect(await chained).toBe("late/x");
    await expect(bank.login("nobody").child("y").name()).rejects.toMatchObject({ name: "NoSuchUser" });
  });

  it("chains on what the interceptor returned, and releases what nobody took", async () => {
    const { bank, client, impl } = await link({
      interceptors: {
        outgoing: [
          async (call, next) => {
            const result = await next();
            return call.member.name === "login" ? (result as SessionImpl).child("inner") : result;
          },
        ],
      },
    });
    const session = await bank.login("ada");
    expect(await session.name()).toBe("ada/inner");
    session.dispose();
    expect(impl.sessionsMade).toHaveLength(1);
    await until(() => client.references().imports.entries <= 1);
  });
});

describe("logging", () => {
  it("tells of each call once it is over, streams at their end, with code and duration; its own failure costs nothing", async () => {
    const clock = new VirtualClock();
    const entries: CallLogEntry[] = [];
    const log = logging(
      (entry) => {
        entries.push(entry);
        throw new Error("disk full");
      },
      { clock },
    );
    const { bank, impl } = await link({ interceptors: { outgoing: [log] } }, { interceptors: { incoming: [log] } });
    impl.add = async () => {
      clock.advance(7);
      return 1;
    };
    await bank.add(1, 1);
    await expect(bank.fail("declared")).rejects.toThrow();
    await expect(bank.login("nobody")).rejects.toThrow();
    for await (const item of bank.count(10)) {
      expect(entries.filter(({ member, side }) => member === "count" && side === "outgoing")).toEqual([]);
      if (item === 5) break;
    }
    await expect(collect(bank.count(20))).rejects.toThrow("thirteen");
    await collect(bank.statement(100));
    await until(() => entries.length === 12);
    const told = entries.map(({ side, member, outcome }) => `${side} ${member} ${outcome}`);
    expect(told.filter((one) => one.startsWith("outgoing"))).toEqual([
      "outgoing add OK",
      "outgoing fail NoSuchUser",
      "outgoing login NoSuchUser",
      "outgoing count OK",
      "outgoing count UNKNOWN",
      "outgoing statement OK",
    ]);
    expect(entries.filter(({ member }) => member === "add").map(({ durationMs }) => durationMs)).toEqual([7, 7]);
  });
});

describe("retry", () => {
  const fast = (clock: VirtualClock): Interceptor => retry({ clock, random: () => 0.5 });

  it("asks again what was refused undispatched, after random pauses that double, at most maxAttempts times", async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    let refusals = 2;
    const { bank } = await link(
      { interceptors: { outgoing: [fast(clock)] } },
      {
        interceptors: {
          incoming: [
            async (_, next) => {
              times.push(clock.now());
              if (refusals-- > 0) throw new CallError("UNAVAILABLE", "busy");
              return next();
            },
          ],
        },
      },
    );
    const answer = bank.add(1, 1);
    await until(() => clock.pending === 1);
    clock.advance(50);
    await until(() => clock.pending === 1);
    clock.advance(100);
    expect(await answer).toBe(2);
    expect(times).toEqual([0, 50, 150]);
    refusals = 9;
    const failing = expect(bank.add(1, 1)).rejects.toMatchObject({ code: "UNAVAILABLE", dispatched: "no" });
    for (const ms of [50, 100, 200]) {
      await until(() => clock.pending === 1);
      clock.advance(ms);
    }
    await failing;
    expect([times.length, clock.pending]).toEqual([7, 0]);
  });

  it("never what may have run, nor other codes, nor past the deadline, nor when cancelled, nor with a stream in it", async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const refuse: Interceptor = async (call, next) => {
      calls++;
      if (call.metadata["code"] !== undefined) throw new CallError(call.metadata["code"] as never, "no");
      return next();
    };
    const { bank, impl } = await link(
      { clock, interceptors: { outgoing: [fast(clock)] } },
      { clock, interceptors: { incoming: [refuse] } },
    );
    impl.login = async () => {
      throw new CallError("UNAVAILABLE", "by the handler", { dispatched: "no" });
    };
    await expect(bank.login("x")).rejects.toMatchObject({ code: "UNAVAILABLE", dispatched: "maybe" });
    await expect(bank.$with({ metadata: { code: "INTERNAL" } }).add(1, 1)).rejects.toMatchObject({ code: "INTERNAL" });
    const busy = { metadata: { code: "UNAVAILABLE" } };
    await expect(bank.$with({ ...busy, timeoutMs: 40 }).add(1, 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const abort = new AbortController();
    const cancelled = bank.$with({ ...busy, signal: abort.signal }).add(1, 1);
    await until(() => calls === 4 && clock.pending > 0);
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    expect(calls).toBe(4);
  });

  it("asks again what may have run where its interface says @idempotent", async () => {
    const { bank, impl } = await link({ interceptors: { outgoing: [retry({ initialDelayMs: 0 })] } });
    let runs = 0;
    const unavailable = async (): Promise<never> => {
      runs++;
      throw new CallError("UNAVAILABLE", "half done");
    };
    impl.add = impl.login = unavailable;
    await expect(bank.add(1, 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(runs).toBe(4);
    await expect(bank.login("x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(runs).toBe(5);
  });

  it("lets a chain on the result wait for the attempt that succeeds", async () => {
    let refusals = 1;
    const { bank } = await link(
      { interceptors: { outgoing: [retry({ initialDelayMs: 0 })] } },
      {
        interceptors: {
          incoming: [
            async (call, next) => {
              if (call.member.name === "login" && refusals-- > 0) throw new CallError("UNAVAILABLE", "busy");
              return next();
            },
          ],
        },
      },
    );
    const session = bank.login("ada");
    await session;
    expect(await session.name()).toBe("ada");
  });
});

describe("retry of a chain", () => {
  it("asks again on what the chain leads to by then, where the call that it hangs on was refused once", async () => {
    let refusals = 1;
    const refuseOnce: Interceptor = async (call, next) => {
      if (call.member.name === "login" && refusals-- > 0) throw new CallError("UNAVAILABLE", "not yet");
      return next();
    };
    const { bank, client } = await link(
      { interceptors: { outgoing: [retry({ initialDelayMs: 2 })] } },
      { interceptors: { incoming: [refuseOnce] } },
    );
    expect(await bank.login("x").child("y").name()).toBe("x/y");
    refusals = 3;
    expect(await bank.login("x").child("y").child("z").name()).toBe("x/y/z");
    refusals = 100;
    await expect(bank.login("x").child("y").name()).rejects.toMatchObject({ code: "UNAVAILABLE", message: "not yet" });
    expect(client.stats().outgoingCalls).toBe(0);
  });
});

describe("retry of a call with a stream", () => {
  const data = async function* (): AsyncGenerator<number> {
    yield 1;
  };
  const shared = { inside: [] as unknown[] };
  shared.inside.push(shared);
  it.each([
    ["as an argument", [data()], 1],
    ["inside data", [{ name: "x", parts: [{ body: data() }] }], 1],
    ["inside a map", [new Map([["body", new ReadableStream()]])], 1],
    ["nowhere, in data that leads back to itself", [shared, new Uint8Array(4), "text", undefined], 3],
  ] as const)("%s", async (_, args, attempts) => {
    const call = {
      side: "outgoing",
      member: { name: "upload", kind: "call", idempotent: true },
      arguments: args,
      peer: { status: "open" },
      signal: new AbortController().signal,
    } as unknown as InterceptedCall;
    let made = 0;
    const next = (): Promise<never> => {
      made++;
      return Promise.reject(new CallError("UNAVAILABLE", "busy"));
    };
    await expect(retry({ maxAttempts: 3, initialDelayMs: 0 })(call, next)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    expect(made).toBe(attempts);
  });
});

describe("an interceptor that sends a one-way call twice", () => {
  it("has it counted once: what may be under way stays bounded", async () => {
    const twice: Interceptor = async (_, next) => {
      await next();
      return next();
    };
    const { bank, impl } = await link({ limits: { maxUntakenOneWay: 16 }, interceptors: { outgoing: [twice] } });
    let notes = 0;
    impl.note = () => {
      notes++;
    };
    let sent = 0;
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 8; i++, sent++) bank.note("x");
      await until(() => notes === 2 * sent);
    }
    impl.add = (a, b) => Promise.resolve(a + b);
    await bank.add(1, 1); // all answers before it have come
    expect(() => {
      for (let i = 0; i < 1000; i++, sent++) bank.note("x");
    }).toThrow(expect.objectContaining({ code: "too-many-calls" }));
    expect(sent).toBeLessThanOrEqual(64 + 16);
  });
});

describe("retry of a one-way call", () => {
  it("does not happen: its caller was told at once", async () => {
    const clock = new VirtualClock();
    const { bank, impl } = await link({
      limits: { maxPendingCalls: 1 },
      interceptors: { outgoing: [retry({ clock })] },
    });
    const notes: string[] = [];
    impl.note = (text) => void notes.push(text);
    const abort = new AbortController();
    const sleeping = bank.sleep(60_000, abort.signal).catch(() => undefined);
    const refused: string[] = [];
    // Each 16th asks for an answer, and there is no place for its question.
    for (let i = 0; i < 20; i++) {
      try {
        bank.note(String(i));
      } catch (error) {
        expect(error).toMatchObject({ code: "too-many-calls" });
        refused.push(String(i));
      }
    }
    expect(refused).toHaveLength(1);
    abort.abort();
    await sleeping;
    clock.advance(60_000);
    await until(() => linked!.client.stats().outgoingCalls === 0);
    expect(await bank.add(1, 1)).toBe(2);
    expect(notes.filter((text) => refused.includes(text))).toEqual([]);
    expect(notes).toHaveLength(19);
  });
});

describe("concurrencyLimit", () => {
  it("runs maxRunning at once, lets maxWaiting wait in order, refuses the next, and counts a stream until its end", async () => {
    const { bank, impl } = await link(
      {},
      { interceptors: { incoming: [concurrencyLimit({ maxRunning: 2, maxWaiting: 1 })] } },
    );
    const hold = gate();
    impl.add = async (a) => {
      impl.log.push(`add ${a}`);
      await hold.opened;
      return a;
    };
    impl.count = async function* (_to: number, call?: CallContext) {
      yield 0;
      await new Promise((resolve) => call!.signal.addEventListener("abort", resolve));
    } as typeof impl.count;
    const stream = bank.count(5)[Symbol.asyncIterator]();
    await stream.next();
    const running = bank.add(1, 0);
    const waiting = bank.add(2, 0);
    await expect(bank.add(3, 0)).rejects.toMatchObject({ code: "RESOURCE_EXHAUSTED", dispatched: "no" });
    expect(impl.log).toEqual(["add 1"]);
    await stream.return!();
    await until(() => impl.log.length === 2);
    hold.open();
    expect(await Promise.all([running, waiting])).toEqual([1, 2]);
    expect(await bank.login("still")).toBeDefined();
  });

  it("gives up its place in the queue when it is cancelled, and has a limit for each key", async () => {
    const { bank, impl } = await link({
      interceptors: { outgoing: [concurrencyLimit({ maxRunning: 1, key: (call) => call.metadata["tenant"] })] },
    });
    const hold = gate();
    impl.add = async (a) => {
      await hold.opened;
      return a;
    };
    const a = bank.$with({ metadata: { tenant: "a" } });
    const abort = new AbortController();
    const first = a.add(1, 0);
    const waiting = a.$with({ signal: abort.signal }).add(2, 0);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    const other = bank.$with({ metadata: { tenant: "b" } }).add(3, 0);
    hold.open();
    expect(await Promise.all([first, other])).toEqual([1, 3]);
  });
});

describe("concurrencyLimit and streams", () => {
  const one = concurrencyLimit.bind(undefined, { maxRunning: 1, maxWaiting: 0 });

  it("has its place back where the result is left before its first item", async () => {
    const { bank } = await link({ interceptors: { outgoing: [one()] } });
    await bank.statement(5).cancel();
    await bank.count(3)[Symbol.asyncIterator]().return!();
    await until(() => linked!.client.stats().outgoingCalls === 0);
    expect(await bank.add(1, 1)).toBe(2);
  });

  it("has its place back where the caller gave up before the handler had its result, and the producer is told", async () => {
    const { bank, impl, server } = await link({}, { interceptors: { incoming: [one()] } });
    const hold = gate();
    const left: string[] = [];
    impl.statement = (async () => {
      await hold.opened;
      return new ReadableStream({ cancel: () => void left.push("bytes") });
    }) as never;
    const items = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => left.push("items"),
      }),
    };
    const first = async (call: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
      const abort = new AbortController();
      const outcome = call(abort.signal).catch((error: unknown) => error);
      await until(() => server.stats().incomingCalls === 1);
      abort.abort();
      expect(await outcome).toMatchObject({ code: "CANCELLED" });
      await until(() => server.stats().incomingCalls === 0);
    };
    await first((signal) => bank.$with({ signal }).statement(5).getReader().read());
    hold.open();
    await until(() => left.length === 1);
    expect(await bank.add(1, 1)).toBe(2);
    const later = gate();
    impl.count = (async () => {
      await later.opened;
      return items;
    }) as never;
    await first((signal) => bank.$with({ signal }).count(5)[Symbol.asyncIterator]().next());
    later.open();
    await until(() => left.length === 2);
    expect(left).toEqual(["bytes", "items"]);
    expect(await bank.add(1, 1)).toBe(2);
  });
});

describe("authorise", () => {
  it("refuses before the handler, at once or after a while, and costs the caller nothing that it had sent along", async () => {
    const { bank, impl, client } = await link(
      {},
      {
        interceptors: {
          incoming: [
            authorise(({ member, metadata }) => {
              if (metadata["token"] === undefined) throw new CallError("UNAUTHENTICATED", "who are you?");
              return member.name === "add" || Promise.resolve(false);
            }),
          ],
        },
      },
    );
    const known = bank.$with({ metadata: { token: "t" } });
    expect(await known.add(1, 1)).toBe(2);
    await expect(known.onEvent(() => undefined)).rejects.toMatchObject({ code: "PERMISSION_DENIED", dispatched: "no" });
    await expect(bank.add(1, 1)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(impl.listeners).toEqual([]);
    await until(() => client.references().exports.entries === 0);
    await atRest(linked!);
  });
});

describe("whenOver", () => {
  it("tells once: at once for a value, at the end, failure or cancellation of a stream", async () => {
    const told: unknown[] = [];
    const over = (error: unknown): void => void told.push(error ?? "end");
    expect(whenOver(5, over)).toBe(5);
    const bytes = (
      pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void,
    ): ReadableStream<Uint8Array> => whenOver(new ReadableStream<Uint8Array>({ pull }), over);
    await bytes((controller) => controller.close())
      .getReader()
      .read();
    await bytes((controller) => controller.enqueue(new Uint8Array(1))).cancel();
    await expect(
      bytes((controller) => controller.error("broken"))
        .getReader()
        .read(),
    ).rejects.toBe("broken");
    expect(told).toEqual(["end", "end", "end", "broken"]);
  });

  it("tells once of items: at the end, the failure, or when they are left, were it before the first", async () => {
    const told: unknown[] = [];
    const items = (failure?: string): AsyncIterator<number> =>
      whenOver(
        (async function* () {
          yield 1;
          if (failure !== undefined) throw new Error(failure);
        })(),
        (error) => void told.push(error ?? "end"),
      )[Symbol.asyncIterator]();
    const whole = items();
    while ((await whole.next()).done !== true);
    await whole.return!();
    expect(told.splice(0)).toEqual(["end"]);
    const broken = items("broken");
    await broken.next();
    await expect(broken.next()).rejects.toThrow("broken");
    expect(told.splice(0)).toEqual([new Error("broken")]);
    expect(await items().return!()).toEqual({ done: true, value: undefined });
    expect(told).toEqual(["end"]);
  });
});
