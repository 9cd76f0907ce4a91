/**
 * Results that the peer may chain on: kept from the call's arrival until the peer's Finish. Calls that arrive before the
 * result is known wait here, in order.
 */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { CallQueue } from "./call-queue.js";
import type { ExportTable } from "./export-table.js";
import type { KeptResult } from "./reference-context.js";
import type { ServiceDescriptor } from "./service.js";

export class KeptCall implements KeptResult {
  /** What the result will be; undefined: not a reference. */
  readonly service: ServiceDescriptor | undefined;
  /** How many unknown results this one was chained on, itself included. */
  readonly depth: number;
  readonly #limits: Limits;
  readonly #waiting: (() => void)[] = [];
  #outcome: KeptResult["outcome"];
  #queue: CallQueue | undefined;

  constructor(service: ServiceDescriptor | undefined, depth: number, limits: Limits) {
    this.service = service;
    this.depth = depth;
    this.#limits = limits;
  }

  get outcome(): KeptResult["outcome"] {
    return this.#outcome;
  }

  /** The order of calls on the result: that of the object itself, where it is one of ours. */
  get queue(): CallQueue {
    this.#queue ??= new CallQueue();
    return this.#queue;
  }

  /** @throws {CallError} RESOURCE_EXHAUSTED where too many wait already. */
  whenKnown(then: () => void): void {
    if (this.#outcome !== undefined) {
      then();
      return;
    }
    if (this.#waiting.length >= this.#limits.maxPipelinedPerCall) {
      throw new CallError(
        "RESOURCE_EXHAUSTED",
        `${this.#waiting.length} calls wait for one result, and the limit is ${this.#limits.maxPipelinedPerCall} (limits.maxPipelinedPerCall); await it first`,
      );
    }
    this.#waiting.push(then);
  }

  /** The call has succeeded. Those who waited start now, before its answer leaves. */
  succeed(result: unknown, exports: ExportTable): void {
    if (this.service === undefined || !isObject(result)) {
      this.fail(new CallError("INVALID_ARGUMENT", "the result is not a reference: nothing can be called on it"));
      return;
    }
    this.#queue = exports.findObject(this.service, result)?.queue;
    this.#settle({ object: result, service: this.service });
  }

  /** The call has failed: those who waited fail with the same error. */
  fail(error: Error): void {
    if (this.#outcome === undefined) this.#settle({ error });
  }

  #settle(outcome: NonNullable<KeptResult["outcome"]>): void {
    this.#outcome = outcome;
    for (const then of this.#waiting.splice(0)) then();
  }
}

/** A function is an object too. */
function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
