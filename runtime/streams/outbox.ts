/**
 * Everything that a session is to send, and when it goes: once per turn of the event loop, in one write. Control frames
 * first, then small writes, then bulk; about 128 KiB at a time (more where the transport takes that much at once), and
 * nothing while the transport is full, so that little waits in the socket and what is urgent need not stand behind it.
 * Does not know what arrives, nor what a stream is beyond `Sender`.
 * Source: docs/mux.md, "Sending".
 */
import type { Timer } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import { writeAll, type Transport } from "../bytes/transport.js";
import { FrameWriter } from "../frames/frame-writer.js";
import { FrameType } from "../frames/header.js";
import { BulkPace, PACED_FRAME_BYTES } from "./bulk-pace.js";
import { ControlFrames, type Debtor } from "./control-frames.js";
import type { OutboxHost, OutboxOptions, Sender } from "./outbox-contract.js";
import { Scheduler, SMALL_QUEUE_BYTES } from "./scheduler.js";
import { SmallWrites } from "./send-queue.js";
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

/** A transfer whose last bytes left so few flushes ago goes on. */
const GOING_ON_FLUSHES = 2;

export class Outbox {
  readonly #transport: Transport;
  readonly #limits: Limits;
  readonly #host: OutboxHost;
  readonly #schedule: (task: () => void) => void;
  readonly #writer: FrameWriter;
  readonly #small = new SmallWrites();
  readonly #scheduler = new Scheduler<Sender>();
  readonly #control: ControlFrames;
  readonly #pace = new BulkPace();
  readonly #drained: Sender[] = [];
  #queuedBytes = 0;
  #queuedStreams = 0;
  #isFlushDue = false;
  #earlyBytes = EARLY_BYTES; // doubled with each write before the end of a turn
  #isClosed = false;
  #flushBytes = FLUSH_BYTES;
  #flushes = GOING_ON_FLUSHES + 1; // the number of the next one
  #hasSmall = false; // small messages left with this flush
  #hasNewBulk = false; // a stream has begun to send bulk since the last flush
  #retry: Timer | undefined; // for bulk that is held back
  #isHurried = false;
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
    this.#control = new ControlFrames(options.limits.maxQueuedPongs);
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
    return this.#queuedBytes + this.#control.size === 0;
  }

  /** Queues payload. @returns false where the writer is to wait for onDrain. */
  write(sender: Sender, chunk: Uint8Array): boolean {
    if (this.#isClosed) return false;
    if (sender.needsDrain) this.#judgeSlowPeer(); // a writer who did not wait
    if (sender.queuedBytes === 0) {
      this.#queuedStreams++;
      sender.isBulk = false;
    }
    sender.sendQueue.push(chunk, this.#small);
    this.#queuedBytes += chunk.length;
    if (!sender.isBulk && sender.queuedBytes > SMALL_QUEUE_BYTES) this.#onBulkQueued(sender);
    this.#wakeUp(sender);
    if (this.#queuedBytes >= this.#earlyBytes) this.#sendEarly(sender, chunk.length);
    if (sender.queuedBytes < this.#highWaterBytes()) return true;
    sender.needsDrain = true;
    return false;
  }

  /** What `sender` has written leaves now, where nothing else waits: the peer works meanwhile. */
  flush(sender: Sender): void {
    if (this.#isAlone(sender)) this.#sendWaiting();
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

  queueControl(sender: Debtor): void {
    if (this.#control.add(sender)) this.#onControlQueued();
  }
  queuePing(opaque: number): void {
    this.#control.ping(opaque);
    this.#onControlQueued();
  }
  queuePong(opaque: number): void {
    if (this.#control.pong(opaque)) this.#onControlQueued();
  }
  queueReset(streamId: number): void {
    this.#control.reset(streamId);
    this.#onControlQueued();
  }
  queueGoAway(code: number): void {
    this.#control.goAway(code);
    this.#onControlQueued();
  }

  /** The peer has granted more to a stream: it may have bytes for it, and bulk that was held back may go on. */
  onGrant(sender: Sender, bytes: number): void {
    if (sender.bulkFlush > 0) this.#pace.onGrant(bytes);
    this.wake(sender);
    if (this.#pace.isPaced && !this.#scheduler.isEmpty) this.requestFlush();
  }
  onPong(opaque: number): void {
    if (this.#pace.onPong(opaque)) this.requestFlush();
  }

  /** What is queued now is not to wait for the end of the turn, only for that of the chunk being read. */
  hurry(): void {
    this.#isHurried = true;
  }
  onChunkRead(): void {
    if (!this.#isHurried) return;
    this.#isHurried = false;
    if (this.#blockedAt === undefined && !this.#isClosed) this.#sendWaiting();
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
    this.#control.close();
    this.#retry?.clear();
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
    else if (this.#control.size > 0 || this.#scheduler.hasSmall) this.requestFlush();
    else if (!this.#scheduler.isEmpty) this.#sendBulkLater();
  };

  #sendWaiting(): void {
    if (this.#pace.wantsPing) this.#pace.pinged(this.#host.probe());
    this.#control.writeTo(this.#writer);
    this.#scheduler.run(
      this.#flushBytes,
      this.#pace.isPaced ? this.#pace.room(this.#host.now()) : Infinity,
      this.#send,
    );
    this.#handOver();
    if (this.#hasSmall && !this.#hasNewBulk && this.#pace.hasBulk) {
      this.#pace.onSmall(this.#host.now(), this.#host.roundTripMs());
    }
    this.#hasSmall = this.#hasNewBulk = false;
    this.#flushes++;
  }

  #sendBulkLater(): void {
    const now = this.#host.now();
    if (!this.#pace.isPaced || this.#pace.wantsPing || this.#pace.room(now) > 0) return this.requestFlush();
    this.#retry ??= this.#host.after(this.#pace.retryAt! - now, () => {
      this.#retry = undefined;
      this.requestFlush();
    });
  }

  #onBulkQueued(sender: Sender): void {
    sender.isBulk = true;
    if (this.#flushes - sender.bulkFlush > GOING_ON_FLUSHES) this.#hasNewBulk = true;
  }

  /** Many small writes of one stream, and nothing of any other: whatever is bulk keeps to its turns. */
  #sendEarly(sender: Sender, chunkBytes: number): void {
    if (chunkBytes > EARLY_CHUNK_BYTES || !this.#isAlone(sender)) return;
    this.#earlyBytes *= 2;
    this.#sendWaiting();
  }

  #isAlone(sender: Sender): boolean {
    return !this.#isClosed && this.#blockedAt === undefined && sender.queuedBytes === this.#queuedBytes;
  }

  readonly #send = (sender: Sender): number => {
    const sent = this.#writeData(sender);
    if (sender.queuedBytes === 0) this.#queuedStreams--;
    this.#account(sent);
    if (sender.needsDrain && sender.queuedBytes <= this.#highWaterBytes() / 2) {
      sender.needsDrain = false;
      this.#drained.push(sender);
    }
    return sent;
  };

  #writeData(sender: Sender): number {
    const { maxSentPayloadBytes } = this.#limits;
    if (!sender.isBulk) {
      this.#hasSmall = true;
      sender.bulkFlush = 0;
      return sender.writeData(this.#writer, maxSentPayloadBytes);
    }
    const most = this.#pace.isPaced ? Math.min(PACED_FRAME_BYTES, maxSentPayloadBytes) : maxSentPayloadBytes;
    const sent = sender.writeData(this.#writer, most);
    sender.bulkFlush = this.#flushes;
    this.#pace.onBulk(sent);
    return sent;
  }

  #handOver(): void {
    this.bytesOut += this.#writer.bytes;
    const chunks = this.#writer.take();
    if (chunks.length === 0 || writeAll(this.#transport, chunks)) return;
    this.#blockedAt = this.#host.now();
    this.#host.onBlocked();
  }

  #tellDrained(): void {
    if (this.#drained.length > 0) for (const sender of this.#drained.splice(0)) sender.onDrain();
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

  #onControlQueued(): void {
    if (this.#isClosed) return;
    this.requestFlush();
    const error = this.#blockedAt === undefined ? undefined : this.#slowPeer.judgeControl(this.#control.size);
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
