/** Results that the peer may chain on, by the call that they belong to. */
import { CallError } from "../base/errors.js";
import { IdTable } from "../base/id-table.js";
import type { Limits } from "../base/limits.js";
import type { IncomingCall } from "../calls/incoming-call.js";
import { KeptCall } from "./kept-result.js";

export class KeptResults {
  readonly #limits: Limits;
  readonly #kept = new IdTable<KeptCall>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  find(callId: number): KeptCall | undefined {
    return this.#kept.find(callId);
  }

  /** Where the peer may chain on this call: a place for its result, from now on. @param depth  of its longest chain. */
  add(call: IncomingCall, depth: number): KeptCall | undefined {
    if (!call.wire.keepsResult || call.id === 0) return undefined;
    const kept = new KeptCall(call.id, depth, this.#limits);
    this.#kept.add(kept);
    call.kept = kept;
    return kept;
  }

  /** Why one more may not be kept. */
  refusal(kept: KeptCall): CallError | undefined {
    const { maxPipelineDepth, maxPendingCalls } = this.#limits;
    if (kept.depth > maxPipelineDepth) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `a chain of ${kept.depth} unknown results, and the limit is ${maxPipelineDepth} (limits.maxPipelineDepth)`,
      );
    }
    if (this.#kept.size > maxPendingCalls) {
      return new CallError(
        "RESOURCE_EXHAUSTED",
        `${this.#kept.size} results are kept, and the limit is ${maxPendingCalls} (limits.maxPendingCalls); finish some`,
      );
    }
    return undefined;
  }

  /** The peer will name that result no more. */
  finish(callId: number): void {
    this.#kept.remove(callId);
  }

  close(error: Error): void {
    const kept = this.#kept.all;
    this.#kept.clear();
    for (const result of kept) result.fail(error);
  }
}
