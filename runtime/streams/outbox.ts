/**
 * Everything that a session is to send, and when it goes: once per turn of the event loop, in one write. Control frames
 * first, then small writes, then bulk; about 128 KiB at a time (more where the transport takes that much at once), and
 * nothing while the transport is full, so that little waits in the socket and what is urgent need not stand behind it.
 * Does not know what arrives, nor what a stream is beyond `Sender`.
 * Source: docs/mux.md, "Sending".
 */
import type { ClosedError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import { FrameWriter, type FrameHook } from "../frames/frame-writer.js";
import { Flag, FrameType } from "../frames/header.js";
import { Fifo } from "./fifo.js";
import { Scheduler, type Sendable } from "./scheduler.js";
import { SmallWrites, type SendQueue } from "./send-queue.js";
import { SlowPeer } from "./slow-peer.js";

/** Payload per flush. What is handed to the socket can no longer be overtaken. */
const FLUSH_BYTES = 128 * 1024;
/** ... which costs nobody anything where the socket passes it on at once. */
const FAST_FLUSH_BYTES = 512 * 1024;
/** A transport that is full for no longer than this passes on what it is given. */
const FAST_DRAIN_MS = 0.5;
/** A stream's own queue: past the high mark its writer waits, under half of it he goes on. */
const STREAM_HIGH_BYTES = 256 * 1024;
const STREAM_LEAST_HIGH_BYTES = 1024;
/** Small writes of one turn do not wait for its end past this, then past twice as much: the peer works meanwhile. */
const EARLY_BYTES = 8 * 1024;
const EARLY_CHUNK_BYTES = 1024;

/** What the outbox asks of a stream. */
export interface Sender extends Sendable {
  readonly sendQueue: SendQueue;
  /** Its writer was told to wait. Only the outbox sets these two. */
  needsDrain: boolean;
  isControlQueued: boolean;
  /** Writes the stream's SYN, ACK, window update, FIN or RST, whichever are due. */
  writeControl(writer: FrameWriter): void;
  /** Writes one DATA frame of at most `maxBytes`. @returns its payload bytes. */
  writeData(writer: FrameWriter, maxBytes: number): number;
  onDrain(): void;
}

export interface OutboxHost {
  now(): number;
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

interface LooseFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly length: number;
}

export class Outbox {
  readonly #transport: Transport;
  readonly #limits: Limits;
  readonly #host: OutboxHost;
  readonly #schedule: (task: () => void) => void;
  readonly #writer: FrameWriter;
  readonly #small = new SmallWrites();
  readonly #scheduler = new Scheduler<Sender>();
  readonly #control = new Fifo<Sender>();
  readonly #loose = new Fifo<LooseFrame>(); // frames that belong to no live stream
  readonly #drained: Sender[] = [];
  #queuedPongs = 0;
  #queuedBytes = 0;
  #queuedStreams = 0;
  #isFlushDue = false;
  #earlyBytes = EARLY_BYTES; // doubled with each write before the end of a turn
  #isClosed = false;
  #flushBytes = FLUSH_BYTES;
  #blockedAt: number | undefined; // set from a full transport until its drain
  readonly #slowPeer: SlowPeer;
  bytesOut = 0;

  constructor(options: OutboxOptions) {
    this.#transport = options.transport;
    this.#limits = options.limits;
    this.#host = options.host;
    this.#schedule = options.schedule;
    this.#writer = new FrameWriter(options.onFrame);
    this.#slowPeer = new SlowPeer(options.limits);
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }
  get framesOut(): number {
    return this.#writer.frames;
  }
  get blockedAt(): number | undefined {
    return this.#blockedAt;
  }
  get isIdle(): boolean {
    return this.#queuedBytes === 0 && this.#control.size === 0 && this.#loose.size === 0;
  }

  /** Queues payload. @returns false where the writer is to wait for onDrain. */
  write(sender: Sender, chunk: Uint8Array): boolean {
    if (this.#isClosed) return false;
    if (sender.needsDrain) this.#judgeSlowPeer(); // a writer who did not wait
    if (sender.queuedBytes === 0) this.#queuedStreams++;
    sender.sendQueue.push(chunk, this.#small);
    this.#queuedBytes += chunk.length;
    this.#wakeUp(sender);
    if (this.#queuedBytes >= this.#earlyBytes) this.#sendEarly(sender, chunk.length);
    if (sender.queuedBytes < this.#highWaterBytes()) return true;
    sender.needsDrain = true;
    return false;
  }

  /** The stream has credit again, or its SYN may go. */
  wake(sender: Sender): void {
    if (sender.isSendable) this.#wakeUp(sender);
  }

  /** The stream's bytes are not to be sent any more. */
  drop(sender: Sender): void {
    if (sender.queuedBytes === 0) return;
    this.#queuedStreams--;
    this.#account(sender.sendQueue.clear());
  }

  queueControl(sender: Sender): void {
    if (sender.isControlQueued || this.#isClosed) return;
    sender.isControlQueued = true;
    this.#control.push(sender);
    this.#controlQueued();
  }
  queuePing(opaque: number): void {
    this.#queueLoose(FrameType.ping, Flag.syn, 0, opaque);
  }
  /** Dropped where too many wait: the peer asks, and does not read. */
  queuePong(opaque: number): void {
    if (this.#queuedPongs >= this.#limits.maxQueuedPongs) return;
    this.#queuedPongs++;
    this.#queueLoose(FrameType.ping, Flag.ack, 0, opaque);
  }
  queueReset(streamId: number): void {
    this.#queueLoose(FrameType.windowUpdate, Flag.rst, streamId, 0);
  }
  queueGoAway(code: number): void {
    this.#queueLoose(FrameType.goAway, 0, 0, code);
  }

  onTransportDrain(): void {
    if (this.#blockedAt === undefined) return;
    const isFast = this.#host.now() - this.#blockedAt <= FAST_DRAIN_MS;
    this.#flushBytes = isFast ? Math.min(FAST_FLUSH_BYTES, this.#flushBytes * 2) : FLUSH_BYTES;
    this.#blockedAt = undefined;
    this.requestFlush();
  }

  requestFlush(): void {
    if (this.#isFlushDue || this.#isClosed || this.#blockedAt !== undefined) return;
    this.#isFlushDue = true;
    this.#schedule(this.#flush);
  }

  /** Drops what is queued, hands over `last` as the only frame left (also to a full transport), and sends no more. */
  close(last?: { readonly goAwayCode: number }): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#scheduler.clear();
    this.#control.clear();
    this.#loose.clear();
    this.#small.rest();
    if (last) this.#writer.header(FrameType.goAway, 0, 0, last.goAwayCode);
    this.#handOver();
  }

  /** Gives memory back while the session is idle. */
  rest(): void {
    if (!this.isIdle) return;
    this.#writer.rest();
    this.#small.rest();
  }

  readonly #flush = (): void => {
    this.#isFlushDue = false;
    this.#earlyBytes = EARLY_BYTES;
    if (this.#isClosed || this.#blockedAt !== undefined) return;
    this.#sendWaiting();
    this.#tellDrained();
    if (this.isIdle) this.#host.onIdle();
    else if (!this.#scheduler.isEmpty || this.#control.size + this.#loose.size > 0) this.requestFlush();
  };

  #sendWaiting(): void {
    this.#writeLoose();
    this.#writeControl();
    this.#scheduler.run(this.#flushBytes, this.#send);
    this.#handOver();
  }

  /** Many small writes of one stream, and nothing of any other: whatever is bulk keeps to its turns. */
  #sendEarly(sender: Sender, chunkBytes: number): void {
    if (chunkBytes > EARLY_CHUNK_BYTES || sender.queuedBytes !== this.#queuedBytes || this.#blockedAt !== undefined)
      return;
    this.#earlyBytes *= 2;
    this.#sendWaiting();
  }

  #writeLoose(): void {
    for (let frame = this.#loose.shift(); frame; frame = this.#loose.shift()) {
      this.#writer.header(frame.type, frame.flags, frame.streamId, frame.length);
    }
    this.#queuedPongs = 0;
  }

  #writeControl(): void {
    for (let sender = this.#control.shift(); sender; sender = this.#control.shift()) {
      sender.isControlQueued = false;
      sender.writeControl(this.#writer);
    }
  }

  readonly #send = (sender: Sender): number => {
    const sent = sender.writeData(this.#writer, this.#limits.maxSentPayloadBytes);
    if (sender.queuedBytes === 0) this.#queuedStreams--;
    this.#account(sent);
    if (sender.needsDrain && sender.queuedBytes <= this.#highWaterBytes() / 2) {
      sender.needsDrain = false;
      this.#drained.push(sender);
    }
    return sent;
  };

  #handOver(): void {
    this.bytesOut += this.#writer.bytes;
    const chunks = this.#writer.take();
    if (chunks.length === 0 || writeAll(this.#transport, chunks)) return;
    this.#blockedAt = this.#host.now();
    this.#host.onBlocked();
  }

  #tellDrained(): void {
    if (this.#drained.length === 0) return;
    for (const sender of this.#drained.splice(0)) sender.onDrain();
  }

  #account(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#queuedBytes === 0) this.#small.reset();
    this.#slowPeer.onSent(this.#queuedBytes);
  }

  #wakeUp(sender: Sender): void {
    if (!sender.isScheduled && sender.isSendable) this.#scheduler.add(sender);
    this.requestFlush();
  }

  #queueLoose(type: number, flags: number, streamId: number, length: number): void {
    if (this.#isClosed) return;
    this.#loose.push({ type, flags, streamId, length });
    this.#controlQueued();
  }

  #controlQueued(): void {
    this.requestFlush();
    const count = this.#control.size + this.#loose.size;
    const error = this.#blockedAt === undefined ? undefined : this.#slowPeer.judgeControl(count);
    if (error) this.#host.onSlowPeer(error);
  }

  /** The more streams have bytes waiting, the less each may have: together about queuedBytesSoft. */
  #highWaterBytes(): number {
    const share = this.#limits.queuedBytesSoft / Math.max(1, this.#queuedStreams);
    return Math.max(STREAM_LEAST_HIGH_BYTES, Math.min(STREAM_HIGH_BYTES, share));
  }

  #judgeSlowPeer(): void {
    if (this.#queuedBytes <= this.#limits.queuedBytesHard) return;
    const error = this.#slowPeer.judgeBytes(this.#queuedBytes, this.bytesOut, this.#host.now());
    if (error) this.#host.onSlowPeer(error);
  }
}

/** In one write where the transport can. @returns false where it would rather have no more for now. */
function writeAll(transport: Transport, chunks: readonly Uint8Array[]): boolean {
  if (chunks.length === 1) return transport.write(chunks[0]!);
  if (transport.writeAll) return transport.writeAll(chunks);
  let hasRoom = true;
  for (const chunk of chunks) hasRoom = transport.write(chunk);
  return hasRoom;
}
