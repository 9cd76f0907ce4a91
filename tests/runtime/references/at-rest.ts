/** Waiting for linked peers without a clock: turns of the event loop, and collections, until something holds. */
import type { LinkedBank } from "../sample/linked-bank.js";

const TURNS = 4_000;
const TURNS_PER_COLLECTION = 200;

/** Turns of the event loop until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 1; !condition(); turn++) {
    if (turn === TURNS) throw new Error(`the condition did not come true within ${TURNS} turns`);
    await new Promise(setImmediate);
    // In a job of its own: what the condition has looked at through a WeakRef lives until its job is over.
    if (turn % TURNS_PER_COLLECTION === 0) {
      (globalThis as { gc?: () => void }).gc?.();
      await new Promise(setImmediate);
    }
  }
}

/** Until nothing crosses any more, and nothing is held. */
export function atRest({ client, server }: Pick<LinkedBank, "client" | "server">): Promise<void> {
  return until(() =>
    [client, server].every((peer) => {
      const { exports, imports } = peer.references();
      const { incomingCalls, outgoingCalls } = peer.stats();
      return (
        exports.entries + exports.retains + imports.entries + imports.retains + incomingCalls + outgoingCalls === 0
      );
    }),
  );
}

/** Something that a handler waits for. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
