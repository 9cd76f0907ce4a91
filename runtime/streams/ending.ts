/**
 * How a session ends, and that it has: the goodbye that lets everything out, the failure that says why, the loss of the
 * connection. Always in this order: state, tables, everyone is told, the connection. Owns the transport's last moments.
 * Does not know frames that come in, nor what streams hold (session-core.ts, stream.ts).
 * Source: docs/mux.md, "The end of a session".
 */
import type { Clock, Timer } from "../base/clock.js";
import { ClosedError, ProtocolError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import { GoAwayCode } from "../frames/header.js";
import { Linger, LINGER_MS } from "./linger.js";
import type { Outbox } from "./outbox.js";
import type { SessionEnd } from "./session-contract.js";
import type { StreamTable } from "./stream-table.js";

/** open: all works. closing: what was written is being flushed. ended: streams are gone, the connection lingers. */
type Phase = "open" | "closing" | "ended" | "closed";

/** What an end asks of its session. */
export interface EndingHost {
  readonly limits: Limits;
  readonly streams: StreamTable;
  readonly outbox: Outbox;
  /** Whether what came in so far stops in the middle of a frame. */
  readonly isMidFrame: boolean;
  /** From here on `close` is to come about in time. */
  onClosing(): void;
  /** Nothing more is read or timed. */
  onEnding(): void;
  /** Streams have been told; whoever else waits is to hear so. */
  onEnded(error: ClosedError): void;
}

export class Ending {
  /** Resolves once the connection is gone. Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #host: EndingHost;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #linger: Linger;
  readonly #end: SessionEnd = {};
  #resolveClosed!: (end: SessionEnd) => void;
  #phase: Phase = "open";
  #isDraining = false; // GoAway sent: nothing new from the peer
  #grace: Timer | undefined; // set by a close that waits for streams to end

  constructor(host: EndingHost, transport: Transport, clock: Clock) {
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#host = host;
    this.#transport = transport;
    this.#clock = clock;
    this.#linger = new Linger(transport, clock);
  }

  /** Neither closed nor closing. */
  get isOpen(): boolean {
    return this.#phase === "open";
  }
  /** Streams are gone, and what comes in is read by nobody. */
  get isOver(): boolean {
    return this.#phase === "ended" || this.#phase === "closed";
  }
  /** We have said that the peer is to open no more streams. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** @throws {ClosedError} "session-closed" | "session-draining": no stream can be opened. */
  demandOpen(): void {
    if (!this.isOpen) throw new ClosedError("session-closed", "the session is closed", { dispatched: "no" });
    if (this.#isDraining || this.#end.goAwayCode !== undefined) {
      throw new ClosedError("session-draining", "GoAway was sent or received: no new streams", { dispatched: "no" });
    }
  }

  goAway(): void {
    if (this.#isDraining || !this.isOpen) return;
    this.#isDraining = true;
    this.#host.outbox.queueGoAway(GoAwayCode.normal);
  }

  close(graceMs: number): Promise<SessionEnd> {
    if (!this.isOpen) return this.closed;
    this.goAway();
    if (graceMs === 0 || this.#host.streams.size === 0) return this.#closeNow();
    this.#grace ??= this.#clock.after(graceMs, () => {
      const error = new ClosedError("session-closed", `the session was closed; its grace of ${graceMs} ms is over`);
      for (const stream of this.#host.streams.all) stream.abort(error);
      void this.#closeNow();
    });
    return this.closed;
  }

  /** A stream is over; a close may have waited for it. */
  onStreamOver(): void {
    if (this.#grace && this.#host.streams.size === 0) void this.#closeNow();
  }

  /** Everything written has been handed over; while closing, that was the last of it. */
  onIdle(): void {
    if (this.#phase === "closing") this.#endOrderly();
  }

  destroy(error: Error): void {
    if (this.isOver) return;
    this.#end.local = error;
    this.#fail(error);
  }

  onGoAway(code: number): void {
    this.#end.goAwayCode = code;
    if (code === GoAwayCode.normal) return;
    const error = new ProtocolError("goaway-received", `the peer ended the session with GoAway(${code})`);
    this.#end.remote = error;
    this.#fail(error);
  }

  /** Bytes that came after the end. */
  discard(chunk: Uint8Array): void {
    this.#linger.discard(chunk);
  }

  /** The peer closed its side: nothing can arrive any more. */
  onTransportEnd(): void {
    if (this.isOver) return this.#transport.end();
    const isGoodbye = this.#end.goAwayCode === GoAwayCode.normal || this.#phase === "closing";
    const where = this.#host.isMidFrame ? "in the middle of a frame" : "without GoAway";
    if (isGoodbye && !this.#host.isMidFrame) return this.#endOrderly();
    const error = new ClosedError(
      "transport-closed",
      `${this.#transport.description}: the peer closed the connection ${where}`,
    );
    this.#end.remote = error;
    this.#host.outbox.close();
    this.#finish(error);
  }

  onTransportClose(error: Error | undefined): void {
    if (this.#phase === "closed") return;
    if (this.#phase !== "ended") {
      const loss = `${this.#transport.description}: the connection was lost${error ? `: ${error.message}` : ""}`;
      const closed = new ClosedError("transport-closed", loss, error && { cause: error });
      this.#end.remote = closed;
      this.#host.outbox.close();
      this.#tellEveryone(closed);
    }
    this.#phase = "closed";
    this.#linger.stop();
    this.#resolveClosed(this.#end);
  }

  #closeNow(): Promise<SessionEnd> {
    if (!this.isOpen) return this.closed;
    this.#grace?.clear();
    this.#phase = "closing";
    this.#host.outbox.requestFlush();
    this.#host.onClosing();
    return this.closed;
  }

  #endOrderly(): void {
    this.#host.outbox.close();
    this.#finish(new ClosedError("session-closed", "the session was closed"), this.#host.limits.writeTimeoutMs);
  }

  #fail(error: Error): void {
    const isPeersFault = error instanceof ProtocolError && error.code !== "goaway-received";
    this.#host.outbox.close(isPeersFault ? { goAwayCode: GoAwayCode.protocolError } : undefined);
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
    this.#host.onEnding();
    this.#grace?.clear();
    for (const stream of this.#host.streams.all) stream.onGone(error);
    this.#host.onEnded(closedFor(error));
  }
}

function closedFor(error: Error): ClosedError {
  return error instanceof ClosedError ? error : new ClosedError("session-closed", error.message, { cause: error });
}
