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

  /** Whether a call that is ready starts at once. */
  get isFree(): boolean {
    return this.#waiting.length === 0;
  }

  /** Starts `call` now, or as soon as it and all before it are ready. */
  push(call: QueuedCall): void {
    if (call.ready && this.#waiting.length === 0) call.start();
    else this.#waiting.push(call);
  }

  /** Calls that come from now on start after those that wait in `other` now. */
  follow(other: CallQueue): void {
    if (other === this || other.#waiting.length === 0) return;
    const gate = { ready: false, start: () => undefined };
    this.push(gate);
    other.push({
      ready: true,
      start: () => {
        gate.ready = true;
        this.advance();
      },
    });
  }

  /** A call of this queue has become ready. */
  advance(): void {
    while (this.#waiting[0]?.ready === true) this.#waiting.shift()!.start();
  }
}
