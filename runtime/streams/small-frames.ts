/**
 * Small writes that are frames at once: of a stream with nothing waiting, while the transport has room. They would go
 * first at the end of the turn anyway, so they are copied once, straight into that write, and stand in no line. Writes of
 * the same stream make that frame longer until another stream writes one; what comes after that waits in its queue.
 * Does not know when they leave, nor what else goes (outbox.ts). Source: docs/mux.md, "Sending".
 */
import type { FrameWriter } from "../frames/frame-writer.js";
import { FrameType, HEADER_BYTES } from "../frames/header.js";
import type { Debtor } from "./control-frames.js";
import { SMALL_QUEUE_BYTES } from "./scheduler.js";
import { COPIED_UP_TO_BYTES } from "./send-queue.js";

/** All of them in one write. */
const MOST_BYTES = 32 * 1024;

/** What this asks of a stream. */
export interface SmallSender extends Debtor {
  readonly id: number;
  /** The write that has a small frame of this stream, and its payload; only SmallFrames sets the two. */
  smallFrameWrite: number;
  smallFrameBytes: number;
  /** Takes credit for `bytes`. @returns false where some are waiting already, or may not be sent yet. */
  spendAtOnce(bytes: number): boolean;
}

export class SmallFrames {
  readonly #writer: FrameWriter;
  #write = 1; // the number of the one that is being filled
  #bytes = 0;
  #last: SmallSender | undefined; // whose frame was written last

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  /** Payload written so and not yet handed over. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What of it is this stream's. */
  bytesOf(sender: SmallSender): number {
    return sender.smallFrameWrite === this.#write ? sender.smallFrameBytes : 0;
  }

  /** @returns whether `chunk` has been written; otherwise it is to wait. */
  write(sender: SmallSender, chunk: Uint8Array): boolean {
    const count = chunk.length;
    if (count > COPIED_UP_TO_BYTES || this.#bytes + count > MOST_BYTES) return false;
    const before = this.bytesOf(sender);
    const isWritten = before === 0 ? this.#begin(sender, chunk) : this.#extend(sender, chunk, before);
    if (isWritten) this.#bytes += count;
    return isWritten;
  }

  /** The stream's bytes are not to be sent any more. */
  drop(sender: SmallSender): void {
    const bytes = this.bytesOf(sender);
    if (bytes === 0) return;
    this.#writer.withdrawData(sender.id);
    this.#bytes -= bytes;
    sender.smallFrameBytes = 0;
    this.#last = undefined;
  }

  onHandedOver(): void {
    this.#write++;
    this.#bytes = 0;
    this.#last = undefined;
  }

  #begin(sender: SmallSender, chunk: Uint8Array): boolean {
    if (!this.#writer.makeRoom(2 * HEADER_BYTES + chunk.length) || !sender.spendAtOnce(chunk.length)) return false;
    if (sender.isControlQueued) sender.writeControl(this.#writer);
    this.#writer.header(FrameType.data, 0, sender.id, chunk.length);
    this.#writer.append(chunk, 0, chunk.length);
    sender.smallFrameWrite = this.#write;
    sender.smallFrameBytes = chunk.length;
    this.#last = sender;
    return true;
  }

  #extend(sender: SmallSender, chunk: Uint8Array, before: number): boolean {
    const bytes = before + chunk.length;
    const isLast = this.#last === sender && this.#writer.isExtensible;
    if (!isLast || bytes > SMALL_QUEUE_BYTES || !this.#writer.makeRoom(chunk.length)) return false;
    if (!sender.spendAtOnce(chunk.length)) return false;
    this.#writer.extend(chunk, bytes);
    sender.smallFrameBytes = bytes;
    return true;
  }
}
