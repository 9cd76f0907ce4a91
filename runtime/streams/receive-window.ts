/**
 * Credit that one stream has granted to its peer, in payload bytes. Always: granted >= 0, and granted + unread <= limit.
 * The limit starts at 256 KiB and follows the link's bandwidth-delay product, measured over whole round trips. It ends at
 * two and a half times the product: enough to keep the link full, and little enough that what stands in the link's queues
 * does not delay others for long.
 * Knows no frames; time is passed in.
 * Source: docs/mux.md, "Windows".
 */
import { ProtocolError } from "../base/errors.js";

/** What every yamux stream may send before the first window update. */
export const YAMUX_INITIAL_WINDOW_BYTES: number = 256 * 1024;
/** Half a window may be read and not yet granted anew, and the turns of both ends jitter: so many products fill the link. */
const PRODUCTS = 2.5;
/** What the turns of two busy event loops take, however short the link: bench/mux/README.md. */
const TURNS_MS = 0.2;
/** The rate is measured over a round trip, and not less than this: a reader that works off a backlog is no fast link. */
const LEAST_ROUND_MS = 1;
/** A sender that cuts its frames so small holds bulk back for small messages' sake (bulk-pace.ts): it is to hear often. */
const PACED_FRAME_BYTES = { least: 8 * 1024, most: 16 * 1024 };
const PACED_GRANT_BYTES = 32 * 1024;

/** What a growing window asks: time, the link's shortest round trip, and what the session can still spare. */
export interface WindowTuning {
  now(): number;
  /** Undefined until it has been measured; asking has it measured. */
  roundTripMs(): number | undefined;
  /** @returns by how much of `wanted` a window of `limit` bytes may grow, if at all; the session has then spent it. */
  takeSpare(limit: number, wanted: number): number;
}

export class ReceiveWindow {
  #limit: number;
  #granted: number; // what the peer may still send
  #unread = 0; // received, not yet read by the application
  #isPaced = false;
  #roundAt: number; // when the measurement of the rate began
  #roundBytes = 0;

  /** @param limit  what the peer may send at first, its implicit 256 KiB included. */
  constructor(limit: number, now: number) {
    this.#limit = limit;
    this.#granted = limit;
    this.#roundAt = now;
  }

  /** The sender waits for every grant: none may wait for the end of a turn. */
  get isPaced(): boolean {
    return this.#isPaced;
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
    this.#isPaced = bytes <= PACED_FRAME_BYTES.most && bytes >= PACED_FRAME_BYTES.least;
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
    const owed = this.#limit - this.#granted - this.#unread;
    const half = this.#limit / 2;
    if (owed < half && !(this.#isPaced && owed >= PACED_GRANT_BYTES)) return 0;
    this.#roundBytes += owed;
    const credit = owed + this.#growth(tuning);
    this.#granted += credit;
    return credit;
  }

  /** By how much the window grows: at the end of a round, towards so many products. */
  #growth(tuning: WindowTuning): number {
    const now = tuning.now();
    const tookMs = now - this.#roundAt;
    const roundTripMs = tuning.roundTripMs();
    if (roundTripMs !== undefined && tookMs < Math.max(roundTripMs, LEAST_ROUND_MS)) return 0;
    const bytesPerMs = this.#roundBytes / tookMs;
    this.#roundAt = now;
    this.#roundBytes = 0;
    if (roundTripMs === undefined) return 0;
    const wanted = PRODUCTS * bytesPerMs * (roundTripMs + TURNS_MS);
    if (wanted <= this.#limit) return 0;
    const growth = tuning.takeSpare(this.#limit, wanted - this.#limit);
    this.#limit += growth;
    return growth;
  }
}
