/**
 * Everything that a session is to send, and when it goes: once per turn of the event loop, in one write. Control frames
 * and small writes first, then bulk; about 128 KiB at a time (more where the transport takes that much at once), and
 * nothing while the transport is full, so that little waits in the socket and what is urgent need not stand behind it.
 * Does not know what arrives, nor what a stream is beyond `Sender`.
 * Source: docs/mux.md, "Sending".
 */
import type { Timer } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import { FrameType } from "../frames/header.js";
import { Backlog } from "./backlog.js";
import { BulkPace, PACED_FRAME_BYTES } from "./bulk-pace.js";
import { ControlFrames, type Debtor } from "./control-frames.js";
import type { OutboxHost, OutboxOptions, Sender } from "./outbox-contract.js";
import { Outlet } from "./outlet.js";
import { Scheduler, SMALL_QUEUE_BYTES } from "./scheduler.js";
import { SmallFrames } from "./small-frames.js";

/** Small writes of one turn do not wait for its end past this, then past twice as much: the peer works meanwhile. */
const EARLY_BYTES = 8 * 1024;
const EARLY_CHUNK_BYTES = 1024;
/** A transfer whose last bytes left so few flushes ago goes on. */
const GOING_ON_FLUSHES = 2;

export class Outbox {
  readonly #limits: Limits;
  readonly #host: OutboxHost;
  readonly #schedule: (task: () => void) => void;
  readonly #outlet: Outlet;
  readonly #backlog: Backlog;
  readonly #smallFrames: SmallFrames;
  readonly #scheduler = new Scheduler<Sender>();
  readonly #control: ControlFrames;
  readonly #pace = new BulkPace();
  #isFlushDue = false;
  #earlyBytes = EARLY_BYTES; // doubled with each write before the end of a turn
  #isClosed = false;
  #flushes = GOING_ON_FLUSHES + 1; // the number of the next one
  #hasSmall = false; // small messages left with this flush
  #hasNewBulk = false; // a stream has begun to send bulk since the last flush
  #retry: Timer | undefined; // for bulk that is held back
  #isHurried = false;

  constructor(options: OutboxOptions) {
    this.#limits = options.limits;
    this.#host = options.host;
    this.#schedule = options.schedule;
    this.#outlet = new Outlet(options.transport, options.onFrame);
    this.#backlog = new Backlog(options.limits);
    this.#smallFrames = new SmallFrames(this.#outlet.writer);
    this.#control = new ControlFrames(options.limits.maxQueuedPongs);
  }

  get queuedBytes(): number {
    return this.#backlog.bytes + this.#smallFrames.bytes;
  }
  get bytesOut(): number {
    return this.#outlet.bytesOut;
  }
  get framesOut(): number {
    return this.#outlet.writer.frames;
  }
  get blockedAt(): number | undefined {
    return this.#outlet.blockedAt;
  }
  get isIdle(): boolean {
    return this.queuedBytes + this.#control.size === 0;
  }

  /** Queues payload. @returns false where the writer is to wait for onDrain. */
  write(sender: Sender, chunk: Uint8Array): boolean {
    if (this.#isClosed) return false;
    if (this.#writeAtOnce(sender, chunk)) return true;
    if (sender.needsDrain) this.#judgeSlowPeer(); // a writer who did not wait
    this.#backlog.push(sender, chunk);
    const bytes = sender.waitingBytes + this.framedBytes(sender);
    if (!sender.isBulk && bytes > SMALL_QUEUE_BYTES) this.#onBulkQueued(sender);
    this.#wakeUp(sender);
    if (this.queuedBytes >= this.#earlyBytes) this.#sendEarly(sender, chunk.length);
    return this.#backlog.hasRoom(sender);
  }

  /** What `sender` has written leaves now, where nothing else waits: the peer works meanwhile. */
  flush(sender: Sender): void {
    if (this.#isAlone(sender)) this.#sendWaiting();
  }

  /** Bulk is to come, of which a small message of this flush tells: that is no reason to hold it back. */
  announceBulk(): void {
    this.#hasNewBulk = true;
  }

  /** What `sender` has written that is a frame already, and has not left. */
  framedBytes(sender: Sender): number {
    return this.#smallFrames.bytesOf(sender);
  }

  /** The stream has credit again, or its SYN may go. */
  wake(sender: Sender): void {
    if (sender.isSendable) this.#wakeUp(sender);
  }

  /** The stream's bytes are not to be sent any more. */
  drop(sender: Sender): void {
    this.#smallFrames.drop(sender);
    this.#backlog.drop(sender);
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
    if (!this.#outlet.isBlocked && !this.#isClosed) this.#sendWaiting();
  }

  onTransportDrain(): void {
    if (this.#outlet.onDrain(this.#host.now())) this.requestFlush();
  }

  requestFlush(): void {
    if (this.#isFlushDue || this.#isClosed || this.#outlet.isBlocked) return;
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
    this.#backlog.rest();
    const { writer } = this.#outlet;
    writer.take();
    if (last) writer.header(FrameType.goAway, 0, 0, last.goAwayCode);
    this.#handOver();
  }

  /** Gives memory back while the session is idle. */
  rest(): void {
    if (!this.isIdle) return;
    this.#outlet.writer.rest();
    this.#backlog.rest();
  }

  readonly #flush = (): void => {
    this.#isFlushDue = false;
    this.#earlyBytes = EARLY_BYTES;
    if (this.#isClosed || this.#outlet.isBlocked) return;
    this.#sendWaiting();
    this.#backlog.tellDrained();
    if (this.isIdle) this.#host.onIdle();
    else if (this.#control.size > 0 || this.#scheduler.hasSmall) this.requestFlush();
    else if (!this.#scheduler.isEmpty) this.#sendBulkLater();
  };

  #sendWaiting(): void {
    if (this.#pace.wantsPing) this.#pace.pinged(this.#host.probe());
    if (this.#smallFrames.bytes > 0) this.#hasSmall = true;
    this.#control.writeTo(this.#outlet.writer);
    this.#scheduler.run(
      this.#outlet.flushBytes - this.#smallFrames.bytes,
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

  #writeAtOnce(sender: Sender, chunk: Uint8Array): boolean {
    if (this.#outlet.isBlocked || this.#scheduler.hasSmall || this.#isGoingOn(sender)) return false;
    if (!this.#smallFrames.write(sender, chunk)) return false;
    sender.bulkFlush = 0;
    this.requestFlush();
    return true;
  }

  #onBulkQueued(sender: Sender): void {
    sender.isBulk = true;
    if (!this.#isGoingOn(sender)) this.#hasNewBulk = true;
  }

  /** Whether the stream is in the middle of a transfer. */
  #isGoingOn(sender: Sender): boolean {
    return this.#flushes - sender.bulkFlush <= GOING_ON_FLUSHES;
  }

  /** Many small writes of one stream, and nothing of any other: whatever is bulk keeps to its turns. */
  #sendEarly(sender: Sender, chunkBytes: number): void {
    if (chunkBytes > EARLY_CHUNK_BYTES || !this.#isAlone(sender)) return;
    this.#earlyBytes *= 2;
    this.#sendWaiting();
  }

  #isAlone(sender: Sender): boolean {
    if (this.#isClosed || this.#outlet.isBlocked) return false;
    return sender.waitingBytes + this.framedBytes(sender) === this.queuedBytes;
  }

  readonly #send = (sender: Sender): number => {
    const sent = this.#writeData(sender);
    this.#backlog.onSent(sender, sent);
    return sent;
  };

  #writeData(sender: Sender): number {
    const { maxSentPayloadBytes } = this.#limits;
    if (!sender.isBulk) {
      this.#hasSmall = true;
      sender.bulkFlush = 0;
      return sender.writeData(this.#outlet.writer, maxSentPayloadBytes);
    }
    const most = this.#pace.isPaced ? Math.min(PACED_FRAME_BYTES, maxSentPayloadBytes) : maxSentPayloadBytes;
    const sent = sender.writeData(this.#outlet.writer, most);
    sender.bulkFlush = this.#flushes;
    this.#pace.onBulk(sent);
    return sent;
  }

  #handOver(): void {
    this.#smallFrames.onHandedOver();
    if (this.#outlet.handOver()) return;
    this.#outlet.onBlocked(this.#host.now());
    this.#host.onBlocked();
  }

  #wakeUp(sender: Sender): void {
    if (!sender.isScheduled && sender.isSendable) this.#scheduler.add(sender);
    this.requestFlush();
  }

  #onControlQueued(): void {
    if (this.#isClosed) return;
    this.requestFlush();
    const error = this.#outlet.isBlocked ? this.#backlog.judgeControl(this.#control.size) : undefined;
    if (error) this.#host.onSlowPeer(error);
  }

  #judgeSlowPeer(): void {
    const error = this.#backlog.judge(this.bytesOut, this.#host.now());
    if (error) this.#host.onSlowPeer(error);
  }
}
