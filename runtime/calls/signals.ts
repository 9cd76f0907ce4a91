/**
 * AbortSignals that many calls share: one listener for each signal, however many calls wait on it, and none once they
 * have all been answered. (Node warns past 10 listeners, and keeps each until the signal is collected.)
 */
import { CallError } from "../base/errors.js";

const waiting = new WeakMap<AbortSignal, { readonly actions: Set<() => void>; readonly listener: () => void }>();

/** Runs `action` when `signal` aborts. @returns what undoes it. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  let entry = waiting.get(signal);
  if (entry === undefined) {
    const actions = new Set<() => void>();
    const listener = (): void => {
      waiting.delete(signal);
      for (const waiter of [...actions]) waiter();
    };
    entry = { actions, listener };
    waiting.set(signal, entry);
    signal.addEventListener("abort", listener, { once: true });
  }
  const { actions, listener } = entry;
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size > 0 || waiting.get(signal)?.actions !== actions) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

/**
 * What a call that was stopped through `signal` fails with; the signal's own reason is its cause. A signal that ended
 * because time was up (`AbortSignal.timeout`, or the deadline of the call around) says so.
 */
export function cancelled(signal: AbortSignal): CallError {
  const cause: unknown = signal.reason;
  const { name, code } = (typeof cause === "object" && cause !== null ? cause : {}) as {
    name?: unknown;
    code?: unknown;
  };
  return name === "TimeoutError" || (name === "CallError" && code === "DEADLINE_EXCEEDED")
    ? new CallError("DEADLINE_EXCEEDED", "the caller's time was up", { cause })
    : new CallError("CANCELLED", "the caller cancelled", { cause });
}
