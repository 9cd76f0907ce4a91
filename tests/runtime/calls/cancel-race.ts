/**
 * Both ends of calls, and between them a wire whose deliveries a scheduler orders: cancellations, deadlines, answers and
 * the ends of handlers meet in every interleaving. Each call settles once and is answered once, and nothing is left.
 */
import { getEventListeners } from "node:events";
import { expect } from "@jest/globals";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../runtime/base/limits.js";
import { CallError } from "../../../runtime/base/errors.js";
import { IncomingCalls } from "../../../runtime/calls/incoming-calls.js";
import { OutgoingCalls, type Question } from "../../../runtime/calls/outgoing-calls.js";
import type { Instruction, WireCall } from "../../../runtime/messages/instruction.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

const NO_BYTES = new Uint8Array();

/** What became of one question. */
class Asked implements Question {
  readonly keepsResult: boolean;
  readonly told: string[] = [];
  constructor(keepsResult: boolean) {
    this.keepsResult = keepsResult;
  }
  onReturn(): undefined {
    this.told.push("return");
  }
  onThrow(): void {
    this.told.push("throw");
  }
  giveUp(): void {
    this.told.push("given up");
  }
  describe(): string {
    return "asked";
  }
  /** What its caller saw: the first that happened. */
  get settlements(): number {
    const answers = this.told.filter((one) => one !== "given up").length;
    const gaveUp = this.told.length - answers;
    expect([answers <= 1, gaveUp <= 1]).toEqual([true, true]);
    return this.told.length === 0 ? 0 : 1;
  }
}

type Plan = readonly { keeps: boolean; end: "succeed" | "fail" | "ignore"; abort: boolean; deadline: boolean }[];

/** Row C08. @param runs  interleavings to try. */
export async function raceCancellations(runs: number): Promise<void> {
  const plan: fc.Arbitrary<Plan> = fc.array(
    fc.record({
      keeps: fc.boolean(),
      end: fc.constantFrom("succeed" as const, "fail" as const, "ignore" as const),
      abort: fc.boolean(),
      deadline: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(fc.asyncProperty(fc.scheduler(), plan, race), { numRuns: runs });
}

async function race(scheduler: fc.Scheduler, plan: Plan): Promise<void> {
  const clock = new VirtualClock();
  const wires: Record<"there" | "back", Instruction[]> = { there: [], back: [] };
  const answered: number[] = [];
  const running: { end: () => void }[] = [];
  const happen = (what: string, action: () => void): void => {
    void scheduler.schedule(Promise.resolve(), what).then(action);
  };
  const send =
    (wire: "there" | "back") =>
    (instruction: Instruction): void => {
      wires[wire].push(instruction);
      happen(`${instruction.kind} ${wire}`, () => {
        const next = wires[wire].shift()!; // whatever was scheduled first: the wire keeps its order
        if (wire === "there") arrive(next);
        else if (next.kind === "return") outgoing.onReturn(next);
        else if (next.kind === "throw") outgoing.onThrow(next.callId, next.error);
      });
    };
  const outgoing = new OutgoingCalls(DEFAULT_LIMITS, clock, send("there"));
  const incoming: IncomingCalls = new IncomingCalls({
    limits: { ...DEFAULT_LIMITS, maxRunningCalls: 1 },
    clock,
    peer: { description: "scheduled" },
    send: (instruction) => {
      answered.push((instruction as { callId: number }).callId);
      send("back")(instruction);
    },
    handler: {
      describe: () => "a call",
      handle: (call) => {
        expect(incoming.enter(call)).toBeUndefined();
        incoming.run(call, {
          run: (ended) => {
            const { end } = plan[call.id - 1]!;
            const finish = (): void => {
              if (end === "succeed") call.succeed(NO_BYTES, 0, []);
              else call.fail(new CallError("ABORTED", end));
              ended();
            };
            if (end === "ignore") running.push({ end: finish });
            else happen(`end ${call.id}`, finish);
          },
          abandon: () => undefined,
        });
      },
    },
  });
  const arrive = (instruction: Instruction): void => {
    if (instruction.kind === "call") incoming.onCall(instruction);
    else if (instruction.kind === "cancel") incoming.onCancel(instruction.callId);
  };

  const questions = plan.map(({ keeps, abort, deadline }) => {
    const asked = new Asked(keeps);
    const controller = new AbortController();
    const timeoutMs = deadline ? 100 : undefined;
    const callId = outgoing.open(asked, { signals: [controller.signal], timeoutMs });
    send("there")(callOf(callId, keeps, timeoutMs ?? 0));
    if (abort)
      happen(`abort ${callId}`, () => {
        controller.abort();
      });
    return { asked, controller };
  });
  happen("time passes", () => {
    clock.advance(100);
  });
  await scheduler.waitFor(Promise.resolve());
  await scheduler.waitIdle();
  for (let one = running.shift(); one !== undefined; one = running.shift()) {
    one.end(); // those that ignored everything end at last
    await scheduler.waitIdle();
  }
  expect(questions.map(({ asked }) => asked.settlements)).toEqual(plan.map(() => 1));
  expect(answered.toSorted()).toEqual(plan.map((_, i) => i + 1));
  expect(questions.flatMap(({ controller }) => getEventListeners(controller.signal, "abort"))).toEqual([]);
  expect([outgoing.size, incoming.isIdle, clock.pending, wires]).toEqual([0, true, 0, { there: [], back: [] }]);
}

function callOf(callId: number, keepsResult: boolean, timeoutMs: number): WireCall {
  return {
    kind: "call",
    callId,
    target: { importId: 0 },
    member: 1,
    callKind: 1,
    interfaceId: 0,
    arguments: NO_BYTES,
    argumentsPayloadId: 0,
    references: [],
    keepsResult,
    timeoutMs,
    depth: 0,
    metadata: undefined,
  };
}
