/**
 * One outgoing payload at a time on a stream of the pool: its records, its end, and when the stream is free for the next
 * one (stream-pool.ts). Knows records as bytes; what an item is, and what it refers to, is decided above.
 * Source: schema/peerwire/v1/payload.proto.
 */
import { ClosedError } from "../base/errors.js";
import { COPIED_WRITE_BYTES, type StreamLike, type StreamReceiver } from "../streams/contract.js";
import type { WireError } from "./instruction.js";
import { RECORD_HEAD_BYTES, encodeMark, writeItemHead } from "./payload-record.js";
import { StreamKind, writeStreamKind } from "./stream-kind.js";

/** A value of so many bytes or fewer shares one write with its head, and may be used again once it was written. */
export const COPIED_VALUE_BYTES: number = COPIED_WRITE_BYTES - RECORD_HEAD_BYTES;

/** Where a small record is put together. Of all sessions, for a stream copies it at once. */
const scratch = new Uint8Array(COPIED_WRITE_BYTES);

/** A whole message, small or large, or items: nothing follows those on their stream. */
export type StreamUse = "small" | "large" | "items";

/** A stream of the pool, and whoever sends on it now. */
export class PooledStream implements StreamReceiver {
  readonly stream: StreamLike;
  lost: Error | undefined;
  /** What its payload is. */
  use: StreamUse = "small";
  user: { onRoom(): void; onLost(error: Error): void } | undefined;
  readonly #put: (stream: PooledStream) => void;
  #hasRoom = true; // little waits to be sent
  #isOut = true;

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

  /** Leaves the pool. */
  take(use: StreamUse): void {
    this.use = use;
    this.#isOut = true;
  }

  write(chunk: Uint8Array): boolean {
    return (this.#hasRoom = this.stream.write(chunk));
  }

  onDrain(): void {
    this.#hasRoom = true;
    if (this.user !== undefined) this.user.onRoom();
    else if (!this.#isLast) this.#giveBack();
  }

  onClose(error: Error | undefined): void {
    this.lost = error ?? new ClosedError("stream-closed", "the payload stream was closed");
    this.user?.onLost(this.lost);
    this.#giveBack();
  }

  /** Its payload is over. A last one counts until the receiver has ended the stream too. */
  release(): void {
    this.user = undefined;
    if (this.lost !== undefined) this.#giveBack();
    else if (this.#isLast) this.stream.end();
    else if (this.#hasRoom) this.#giveBack();
  }

  get #isLast(): boolean {
    return this.use === "items";
  }

  #giveBack(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
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
    this.#stream.write(encodeMark(this.#begin, undefined));
    this.#begin = 0;
  }

  /** @returns false when it is better to wait for `room`. `value` must not change, unless COPIED_VALUE_BYTES hold it. */
  write(value: Uint8Array, hasReferences: boolean): boolean {
    if (this.#done) return true;
    const stream = this.#stream;
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
    this.#stream.write(encodeMark(this.#begin, { error }));
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
