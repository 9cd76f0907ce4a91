/** One entry for each call that has ended, for whatever keeps logs. */
import type { InterceptedCall, Interceptor } from "../api/call-types.js";
import { systemClock, type Clock } from "../base/clock.js";
import { quietly } from "../base/quietly.js";
import { whenOver } from "./when-over.js";

/** A call that has ended: plain data, without arguments and results. */
export interface CallLogEntry {
  readonly side: "outgoing" | "incoming";
  /** Where the other side is. */
  readonly peer: string;
  readonly service: string;
  readonly member: string;
  readonly depth: number;
  /** From its start to the end of its result, streams included. */
  readonly durationMs: number;
  /** "OK", the error's `code`, or its name. */
  readonly outcome: string;
  readonly error: unknown;
}

/**
 * Tells `log` of each call that has ended.
 * @param log  such as `(entry) => logger.info(entry)`. What it throws is ignored: a log must not fail a call.
 */
export function logging(log: (entry: CallLogEntry) => void, options: { readonly clock?: Clock } = {}): Interceptor {
  const { clock = systemClock } = options;
  return async (call, next) => {
    const start = clock.now();
    const over = quietly((error: unknown) => {
      log(entryOf(call, clock.now() - start, error));
    });
    let result: unknown;
    try {
      result = await next();
    } catch (error) {
      over(error);
      throw error;
    }
    return whenOver(result, over);
  };
}

function entryOf(call: InterceptedCall, durationMs: number, error: unknown): CallLogEntry {
  const { side, peer, service, member, depth } = call;
  return {
    side,
    peer: peer.description,
    service,
    member: member.name,
    depth,
    durationMs,
    outcome: error === undefined ? "OK" : outcomeOf(error),
    error,
  };
}

/** What an error is called: its code, where it has one. */
export function outcomeOf(error: unknown): string {
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string") return code;
  return typeof name === "string" ? name : "UNKNOWN";
}
