/**
 * The order of calls on one object: they start in the order in which they arrived. One that is not ready yet (its
 * arguments are still flowing, or depend on a result) holds those behind it, and no others.
 */
export interface QueuedCall {
  ready: boolean;
  readonly start: () => void;
}

export class CallQueue {
  readonly #waiting: QueuedCall[] = [];

  /** Starts `call` now, or as soon as it and all before it are ready. */
  push(call: QueuedCall): void {
    if (call.ready && this.#waiting.length === 0) call.start();
    else this.#waiting.push(call);
  }

  /** A call of this queue has become ready. */
  advance(): void {
    while (this.#waiting[0]?.ready === true) this.#waiting.shift()!.start();
  }
}
