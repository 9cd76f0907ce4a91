/**
 * The wire between two programs in one process, in the hands of a test: held, delayed, and broken after any byte. What
 * arrives, and when, is the test's to say. Knows nothing of frames; what each end does with it is in wire-end.ts.
 */
import type { Clock } from "../base/clock.js";
import { memoryTransportPair } from "../bytes/memory-transport.js";
import type { Transport } from "../bytes/transport.js";
import { WireEnd, type WireRules } from "./wire-end.js";

/** How a wire breaks: both ends lose it, both see its end, or nothing comes any more and nobody says so. */
export type Breakage = "loss" | "end" | "silence";

/** The machine's time. Unlike `systemClock`'s, what is under way keeps a test's process alive. */
const REAL_TIME: Clock = {
  now: () => performance.now(),
  after: (delayMs, action) => {
    const handle = setTimeout(action, delayMs);
    return {
      clear: () => {
        clearTimeout(handle);
      },
    };
  },
};

export interface TestWireOptions {
  /** What `delayMs` is measured by; a VirtualClock delays until the test moves it. */
  readonly clock?: Clock;
}

export class TestWire {
  /** For `Peer.open`, `connect` and `accept`, or for a Session of `peerwire/mux`. */
  readonly ends: readonly [Transport, Transport];
  /** How long what arrives from now on is under way, one way, ms. */
  delayMs = 0;
  readonly #clock: Clock;
  readonly #ends: readonly [WireEnd, WireEnd];
  readonly #carriers: readonly [Transport, Transport];
  #isHeld = false;
  #delivered = 0;
  #breakAt = Number.POSITIVE_INFINITY;
  #breakage: Breakage = "loss";
  #broken: Breakage | undefined;

  constructor({ clock = REAL_TIME }: TestWireOptions = {}) {
    this.#clock = clock;
    this.#carriers = memoryTransportPair("wire");
    const rules = this.#rules();
    this.ends = this.#ends = [new WireEnd(this.#carriers[0], rules), new WireEnd(this.#carriers[1], rules)];
  }

  /** Bytes that have arrived, in both directions together. */
  get delivered(): number {
    return this.#delivered;
  }

  /** How it broke, once it has. */
  get broken(): Breakage | undefined {
    return this.#broken;
  }

  /** Nothing arrives until `release`, and nothing is lost. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#flush();
  }

  /** Breaks now: what is under way is lost. */
  break(how: Breakage = "loss"): void {
    this.breakAfter(0, how);
  }

  /** Breaks when so many more bytes have arrived, in both directions together: in the middle of a frame, where that is. */
  breakAfter(bytes: number, how: Breakage = "loss"): void {
    this.#breakAt = this.#delivered + bytes;
    this.#breakage = how;
    this.#breakIfDue();
  }

  #rules(): WireRules {
    const isBroken = (): boolean => this.#broken !== undefined;
    const isLost = (): boolean => this.#broken === "loss";
    return {
      get isBroken() {
        return isBroken();
      },
      get isLost() {
        return isLost();
      },
      dueAt: () => {
        if (!this.#isHeld && this.delayMs === 0) return undefined;
        if (this.delayMs > 0) this.#clock.after(this.delayMs, () => this.#flush());
        return this.#clock.now() + this.delayMs;
      },
      isDue: (at) => !this.#isHeld && this.#clock.now() >= at,
      admit: (chunk) => {
        const part = chunk.subarray(0, this.#breakAt - this.#delivered);
        this.#delivered += part.length;
        return part;
      },
      delivered: () => {
        this.#breakIfDue();
      },
    };
  }

  #flush(): void {
    for (const end of this.#ends) end.flush();
  }

  #breakIfDue(): void {
    if (this.#broken !== undefined || this.#delivered < this.#breakAt) return;
    this.#broken = this.#breakage;
    if (this.#broken === "loss") for (const carrier of this.#carriers) carrier.destroy(new Error("connection reset"));
    if (this.#broken === "end") for (const end of this.#ends) end.cutOff();
  }
}
