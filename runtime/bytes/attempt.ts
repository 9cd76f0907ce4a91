/**
 * One try to connect: ends by success, by failure, by the caller's signal or by time, whichever comes first, and leaves
 * no listener and no timer behind. Knows nothing of what is dialled.
 */
import { errorFrom } from "../base/errors.js";
import type { DialOptions } from "./transport.js";

export interface Attempt<T> {
  /** Only the first of the two counts. */
  readonly succeed: (result: T) => void;
  readonly fail: (error: Error) => void;
}

/**
 * @param start  begins, and returns how to drop what it began: called where the attempt ends without success.
 * Rejects with what `fail` was told or `start` threw, the signal's reason, or an error with code ETIMEDOUT.
 */
export function attempt<T>(
  description: string,
  { signal, timeoutMs }: DialOptions,
  start: (attempt: Attempt<T>) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let outcome: "success" | "failure" | undefined;
    let drop = (): void => undefined;
    const settle = (result: "success" | "failure"): boolean => {
      if (outcome !== undefined) return false;
      outcome = result;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      return true;
    };
    const fail = (error: Error): void => {
      if (!settle("failure")) return;
      drop();
      reject(error);
    };
    const onAbort = (): void => fail(signal?.reason as Error);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (timeoutMs !== undefined) timer = setTimeout(() => fail(late(description, timeoutMs)), timeoutMs);
    const succeed = (result: T): void => {
      if (settle("success")) resolve(result);
    };
    try {
      drop = start({ succeed, fail });
    } catch (thrown) {
      return fail(errorFrom(thrown));
    }
    if (outcome === "failure") drop(); // while it began
  });
}

function late(description: string, timeoutMs: number): Error {
  return Object.assign(new Error(`${description} did not answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" });
}
