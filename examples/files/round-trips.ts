/**
 * Counts round trips on a connection, from the instructions that really cross it: calls go out, and their answers come
 * in. Calls that leave together share one.
 */
import type { PeerOptions } from "peerwire";

export class RoundTrips {
  #calls = 0;
  #count = 0;
  #isAsking = false;

  /** For the options of a peer. */
  readonly onInstruction: NonNullable<PeerOptions["onInstruction"]> = (direction, { kind }) => {
    if (direction === "out" && kind === "call") {
      this.#calls++;
      this.#isAsking = true;
    } else if (direction === "in" && (kind === "return" || kind === "throw")) {
      // The first answer ends it: a call that follows could have made use of it.
      if (this.#isAsking) this.#count++;
      this.#isAsking = false;
    }
  };

  /** What `work` costs, while nothing else goes on. */
  async of<T>(work: () => Promise<T>): Promise<{ result: T; calls: number; roundTrips: number }> {
    const before = { calls: this.#calls, count: this.#count };
    const result = await work();
    return { result, calls: this.#calls - before.calls, roundTrips: this.#count - before.count };
  }
}
