/**
 * Asks again where that cannot do harm: the call was refused before anything of it ran, or its author has declared it
 * safe to run twice (`@idempotent`).
 */
import type { InterceptedCall, Interceptor } from "../api/call-types.js";
import { systemClock, type Clock } from "../base/clock.js";
import type { CallErrorCode } from "../base/errors.js";
import type { InterceptedMember } from "../calls/interceptor.js";
import { onAbort } from "../calls/signals.js";
import { linkOf } from "../references/link-of.js";
import { isStream } from "./when-over.js";

export interface RetryOptions {
  /** Attempts in all, the first included. */
  readonly maxAttempts?: number;
  /** The first pause is random between 0 and this; each later one has twice the range. */
  readonly initialDelayMs?: number;
  readonly maxDelayMs?: number;
  /** Errors that another attempt may mend. */
  readonly codes?: readonly CallErrorCode[];
  readonly clock?: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/**
 * Retries calls that go out, with exponential backoff and full jitter, while the connection and the deadline allow it.
 * A call with a stream anywhere in its arguments is never retried: what was read of it cannot be sent again. Nor is a one-way
 * call: its caller has been told by then.
 */
export function retry(options: RetryOptions = {}): Interceptor {
  const {
    maxAttempts = 4,
    initialDelayMs = 100,
    maxDelayMs = 5_000,
    codes = ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
    clock = systemClock,
    random = Math.random,
  } = options;
  return async (call, next) => {
    if (call.side === "incoming" || call.member.oneWay === true) return next();
    for (let attempt = 1; ; attempt++) {
      try {
        return await next();
      } catch (error) {
        if (attempt >= maxAttempts || !mayRetry(call, error, codes) || call.arguments.some(holdsStream())) throw error;
        const delayMs = random() * Math.min(maxDelayMs, initialDelayMs * 2 ** (attempt - 1));
        if (delayMs >= (call.remainingMs ?? Number.POSITIVE_INFINITY)) throw error;
        await pause(delayMs, call.signal, clock);
        if (call.signal.aborted) throw call.signal.reason;
      }
    }
  };
}

function mayRetry({ peer, member, signal }: InterceptedCall, error: unknown, codes: readonly CallErrorCode[]): boolean {
  if (signal.aborted || peer.status !== "open") return false;
  const { name, code, dispatched } = Object(error) as { name?: unknown; code?: unknown; dispatched?: unknown };
  if (name === "LimitError") return code === "too-many-calls"; // nothing was sent
  // A message that was lost on a connection that lives.
  if (name === "ClosedError")
    return member.idempotent === true && (code === "stream-reset" || code === "stream-closed");
  if (name !== "CallError" || !codes.includes(code as CallErrorCode)) return false;
  return dispatched === "no" || isIdempotent(member);
}

/** Reading a property is, by itself. */
function isIdempotent({ idempotent, kind }: InterceptedMember): boolean {
  return idempotent === true || kind === "get";
}

/** What more data than this holds is not looked for: such a call is not retried. */
const MOST_OBJECTS = 100_000;

/** @returns whether a value is a stream, or data that holds one. What crosses by reference is not entered. */
function holdsStream(): (value: unknown) => boolean {
  const seen = new Set<unknown>();
  const holds = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || seen.has(value)) return false;
    if (isStream(value)) return true;
    if (linkOf(value) !== undefined) return false;
    if (seen.add(value).size > MOST_OBJECTS) return true;
    if (value instanceof Map) return [...(value as Map<unknown, unknown>).values()].some(holds);
    // Not by reading: a getter is the application's code.
    return Object.values(Object.getOwnPropertyDescriptors(value)).some((property) => holds(property.value));
  };
  return holds;
}

/** Settles when the time is over, or nobody waits any more. */
function pause(delayMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.clear();
      forget();
      resolve();
    };
    const timer = clock.after(delayMs, end);
    const forget = onAbort(signal, end);
  });
}
