/**
 * The result of one call of the peer, kept for pipelining: from the call's arrival until the peer's Finish. Calls that
 * arrive before the result is known wait here, in order.
 */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { errorToWire } from "../calls/error-codec.js";
import type { WireError } from "../messages/instruction.js";
import { CallQueue } from "./call-queue.js";
import type { FailedOutcome, KeptResult, Outcome } from "./reference-context.js";
import { type ResultLookup, type ResultObject, pathKey } from "./result-paths.js";

/** The order of calls on what is at a path, and is no object of ours. */
interface OwnQueue {
  readonly path: readonly number[];
  readonly queue: CallQueue;
}

export class KeptCall implements KeptResult {
  /** Of the call. */
  readonly id: number;
  /** How many unknown results this one was chained on, itself included. */
  readonly depth: number;
  readonly #limits: Limits;
  #waiting: (() => void)[] = [];
  #queues: Map<string, OwnQueue> | undefined; // few results need one
  #settled: ResultLookup | FailedOutcome | undefined;

  constructor(callId: number, depth: number, limits: Limits) {
    this.id = callId;
    this.depth = depth;
    this.#limits = limits;
  }

  get isKnown(): boolean {
    return this.#settled !== undefined;
  }

  outcomeAt(path: readonly number[]): Outcome | undefined {
    const settled = this.#settled;
    if (settled === undefined || "error" in settled) return settled;
    const found = path.length <= this.#limits.maxPipelineDepth ? settled.at(path) : undefined;
    return found ?? this.#missing(path);
  }

  /** The order of calls on what is at `path`, where that is not an object of ours with an order of its own. */
  queueAt(path: readonly number[]): CallQueue {
    const key = pathKey(path);
    const queues = (this.#queues ??= new Map<string, OwnQueue>());
    let own = queues.get(key);
    if (own === undefined) queues.set(key, (own = { path, queue: new CallQueue() }));
    return own.queue;
  }

  whenKnown(then: () => void): void {
    if (this.#settled !== undefined) {
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
  succeed(results: ResultLookup): void {
    if (this.#settled === undefined) this.#settle(results);
  }

  /**
   * The result that was passed on early is known. Calls on the objects in it start after those that still wait here.
   * @param queueOf  the order of calls on one of our exports.
   */
  handOver(results: ResultLookup, queueOf: (result: ResultObject) => CallQueue | undefined): void {
    for (const { path, queue } of this.#queues?.values() ?? []) {
      const found = results.at(path);
      if (found !== undefined) queueOf(found)?.follow(queue);
    }
  }

  /** The call has failed: those who waited fail with the same error. */
  fail(error: Error, wire: WireError = errorToWire(error)): void {
    if (this.#settled === undefined) this.#settle({ error, wire });
  }

  #settle(settled: ResultLookup | FailedOutcome): void {
    this.#settled = settled;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const then of waiting) then();
  }

  #missing(path: readonly number[]): Outcome {
    const limit = this.#limits.maxPipelineDepth;
    const error =
      path.length > limit
        ? new CallError(
            "RESOURCE_EXHAUSTED",
            `a path of ${path.length} fields into a result, and the limit is ${limit} (limits.maxPipelineDepth)`,
          )
        : new CallError(
            "INVALID_ARGUMENT",
            `the result of call ${this.id} ${path.length === 0 ? "is no reference" : `has no reference at field ${path.join(".")}`}: nothing can be called on it`,
          );
    return { error, wire: errorToWire(error) };
  }
}
