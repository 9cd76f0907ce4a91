/**
 * Questions, without a peer: whatever order the answer, the cancellation, the deadline and the end of the session come
 * in, each settles exactly once, and nothing is left. Rows: C08, C18, C20, C22.
 */
import { getEventListeners } from "node:events";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../runtime/base/limits.js";
import { CallError } from "../../../runtime/base/errors.js";
import { IncomingCalls } from "../../../runtime/calls/incoming-calls.js";
import type { IncomingCall } from "../../../runtime/calls/incoming-call.js";
import { OutgoingCalls, type Question } from "../../../runtime/calls/outgoing-calls.js";
import type { Instruction, WireCall, WireError } from "../../../runtime/messages/instruction.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

const NO_BYTES = new Uint8Array();
const UNLIMITED = { signals: [], timeoutMs: undefined };
const ERROR: WireError = {
  code: 2,
  message: "m",
  name: "",
  declaredType: "",
  declaredFields: NO_BYTES,
  cause: undefined,
  stack: "",
  notDispatched: false,
};

function returnOf(callId: number): Instruction & { kind: "return" } {
  return { kind: "return", callId, result: NO_BYTES, resultPayloadId: 0, references: [] };
}
function callOf(callId: number, timeoutMs = 0): WireCall {
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
    keepsResult: false,
    timeoutMs,
    depth: 0,
    metadata: undefined,
  };
}

/** What a question was told, in order. */
class Heard implements Question {
  readonly keepsResult: boolean;
  readonly events: string[] = [];
  readonly #arriving: Promise<void> | undefined;
  constructor(keepsResult: boolean, arriving?: Promise<void>) {
    this.keepsResult = keepsResult;
    this.#arriving = arriving;
  }
  onReturn(): Promise<void> | undefined {
    this.events.push("return");
    return this.#arriving;
  }
  onThrow(): void {
    this.events.push("throw");
  }
  describe(): string {
    return "asked";
  }
  giveUp(error: Error & { readonly code?: string }): void {
    this.events.push(`gave up: ${error.code ?? "?"}`);
  }
}

describe("OutgoingCalls", () => {
  const event = fc.constantFrom("answer", "throw", "abort", "deadline", "cancel", "close");

  it("C08: settles each question exactly once in every order of answer, cancellation, deadline and end", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(4), event), { maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
        (events, keeps) => {
          const clock = new VirtualClock();
          const sent: Instruction[] = [];
          const calls = new OutgoingCalls(DEFAULT_LIMITS, clock, (instruction) => sent.push(instruction));
          const questions = keeps.map((kept) => {
            const abort = new AbortController();
            const heard = new Heard(kept);
            return {
              heard,
              abort,
              id: calls.open(heard, { signals: [abort.signal], timeoutMs: 100 }),
              isAnswered: false,
            };
          });
          let isClosed = false;
          for (const [which, what] of events) {
            const question = questions[which]!;
            if (what === "answer" || what === "throw") {
              if (question.isAnswered || isClosed) continue; // a second answer would be a protocol error
              question.isAnswered = true;
              if (what === "answer") calls.onReturn(returnOf(question.id));
              else calls.onThrow(question.id, ERROR);
            } else if (what === "abort") question.abort.abort();
            else if (what === "cancel") calls.cancel(question.id, new CallError("CANCELLED", ""));
            else if (what === "deadline") clock.advance(60);
            else {
              isClosed = true;
              calls.close(new CallError("UNAVAILABLE", ""));
            }
          }
          if (!isClosed) for (const { id, isAnswered } of questions) if (!isAnswered) calls.onReturn(returnOf(id));
          for (const { heard, abort, id } of questions) {
            const gaveUp = heard.events.filter((one) => one.startsWith("gave up")).length;
            const answers = heard.events.length - gaveUp;
            expect(gaveUp).toBeLessThanOrEqual(1);
            expect(answers).toBe(isClosed && !questions.find((one) => one.id === id)!.isAnswered ? 0 : 1);
            if (gaveUp === 1) expect(heard.events[0]).toMatch("gave up"); // never after its answer
            const cancels = sent.filter((one) => one.kind === "cancel" && one.callId === id).length;
            const finishes = sent.filter((one) => one.kind === "finish" && one.callId === id).length;
            expect(cancels).toBeLessThanOrEqual(gaveUp);
            expect(finishes).toBe(heard.keepsResult && answers === 1 ? 1 : 0);
            expect(getEventListeners(abort.signal, "abort")).toHaveLength(0);
          }
          expect([calls.size, clock.pending]).toEqual([0, 0]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("lets a call be given up while its large result arrives, without a Cancel, and leaves no timer", async () => {
    const clock = new VirtualClock();
    const sent: Instruction[] = [];
    const calls = new OutgoingCalls(DEFAULT_LIMITS, clock, (instruction) => sent.push(instruction));
    const { signal } = new AbortController();
    let arrived!: () => void;
    const late = new Heard(false, new Promise((resolve) => (arrived = resolve)));
    calls.onReturn(returnOf(calls.open(late, { signals: [signal], timeoutMs: 100 })));
    clock.advance(100);
    expect(late.events).toEqual(["return", "gave up: DEADLINE_EXCEEDED"]);
    const whole = new Heard(false, Promise.resolve());
    calls.onReturn(returnOf(calls.open(whole, { signals: [signal], timeoutMs: 100 })));
    arrived();
    await Promise.resolve();
    await Promise.resolve();
    expect(whole.events).toEqual(["return"]);
    expect([sent, clock.pending, getEventListeners(signal, "abort").length]).toEqual([[], 0, 0]);
  });

  it("refuses an answer to a call that it did not make, or that has been answered", () => {
    const calls = new OutgoingCalls(DEFAULT_LIMITS, new VirtualClock(), () => undefined);
    const id = calls.open(new Heard(false), UNLIMITED);
    calls.onReturn(returnOf(id));
    for (const unknown of [0, id, id + 1])
      expect(() => {
        calls.onReturn(returnOf(unknown));
      }).toThrow(expect.objectContaining({ code: "bad-instruction" }));
  });

  it("C20: counts those that were given up until their answer has come", () => {
    const calls = new OutgoingCalls({ ...DEFAULT_LIMITS, maxPendingCalls: 1 }, new VirtualClock(), () => undefined);
    const id = calls.open(new Heard(false), UNLIMITED);
    calls.cancel(id, new CallError("CANCELLED", ""));
    expect(() => calls.open(new Heard(false), UNLIMITED)).toThrow(expect.objectContaining({ code: "too-many-calls" }));
    calls.onReturn(returnOf(id));
    expect(calls.open(new Heard(false), UNLIMITED)).toBe(id + 1);
  });
});

describe("IncomingCalls", () => {
  it("C08: answers each call exactly once in every order of end, cancellation, deadline and close", () => {
    const event = fc.constantFrom("call", "oneWay", "cancel", "succeed", "fail", "ended", "deadline", "close");
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(9)), { maxLength: 40 }), (events) => {
        const clock = new VirtualClock();
        const sent: Instruction[] = [];
        const running: { readonly call: IncomingCall; readonly ended: () => void }[] = [];
        const made: IncomingCall[] = [];
        let abandoned = 0;
        let started = 0;
        const calls: IncomingCalls = new IncomingCalls({
          limits: { ...DEFAULT_LIMITS, maxRunningCalls: 2, maxWaitingCalls: 3 },
          clock,
          peer: { description: "the peer" },
          send: (instruction) => sent.push(instruction),
          handler: {
            describe: () => "a call",
            handle: (call) => {
              made.push(call);
              const full = calls.enter(call);
              if (full !== undefined) {
                abandoned++;
                call.fail(full);
                return;
              }
              calls.run(call, {
                run: (ended) => {
                  started++;
                  expect(call.answered).toBe(false);
                  running.push({ call, ended });
                },
                abandon: () => abandoned++,
              });
            },
          },
        });
        let id = 0;
        let isClosed = false;
        for (const [what, which] of events) {
          const one = running[which % Math.max(1, running.length)];
          if ((what === "call" || what === "oneWay") && !isClosed) calls.onCall(callOf(what === "call" ? ++id : 0, 50));
          else if (what === "cancel") calls.onCancel(which);
          else if (what === "succeed") one?.call.succeed(NO_BYTES, 0, []);
          else if (what === "fail") one?.call.fail(new CallError("ABORTED", ""));
          else if (what === "deadline") clock.advance(20);
          else if (what === "ended" && one !== undefined) {
            running.splice(running.indexOf(one), 1);
            one.call.succeed(NO_BYTES, 0, []);
            one.ended();
          } else if (what === "close") {
            isClosed = true;
            calls.close();
          }
          expect(calls.stats.running).toBe(running.length);
          expect(calls.stats.running).toBeLessThanOrEqual(2);
          expect(calls.stats.waiting).toBeLessThanOrEqual(3);
        }
        for (let one = running.shift(); one !== undefined; one = running.shift()) {
          one.call.succeed(NO_BYTES, 0, []);
          one.ended();
        }
        expect(calls.stats).toEqual({ unanswered: 0, running: 0, waiting: 0 });
        expect(started + abandoned).toBe(made.length);
        const answered = sent.map((one) => (one as { callId: number }).callId);
        expect(new Set(answered).size).toBe(answered.length);
        if (!isClosed) expect(answered).toHaveLength(id);
        expect(answered).not.toContain(0);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 1500 },
    );
  });
});
