/**
 * The reference tables of three peers against a model: what a client holds of an origin through a bridge, forwarded,
 * chained, called back, given back and lost, with calls in flight, and with either connection cut.
 * Always: what a live stub names answers, as the object that it names. In the end nothing is held anywhere, and every
 * object that was shared has been disposed, once.
 */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { release } from "peerwire";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import type { Session } from "../sample/bank.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import { until } from "./at-rest.js";
import { type Chain, heldBy, linkChain } from "./linked-chain.js";

type Step =
  | { readonly do: "login" | "chain" | "throw" | "cancel" | "own" | "stream" | "leaveStream" | "turn" | "settle" }
  | {
      readonly do: "name" | "child" | "same" | "promised" | "dispose" | "forget" | "nameThenDispose";
      readonly pick: number;
    };

const step = fc.oneof(
  fc.record({
    do: fc.constantFrom("login", "chain", "throw", "cancel", "own", "stream", "leaveStream", "turn", "settle"),
  }),
  fc.record({
    do: fc.constantFrom("name", "child", "same", "promised", "dispose", "forget", "nameThenDispose"),
    pick: fc.nat(),
  }),
) as fc.Arbitrary<Step>;

/** Knows whether it is used after its last holder has let go. */
class ModelSession extends SessionImpl {
  readonly #made: ModelSession[];
  readonly label: string;
  constructor(label: string, made: ModelSession[]) {
    super(label);
    this.label = label;
    this.#made = made;
    made.push(this);
  }
  override async name(): Promise<string> {
    if (this.disposed > 0) throw new Error(`${this.label} was used after it was disposed`);
    return this.label;
  }
  override async child(name: string): Promise<Session> {
    return new ModelSession(`${this.label}/${name}`, this.#made);
  }
}

class ModelBank extends BankImpl {
  readonly made: ModelSession[] = [];
  override async login(user: string): Promise<Session> {
    return new ModelSession(user, this.made);
  }
  override async *sessions(): AsyncIterable<Session> {
    for (let i = 0; i < 5; i++) yield new ModelSession(`item ${i}`, this.made);
  }
}

/** What the client does. A connection that was cut excuses a call that fails, and nothing else does. */
class Client {
  readonly #bank: BankStub;
  readonly #held: { readonly stub: Session; readonly label: string }[] = [];
  readonly #pending: Promise<unknown>[] = [];
  readonly own: ModelSession[] = [];
  /** What has arrived, at one time or another. */
  readonly known = new Set<string>();
  isCut = false;
  #count = 0;

  constructor(bank: BankStub) {
    this.#bank = bank;
  }

  run(step: Step): Promise<unknown> | undefined {
    if (step.do === "turn") return new Promise(setImmediate);
    if (step.do === "settle") return this.settle();
    this.#pending.push(
      this.#start(step).catch((error: unknown) => {
        if (!this.isCut) throw error;
      }),
    );
    this.#pending.at(-1)!.catch(() => undefined); // told when it is settled
    return undefined;
  }

  async settle(): Promise<void> {
    await Promise.all(this.#pending.splice(0));
  }

  letGo(): void {
    for (const { stub } of this.#held.splice(0)) release(stub);
  }

  async #start(step: Step): Promise<void> {
    const bank = this.#bank;
    const label = `s${this.#count++}`;
    switch (step.do) {
      case "login":
        return this.#keep(label, bank.login(label));
      case "chain":
        expect(await bank.login(label).child("a").child("b").name()).toBe(`${label}/a/b`);
        return;
      case "throw":
        await bank.fail("thrown").catch((error: unknown) => {
          if ((error as Error).message !== "thrown") throw error;
        });
        return;
      case "cancel": {
        const abort = new AbortController();
        const login = bank.$with({ signal: abort.signal }).login(label);
        abort.abort();
        await login.then(release, () => undefined);
        return;
      }
      case "own": {
        const own = new ModelSession(label, this.own);
        expect(await bank.same(own)).toBe(own);
        return;
      }
      case "stream":
      case "leaveStream":
        for await (const one of bank.sessions()) {
          expect(await one.name()).toMatch(/^item/);
          release(one);
          if (step.do === "leaveStream") break;
        }
        return;
    }
    if (this.#held.length === 0 || !("pick" in step)) return;
    const index = step.pick % this.#held.length;
    const { stub, label: known } = this.#held[index]!;
    switch (step.do) {
      case "name":
        expect(await stub.name()).toBe(known);
        return;
      case "child":
        return this.#keep(`${known}/${label}`, stub.child(label));
      case "same": {
        const back = await bank.same(stub);
        if (this.#held.some((one) => one.stub === stub)) expect(back).toBe(stub);
        else expect(await back.name()).toBe(known); // let go of meanwhile: the object may have come with another stub
        release(back);
        return;
      }
      case "promised":
        expect(await bank.same(stub.child("p")).name()).toBe(`${known}/p`);
        return;
      case "forget":
        this.#held.splice(index, 1);
        return;
      case "dispose":
        this.#held.splice(index, 1);
        release(stub);
        return;
      case "nameThenDispose": {
        this.#held.splice(index, 1);
        const name = stub.name();
        release(stub);
        expect(await name).toBe(known);
      }
    }
  }

  async #keep(label: string, arriving: Promise<Session>): Promise<void> {
    this.#held.push({ stub: await arriving, label });
    this.known.add(label);
  }
}

/** Of the steps, then of a cut. In a function of its own: what it has held is garbage afterwards. */
async function play(chain: Chain<BankStub>, steps: readonly Step[], cut: number | undefined): Promise<Client> {
  const client = new Client(chain.root);
  for (const [i, one] of steps.entries()) {
    if (cut !== undefined && i === steps.length >> 1) {
      client.isCut = true;
      chain.hops[cut]!.near.destroy();
    }
    await client.run(one);
  }
  await client.settle();
  client.letGo();
  return client;
}

describe("the reference tables of three peers", () => {
  it("hold what is held or in flight, and nothing else, whatever is done and whoever is cut off", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(undefined, undefined, 0, 1),
        async (steps, cut) => {
          const impl = new ModelBank();
          const chain = await linkChain(BankService, impl, 1);
          try {
            const { own, known } = await play(chain, steps, cut);
            await until(() => heldBy(chain.hops) === 0);
            // What nobody waited for any more was never shared.
            const shared = [...impl.made.filter(({ label }) => known.has(label)), ...(cut === undefined ? own : [])];
            await until(() => shared.every(({ disposed }) => disposed === 1));
            expect([...impl.made, ...own].filter(({ disposed }) => disposed > 1)).toEqual([]);
          } finally {
            await chain.close();
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
