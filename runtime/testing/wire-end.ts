/**
 * One end of a wire that a test holds in its hands (test-wire.ts): what arrives waits here until it may be seen. Order is
 * kept, the end of bytes included; only a lost connection overtakes what is under way, which is lost with it.
 */
import type { Transport, TransportReceiver } from "../bytes/transport.js";

/** What both ends ask of the wire. */
export interface WireRules {
  readonly isBroken: boolean;
  /** Whether `end` and `write` still reach the other end. */
  readonly isLost: boolean;
  /** When what arrives now may be seen: undefined where it may at once. */
  dueAt(): number | undefined;
  isDue(at: number): boolean;
  /** @returns as much of a chunk as still arrives. */
  admit(chunk: Uint8Array): Uint8Array;
  /** Told after each delivery. */
  delivered(): void;
}

type Arrival = (receiver: TransportReceiver) => void;

export class WireEnd implements Transport {
  readonly description: string;
  readonly #carrier: Transport;
  readonly #rules: WireRules;
  #receiver: TransportReceiver | undefined;
  #waiting: { readonly arrival: Arrival; readonly dueAt: number }[] = [];

  constructor(carrier: Transport, rules: WireRules) {
    this.description = carrier.description;
    this.#carrier = carrier;
    this.#rules = rules;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#carrier.start({
      onData: (chunk) => {
        const dueAt = this.#rules.dueAt();
        const kept = dueAt === undefined ? chunk : chunk.slice(); // it is lent to us only now
        this.#arrive(dueAt, (to) => {
          const part = this.#rules.admit(kept);
          if (part.length > 0) to.onData(part);
        });
      },
      onEnd: () => {
        this.#arrive(this.#rules.dueAt(), (to) => {
          to.onEnd();
        });
      },
      onDrain: () => {
        receiver.onDrain();
      },
      onClose: (error) => {
        if (error === undefined && this.#waiting.length > 0) {
          this.#waiting.push({ arrival: (to) => to.onClose(undefined), dueAt: this.#waiting.at(-1)!.dueAt });
          return;
        }
        this.#waiting = [];
        receiver.onClose(error);
      },
    });
  }

  write(chunk: Uint8Array): boolean {
    return (this.#rules.isBroken && !this.#rules.isLost) || this.#carrier.write(chunk);
  }

  end(): void {
    // The other end will never hear of it, nor end its own side.
    if (this.#rules.isBroken) this.#carrier.destroy();
    else this.#carrier.end();
  }

  destroy(error?: Error): void {
    this.#carrier.destroy(error);
  }

  /** What has become due is delivered. */
  flush(): void {
    while (this.#waiting[0] !== undefined && this.#rules.isDue(this.#waiting[0].dueAt))
      this.#deliver(this.#waiting.shift()!.arrival);
  }

  /** Both sides see an end of bytes that nobody wrote. */
  cutOff(): void {
    this.#waiting = [];
    this.#receiver?.onEnd();
  }

  #arrive(dueAt: number | undefined, arrival: Arrival): void {
    if (this.#rules.isBroken) return;
    if (dueAt === undefined && this.#waiting.length === 0) this.#deliver(arrival);
    else this.#waiting.push({ arrival, dueAt: dueAt ?? this.#waiting.at(-1)!.dueAt });
  }

  #deliver(arrival: Arrival): void {
    arrival(this.#receiver!);
    this.#rules.delivered();
  }
}
