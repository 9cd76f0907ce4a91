/**
 * Two ends of a pipe whose deliveries are in the hands of a scheduler: each chunk arrives when it is told to, in order
 * within its direction, and in any order against the other direction and against all else that is scheduled. Knows
 * nothing of frames; a connection that is lost loses what is under way.
 */
import type { Transport, TransportReceiver } from "../../runtime/bytes/transport.js";

/** Resolves when what `label` names may happen. */
export type Schedule = (label: string) => Promise<unknown>;

export class ScheduledWire {
  /** Decides when a chunk arrives. At first: after this turn, as for handshakes. */
  schedule: Schedule = () => new Promise(setImmediate);
  readonly left: Transport;
  readonly right: Transport;

  constructor() {
    const [left, right] = [new End(this, "left -> right"), new End(this, "right -> left")];
    left.far = right;
    right.far = left;
    this.left = left;
    this.right = right;
  }
}

class End implements Transport {
  readonly description: string;
  far!: End;
  readonly #wire: ScheduledWire;
  #receiver: TransportReceiver | undefined;
  /** Written here, not yet delivered there. */
  #underWay: (Uint8Array | "end")[] = [];
  #hasEnded = false;
  #isDestroyed = false;

  constructor(wire: ScheduledWire, description: string) {
    this.#wire = wire;
    this.description = description;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#hasEnded && !this.#isDestroyed) this.#send(chunk);
    return true;
  }

  end(): void {
    if (this.#hasEnded || this.#isDestroyed) return;
    this.#hasEnded = true;
    this.#send("end");
  }

  destroy(error?: Error): void {
    this.#close(error);
    this.far.#close(new Error("the other end dropped the connection"));
  }

  #send(what: Uint8Array | "end"): void {
    this.#underWay.push(what);
    // Whichever is told to happen first, it is the oldest that arrives.
    void this.#wire.schedule(this.description).then(() => {
      const next = this.#underWay.shift();
      if (next === undefined || this.far.#isDestroyed) return;
      if (next === "end") this.far.#onEnd();
      else this.far.#receiver?.onData(next);
    });
  }

  #onEnd(): void {
    this.#receiver?.onEnd();
    if (this.#hasEnded && this.#underWay.length === 0) this.destroy();
  }

  #close(error: Error | undefined): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#underWay = [];
    setImmediate(() => this.#receiver?.onClose(error));
  }
}
