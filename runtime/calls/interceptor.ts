/**
 * Interceptors: one shape around calls that go out and calls that come in, unary and streams alike. The first of a list
 * is the outermost: it sees a call first and its result last. Knows nothing of how a call is made or served.
 */
import type { CallContext, CallPeer } from "./call-handler.js";
import type { CallChanges } from "./incoming-call.js";

/** What is called, as its interface declares it. */
export interface InterceptedMember {
  /** Empty for a function. */
  readonly name: string;
  readonly kind: "call" | "get" | "set" | "construct" | "map";
  /** Sent and never answered. */
  readonly oneWay?: boolean;
  /** Declared safe to run more than once (`@idempotent`). */
  readonly idempotent?: boolean;
}

/** One call, as an interceptor sees it. */
export interface InterceptedCall<P extends CallPeer = CallPeer> {
  /** Whether this side makes the call, or serves it. */
  readonly side: "outgoing" | "incoming";
  /** The other end. */
  readonly peer: P;
  /** Full name of the interface: "acme.bank.v1.AccountService". */
  readonly service: string;
  readonly member: InterceptedMember;
  readonly arguments: readonly unknown[];
  /** Incoming: what the handler will be given. Outgoing: the call that this one is nested in. */
  readonly context: CallContext<P> | undefined;
  /** Aborts when the result is no longer wanted. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; undefined: no deadline. */
  readonly remainingMs: number | undefined;
  readonly depth: number;
  /** What goes with the call, or came with it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The rest of the call: the interceptors further in, then the call itself. It may be run again.
 * @param changes  merged over what the call has, as by `$with`; a timeout can only shorten.
 * @returns the result. Where that is an AsyncIterable or a ReadableStream, the call goes on until it has ended: see `whenOver`.
 */
export type Next = (changes?: CallChanges) => Promise<unknown>;

/**
 * Runs around a call, and returns its result or throws. One that calls `next` before its first `await` keeps the order
 * of calls and lets results be chained at once; one that waits first delays this call alone.
 */
export type Interceptor<P extends CallPeer = CallPeer> = (call: InterceptedCall<P>, next: Next) => Promise<unknown>;

/** @param last  the call itself. @param change  the call with changes, for what is further in. */
export function intercept<C extends InterceptedCall>(
  chain: readonly Interceptor[],
  call: C,
  change: (call: C, changes: CallChanges) => C,
  last: (call: C) => unknown,
): Promise<unknown> {
  const run = (index: number, current: C): Promise<unknown> =>
    new Promise((resolve) => {
      const interceptor = chain[index];
      resolve(
        interceptor === undefined
          ? last(current)
          : interceptor(current, (changes) =>
              run(index + 1, changes === undefined ? current : change(current, changes)),
            ),
      );
    });
  return run(0, call);
}
