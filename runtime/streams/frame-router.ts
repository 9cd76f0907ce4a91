/**
 * Every inbound frame, to the stream or the session that it concerns. Judges what a header claims before the payload is
 * looked at: who may open what, who exceeds what, and what is forgiven because it crossed something of ours.
 * Does not send, except through its host. Source: docs/protocol.md, "Violations and answers".
 */
import { ClosedError, ProtocolError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { FrameReceiver } from "../frames/frame-reader.js";
import { Flag, FrameType, type FrameHeader } from "../frames/header.js";
import { TINY_UPDATE_BYTES, type FloodGuard } from "./flood-guard.js";
import { YAMUX_INITIAL_WINDOW_BYTES } from "./receive-window.js";
import type { RecentStreams } from "./recent-streams.js";
import type { StreamTable } from "./stream-table.js";
import type { Stream } from "./stream.js";
import { isOver, isReadable } from "./stream-state.js";

export interface RouterHost {
  readonly limits: Limits;
  readonly streams: StreamTable;
  readonly recent: RecentStreams;
  readonly guard: FloodGuard;
  /** What a stream of the peer's may send at first. */
  readonly windowBytes: number;
  /** Whether the peer may open one more stream now. "draining" is our doing, "full" the peer's. */
  readonly admission: "open" | "full" | "draining";
  /** Time of the chunk being read. */
  readonly chunkTime: number;
  /** A stream of the peer's: registered, acknowledged, handed to the application. */
  acceptInbound(id: number, credit: number): Stream;
  refuse(id: number): void;
  onAcknowledged(stream: Stream): void;
  onPing(opaque: number): void;
  onPong(opaque: number): void;
  onGoAway(code: number): void;
  onFrame(header: FrameHeader): void;
}

export class FrameRouter implements FrameReceiver {
  readonly #host: RouterHost;
  #current: Stream | undefined; // whose payload is coming in; undefined where it is discarded
  #isFinComing = false; // the frame being read ends the stream once its payload is in
  frames = 0;

  constructor(host: RouterHost) {
    this.#host = host;
  }

  onHeader(header: FrameHeader): void {
    this.frames++;
    this.#host.onFrame(header);
    switch (header.type) {
      case FrameType.data:
        return this.#onDataFrame(header);
      case FrameType.windowUpdate:
        return this.#onWindowUpdate(header);
      case FrameType.ping:
        return this.#onPing(header);
      case FrameType.goAway:
        return this.#host.onGoAway(header.length);
    }
  }

  onPayload(chunk: Uint8Array): void {
    this.#current?.onData(chunk);
  }

  onDataEnd(): void {
    const stream = this.#current;
    this.#current = undefined;
    if (stream && this.#isFinComing) this.#onFin(stream);
  }

  #onDataFrame(header: FrameHeader): void {
    const { flags, length } = header;
    this.#current = undefined;
    this.#isFinComing = (flags & Flag.fin) !== 0;
    const stream = this.#findOrAccept(header);
    if (!stream) return;
    if (length === 0 && (flags & (Flag.syn | Flag.ack | Flag.fin | Flag.rst)) === 0) this.#host.guard.onEmptyFrame();
    if (length > 0 && !isReadable(stream.state)) return this.#onBrokenStream(stream, "sent DATA after its FIN");
    this.#judgeLength(length, stream.grantedBytes);
    stream.onDataHeader(length);
    stream.progressAt = this.#host.chunkTime;
    if (flags & Flag.ack) this.#host.onAcknowledged(stream);
    if (flags & Flag.rst) return this.#onReset(stream);
    if (!isOver(stream.state)) this.#current = stream;
  }

  #onWindowUpdate(header: FrameHeader): void {
    const { flags, length } = header;
    const stream = this.#findOrAccept(header);
    if (!stream) return;
    if (flags === 0 && length < TINY_UPDATE_BYTES) this.#host.guard.onEmptyFrame();
    if (flags & Flag.ack) this.#host.onAcknowledged(stream);
    if ((flags & Flag.syn) === 0) stream.onWindowUpdate(length); // that of a SYN was applied before the stream was accepted
    if (flags & Flag.rst) return this.#onReset(stream);
    if (flags & Flag.fin) this.#onFin(stream);
  }

  #findOrAccept(header: FrameHeader): Stream | undefined {
    if (header.flags & Flag.syn) return this.#onSyn(header);
    const stream = this.#host.streams.find(header.streamId);
    if (!stream) this.#onUnknownStream(header);
    return stream;
  }

  /** @returns the new stream; undefined where it is refused, or over already. */
  #onSyn(header: FrameHeader): Stream | undefined {
    const { streams, guard, recent, windowBytes, admission } = this.#host;
    const { streamId: id, flags } = header;
    const payloadBytes = header.type === FrameType.data ? header.length : 0;
    if (id === 0 || streams.isOurs(id)) {
      throw new ProtocolError("bad-stream-id", `the peer opened stream ${id}, which is not one of its ids`);
    }
    if (streams.find(id)) throw new ProtocolError("duplicate-stream", `the peer opened stream ${id} twice`);
    this.#judgeLength(payloadBytes, windowBytes);
    if (payloadBytes > windowBytes) {
      throw new ProtocolError(
        "window-exceeded",
        `stream ${id} opens with ${payloadBytes} bytes; the window is ${windowBytes}`,
      );
    }
    if (flags & Flag.rst) {
      guard.onReset();
      return undefined;
    }
    if (admission !== "open") {
      if (admission === "full") guard.onRefused();
      else guard.onInvalid(0);
      recent.remember(id, YAMUX_INITIAL_WINDOW_BYTES - payloadBytes);
      this.#host.refuse(id);
      return undefined;
    }
    recent.forget(id);
    return this.#host.acceptInbound(id, header.type === FrameType.windowUpdate ? header.length : 0);
  }

  #onFin(stream: Stream): void {
    if (!isReadable(stream.state)) return this.#onBrokenStream(stream, "sent FIN twice");
    stream.onFin();
  }

  #onReset(stream: Stream): void {
    stream.onGone(new ClosedError("stream-reset", `stream ${stream.id} was reset by the peer`));
    this.#host.guard.onReset();
  }

  /** The peer broke this stream only: it is reset, which counts as a reset of the peer's. */
  #onBrokenStream(stream: Stream, what: string): void {
    if (isOver(stream.state)) return; // it ended while this frame was under way
    stream.abort(new ClosedError("stream-reset", `the peer ${what} on stream ${stream.id}`));
    this.#host.guard.onReset();
  }

  #onUnknownStream(header: FrameHeader): void {
    const { streams, recent, guard } = this.#host;
    const payloadBytes = header.type === FrameType.data ? header.length : 0;
    this.#judgeLength(payloadBytes, payloadBytes <= this.#host.limits.maxFramePayloadBytes ? Infinity : 0);
    if (payloadBytes > 0 && recent.forgives(header.streamId, payloadBytes)) return; // our RST and this frame crossed
    if (payloadBytes === 0 && streams.hasBeenOpen(header.streamId)) return guard.onEmptyFrame(); // late, and harmless
    guard.onInvalid(payloadBytes);
  }

  /**
   * Payload is never collected here, so a frame as large as the window that we granted is harmless: Go sends what one
   * Write was given. What is beyond both the window and the limit is refused for its size.
   */
  #judgeLength(bytes: number, grantedBytes: number): void {
    const { maxFramePayloadBytes } = this.#host.limits;
    if (bytes <= maxFramePayloadBytes || bytes <= grantedBytes) return;
    throw new ProtocolError("frame-too-large", `a DATA frame of ${bytes} bytes; the limit is ${maxFramePayloadBytes}`);
  }

  #onPing(header: FrameHeader): void {
    if (header.streamId !== 0) return this.#host.guard.onInvalid(0);
    if (header.flags & Flag.syn) {
      if (this.#host.guard.mayAnswerPing()) this.#host.onPing(header.length);
    } else if (header.flags & Flag.ack) this.#host.onPong(header.length);
    else this.#host.guard.onInvalid(0);
  }
}
