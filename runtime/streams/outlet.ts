/**
 * Where frames leave: the transport, whether it has room, and how much it takes at once.
 * Does not decide what is sent, nor when (outbox.ts). Source: docs/mux.md, "Sending".
 */
import { writeAll, type Transport } from "../bytes/transport.js";
import { FrameWriter, type FrameHook } from "../frames/frame-writer.js";

/** Payload per flush. What is handed to the socket can no longer be overtaken. */
const FLUSH_BYTES = 128 * 1024;
/** ... which costs nobody anything where the socket passes it on at once. */
const FAST_FLUSH_BYTES = 512 * 1024;
/** A transport that is full for no longer than this passes on what it is given. */
const FAST_DRAIN_MS = 0.5;

export class Outlet {
  /** What is to be handed over next. */
  readonly writer: FrameWriter;
  readonly #transport: Transport;
  #blockedAt: number | undefined; // set from a full transport until its drain
  #flushBytes = FLUSH_BYTES;
  #bytesOut = 0;

  constructor(transport: Transport, onFrame: FrameHook | undefined) {
    this.#transport = transport;
    this.writer = new FrameWriter(onFrame);
  }

  /** Since when the transport has been full; undefined while it has room. */
  get blockedAt(): number | undefined {
    return this.#blockedAt;
  }
  get isBlocked(): boolean {
    return this.#blockedAt !== undefined;
  }
  /** How much payload is to be handed over at once. */
  get flushBytes(): number {
    return this.#flushBytes;
  }
  get bytesOut(): number {
    return this.#bytesOut;
  }

  /** Everything written so far, in one write. @returns whether there is room for more. */
  handOver(): boolean {
    this.#bytesOut += this.writer.bytes;
    const chunks = this.writer.take();
    return chunks.length === 0 || writeAll(this.#transport, chunks);
  }

  onBlocked(now: number): void {
    this.#blockedAt = now;
  }

  /** @returns whether it had been full. */
  onDrain(now: number): boolean {
    if (this.#blockedAt === undefined) return false;
    const isFast = now - this.#blockedAt <= FAST_DRAIN_MS;
    this.#flushBytes = isFast ? Math.min(FAST_FLUSH_BYTES, this.#flushBytes * 2) : FLUSH_BYTES;
    this.#blockedAt = undefined;
    return true;
  }
}
