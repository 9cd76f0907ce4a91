/** A receiver that remembers what its stream told it, in order. */
import type { StreamLike, StreamReceiver } from "../../runtime/streams/contract.js";

export interface Recorder extends StreamReceiver {
  /** All bytes, as latin1. */
  readonly text: string;
  readonly bytes: number;
  readonly hasEnded: boolean;
  readonly drains: number;
  /** One entry for each onClose: there must never be two. */
  readonly closes: readonly (Error | undefined)[];
  /** "data", "end", "close", without repetition. */
  readonly order: readonly string[];
}

/** @param overrides  are called as well, after it is recorded. `consume: true` gives window back at once. */
export function record(stream: StreamLike, overrides: Partial<StreamReceiver> & { consume?: boolean } = {}): Recorder {
  const chunks: Buffer[] = [];
  const order: string[] = [];
  const closes: (Error | undefined)[] = [];
  let hasEnded = false;
  let drains = 0;
  let bytes = 0;
  const note = (what: string): void => {
    if (order.at(-1) !== what) order.push(what);
  };
  const recorder: Recorder = {
    get text() {
      return Buffer.concat(chunks).toString("latin1");
    },
    get bytes() {
      return bytes;
    },
    get hasEnded() {
      return hasEnded;
    },
    get drains() {
      return drains;
    },
    closes,
    order,
    onData: (chunk) => {
      note("data");
      bytes += chunk.length;
      chunks.push(Buffer.from(chunk));
      if (overrides.consume) stream.consume(chunk.length);
      overrides.onData?.(chunk);
    },
    onEnd: () => {
      note("end");
      hasEnded = true;
      overrides.onEnd?.();
    },
    onDrain: () => {
      drains++;
      overrides.onDrain?.();
    },
    onClose: (error) => {
      note("close");
      closes.push(error);
      overrides.onClose?.(error);
    },
  };
  stream.receive(recorder);
  return recorder;
}
