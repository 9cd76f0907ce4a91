/** A receiver that remembers what a carrier told it; waits for events, never for time. */
import type { Transport, TransportReceiver } from "../../runtime/bytes/transport.js";

export interface Watcher {
  readonly text: string;
  readonly bytes: number;
  readonly hasEnded: boolean;
  readonly drains: number;
  /** One entry for each onClose: there must never be two. */
  readonly closes: readonly (Error | undefined)[];
  /** Resolves as soon as `condition` holds; looked at after each event. */
  until(condition: () => boolean): Promise<void>;
}

/** Starts `transport`. @param overrides  are called as well, after the event is recorded. `keep: false` counts bytes only. */
export function watch(
  transport: Transport,
  { keep = true, ...overrides }: Partial<TransportReceiver> & { keep?: boolean } = {},
): Watcher {
  const chunks: Buffer[] = [];
  const closes: (Error | undefined)[] = [];
  let waiting: { condition: () => boolean; resolve: () => void }[] = [];
  const state = { bytes: 0, hasEnded: false, drains: 0 };
  const look = (): void => {
    const met = waiting.filter((waiter) => waiter.condition());
    waiting = waiting.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  };
  transport.start({
    onData: (chunk) => {
      state.bytes += chunk.length;
      if (keep) chunks.push(Buffer.from(chunk));
      overrides.onData?.(chunk);
      look();
    },
    onDrain: () => {
      state.drains++;
      overrides.onDrain?.();
      look();
    },
    onEnd: () => {
      state.hasEnded = true;
      overrides.onEnd?.();
      look();
    },
    onClose: (error) => {
      closes.push(error);
      overrides.onClose?.(error);
      look();
    },
  });
  return {
    get text() {
      return Buffer.concat(chunks).toString("latin1");
    },
    get bytes() {
      return state.bytes;
    },
    get hasEnded() {
      return state.hasEnded;
    },
    get drains() {
      return state.drains;
    },
    closes,
    until: (condition) =>
      new Promise((resolve) => {
        waiting.push({ condition, resolve });
        look();
      }),
  };
}
