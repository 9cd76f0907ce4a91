/**
 * The engine of a session: joins reader, router, streams and outbox. Carries out what the rules decide (windows, flood
 * guard, keepalive, scheduler); holds few of its own.
 * Does not know frames' bytes (frames/), what a stream does with a frame (stream.ts), nor how a session ends (ending.ts).
 * Source: docs/mux.md.
 */
import { systemClock, type Clock, type Timer } from "../base/clock.js";
import { type ClosedError, errorFrom } from "../base/errors.js";
import type { StreamId } from "../base/ids.js";
import { resolveLimits, type Limits } from "../base/limits.js";
import { quietly } from "../base/quietly.js";
import type { Transport } from "../bytes/transport.js";
import { afterThisTurn } from "../bytes/turn.js";
import { FrameReader } from "../frames/frame-reader.js";
import type { FrameHeader } from "../frames/header.js";
import type { AcceptQueue } from "./accept-queue.js";
import { Admission } from "./admission.js";
import { CloseNotices } from "./close-notices.js";
import { Ending, type EndingHost } from "./ending.js";
import { FloodGuard } from "./flood-guard.js";
import { FrameRouter, type RouterHost } from "./frame-router.js";
import { Outbox } from "./outbox.js";
import type { OutboxHost } from "./outbox-contract.js";
import { Pinger } from "./pinger.js";
import { YAMUX_INITIAL_WINDOW_BYTES, type WindowTuning } from "./receive-window.js";
import { RecentStreams } from "./recent-streams.js";
import type { SessionEnd, SessionOptions, SessionStats } from "./session-contract.js";
import { StreamTable } from "./stream-table.js";
import { Stream, type StreamHost } from "./stream.js";
import { Timeouts, type TimeoutsHost } from "./timeouts.js";
import { WindowBudget } from "./window-budget.js";

export class SessionCore implements StreamHost, RouterHost, OutboxHost, TimeoutsHost, EndingHost {
  readonly limits: Limits;
  readonly streams: StreamTable;
  readonly recent: RecentStreams = new RecentStreams();
  readonly guard: FloodGuard;
  readonly outbox: Outbox;
  readonly tuning: WindowTuning;
  readonly #windows: WindowBudget;
  readonly windowBytes: number;
  readonly closeNotices: CloseNotices = new CloseNotices();
  chunkTime: number;
  readonly #onFrame: SessionOptions["onFrame"];
  readonly #onGoAway: SessionOptions["onGoAway"];
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  readonly #router: FrameRouter;
  readonly #pinger: Pinger;
  readonly #timeouts: Timeouts;
  readonly #admission: Admission;
  readonly #ending: Ending;
  #bytesIn = 0;

  /** @param queue  for the peer's streams, where there is no `onStream`. */
  constructor(transport: Transport, options: SessionOptions, queue?: AcceptQueue) {
    this.#onFrame = options.onFrame && quietly(options.onFrame);
    this.#onGoAway = options.onGoAway && quietly(options.onGoAway);
    this.#clock = options.clock ?? systemClock;
    this.limits = resolveLimits(options.limits);
    this.chunkTime = this.now();
    this.windowBytes = Math.max(this.limits.initialWindowBytes, YAMUX_INITIAL_WINDOW_BYTES);
    this.streams = new StreamTable(options.role, this.limits.maxUnacknowledgedStreams, options.firstStreamId);
    this.guard = new FloodGuard(this.limits, () => this.now());
    this.outbox = this.#createOutbox(transport, options);
    this.#pinger = new Pinger(this.outbox, this.#clock, this.limits);
    this.#timeouts = new Timeouts(this, this.#pinger, this.#clock);
    this.tuning = this.#windows = new WindowBudget(this.limits, this.#clock, this.#pinger);
    this.#admission = new Admission(options.onStream, queue, this.limits);
    this.#ending = new Ending(this, transport, this.#clock);
    this.#router = new FrameRouter(this);
    this.#reader = new FrameReader(this.#router);
    transport.start({
      onData: (chunk) => this.#onBytes(chunk),
      onDrain: () => this.outbox.onTransportDrain(),
      onEnd: () => this.#ending.onTransportEnd(),
      onClose: (error) => this.#ending.onTransportClose(error),
    });
  }

  // What the owner asks (session.ts has the promises).

  get closed(): Promise<SessionEnd> {
    return this.#ending.closed;
  }

  open(): Stream {
    this.#ending.demandOpen();
    const now = this.now();
    const stream = this.#createStream(this.streams.takeNextId(), "waiting", now);
    this.streams.addOutbound(stream, now);
    this.#timeouts.onOpening(now);
    return stream;
  }

  ping(): Promise<number> {
    return this.#pinger.ping();
  }

  goAway(): void {
    this.#ending.goAway();
  }
  close(graceMs: number): Promise<SessionEnd> {
    return this.#ending.close(graceMs);
  }
  destroy(error: Error): void {
    this.#ending.destroy(error);
  }

  stats(): SessionStats {
    return {
      streams: this.streams.size,
      inboundStreams: this.streams.inbound,
      bytesIn: this.#bytesIn,
      bytesOut: this.outbox.bytesOut,
      framesIn: this.#router.frames,
      framesOut: this.outbox.framesOut,
      queuedBytes: this.outbox.queuedBytes,
      roundTrip: this.#pinger.times,
    };
  }

  // What the transport tells.

  #onBytes(chunk: Uint8Array): void {
    this.#bytesIn += chunk.length;
    if (this.#ending.isOver) return this.#ending.discard(chunk);
    this.chunkTime = this.now();
    this.#timeouts.onBytes(this.chunkTime);
    try {
      this.#reader.push(chunk);
      this.outbox.onChunkRead();
    } catch (error) {
      this.destroy(errorFrom(error));
    }
  }

  // What the router tells.

  get admission(): "open" | "full" | "draining" {
    if (this.#ending.isDraining) return "draining";
    return this.#admission.isFull(this.streams.inbound) ? "full" : "open";
  }

  acceptInbound(id: number, credit: number): Stream {
    const stream = this.#createStream(id as StreamId, "ackDue", this.chunkTime);
    stream.onWindowUpdate(credit);
    this.streams.addInbound(stream);
    stream.startAcknowledging(); // now, not when the application accepts: Go gives up a session after 75 s without
    this.#admission.admit(stream);
    return stream;
  }

  refuse(id: number): void {
    this.outbox.queueReset(id);
  }
  onAcknowledged(stream: Stream): void {
    if (stream.onAck()) this.streams.onAcknowledged(stream, this.chunkTime);
  }
  onPing(opaque: number): void {
    this.outbox.queuePong(opaque);
  }
  onPong(opaque: number): void {
    this.#pinger.onPong(opaque);
    this.outbox.onPong(opaque);
  }
  onFrame(header: FrameHeader): void {
    this.#onFrame?.("in", header);
  }

  onGoAway(code: number): void {
    this.#ending.onGoAway(code);
    this.#onGoAway?.(code);
  }

  // What streams and the outbox tell.

  get isClosing(): boolean {
    return !this.#ending.isOpen;
  }
  now(): number {
    return this.#clock.now();
  }
  after(delayMs: number, action: () => void): Timer {
    return this.#clock.after(delayMs, action);
  }
  roundTripMs(): number | undefined {
    return this.#pinger.shortestMs();
  }
  probe(): number | undefined {
    return this.#pinger.probe();
  }

  onHalfClosed(stream: Stream): void {
    stream.progressAt = this.now();
    this.#timeouts.onHalfClosed(stream.progressAt);
  }

  onOver(stream: Stream): void {
    this.streams.remove(stream, this.chunkTime);
    this.#windows.giveBack(stream.receiveWindowBytes);
    if (stream.state === "reset") this.recent.remember(stream.id, stream.grantedBytes);
    this.#ending.onStreamOver();
  }

  onBlocked(): void {
    this.#timeouts.onBlocked();
  }

  onIdle(): void {
    this.#ending.onIdle();
  }

  onSlowPeer(error: ClosedError): void {
    this.destroy(error);
  }

  // What its end tells.

  get isMidFrame(): boolean {
    return this.#reader.isMidFrame;
  }
  onClosing(): void {
    this.#timeouts.onClosing();
  }
  onEnding(): void {
    this.#reader.stop();
    this.#timeouts.stop();
  }
  onEnded(error: ClosedError): void {
    this.#pinger.end(error);
    this.#admission.end(error);
  }

  // Parts.

  #createStream(id: StreamId, opening: "waiting" | "ackDue", now: number): Stream {
    this.#windows.take(this.windowBytes);
    return new Stream(id, this, opening, now);
  }

  #createOutbox(transport: Transport, { schedule = afterThisTurn }: SessionOptions): Outbox {
    const onFrame = this.#onFrame;
    const hook =
      onFrame &&
      ((header: FrameHeader) => {
        onFrame("out", header);
      });
    return new Outbox({ transport, limits: this.limits, host: this, schedule, onFrame: hook });
  }
}
