/** A call as interceptors see it on its way out; on its way in: incoming-intercepted-call.ts. */
import type { CallContext, CallPeer } from "../calls/call-handler.js";
import type { CallChanges } from "../calls/incoming-call.js";
import type { InterceptedCall, InterceptedMember } from "../calls/interceptor.js";
import { cancelled, onAbort } from "../calls/signals.js";
import { type Metadata, mergedMetadata, outerCall, shorter } from "./call-plan.js";
import type { ReferenceContext } from "./reference-context.js";
import type { CallOptions } from "./remote-link.js";
import type { ServiceDescriptor } from "./service.js";

const NO_METADATA: Metadata = Object.freeze({});

/** What no interceptor changes. */
interface OutgoingCallFacts {
  readonly context: ReferenceContext;
  readonly service: ServiceDescriptor;
  readonly member: InterceptedMember;
  readonly arguments: readonly unknown[];
  readonly outer: CallContext | undefined;
  /** Undoes the listeners of signals that interceptors have asked for. */
  readonly forgets: (() => void)[];
}

export class OutgoingInterceptedCall implements InterceptedCall {
  readonly side = "outgoing";
  readonly metadata: Metadata;
  readonly #facts: OutgoingCallFacts;
  readonly #signals: readonly AbortSignal[];
  /** On the session's clock, ms. */
  readonly #deadline: number | undefined;
  #signal: AbortSignal | undefined;

  static of(
    context: ReferenceContext,
    service: ServiceDescriptor,
    member: InterceptedMember,
    args: readonly unknown[],
    options: CallOptions = {},
  ): OutgoingInterceptedCall {
    const outer = outerCall(options, context);
    const facts = { context, service, member, arguments: args, outer, forgets: [] };
    const metadata = mergedMetadata(options.metadata, outer, context.inheritedMetadata) ?? NO_METADATA;
    return new OutgoingInterceptedCall(facts, [], undefined, metadata).with({ ...options, metadata: undefined });
  }

  private constructor(
    facts: OutgoingCallFacts,
    signals: readonly AbortSignal[],
    deadline: number | undefined,
    metadata: Metadata,
  ) {
    this.#facts = facts;
    this.#signals = signals;
    this.#deadline = deadline;
    this.metadata = metadata;
  }

  get peer(): CallPeer {
    return this.#facts.context.peer;
  }
  get service(): string {
    return this.#facts.service.fullName;
  }
  get member(): InterceptedMember {
    return this.#facts.member;
  }
  get arguments(): readonly unknown[] {
    return this.#facts.arguments;
  }
  get context(): CallContext | undefined {
    return this.#facts.outer;
  }
  get depth(): number {
    const { outer } = this.#facts;
    return outer === undefined ? 0 : outer.depth + 1;
  }

  get remainingMs(): number | undefined {
    const own = this.#deadline === undefined ? undefined : this.#deadline - this.#facts.context.clock.now();
    return shorter(own, this.#facts.outer?.remainingMs);
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#combined());
  }

  /** What is further in sees the call with these changes. */
  with({ signal, timeoutMs, metadata }: CallChanges): OutgoingInterceptedCall {
    const { clock } = this.#facts.context;
    return new OutgoingInterceptedCall(
      this.#facts,
      signal === undefined ? this.#signals : [...this.#signals, signal],
      shorter(timeoutMs === undefined ? undefined : clock.now() + timeoutMs, this.#deadline),
      metadata === undefined ? this.metadata : { ...this.metadata, ...metadata },
    );
  }

  /** As the options of a call that is made now. */
  remainingOptions(): CallOptions {
    const { context, outer } = this.#facts;
    return {
      context: outer,
      signal: this.#signals.length > 1 ? this.signal : this.#signals[0],
      timeoutMs: this.#deadline === undefined ? undefined : this.#deadline - context.clock.now(),
      metadata: this.metadata === NO_METADATA ? undefined : this.metadata,
    };
  }

  /** The call is over: nothing listens to its signals any more. */
  forget(): void {
    for (const forget of this.#facts.forgets.splice(0)) forget();
  }

  #combined(): AbortSignal {
    const { outer, forgets } = this.#facts;
    const abort = new AbortController();
    for (const signal of outer === undefined ? this.#signals : [...this.#signals, outer.signal]) {
      if (signal.aborted) abort.abort(cancelled(signal));
      else
        forgets.push(
          onAbort(signal, () => {
            abort.abort(cancelled(signal));
          }),
        );
    }
    return abort.signal;
  }
}
