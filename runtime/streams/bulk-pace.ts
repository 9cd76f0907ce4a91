/**
 * How much bulk may be under way while small messages go beside it. What is in the link cannot be overtaken: on a short
 * link a transfer keeps megabytes there, and a small message waits a millisecond behind them. So while there are small
 * ones, bulk is held back to what the peer takes within a fraction of one; the window updates of its streams tell how far
 * it has come. On longer links the windows are small enough by themselves (receive-window.ts).
 * Pure: it decides, the outbox holds back; time is passed in. Source: docs/mux.md, "Small messages beside bulk".
 */

/** Bulk under way beside small messages where the round trip is next to nothing: bench/mux/README.md. */
const LEAST_UNDER_WAY_BYTES = 64 * 1024;
/** ... and more by so much for each millisecond of it past the first tenth. */
const UNDER_WAY_BYTES_PER_MS = 640 * 1024;
const NO_LINK_MS = 0.1;
/** Past this, windows follow the link's bandwidth-delay product closely enough. */
const LONGEST_ROUND_TRIP_MS = 2;
/** So long after the last small message, or the last bulk, there is nothing left to protect. */
const BESIDE_MS = 20;
/** Held back for so long with no window update, bulk goes on: the peer keeps what it has, and the link is empty. */
const HELD_MS = 5;
/** Frames of this size tell a receiver of ours that it is to grant often (receive-window.ts). */
export const PACED_FRAME_BYTES: number = 16 * 1024;

/**
 * free: nothing is held back. draining: what went before is let through, with a few frames and a ping behind it, so that
 * from its answer on we know what is under way. paced: up to the bound.
 */
type Phase = "free" | "draining" | "paced";

export class BulkPace {
  #phase: Phase = "free";
  #underWay = 0; // sent, and not granted anew; means nothing in the phase free
  #bound = LEAST_UNDER_WAY_BYTES;
  #grants: readonly [number, number] = [0, 0]; // the last two
  #smallAt = -Infinity;
  #isBulkNew = false; // bulk was sent since the last small message
  #bulkAt = -Infinity; // the last small message before which there was some
  #heldAt: number | undefined; // set from the first refusal until a window update
  #ping: number | undefined; // its answer ends the draining

  /** Whether bulk was sent not long ago, so that small messages are worth telling. */
  get hasBulk(): boolean {
    return this.#isBulkNew || this.#bulkAt !== -Infinity;
  }
  get isPaced(): boolean {
    return this.#phase !== "free";
  }
  /** Whether a ping is to be sent now, behind everything: `pinged` tells its value. */
  get wantsPing(): boolean {
    return this.#phase === "draining" && this.#ping === undefined && this.#underWay >= PACED_FRAME_BYTES;
  }
  /** When bulk that is held back is to be tried again, whatever happens until then. */
  get retryAt(): number | undefined {
    return this.#heldAt === undefined ? undefined : this.#heldAt + HELD_MS;
  }

  /** A small message left that announces no bulk. @param roundTripMs  the link's shortest; undefined: not known yet. */
  onSmall(now: number, roundTripMs: number | undefined): void {
    if (this.#isBulkNew) this.#bulkAt = now;
    this.#isBulkNew = false;
    if (now - this.#bulkAt > BESIDE_MS) {
      this.#bulkAt = -Infinity;
      return;
    }
    this.#smallAt = now;
    if (roundTripMs === undefined || roundTripMs > LONGEST_ROUND_TRIP_MS) return;
    this.#bound = LEAST_UNDER_WAY_BYTES + Math.max(0, roundTripMs - NO_LINK_MS) * UNDER_WAY_BYTES_PER_MS;
    if (this.#phase !== "free") return;
    this.#phase = "draining";
    this.#underWay = 0;
    this.#grants = [0, 0];
    this.#heldAt = undefined;
  }

  onBulk(bytes: number): void {
    this.#isBulkNew = true;
    this.#underWay += bytes;
  }

  /** A window update for a stream of bulk. */
  onGrant(bytes: number): void {
    if (this.#phase !== "paced") return;
    this.#underWay = Math.max(0, this.#underWay - bytes);
    this.#grants = [this.#grants[1], bytes];
    this.#heldAt = undefined;
  }

  /** @param opaque  undefined where no ping may be sent now: then time ends the draining. */
  pinged(opaque: number | undefined): void {
    this.#ping = opaque ?? NaN;
  }

  /** @returns whether bulk may go on. */
  onPong(opaque: number): boolean {
    if (this.#phase !== "draining" || opaque !== this.#ping) return false;
    this.#startPacing();
    return true;
  }

  /** Bytes of bulk that may leave now. */
  room(now: number): number {
    if (this.#phase === "free") return Infinity;
    if (now - this.#smallAt > BESIDE_MS) {
      this.#phase = "free";
      this.#ping = this.#heldAt = undefined;
      return Infinity;
    }
    if (this.#heldAt !== undefined && now - this.#heldAt >= HELD_MS) this.#startPacing();
    const room = this.#phase === "draining" ? PACED_FRAME_BYTES : this.#pacedBytes();
    if (room > this.#underWay) return room - this.#underWay;
    this.#heldAt ??= now;
    return 0;
  }

  /** Never less than what a peer that grants seldom waits for, or both would wait. One large grant is an old debt. */
  #pacedBytes(): number {
    return Math.max(this.#bound, Math.min(...this.#grants) + PACED_FRAME_BYTES);
  }

  #startPacing(): void {
    this.#phase = "paced";
    this.#underWay = 0;
    this.#ping = this.#heldAt = undefined;
  }
}
