/**
 * The engine of a session: joins reader, router, streams and outbox, and owns the order of the end. Carries out what the
 * rules decide (windows, flood guard, keepalive, scheduler); holds few of its own.
 * Does not know frames' bytes (frames/), nor what a stream does with a frame (stream.ts).
 * Source: docs/mux.md, "The end of a session".
 */
import { systemClock, type Clock, type Timer } from "../base/clock.js";
import { ClosedError, errorFrom, ProtocolError } from "../base/errors.js";
import type { StreamId } from "../base/ids.js";
import { resolveLimits, type Limits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import { afterThisTurn } from "../bytes/turn.js";
import { FrameReader } from "../frames/frame-reader.js";
import { GoAwayCode, type FrameHeader } from "../frames/header.js";
import { Admission } from "./admission.js";
import { CloseNotices } from "./close-notices.js";
import { FloodGuard } from "./flood-guard.js";
import { FrameRouter, type RouterHost } from "./frame-router.js";
import { Linger, LINGER_MS } from "./linger.js";
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

/** open: all works. closing: what was written is being flushed. ended: streams are gone, the connection lingers. */
type Phase = "open" | "closing" | "ended" | "closed";

export class SessionCore implements StreamHost, RouterHost, OutboxHost, TimeoutsHost {
  readonly closed: Promise<SessionEnd>;
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
  readonly #transport: Transport;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  readonly #router: FrameRouter;
  readonly #pinger: Pinger;
  readonly #timeouts: Timeouts;
  readonly #admission: Admission;
  readonly #linger: Linger;
  readonly #end: SessionEnd = {};
  #resolveClosed!: (end: SessionEnd) => void;
  #phase: Phase = "open";
  #isDraining = false; // GoAway sent: nothing new from the peer
  #grace: Timer | undefined; // set by a close that waits for streams to end
  #bytesIn = 0;

  constructor(transport: Transport, options: SessionOptions) {
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#transport = transport;
    this.#options = options;
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
    this.#admission = new Admission(options.onStream, this.limits);
    this.#linger = new Linger(transport, this.#clock);
    this.#router = new FrameRouter(this);
    this.#reader = new FrameReader(this.#router);
    transport.start({
      onData: (chunk) => this.#onBytes(chunk),
      onDrain: () => this.outbox.onTransportDrain(),
      onEnd: () => this.#onTransportEnd(),
      onClose: (error) => this.#onTransportClose(error),
    });
  }

  // What the owner asks (session.ts has the promises).

  open(): Stream {
    if (this.#phase !== "open") throw new ClosedError("session-closed", "the session is closed", { dispatched: "no" });
    if (this.#isDraining || this.#end.goAwayCode !== undefined) {
      throw new ClosedError("session-draining", "GoAway was sent or received: no new streams", { dispatched: "no" });
    }
    const now = this.now();
    const stream = this.#createStream(this.streams.takeNextId(), "waiting", now);
    this.streams.addOutbound(stream, now);
    this.#timeouts.onOpening(now);
    return stream;
  }

  accept(): Promise<Stream> {
    return this.#admission.take();
  }

  ping(): Promise<number> {
    return this.#pinger.ping();
  }

  goAway(): void {
    if (this.#isDraining || this.#phase !== "open") return;
    this.#isDraining = true;
    this.outbox.queueGoAway(GoAwayCode.normal);
  }

  close(graceMs: number): Promise<SessionEnd> {
    if (this.#phase !== "open") return this.closed;
    this.goAway();
    if (graceMs === 0 || this.streams.size === 0) return this.#closeNow();
    this.#grace ??= this.#clock.after(graceMs, () => {
      const error = new ClosedError("session-closed", `the session was closed; its grace of ${graceMs} ms is over`);
      for (const stream of this.streams.all) stream.abort(error);
      void this.#closeNow();
    });
    return this.closed;
  }

  #closeNow(): Promise<SessionEnd> {
    if (this.#phase !== "open") return this.closed;
    this.#grace?.clear();
    this.#phase = "closing";
    this.outbox.requestFlush();
    this.#timeouts.onClosing();
    return this.closed;
  }

  destroy(error: Error): void {
    if (this.#phase === "ended" || this.#phase === "closed") return;
    this.#end.local = error;
    this.#fail(error);
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
    if (this.#phase === "ended" || this.#phase === "closed") return this.#linger.discard(chunk);
    this.chunkTime = this.now();
    this.#timeouts.onBytes(this.chunkTime);
    try {
      this.#reader.push(chunk);
      this.outbox.onChunkRead();
    } catch (error) {
      this.destroy(errorFrom(error));
    }
  }

  /** The peer closed its side: nothing can arrive any more. */
  #onTransportEnd(): void {
    if (this.#phase === "ended" || this.#phase === "closed") return this.#transport.end();
    const isGoodbye = this.#end.goAwayCode === GoAwayCode.normal || this.#phase === "closing";
    const where = this.#reader.isMidFrame ? "in the middle of a frame" : "without GoAway";
    if (isGoodbye && !this.#reader.isMidFrame) return this.#endOrderly();
    const error = new ClosedError(
      "transport-closed",
      `${this.#transport.description}: the peer closed the connection ${where}`,
    );
    this.#end.remote = error;
    this.outbox.close();
    this.#finish(error);
  }

  #onTransportClose(error: Error | undefined): void {
    if (this.#phase === "closed") return;
    if (this.#phase !== "ended") {
      const closed = new ClosedError(
        "transport-closed",
        describeLoss(this.#transport, error),
        error && { cause: error },
      );
      this.#end.remote = closed;
      this.outbox.close();
      this.#tellEveryone(closed);
    }
    this.#phase = "closed";
    this.#timeouts.stop();
    this.#linger.stop();
    this.#resolveClosed(this.#end);
  }

  // What the router tells.

  get admission(): "open" | "full" | "draining" {
    if (this.#isDraining) return "draining";
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
    if (this.#options.onFrame) this.#log("in", header);
  }

  onGoAway(code: number): void {
    this.#end.goAwayCode = code;
    if (code !== GoAwayCode.normal) {
      const error = new ProtocolError("goaway-received", `the peer ended the session with GoAway(${code})`);
      this.#end.remote = error;
      this.#fail(error);
    }
    ignoreThrown(() => this.#options.onGoAway?.(code));
  }

  #log(direction: "in" | "out", header: FrameHeader): void {
    ignoreThrown(() => this.#options.onFrame?.(direction, header));
  }

  // What streams and the outbox tell.

  get isClosing(): boolean {
    return this.#phase !== "open";
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
    if (this.#grace && this.streams.size === 0) void this.#closeNow();
  }

  onBlocked(): void {
    this.#timeouts.onBlocked();
  }

  /** Everything written has been handed over; while closing, that was the last of it. */
  onIdle(): void {
    if (this.#phase === "closing") this.#endOrderly();
  }

  onSlowPeer(error: ClosedError): void {
    this.destroy(error);
  }

  // The end, always in this order: state, tables, everyone is told, the connection.

  #endOrderly(): void {
    this.outbox.close();
    this.#finish(new ClosedError("session-closed", "the session was closed"), this.limits.writeTimeoutMs);
  }

  #fail(error: Error): void {
    const isPeersFault = error instanceof ProtocolError && error.code !== "goaway-received";
    this.outbox.close(isPeersFault ? { goAwayCode: GoAwayCode.protocolError } : undefined);
    if (isPeersFault) return this.#finish(error);
    this.#phase = "ended";
    this.#tellEveryone(error);
    this.#transport.destroy(error);
  }

  #finish(error: Error, lingerMs: number = LINGER_MS): void {
    this.#phase = "ended";
    this.#tellEveryone(error);
    this.#linger.start(lingerMs);
  }

  #tellEveryone(error: Error): void {
    this.#reader.stop();
    this.#timeouts.stop();
    this.#grace?.clear();
    for (const stream of this.streams.all) stream.onGone(error);
    this.#pinger.end(closedFor(error));
    this.#admission.end(closedFor(error));
  }

  // Parts.

  #createStream(id: StreamId, opening: "waiting" | "ackDue", now: number): Stream {
    this.#windows.take(this.windowBytes);
    return new Stream(id, this, opening, now);
  }

  #createOutbox(transport: Transport, { onFrame, schedule = afterThisTurn }: SessionOptions): Outbox {
    const hook =
      onFrame &&
      ((header: FrameHeader) => {
        this.#log("out", header);
      });
    return new Outbox({ transport, limits: this.limits, host: this, schedule, onFrame: hook });
  }
}

/** For those who only listen: what they throw is theirs, and the session goes on. */
function ignoreThrown(listener: () => void): void {
  try {
    listener();
  } catch {
    // Nothing depends on it.
  }
}

function closedFor(error: Error): ClosedError {
  return error instanceof ClosedError ? error : new ClosedError("session-closed", error.message, { cause: error });
}

function describeLoss(transport: Transport, error: Error | undefined): string {
  return `${transport.description}: the connection was lost${error ? `: ${error.message}` : ""}`;
}
