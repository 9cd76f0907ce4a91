/** Around an author's own code: the interceptors of incoming calls, and the storage that says which call runs now. */
import type { IncomingCall } from "../calls/incoming-call.js";
import { intercept } from "../calls/interceptor.js";
import { IncomingInterceptedCall } from "./incoming-intercepted-call.js";
import type { ReferenceContext } from "./reference-context.js";
import type { Member, ServiceDescriptor } from "./service.js";

/** What is used, and for which call of the peer. */
export interface MemberUse {
  readonly call: IncomingCall;
  readonly service: ServiceDescriptor;
  readonly member: Member<never>;
  readonly args: readonly unknown[];
}

/** Runs `invoke`, now unless an interceptor waits. @returns the result, or its promise. */
export function useMember(
  { contextStorage, interceptors }: ReferenceContext,
  { call, service, member, args }: MemberUse,
  invoke: () => unknown,
): unknown {
  if (interceptors.incoming === undefined)
    return contextStorage === undefined ? invoke() : contextStorage.run(call.context(), invoke);
  const seen = new IncomingInterceptedCall(call, service, member, args);
  const run = (): unknown =>
    intercept(interceptors.incoming!, seen, (current, changes) => current.with(changes), invoke);
  return contextStorage === undefined ? run() : contextStorage.run(call.context(), run);
}
