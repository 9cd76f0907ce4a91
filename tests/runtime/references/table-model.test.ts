/**
 * The two reference tables against a model: random sharing, calling, giving back, collecting, cancelling, throwing,
 * streaming and losing the connection, between two linked peers that both serve and both hold.
 * Always: what a live stub names answers, as the object that it names. In the end nothing is
 * held, and every object that was shared has been disposed.
 */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Peer, memoryTransportPair, release, serve } from "peerwire";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import type { Session } from "../sample/bank.js";
import { BankService, type BankStub, type SessionStub } from "../sample/bank.rpc.js";
import { atRest } from "./at-rest.js";

type Step =
  | {
      readonly do: "login" | "loginAndCancel" | "throw" | "shareSame" | "stream" | "leaveStream" | "pipeline";
      readonly side: 0 | 1;
    }
  | {
      readonly do: "name" | "same" | "dispose" | "forget" | "nameThenDispose" | "sendHome";
      readonly side: 0 | 1;
      readonly pick: number;
    }
  | { readonly do: "settle" | "turn" };

const side = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom(
      "login" as const,
      "loginAndCancel" as const,
      "throw" as const,
      "shareSame" as const,
      "stream" as const,
      "leaveStream" as const,
      "pipeline" as const,
    ),
    side,
  }),
  fc.record({
    do: fc.constantFrom(
      "name" as const,
      "same" as const,
      "dispose" as const,
      "forget" as const,
      "nameThenDispose" as const,
      "sendHome" as const,
    ),
    side,
    pick: fc.nat(),
  }),
  fc.record({ do: fc.constantFrom("settle" as const, "turn" as const) }),
);

/** Knows whether it was used after its last holder had let go. */
class ModelSession extends SessionImpl {
  get isLive(): boolean {
    return this.isShared && this.disposed === 0;
  }
  isShared = false;
  readonly label: string;
  constructor(label: string) {
    super(label);
    this.label = label;
  }
  override async name(): Promise<string> {
    if (this.disposed > 0) throw new Error("used after it was disposed");
    return super.name();
  }
}

/** A bank whose sessions are remembered. */
class ModelBank extends BankImpl {
  readonly made: ModelSession[] = [];
  make(name: string): ModelSession {
    const session = new ModelSession(name);
    this.made.push(session);
    return session;
  }
  override async login(user: string): Promise<Session> {
    if (user === "nobody") throw new Error("nobody");
    return this.make(user);
  }
  override async *sessions(): AsyncIterable<Session> {
    for (let i = 0; i < 3; i++) yield this.make(`s${this.made.length}`);
  }
}

type HeldStub = Session & Pick<SessionStub, "dispose">;

/** One crossing that a side holds. */
interface Held {
  readonly stub: HeldStub;
  readonly name: string;
}

class Run {
  readonly held: readonly [Held[], Held[]] = [[], []];
  readonly #under: Promise<unknown>[] = [];
  #names = 0;

  readonly banks: readonly [ModelBank, ModelBank];
  readonly stubs: readonly [BankStub, BankStub];

  constructor(banks: readonly [ModelBank, ModelBank], stubs: readonly [BankStub, BankStub]) {
    this.banks = banks;
    this.stubs = stubs;
  }

  take(one: Step): Promise<void> | void {
    switch (one.do) {
      case "settle":
        return this.settle();
      case "turn":
        return new Promise(setImmediate);
      case "login":
      case "pipeline": {
        const name = `n${++this.#names}`;
        const promise = this.stubs[one.side].login(name);
        if (one.do === "pipeline") this.#expectName(promise, name);
        return this.#keep(one.side, promise, name);
      }
      case "loginAndCancel": {
        const abort = new AbortController();
        const name = `n${++this.#names}`;
        const { signal } = abort;
        this.#keep(one.side, this.stubs[one.side].$with({ signal }).login(name), name);
        if (this.#names % 2 === 0) abort.abort();
        else
          setImmediate(() => {
            abort.abort();
          });
        return;
      }
      case "throw":
        this.#keep(one.side, this.stubs[one.side].login("nobody"), "nobody");
        return;
      case "shareSame": {
        // The far side gives back what it is given: our own object, itself.
        const mine = this.banks[one.side].make("mine");
        this.#do(async () => {
          expect(await this.stubs[one.side].same(mine)).toBe(mine);
          mine.isShared = true;
        });
        return;
      }
      case "stream":
      case "leaveStream":
        this.#do(async () => {
          for await (const session of this.stubs[one.side].sessions()) {
            const stub = session as HeldStub;
            this.#hold(one.side, stub, await stub.name());
            if (one.do === "leaveStream") break;
          }
        });
        return;
      default:
        return this.#use(one.do, one.side, one.pick);
    }
  }

  #use(what: "name" | "same" | "dispose" | "forget" | "nameThenDispose" | "sendHome", at: 0 | 1, pick: number): void {
    const list = this.held[at];
    const index = list.length === 0 ? -1 : pick % list.length;
    const one = list[index];
    if (one === undefined) return;
    if (what === "name" || what === "nameThenDispose") this.#expectName(one.stub, one.name);
    if (what === "same") this.#keep(at, this.stubs[at].same(one.stub), one.name);
    // The object's owner gets itself, and shares it once more by returning it.
    if (what === "sendHome") this.#keep(at, this.stubs[at].same(one.stub).child(""), "child", "may fail");
    if (what === "dispose" || what === "nameThenDispose") one.stub.dispose();
    if (what === "dispose" || what === "nameThenDispose" || what === "forget") list.splice(index, 1);
  }

  /** The connection or a cancellation may end a call; nothing else may. */
  #do(action: () => Promise<void>): void {
    this.#under.push(
      action().catch((error: unknown) => {
        const { name, code, message } = error as { name: string; code?: string; message: string };
        if (name === "ClosedError" || code === "CANCELLED" || message === "nobody" || message === "no user child")
          return;
        throw error;
      }),
    );
  }

  #keep(at: 0 | 1, promise: PromiseLike<SessionStub>, name: string, fate: "holds" | "may fail" = "holds"): void {
    this.#do(async () => {
      const stub = await promise;
      if (fate === "holds") this.#hold(at, stub, name);
      else release(stub);
    });
  }

  #hold(at: 0 | 1, stub: HeldStub, name: string): void {
    this.held[at].push({ stub, name });
    const owner = this.banks[at === 0 ? 1 : 0];
    for (const session of owner.made) if (session.label === name) session.isShared = true;
  }

  #expectName(of: Pick<SessionStub, "name">, name: string): void {
    this.#do(async () => {
      expect(await of.name()).toBe(name);
    });
  }

  /** Everything that is held answers, and is given back. (Here, not in the test: a suspended function keeps its locals alive.) */
  async finish(): Promise<void> {
    for (const list of this.held) {
      for (const { stub, name } of list) expect(await stub.name()).toBe(name);
      for (const { stub } of list.splice(0)) stub.dispose();
    }
  }

  async settle(): Promise<void> {
    while (this.#under.length > 0) await Promise.all(this.#under.splice(0));
  }
}

async function linkModel(): Promise<{ run: Run; client: Peer; server: Peer }> {
  const [near, far] = memoryTransportPair();
  const banks = [new ModelBank(), new ModelBank()] as const;
  const [client, server] = await Promise.all([
    Peer.open(near, "client", { roots: [serve(BankService, banks[0])] }),
    Peer.open(far, "server", { roots: [serve(BankService, banks[1])] }),
  ]);
  const run = new Run(banks, [await client.root(BankService), await server.root(BankService)]);
  return { run, client, server };
}

describe("the tables of both sides", () => {
  it("name what they should while anything is held, and are empty when nothing is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const { run, client, server } = await linkModel();
        for (const one of steps) await run.take(one);
        await run.settle();
        await run.finish();
        await atRest({ client, server });
        expect(run.banks.flatMap(({ made }) => made.filter((session) => session.isLive))).toEqual([]);
        await Promise.all([client.close(), server.closed]);
      }),
      { numRuns: 80 },
    );
  });

  it("are empty after the connection was lost at any moment, and every object was let go", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(30), async (steps, when) => {
        const { run, client, server } = await linkModel();
        for (const [at, one] of steps.entries()) {
          if (at === when) server.destroy();
          await run.take(one.do === "settle" && at > when ? { do: "turn" } : one);
        }
        client.destroy();
        await Promise.all([client.closed, server.closed]);
        await run.settle();
        for (const peer of [client, server]) {
          expect(peer.references()).toMatchObject({
            exports: { entries: 0, retains: 0, list: [] },
            imports: { entries: 0, retains: 0, list: [] },
          });
          expect(peer.stats()).toMatchObject({ outgoingCalls: 0, incomingCalls: 0 });
        }
        for (const list of run.held)
          for (const { stub } of list) {
            await expect(stub.name()).rejects.toMatchObject({ name: "ClosedError" });
            stub.dispose();
          }
        expect(run.banks.flatMap(({ made }) => made.filter((session) => session.isLive))).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});
