/**
 * Outgoing payloads, and the streams that they share: as many at once as the limit says, the rest wait first in, first
 * out. Whole messages go one after the other on one stream. A payload of items is the last on its stream: its consumer
 * sets its own pace and may reset it at any time, and neither must touch what would follow.
 * Knows payloads as bytes; what an item is, and what it refers to, is decided above.
 */
import { ClosedError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { COPIED_WRITE_BYTES, type StreamLike, type StreamReceiver } from "../streams/contract.js";
import type { WireError } from "./instruction.js";
import { LARGE_RECORD_BYTES, RECORD_HEAD_BYTES, encodeMark, writeItemHead } from "./payload-record.js";
import { StreamKind, writeStreamKind } from "./stream-kind.js";

/** A value of so many bytes or fewer shares one write with its head, and may be used again once it was written. */
export const COPIED_VALUE_BYTES: number = COPIED_WRITE_BYTES - RECORD_HEAD_BYTES;

/** Where a small record is put together. Of all sessions, for a stream copies it at once. */
const scratch = new Uint8Array(COPIED_WRITE_BYTES);

export class StreamPool {
  readonly #open: () => StreamLike;
  readonly #limits: Limits;
  readonly #idle: PooledStream[] = [];
  readonly #waiting: ((stream: PooledStream | Error) => void)[] = []; // whole messages
  readonly #waitingItems: ((stream: PooledStream | Error) => void)[] = [];
  #inUse = 0;
  #itemsInUse = 0;
  #closed: Error | undefined;

  constructor(open: () => StreamLike, limits: Limits) {
    this.#open = open;
    this.#limits = limits;
  }

  get stats(): { inUse: number; idle: number; waiting: number } {
    return { inUse: this.#inUse, idle: this.#idle.length, waiting: this.#waiting.length + this.#waitingItems.length };
  }

  /** Sends a whole payload. Nothing is reported: where it fails, the session or the receiver has ended. */
  sendWhole(payloadId: number, bytes: Uint8Array): void {
    this.#take(false, (stream) => {
      if (stream instanceof Error) return;
      const sender = new PayloadSender(payloadId, stream);
      if (bytes.length + RECORD_HEAD_BYTES > LARGE_RECORD_BYTES) sender.announce();
      sender.write(bytes, false);
      sender.end(undefined);
    });
  }

  /** Begins a payload of items as soon as there is a stream for it: at once, where none waits. */
  begin(payloadId: number, ready: (sender: PayloadSender | Error) => void): void {
    this.#take(true, (stream) => {
      if (stream instanceof Error) {
        ready(stream);
        return;
      }
      stream.isLast = true;
      ready(new PayloadSender(payloadId, stream));
    });
  }

  #take(isItems: boolean, start: (stream: PooledStream | Error) => void): void {
    if (this.#closed !== undefined) start(this.#closed);
    else if (this.#hasRoom(isItems)) this.#hand(isItems, start);
    else (isItems ? this.#waitingItems : this.#waiting).push(start);
  }

  /** A quarter is kept for whole messages: those are soon over, and streams of items may last for ever. */
  #hasRoom(isItems: boolean): boolean {
    const { maxPooledStreams } = this.#limits;
    if (this.#inUse >= maxPooledStreams) return false;
    return !isItems || this.#itemsInUse < Math.ceil(maxPooledStreams * 0.75);
  }

  /** The session is gone: those who wait are told; those who send are told by their streams. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const waiter of [...this.#waiting.splice(0), ...this.#waitingItems.splice(0)]) waiter(this.#closed);
  }

  #hand(isItems: boolean, start: (stream: PooledStream | Error) => void): void {
    let stream = this.#idle.pop();
    while (stream?.lost !== undefined) stream = this.#idle.pop();
    if (stream === undefined) {
      try {
        stream = new PooledStream(this.#open(), this.#put);
      } catch (error) {
        start(error as Error);
        return;
      }
    }
    this.#inUse++;
    if (isItems) this.#itemsInUse++;
    start(stream);
  }

  readonly #put = (stream: PooledStream): void => {
    this.#inUse--;
    if (stream.isLast) this.#itemsInUse--;
    if (stream.lost === undefined) {
      if (this.#idle.length < this.#limits.maxIdlePooledStreams) this.#idle.push(stream);
      else stream.stream.end();
    }
    // More than one, where a stream cannot be opened: nobody else would come to wake the rest.
    while (this.#waiting.length > 0 && this.#hasRoom(false)) this.#hand(false, this.#waiting.shift()!);
    while (this.#waitingItems.length > 0 && this.#hasRoom(true)) this.#hand(true, this.#waitingItems.shift()!);
  };
}

/** A stream of the pool, and whoever sends on it now. */
class PooledStream implements StreamReceiver {
  readonly stream: StreamLike;
  lost: Error | undefined;
  /** Nothing follows the payload that it carries now. */
  isLast = false;
  user: { onRoom(): void; onLost(error: Error): void } | undefined;
  readonly #put: (stream: PooledStream) => void;
  #isBack = false;

  constructor(stream: StreamLike, put: (stream: PooledStream) => void) {
    this.stream = stream;
    this.#put = put;
    writeStreamKind(stream, StreamKind.payloads);
    stream.receive(this);
  }

  onData(chunk: Uint8Array): void {
    this.stream.consume(chunk.length); // Nothing is ever sent back on a payload stream.
  }

  onEnd(): void {
    // The receiver has half-closed its unused side.
  }

  onDrain(): void {
    this.user?.onRoom();
  }

  onClose(error: Error | undefined): void {
    this.lost = error ?? new ClosedError("stream-closed", "the payload stream was closed");
    this.user?.onLost(this.lost);
    if (this.isLast) this.#giveBack();
  }

  /** Its payload is over. A last one counts until the receiver has ended the stream too. */
  release(): void {
    this.user = undefined;
    if (this.isLast && this.lost === undefined) this.stream.end();
    else this.#giveBack();
  }

  #giveBack(): void {
    if (this.isLast && this.#isBack) return;
    this.#isBack = true;
    this.#put(this);
  }
}

/** Sends one payload: any number of records, then the end. */
export class PayloadSender {
  readonly #stream: PooledStream;
  #begin: number; // the payload's id until its first record has been written
  #done = false;
  #room: (() => void) | undefined;
  #onCancel: ((error: Error) => void) | undefined;
  #cancelled: Error | undefined;

  constructor(payloadId: number, stream: PooledStream) {
    this.#begin = payloadId;
    this.#stream = stream;
    stream.user = this;
  }

  /** Whether nothing more can be sent: the receiver has cancelled, or the session is gone. */
  isCancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  /** Is told when the receiver wants no more. */
  set onCancel(listener: (error: Error) => void) {
    this.#onCancel = listener;
    if (this.#cancelled !== undefined) listener(this.#cancelled);
  }

  /** Tells the receiver that the payload has begun, before there is anything to send. */
  announce(): void {
    if (this.#done || this.#begin === 0) return;
    this.#stream.stream.write(encodeMark(this.#begin, undefined));
    this.#begin = 0;
  }

  /** @returns false when it is better to wait for `room`. `value` must not change, unless COPIED_VALUE_BYTES hold it. */
  write(value: Uint8Array, hasReferences: boolean): boolean {
    if (this.#done) return true;
    const { stream } = this.#stream;
    const { length } = value;
    const head = writeItemHead(scratch, length, this.#begin, hasReferences);
    this.#begin = 0;
    if (length > COPIED_VALUE_BYTES) {
      stream.write(scratch.subarray(0, head));
      return stream.write(value);
    }
    if (length > 64) scratch.set(value, head);
    else for (let i = 0; i < length; i++) scratch[head + i] = value[i]!;
    return stream.write(scratch.subarray(0, head + length));
  }

  /** Settles when there is room again, or the payload was cancelled. */
  room(): Promise<void> {
    if (this.#done) return Promise.resolve();
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** Ends the payload. */
  end(error: WireError | undefined): void {
    if (this.#done) return;
    this.#stream.stream.write(encodeMark(this.#begin, { error }));
    this.#finish();
  }

  onRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }

  onLost(error: Error): void {
    if (this.#done) return;
    this.#cancelled = error;
    this.#finish();
    this.#onCancel?.(error);
  }

  #finish(): void {
    this.#done = true;
    this.#stream.release();
    this.onRoom();
  }
}
