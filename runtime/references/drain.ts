/**
 * A goodbye that waits: what is under way goes on, what comes is refused, and what has not ended within the grace is cut
 * off and named. Ends when nothing is under way; the connection is someone else's to close.
 */
import { CallError } from "../base/errors.js";
import type { ReferenceSession } from "./reference-session.js";

/** Something that had not ended when the grace was over. */
export interface CutOff {
  readonly kind: "incoming call" | "outgoing call" | "incoming stream" | "outgoing stream";
  /** "acme.bank.v1.AccountService.login"; of a stream, the interface that it belongs to: "acme.bank.v1.AccountService". */
  readonly what: string;
}

/** @returns what was cut off; nothing where all ended within `graceMs`, or the connection was lost meanwhile. */
export function drainSession(session: ReferenceSession, graceMs: number): Promise<CutOff[]> {
  return new Promise((resolve) => {
    const { outgoing, clock } = session;
    const before = outgoing.onEnded; // another drain's, which waits as well
    let isOver = false;
    const check = (): void => {
      before?.();
      if (isOver) return;
      if (!session.isIdle && session.closed === undefined) return;
      timer.clear();
      resolve([]);
    };
    const timer = clock.after(graceMs, () => {
      isOver = true; // what is cut off ends, too
      resolve(cutOff(session, graceMs));
    });
    outgoing.onEnded = session.onStreamEnded = check;
    session.drain(graceMs, check);
    check();
  });
}

function cutOff({ incoming, outgoing, streams }: ReferenceSession, graceMs: number): CutOff[] {
  const error = new CallError(
    "UNAVAILABLE",
    `cut off: this side is going away, and its grace of ${graceMs} ms is over`,
  );
  const cut = [
    ...(streams?.incoming.describe() ?? []).map((what): CutOff => ({ kind: "incoming stream", what })),
    ...(streams?.outgoing.describe() ?? []).map((what): CutOff => ({ kind: "outgoing stream", what })),
    ...(incoming?.stopAll(error) ?? []).map((what): CutOff => ({ kind: "incoming call", what })),
    ...outgoing.cancelAll(error).map((what): CutOff => ({ kind: "outgoing call", what })),
  ];
  streams?.outgoing.failAll(error);
  return cut;
}
