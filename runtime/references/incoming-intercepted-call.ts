/** A call as interceptors see it on its way in; on its way out: intercepted-call.ts. */
import type { CallContext, CallPeer } from "../calls/call-handler.js";
import type { CallChanges, IncomingCall } from "../calls/incoming-call.js";
import type { InterceptedCall, InterceptedMember } from "../calls/interceptor.js";
import type { Metadata } from "./call-plan.js";
import type { ServiceDescriptor } from "./service.js";

export class IncomingInterceptedCall implements InterceptedCall {
  readonly side = "incoming";
  readonly service: string;
  readonly member: InterceptedMember;
  readonly arguments: readonly unknown[];
  readonly context: CallContext;
  readonly #call: IncomingCall;

  constructor(call: IncomingCall, service: ServiceDescriptor, member: InterceptedMember, args: readonly unknown[]) {
    this.#call = call;
    this.service = service.fullName;
    this.member = member;
    this.arguments = args;
    this.context = call.context();
  }

  get peer(): CallPeer {
    return this.context.peer;
  }
  get signal(): AbortSignal {
    return this.#call.signal;
  }
  get remainingMs(): number | undefined {
    return this.#call.remainingMs;
  }
  get depth(): number {
    return this.#call.wire.depth;
  }
  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** The handler sees the changes too: there is one call. */
  with(changes: CallChanges): this {
    this.#call.change(changes);
    return this;
  }
}
