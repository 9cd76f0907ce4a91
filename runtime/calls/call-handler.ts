/**
 * What the calls floor asks of the floor above it, and what a handler may know of the call that it serves.
 */
import type { IncomingCall } from "./incoming-calls.js";

/** Implemented by references/router.ts. */
export interface CallHandler {
  /** Finds out what is asked of whom, and answers `call`, now or later. */
  handle(call: IncomingCall): void;
}

/** The call that a handler serves; passed to it as one more, last argument. */
export interface CallContext {
  /** Aborts when the caller cancels, its deadline passes, or the connection is lost. */
  readonly signal: AbortSignal;
  /** Milliseconds until the caller stops waiting; undefined: it waits for ever. */
  readonly remainingMs: number | undefined;
  /** How many calls of both peers this one is nested in. */
  readonly depth: number;
  /** What the caller sent along. Not authenticated. */
  readonly metadata: Readonly<Record<string, string>>;
}
