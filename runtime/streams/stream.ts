/**
 * One ordered stream of bytes in both directions, each with its own credit. Knows its own state, its windows and what
 * it still owes the peer (SYN, ACK, credit, FIN, RST); does not know other streams, when anything is sent (outbox.ts),
 * or what frames come in (frame-router.ts).
 * Source: contract.ts; stream-state.ts has the table of states.
 */
import { ClosedError } from "../base/errors.js";
import type { StreamId } from "../base/ids.js";
import type { FrameWriter } from "../frames/frame-writer.js";
import { Flag, FrameType } from "../frames/header.js";
import type { CloseNotices } from "./close-notices.js";
import type { SessionStream, StreamReceiver } from "./contract.js";
import { Delivery } from "./delivery.js";
import type { Outbox } from "./outbox.js";
import type { Sender } from "./outbox-contract.js";
import type { Opening } from "./openings.js";
import { ReceiveWindow, YAMUX_INITIAL_WINDOW_BYTES, type WindowTuning } from "./receive-window.js";
import { SendQueue } from "./send-queue.js";
import { SendWindow } from "./send-window.js";
import {
  isOver,
  isReadable,
  isWritable,
  STREAM_TRANSITIONS,
  type StreamEvent,
  type StreamState,
} from "./stream-state.js";

/** How far the opening has come. Ours: waiting, due, sent, acknowledged. The peer's: ackDue, acknowledged. */
type OpeningStep = "waiting" | "due" | "sent" | "ackDue" | "acknowledged";

/** What a stream asks of its session. */
export interface StreamHost {
  readonly outbox: Outbox;
  readonly tuning: WindowTuning;
  /** What the peer may send on a stream at first. */
  readonly windowBytes: number;
  /** The session has been closed: what is written from now on is dropped. */
  readonly isClosing: boolean;
  /** We have sent FIN and the peer has not. */
  onHalfClosed(stream: Stream): void;
  readonly closeNotices: CloseNotices;
  /** Over in both directions. Called once. */
  onOver(stream: Stream): void;
}

export class Stream implements SessionStream, Sender, Opening<Stream> {
  readonly id: StreamId;
  readonly #host: StreamHost;
  readonly #receiveWindow: ReceiveWindow;
  readonly #sendWindow = new SendWindow(YAMUX_INITIAL_WINDOW_BYTES);
  /** @internal */
  readonly sendQueue: SendQueue = new SendQueue();
  /** @internal Owned by the scheduler. */
  isScheduled = false;
  /** @internal Owned by the outbox, as the next three. */
  needsDrain = false;
  /** @internal */
  isBulk = false;
  /** @internal */
  bulkFlush = 0;
  /** @internal Owned by the small frames, as the next one. */
  smallFrameWrite = 0;
  /** @internal */
  smallFrameBytes = 0;
  /** @internal */
  isControlQueued = false;
  /** @internal When payload last moved; kept while half-closed. */
  progressAt = 0;
  /** @internal Owned by the table of streams, as the next two. */
  openingSince: number | undefined;
  /** @internal */
  openedBefore: Stream | undefined;
  /** @internal */
  openedAfter: Stream | undefined;
  #state: StreamState = "open";
  #opening: OpeningStep;
  #owedCredit: number; // decided by the receive window, not yet sent
  #isEndRequested = false;
  #isResetDue = false;
  readonly #delivery: Delivery = new Delivery(this);

  /** @internal Streams come from session.open() and from the session's onStream. */
  constructor(id: StreamId, host: StreamHost, opening: "waiting" | "ackDue", now: number) {
    this.id = id;
    this.#host = host;
    this.#opening = opening;
    this.#receiveWindow = new ReceiveWindow(host.windowBytes, now);
    this.#owedCredit = host.windowBytes - YAMUX_INITIAL_WINDOW_BYTES;
  }

  get state(): StreamState {
    return this.#state;
  }
  /** Whether the peer has accepted the stream; always true of one that the peer opened. */
  get isAcknowledged(): boolean {
    return this.#opening === "acknowledged" || this.#opening === "ackDue";
  }
  /** Bytes written and not yet handed to the transport. */
  get queuedBytes(): number {
    return this.sendQueue.bytes + this.#host.outbox.framedBytes(this);
  }
  /** Bytes that the peer lets us send now. */
  get sendCredit(): number {
    return this.#sendWindow.credit;
  }
  /** What the peer may have under way and unread here: it grows on a long, fast link. */
  get receiveWindowBytes(): number {
    return this.#receiveWindow.limit;
  }
  /** @internal */
  get waitingBytes(): number {
    return this.sendQueue.bytes;
  }
  /** @internal */
  get isSendable(): boolean {
    return this.sendQueue.bytes > 0 && this.#sendWindow.credit > 0 && this.#opening !== "waiting";
  }

  receive(receiver: StreamReceiver): void {
    this.#delivery.start(receiver);
    if (isOver(this.#state)) this.#queueCloseNotice();
  }

  consume(bytes: number): void {
    if (isOver(this.#state)) return;
    const credit = this.#receiveWindow.onRead(bytes, this.#host.tuning);
    if (credit === 0 || !isReadable(this.#state)) return; // a peer that has ended needs no credit
    this.#owedCredit += credit;
    this.#queueControl();
    if (this.#receiveWindow.isPaced) this.#host.outbox.hurry();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isEndRequested || this.#host.isClosing || !isWritable(this.#state)) return false;
    if (chunk.length === 0) return !this.needsDrain;
    return this.#host.outbox.write(this, chunk);
  }

  flush(): void {
    this.#host.outbox.flush(this);
  }

  announceBulk(): void {
    this.#host.outbox.announceBulk();
  }

  end(): void {
    if (this.#isEndRequested || !isWritable(this.#state)) return;
    this.#isEndRequested = true;
    if (this.sendQueue.bytes === 0) this.#queueControl();
  }

  reset(): void {
    this.abort(new ClosedError("stream-reset", `stream ${this.id} was reset by this side`));
  }

  /** As `reset`, with the error that onClose is to bring. */
  abort(error: Error): void {
    if (isOver(this.#state)) return;
    this.#delivery.stop();
    this.#isResetDue = this.#opening !== "waiting" && this.#opening !== "due"; // the peer has not heard of those
    this.#over("reset", error);
    if (this.#isResetDue) this.#queueControl();
  }

  // From here on: for the session.

  /** @internal It is this stream's turn to be opened. */
  startOpening(): void {
    if (this.#opening !== "waiting") return;
    this.#opening = "due";
    this.#queueControl();
    this.#host.outbox.wake(this);
  }
  /** @internal The peer is told that it has been accepted. */
  startAcknowledging(): void {
    this.#queueControl();
  }
  /** @internal @returns whether this was the first ACK. */
  onAck(): boolean {
    if (this.#opening !== "sent" && this.#opening !== "due") return false;
    this.#opening = "acknowledged";
    return true;
  }
  /** @internal @throws {ProtocolError} "window-overflow" */
  onWindowUpdate(delta: number): void {
    if (delta === 0) return;
    this.#sendWindow.onUpdate(delta);
    this.#host.outbox.onGrant(this, delta);
  }
  /** @internal A DATA frame is announced. @throws {ProtocolError} "window-exceeded" */
  onDataHeader(bytes: number): void {
    this.#receiveWindow.onData(bytes);
  }
  /** @internal What the peer may still send. */
  get grantedBytes(): number {
    return this.#receiveWindow.granted;
  }
  /** @internal */
  onData(chunk: Uint8Array): void {
    if (isOver(this.#state)) return; // reset by its receiver in the middle of a frame
    this.#delivery.onData(chunk);
  }
  /** @internal Only while the state allows it. */
  onFin(): void {
    this.#move("recvFin");
    this.#delivery.onEnd();
  }
  /** @internal The peer reset the stream, or the session is gone. What came before stays readable. */
  onGone(error: Error): void {
    if (!isOver(this.#state)) this.#over("reset", error);
  }

  /** @internal */
  writeControl(writer: FrameWriter): void {
    if (this.#isResetDue) return this.#writeReset(writer);
    if (isOver(this.#state) || this.#opening === "waiting") return;
    if (this.#opening === "due") this.#writeSyn(writer);
    const ack = this.#opening === "ackDue" ? Flag.ack : 0;
    const fin = this.#isFinDue() ? Flag.fin : 0;
    if (ack) this.#opening = "acknowledged";
    if (ack || fin || this.#owedCredit > 0) {
      writer.header(FrameType.windowUpdate, ack | fin, this.id, this.#owedCredit);
      this.#owedCredit = 0;
    }
    if (fin) this.#move("sendFin");
  }

  /** @internal */
  writeData(writer: FrameWriter, maxBytes: number): number {
    const bytes = Math.min(this.sendQueue.bytes, this.#sendWindow.credit, maxBytes);
    this.#sendWindow.spend(bytes);
    writer.header(FrameType.data, 0, this.id, bytes);
    this.sendQueue.moveTo(writer, bytes);
    // FIN goes alone: hashicorp/yamux wakes its reader at the flag, before the payload of the same frame is there.
    if (this.#isFinDue()) this.writeControl(writer);
    return bytes;
  }

  /** @internal */
  spendAtOnce(bytes: number): boolean {
    if (this.sendQueue.bytes > 0 || this.#sendWindow.credit < bytes || this.#opening === "waiting") return false;
    this.#sendWindow.spend(bytes);
    return true;
  }

  /** @internal */
  onDrain(): void {
    if (isWritable(this.#state)) this.#delivery.onDrain();
  }

  /** SYN goes alone as well: yamux-js knows no other flag beside it. */
  #writeSyn(writer: FrameWriter): void {
    writer.header(FrameType.windowUpdate, Flag.syn, this.id, this.#owedCredit);
    this.#owedCredit = 0;
    this.#opening = "sent";
  }

  #writeReset(writer: FrameWriter): void {
    this.#isResetDue = false;
    writer.header(FrameType.windowUpdate, Flag.rst, this.id, 0);
  }

  #isFinDue(): boolean {
    return this.#isEndRequested && this.sendQueue.bytes === 0 && isWritable(this.#state);
  }

  #queueControl(): void {
    if (this.#opening !== "waiting") this.#host.outbox.queueControl(this);
  }

  #move(event: StreamEvent): void {
    const next = STREAM_TRANSITIONS[this.#state][event];
    if (next === undefined) return;
    if (isOver(next)) this.#over(next, undefined);
    else {
      this.#state = next;
      if (next === "localClosed") this.#host.onHalfClosed(this);
    }
  }

  /** The only way out: state first, then the tables, then everyone is told. */
  #over(state: StreamState, error: Error | undefined): void {
    this.#state = state;
    this.#delivery.onOver(error);
    if (state === "reset") this.#host.outbox.drop(this);
    this.#host.onOver(this);
    this.#queueCloseNotice();
  }

  /** Never from inside a call of the receiver's own: it need not expect to be closed in the middle of its write. */
  #queueCloseNotice(): void {
    if (this.#delivery.takeClose()) this.#host.closeNotices.add(this.#delivery);
  }
}
