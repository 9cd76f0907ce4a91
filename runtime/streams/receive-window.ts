/**
 * Credit that one stream has granted to its peer, in payload bytes. Always: granted >= 0, and granted + unread <= limit.
 * The limit starts at 256 KiB and follows the link's bandwidth-delay product: a window whose half is used up within a
 * round trip is what holds the sender back, so it grows by a quarter. It thus ends at about three times the product: enough
 * to keep the link full, and little enough that what stands in the link's queues does not delay others for long.
 * Knows no frames; time is passed in.
 * Source: docs/mux.md, "Windows".
 */
import { ProtocolError } from "../base/errors.js";

/** What every yamux stream may send before the first window update. */
export const YAMUX_INITIAL_WINDOW_BYTES: number = 256 * 1024;
/**
 * Half a window read within a round trip, and a quarter for its jitter: the window held the sender back, not the reader.
 * (A sender in step with its grants has half a window under way, and gets a grant each round trip.)
 */
const FAST_GRANT_ROUND_TRIPS = 1.25;
/** ... and what the turns of two busy event loops take, however short the link: bench/mux/README.md. */
const TURNS_MS = 0.2;

/** What a growing window asks: time, the link's shortest round trip, and what the session can still spare. */
export interface WindowTuning {
  now(): number;
  /** Undefined until it has been measured; asking has it measured. */
  roundTripMs(): number | undefined;
  /** @returns what a window of `limit` bytes may grow by, if anything; the session has then spent it. */
  takeSpare(limit: number): number;
}

export class ReceiveWindow {
  #limit: number;
  #granted: number; // what the peer may still send
  #unread = 0; // received, not yet read by the application
  #grantedAt = 0;

  /** @param limit  what the peer may send at first, its implicit 256 KiB included. */
  constructor(limit: number, now: number) {
    this.#limit = limit;
    this.#granted = limit;
    this.#grantedAt = now;
  }

  get limit(): number {
    return this.#limit;
  }
  get granted(): number {
    return this.#granted;
  }
  get unread(): number {
    return this.#unread;
  }

  /** A DATA frame of `bytes` is announced. @throws {ProtocolError} "window-exceeded" */
  onData(bytes: number): void {
    if (bytes > this.#granted) {
      throw new ProtocolError("window-exceeded", `a DATA frame of ${bytes} bytes against ${this.#granted} of window`);
    }
    this.#granted -= bytes;
    this.#unread += bytes;
  }

  /**
   * The application has read `bytes`.
   * @returns credit to grant now; 0 until half the window is owed, so that updates stay rare.
   * @throws {RangeError} where more is given back than was received: a bug of the reader.
   */
  onRead(bytes: number, tuning: WindowTuning): number {
    if (!(bytes >= 0 && bytes <= this.#unread)) {
      throw new RangeError(`consume(${bytes}) with ${this.#unread} bytes received and not yet consumed`);
    }
    this.#unread -= bytes;
    if (this.#limit - this.#granted - this.#unread < this.#limit / 2) return 0;
    this.#grow(tuning);
    const credit = this.#limit - this.#granted - this.#unread;
    this.#granted += credit;
    return credit;
  }

  #grow(tuning: WindowTuning): void {
    const now = tuning.now();
    const tookMs = now - this.#grantedAt;
    this.#grantedAt = now;
    const roundTripMs = tuning.roundTripMs();
    if (roundTripMs === undefined || tookMs > FAST_GRANT_ROUND_TRIPS * roundTripMs + TURNS_MS) return;
    this.#limit += tuning.takeSpare(this.#limit);
  }
}
