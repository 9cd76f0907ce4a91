/**
 * Two peers, some callers, and a scheduler that decides what happens next: that a chunk arrives, that a caller begins,
 * is cancelled, or lets go, that a handler goes on, that the connection is lost. However they fall: each call settles,
 * with what it should or with its cancellation; no object is disposed of under a call; in the end nothing is held.
 */
import { getEventListeners } from "node:events";
import { expect } from "@jest/globals";
import fc from "fast-check";
import { Peer, release, serve } from "peerwire";
import { type Schedule, ScheduledWire } from "../../support/scheduled-wire.js";
import { BankImpl, SessionImpl } from "../sample/bank-impl.js";
import type { Session } from "../sample/bank.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import { atRest } from "./at-rest.js";

const CALLERS = ["own", "shared", "sent home", "chained", "callback", "streamed"] as const;

export interface Caller {
  readonly does: (typeof CALLERS)[number];
  readonly isCancelled: boolean;
}

/** Callers of a race. @param cancelled  whether some change their minds. */
export function callers(cancelled: boolean): fc.Arbitrary<Caller[]> {
  const caller = fc.record({
    does: fc.constantFrom(...CALLERS),
    isCancelled: cancelled ? fc.boolean() : fc.constant(false),
  });
  return fc.array(caller, { minLength: 1, maxLength: 6 });
}

export interface Race {
  readonly scheduler: fc.Scheduler;
  readonly callers: readonly Caller[];
  /** Whether the event loop has a turn after the next step, or another step comes within the same. */
  readonly turns: fc.Stream<boolean>;
  readonly isLost: boolean;
}

/** Knows whether it was disposed of while a call ran. */
class RacedSession extends SessionImpl {
  readonly #race: RacedBank;
  constructor(name: string, race: RacedBank) {
    super(name);
    this.#race = race;
  }
  override async name(): Promise<string> {
    const { disposed } = this;
    await this.#race.step("name");
    if (this.disposed !== disposed) this.#race.mistakes.push("disposed under a call");
    return super.name();
  }
}

class RacedBank extends BankImpl {
  readonly mistakes: string[] = [];
  readonly made = new Map<string, RacedSession>();
  readonly step: Schedule;
  readonly #shared = new RacedSession("shared", this);
  constructor(step: Schedule) {
    super();
    this.step = step;
  }
  override async login(user: string): Promise<Session> {
    await this.step("login");
    if (user === "shared") return this.#shared;
    if (this.made.has(user)) this.mistakes.push(`${user} logged in twice`);
    const session = new RacedSession(user, this);
    this.made.set(user, session);
    return session;
  }
  override async ask(question: (text: string) => Promise<string>, text: string): Promise<string> {
    try {
      await this.step("ask");
      return await super.ask(question, text);
    } finally {
      release(question);
    }
  }
}

/** Runs one race to its end. @throws what was wrong with it. */
export async function run({ scheduler, callers: all, turns, isLost }: Race): Promise<void> {
  const step: Schedule = (label) => scheduler.schedule(Promise.resolve(label), label);
  const wire = new ScheduledWire();
  const impl = new RacedBank(step);
  const [client, server] = await Promise.all([
    Peer.open(wire.left, "client"),
    Peer.open(wire.right, "server", { roots: [serve(BankService, impl)] }),
  ]);
  const bank = await client.root(BankService);
  wire.schedule = step;

  const signals: AbortSignal[] = [];
  const outcomes: unknown[] = [];
  const expected: unknown[] = [];
  for (const [i, { does, isCancelled }] of all.entries()) {
    const abort = new AbortController();
    signals.push(abort.signal);
    if (isCancelled) void step(`cancel ${i}`).then(() => abort.abort());
    const name = does === "shared" ? does : `${does} ${i}`;
    expected.push(does === "callback" ? `answer ${name}!` : name);
    void step(`begin ${i}`)
      .then(() => ACTS[does](bank.$with({ signal: abort.signal }), name, step))
      .then(
        (value) => (outcomes[i] = value),
        (error: unknown) => (outcomes[i] = reasonOf(error)),
      );
  }
  if (isLost) void step("lost").then(() => client.destroy());
  await play(scheduler, turns);

  for (const [i, { isCancelled }] of all.entries()) {
    const may = [expected[i], ...(isCancelled ? ["CANCELLED"] : []), ...(isLost ? ["lost"] : [])];
    expect(may).toContain(outcomes[i]);
    const { disposed } = impl.made.get(String(expected[i])) ?? { disposed: 0 };
    expect(disposed).toBeLessThanOrEqual(1);
    if (outcomes[i] === expected[i] && impl.made.has(String(expected[i]))) expect(disposed).toBe(1);
  }
  expect(impl.mistakes).toEqual([]);
  wire.schedule = () => new Promise(setImmediate);
  await atRest({ client, server });
  expect(signals.flatMap((signal) => getEventListeners(signal, "abort"))).toEqual([]);
  await Promise.all([client.close(), server.close()]);
}

/** What a caller does with a bank, and what it gets. Each lets go of what it was given. */
const ACTS: Readonly<Record<Caller["does"], (bank: BankStub, name: string, step: Schedule) => Promise<string>>> = {
  "own": useAndDispose,
  "shared": useAndDispose,
  "sent home": async (bank, name, step) => {
    const session = await bank.login(name);
    const same = bank.same(session);
    session.dispose(); // while it is under way to where it came from
    return useAndLetGo(await same, step);
  },
  "chained": async (bank, name, step) => {
    const session = bank.login(name);
    const [used] = await Promise.allSettled([session.name(), session.then((stub) => useAndLetGo(stub, step))]);
    if (used.status === "rejected") throw used.reason;
    return used.value;
  },
  "callback": (bank, name, step) =>
    bank.ask(async (text) => {
      await step("answer");
      return `${text}!`;
    }, name),
  "streamed": async (bank, name, step) => {
    for await (const session of bank.sessions()) await useAndLetGo(session, step);
    return name;
  },
};

async function useAndDispose(bank: BankStub, name: string, step: Schedule): Promise<string> {
  return useAndLetGo(await bank.login(name), step);
}

/** Asks, and lets go before the answer or after it. */
async function useAndLetGo(session: Session, step: Schedule): Promise<string> {
  const using = session.name();
  await Promise.race([using.catch(() => undefined), step("let go")]);
  release(session);
  return using;
}

/** Until nothing is scheduled, and nothing schedules any more. */
async function play(scheduler: fc.Scheduler, turns: fc.Stream<boolean>): Promise<void> {
  for (let quiet = 0; quiet < 5;) {
    if (scheduler.count() === 0) quiet++;
    else {
      quiet = 0;
      await scheduler.waitNext(1);
      if (turns.next().value !== true) continue;
    }
    await new Promise(setImmediate);
  }
}

function reasonOf(error: unknown): string {
  const { name, code = name } = error as { name: string; code?: string };
  return name === "ClosedError" || code === "UNAVAILABLE" ? "lost" : code;
}

/** Runs many races; a failure says the seed, and the shortest schedule that fails. */
export function raceAll(against: "release" | "cancel" | "lose", numRuns: number): Promise<void> {
  return fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      callers(against !== "release"),
      fc.infiniteStream(fc.boolean()),
      (scheduler, all, turns) => run({ scheduler, callers: all, turns, isLost: against === "lose" }),
    ),
    { numRuns },
  );
}
