/**
 * What the calls floor asks of the floor above it, and what a handler may know of the call that it serves.
 */
import type { IncomingCall } from "./incoming-call.js";

/** Implemented by references/router.ts. */
export interface CallHandler {
  /** Finds out what is asked of whom, and answers `call`, now or later. */
  handle(call: IncomingCall): void;
  /** What `call` asks, for people: "acme.bank.v1.AccountService.login". */
  describe(call: IncomingCall): string;
}

/** The other end of a session, as far as this floor knows it; api/ shows the whole Peer. */
export interface CallPeer {
  /** Where it is: "tcp://127.0.0.1:4000". */
  readonly description: string;
}

/** The call that a handler serves; passed to it as one more, last argument. One object for each call. */
export interface CallContext<P extends CallPeer = CallPeer> {
  /** Who calls. */
  readonly peer: P;
  /**
   * Aborts when the caller cancels, its deadline passes, or the connection is lost; where the result is a stream, also
   * when its consumer leaves it early.
   */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller stops waiting; undefined: it waits for ever. */
  readonly remainingMs: number | undefined;
  /** How many calls of both peers this one is nested in. */
  readonly depth: number;
  /** What the caller sent along. Not authenticated. */
  readonly metadata: Readonly<Record<string, string>>;
}
