/**
 * A goodbye that waits: what is under way goes on, what comes is refused, and what has not ended within the grace is cut
 * off and named. Ends when nothing is under way; the connection is someone else's to close.
 */
import { CallError } from "../base/errors.js";
import type { ReferenceSession } from "./reference-session.js";

/** Something that had not ended when the grace was over. */
export interface CutOff {
  readonly kind: "incoming call" | "outgoing call" | "incoming stream" | "outgoing stream";
  /** "acme.bank.v1.AccountService.login"; of a stream, its number in the session. */
  readonly what: string;
}

/** @returns what was cut off; nothing where all ended within `graceMs`, or the connection was lost meanwhile. */
export function drainSession(session: ReferenceSession, graceMs: number): Promise<CutOff[]> {
  return new Promise((resolve) => {
    const { outgoing, incomingStreams, outgoingStreams, clock } = session;
    const before = outgoing.onEnded; // another drain's, which waits as well
    const check = (): void => {
      before?.();
      if (!session.isIdle && session.closed === undefined) return;
      timer.clear();
      resolve([]);
    };
    const timer = clock.after(graceMs, () => {
      resolve(cutOff(session, graceMs));
    });
    outgoing.onEnded = incomingStreams.onEnded = outgoingStreams.onEnded = check;
    session.drain(graceMs, check);
    check();
  });
}

function cutOff({ incoming, outgoing, incomingStreams, outgoingStreams }: ReferenceSession, graceMs: number): CutOff[] {
  const error = new CallError(
    "UNAVAILABLE",
    `cut off: this side is going away, and its grace of ${graceMs} ms is over`,
  );
  const streams = (kind: CutOff["kind"], ids: readonly number[]): CutOff[] =>
    ids.map((id) => ({ kind, what: `stream ${id}` }));
  const cut = [
    ...streams("incoming stream", incomingStreams.ids),
    ...streams("outgoing stream", outgoingStreams.ids),
    ...incoming.stopAll(error).map((what): CutOff => ({ kind: "incoming call", what })),
    ...outgoing.cancelAll(error).map((what): CutOff => ({ kind: "outgoing call", what })),
  ];
  outgoingStreams.failAll(error);
  return cut;
}
