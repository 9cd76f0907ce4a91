/** Decides, before a handler runs, whether its caller may use it. */
import type { InterceptedCall, Interceptor } from "../api/call-types.js";
import { CallError } from "../base/errors.js";

/**
 * Refuses calls that come in with PERMISSION_DENIED where `isAllowed` says no. To refuse with another code, throw a
 * CallError, such as UNAUTHENTICATED, from it. It sees every call: those to this
 * side's reflection too (service `peerwire.v1.ReflectionService`), which a peer that compares interfaces makes by itself.
 */
export function authorise(isAllowed: (call: InterceptedCall) => boolean | Promise<boolean>): Interceptor {
  return async (call, next) => {
    if (call.side === "outgoing") return next();
    const verdict = isAllowed(call);
    // A check that need not wait keeps the order of calls.
    if (!(typeof verdict === "boolean" ? verdict : await verdict)) {
      const what = call.member.name === "" ? call.service : `${call.service}.${call.member.name}`;
      throw new CallError("PERMISSION_DENIED", `${call.peer.description} may not call ${what}`);
    }
    return next();
  };
}
