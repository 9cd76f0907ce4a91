/**
 * Where recorded programs run: beside the list, for a call of the peer; or where they were recorded, when the list is
 * known there already. Each step is a call: interceptors see it, it has its place in its object's order, and what it
 * gave and nobody was answered is let go of.
 */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { CallContext } from "../calls/call-handler.js";
import type { IncomingCall } from "../calls/incoming-call.js";
import { encodeResult } from "./encode-message.js";
import type { MapProgram, MapStep } from "./map-program.js";
import type { MapSite } from "./map-run.js";
import type { ReferenceContext } from "./reference-context.js";
import { type CallOptions, type PassedOn, forwardedOptions } from "./remote-link.js";
import { useMember } from "./use-member.js";

/** Calls of programs under way. Always: 0 <= running <= limits.maxMapCalls. */
class MapBudget {
  readonly #limit: number;
  #running = 0;

  constructor({ maxMapCalls }: Limits) {
    this.#limit = maxMapCalls;
  }

  /** @throws {CallError} RESOURCE_EXHAUSTED */
  enter(calls: number): void {
    if (this.#running + calls > this.#limit) {
      const others = this.#running === 0 ? "" : `, beside ${this.#running} that run already`;
      throw new CallError(
        "RESOURCE_EXHAUSTED",
        `a recorded program makes ${calls} calls${others}, and the limit is ${this.#limit} (limits.maxMapCalls); map over fewer items`,
      );
    }
    this.#running += calls;
  }

  leave(calls: number): void {
    this.#running -= calls;
  }
}

/** Of each session. */
const budgets = new WeakMap<ReferenceContext, MapBudget>();

function budgetOf(context: ReferenceContext): MapBudget {
  let budget = budgets.get(context);
  if (budget === undefined) budgets.set(context, (budget = new MapBudget(context.limits)));
  return budget;
}

/** Beside the list, for one call of the peer. */
export class PeerSite implements MapSite {
  readonly #context: ReferenceContext;
  readonly #call: IncomingCall;
  readonly #answered: ReadonlySet<MapStep>;
  readonly #given: { readonly step: MapStep; readonly value: unknown }[] = [];
  readonly #received: PassedOn[] = [];
  #isOver = false;
  readonly options: CallOptions;

  constructor(context: ReferenceContext, call: IncomingCall, { steps, results }: MapProgram) {
    this.#context = context;
    this.#call = call;
    const whole = results.flatMap((one) =>
      one.kind === "step" && one.reference === undefined ? steps[one.step]! : [],
    );
    this.#answered = new Set(whole);
    this.options = forwardedOptions(
      { context: call.context(), metadata: call.wire.metadata },
      {
        received: (message) => {
          message.passStreamsOn();
          this.#received.push(message);
          if (this.#isOver) this.#letGo();
        },
      },
    );
  }

  get limits(): Limits {
    return this.#context.limits;
  }

  get context(): CallContext {
    return this.#call.context();
  }

  get stopped(): Error | undefined {
    return this.#call.answered ? new CallError("CANCELLED", "the call has ended") : undefined;
  }

  enter(calls: number): void {
    budgetOf(this.#context).enter(calls);
  }

  leave(calls: number): void {
    budgetOf(this.#context).leave(calls);
  }

  async invoke(step: MapStep, object: object, args: readonly unknown[]): Promise<unknown> {
    const exports = this.#context.exports!; // the list's at least
    const { service, member } = step;
    const use = (): unknown =>
      useMember(this.#context, { call: this.#call, service, member, args }, () => {
        this.#call.dispatch();
        return member.invoke(object as never, args, this.context);
      });
    const entry = exports.findObject(service, object);
    if (entry !== undefined) exports.pin(entry);
    try {
      const value = await (entry === undefined || entry.queue.isFree
        ? use()
        : new Promise((resolve) => {
            const start = (): void => {
              resolve(new Promise((result) => result(use())));
            };
            entry.queue.push({ ready: true, start });
          }));
      this.#gave(step, value);
      return value;
    } finally {
      if (entry !== undefined) exports.unpin(entry);
    }
  }

  /** All is over. @param isAnswered  what the program gives has been encoded, and is the peer's now. */
  end(isAnswered: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { step, value } of this.#given.splice(0))
      if (!isAnswered || !this.#answered.has(step)) this.#discard(step, value);
    this.#letGo();
  }

  #gave(step: MapStep, value: unknown): void {
    if (this.#isOver) this.#discard(step, value);
    else this.#given.push({ step, value });
  }

  /** Nobody was given it: like a result that was given back at once, so that what is to be disposed of is. */
  #discard({ service, member }: MapStep, value: unknown): void {
    if (member.oneWay === true || typeof value !== "object" || value === null) return;
    try {
      encodeResult(this.#context, service, member, value, undefined).rollback();
    } catch {
      // It would not have crossed, and nothing of it was shared.
    }
  }

  #letGo(): void {
    for (const message of this.#received.splice(0)) message.letGo();
  }
}

/** Where the program was recorded: the calls are its maker's own, as if made one by one. */
export class HomeSite implements MapSite {
  readonly limits: Limits;
  readonly context: CallContext;
  readonly options: CallOptions | undefined;
  readonly #budget: MapBudget;

  constructor({ limits, peer }: ReferenceContext, options: CallOptions | undefined) {
    const { signal = new AbortController().signal, timeoutMs, metadata = {} } = options ?? {};
    this.limits = limits;
    this.options = options;
    this.context = { peer, signal, remainingMs: timeoutMs, depth: 0, metadata };
    this.#budget = new MapBudget(limits);
  }

  get stopped(): Error | undefined {
    return undefined; // calls look at their options themselves
  }

  enter(calls: number): void {
    this.#budget.enter(calls);
  }

  leave(calls: number): void {
    this.#budget.leave(calls);
  }

  async invoke({ member }: MapStep, object: object, args: readonly unknown[]): Promise<unknown> {
    return member.invoke(object as never, args, this.context);
  }
}
