/**
 * Two real sessions and the wire between them in the hands of a test: held, cut at any byte, chopped, merged and delayed
 * by a seed. Turns of the event loop are the pair's own; time is virtual.
 */
import type { Transport, TransportReceiver } from "../../runtime/bytes/transport.js";
import { Session } from "../../runtime/streams/session.js";
import type { SessionOptions } from "../../runtime/streams/session-contract.js";
import type { SessionStream as Stream } from "../../runtime/streams/contract.js";
import { join } from "./frames.js";
import type { Seeded } from "./seeded.js";
import { VirtualClock } from "../../runtime/testing/virtual-clock.js";

/** How a cut looks from the far end: an orderly end of bytes, or a lost connection. */
export type Cut = "end" | "loss";

/** One end. What it writes lies on the wire until the pair delivers it. */
class WireEnd implements Transport {
  readonly description = "linked";
  receiver!: TransportReceiver;
  /** Written here, not yet delivered to the other end. */
  readonly wire: Uint8Array[] = [];
  hasEnded = false;
  isEndDelivered = false;
  isDestroyed = false;
  isClosed = false;

  start(receiver: TransportReceiver): void {
    this.receiver = receiver;
  }
  write(chunk: Uint8Array): boolean {
    if (!this.hasEnded && !this.isDestroyed) this.wire.push(chunk);
    return true;
  }
  end(): void {
    this.hasEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

export interface LinkedPairOptions {
  client?: Partial<SessionOptions>;
  server?: Partial<SessionOptions>;
  /** Chops, merges and delays what is on the wire. Without it every write arrives as it was. */
  random?: Seeded;
}

export class LinkedPair {
  readonly clock: VirtualClock = new VirtualClock();
  readonly client: Session;
  readonly server: Session;
  /** Streams that the server accepted. */
  readonly accepted: Stream[] = [];
  /** While true nothing is delivered. */
  isHeld = false;
  /** Bytes delivered in both directions. */
  delivered = 0;
  readonly #ends: readonly [WireEnd, WireEnd] = [new WireEnd(), new WireEnd()];
  readonly #random: Seeded | undefined;
  readonly #tasks: (() => void)[] = [];
  #cutAfter = Infinity;
  #cut: Cut = "loss";

  constructor(options: LinkedPairOptions = {}) {
    this.#random = options.random;
    const shared = { clock: this.clock, schedule: (task: () => void) => void this.#tasks.push(task) };
    const [left, right] = this.#ends;
    this.client = new Session(left, { role: "client", ...shared, ...options.client });
    const onStream = (stream: Stream): void => void this.accepted.push(stream);
    this.server = new Session(right, { role: "server", ...shared, onStream, ...options.server });
  }

  /** Both directions stop for good once `bytes` more have been delivered. */
  cutAfter(bytes: number, cut: Cut = "loss"): void {
    this.#cutAfter = this.delivered + bytes;
    this.#cut = cut;
  }

  /** Runs turns and delivers bytes until both sessions and all promises are at rest. */
  async settle(): Promise<void> {
    for (let quiet = 0, rounds = 0; quiet < 3; rounds++) {
      if (rounds > 200_000) throw new Error("the pair never comes to rest");
      const moved = this.#step();
      await Promise.resolve();
      quiet = moved ? 0 : quiet + 1;
    }
  }

  #step(): boolean {
    const tasks = this.#tasks.splice(0);
    for (const task of tasks) task();
    let moved = tasks.length > 0;
    if (!this.isHeld) {
      const [left, right] = this.#ends;
      moved = this.#carry(left, right) || moved;
      moved = this.#carry(right, left) || moved;
    }
    return moved;
  }

  #carry(from: WireEnd, to: WireEnd): boolean {
    if (from.isDestroyed && !from.isClosed) return this.#lose(from, to);
    if (to.isClosed || from.isClosed) return false;
    if (this.delivered >= this.#cutAfter) {
      return this.#cut === "loss" ? this.#lose(from, to) : this.#endBoth();
    }
    if (from.wire.length > 0) return this.#deliver(from, to);
    if (from.hasEnded && !from.isEndDelivered) {
      from.isEndDelivered = true;
      to.receiver.onEnd();
      return true;
    }
    return from.isEndDelivered && to.isEndDelivered ? [this.#close(from), this.#close(to)].some(Boolean) : false;
  }

  #deliver(from: WireEnd, to: WireEnd): boolean {
    const random = this.#random;
    if (random?.chance(0.2)) return true; // delayed by a step
    let chunk = random ? join(...from.wire.splice(0)) : from.wire.shift()!;
    const count = Math.min(chunk.length, random ? pieceBytes(random) : Infinity, this.#cutAfter - this.delivered);
    if (count < chunk.length) {
      from.wire.unshift(chunk.subarray(count));
      chunk = chunk.subarray(0, count);
    }
    this.delivered += chunk.length;
    const lent = chunk.slice();
    to.receiver.onData(lent);
    lent.fill(0xee); // the view was valid only for the call: whoever kept it reads nonsense
    return true;
  }

  #lose(...ends: readonly WireEnd[]): boolean {
    const closed = ends.map((end) => this.#close(end, new Error("connection reset")));
    return closed.some(Boolean);
  }

  #endBoth(): boolean {
    let moved = false;
    const [left, right] = this.#ends;
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      from.wire.length = 0;
      if (from.isEndDelivered) continue;
      from.isEndDelivered = from.hasEnded = moved = true;
      to.receiver.onEnd();
    }
    return moved || [this.#close(left), this.#close(right)].some(Boolean);
  }

  #close(end: WireEnd, error?: Error): boolean {
    if (end.isClosed) return false;
    end.isClosed = end.isDestroyed = true;
    end.receiver.onClose(error);
    return true;
  }
}

/** Mostly tiny, sometimes large: the sizes that find mistakes. */
function pieceBytes(random: Seeded): number {
  return random.chance(0.6) ? random.int(1, 16) : random.int(17, 70_000);
}
