/**
 * What the outbox asks of streams and of its session, so that it can be read without either. No behaviour (outbox.ts).
 */
import type { Timer } from "../base/clock.js";
import type { ClosedError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import type { FrameHook, FrameWriter } from "../frames/frame-writer.js";
import type { Sendable } from "./scheduler.js";
import type { SendQueue } from "./send-queue.js";
import type { SmallSender } from "./small-frames.js";

/** What the outbox asks of a stream. */
export interface Sender extends Sendable, SmallSender {
  readonly sendQueue: SendQueue;
  /** Its writer was told to wait. Only the backlog sets it. */
  needsDrain: boolean;
  /** More than a small message has been queued since its queue was last empty. */
  isBulk: boolean;
  /** The flush that its last bulk left with; 0 where its last message was small. */
  bulkFlush: number;
  /** Writes one DATA frame of at most `maxBytes`. @returns its payload bytes. */
  writeData(writer: FrameWriter, maxBytes: number): number;
  onDrain(): void;
}

export interface OutboxHost {
  now(): number;
  after(delayMs: number, action: () => void): Timer;
  /** The link's shortest round trip; asking has it measured. */
  roundTripMs(): number | undefined;
  /** Sends a ping behind what has been written so far. @returns its value; undefined where it would be one too many. */
  probe(): number | undefined;
  /** The transport takes no more for now. */
  onBlocked(): void;
  /** All that was to be sent has been handed to the transport. */
  onIdle(): void;
  /** @param error  the session cannot go on. */
  onSlowPeer(error: ClosedError): void;
}

export interface OutboxOptions {
  readonly transport: Transport;
  readonly limits: Limits;
  readonly host: OutboxHost;
  readonly schedule: (task: () => void) => void;
  readonly onFrame: FrameHook | undefined;
}
