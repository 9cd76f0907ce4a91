/** What handlers and interceptors are given, with the whole Peer in it. */
import type { CallContext as Context } from "../calls/call-handler.js";
import type { InterceptedCall as Intercepted, Interceptor as Around } from "../calls/interceptor.js";
import type { Peer } from "./peer.js";

/** The call that a handler serves; passed to it as one more, last argument, which it may declare. */
export type CallContext = Context<Peer>;
/** One call, as an interceptor sees it. */
export type InterceptedCall = Intercepted<Peer>;
/** Runs around a call: sees it, may change, refuse or repeat it, and returns its result or throws. */
export type Interceptor = Around<Peer>;
