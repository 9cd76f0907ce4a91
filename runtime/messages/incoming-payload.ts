/**
 * Incoming payloads. The instruction that says what a payload is for, and the stream that carries it, come in either
 * order; they meet in IncomingPayloads. Records wait, decoded no further, until they are taken, and only then is the
 * stream's window given back: a consumer that pauses pauses the producer.
 */
import { ClosedError, ProtocolError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { StreamLike, StreamReceiver } from "../streams/contract.js";
import { DelimitedReader } from "./delimited-reader.js";
import type { WireError } from "./instruction.js";
import { type PayloadRecord, readRecord } from "./payload-record.js";

export type PayloadEvent =
  | { readonly kind: "item"; readonly value: Uint8Array; readonly hasReferences: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly error: WireError } // the producer's own error
  | { readonly kind: "lost"; readonly error: Error }; // the stream, or the session, is gone

/** Room for tags, lengths and an error beside an item of the largest size. */
const RECORD_OVERHEAD = 16 * 1024;
/** A record larger than this is paid for as it arrives: it could be larger than the window. */
const EAGER_BYTES = 64 * 1024;

/** One payload, from either side's first word of it until its end. */
export class IncomingPayload {
  readonly #queue: { event: PayloadEvent; credit: number }[] = [];
  #head = 0;
  #waiter: ((event: PayloadEvent) => void) | undefined;
  #last: PayloadEvent | undefined;
  #stream: StreamLike | undefined;
  #cancelled = false;
  readonly #onOver: () => void;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Whether nothing more will arrive. */
  get over(): boolean {
    return this.#last !== undefined;
  }

  /** The next record, or how the payload ended; after the end, that again. One at a time. */
  next(): Promise<PayloadEvent> {
    const event = this.#shift() ?? this.#last;
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve) => {
      this.#waiter = resolve;
    });
  }

  /** The consumer wants no more: the sender sees a reset. */
  cancel(): void {
    if (this.#cancelled || this.#last !== undefined) return;
    this.#cancelled = true;
    this.#queue.length = this.#head = 0;
    if (this.#stream !== undefined) this.#stream.reset();
    this.#settle({ kind: "lost", error: new ClosedError("stream-reset", "the stream was cancelled by its reader") });
  }

  /** The carrying stream has begun this payload. */
  bind(stream: StreamLike): void {
    if (this.#stream !== undefined) throw new ProtocolError("bad-instruction", "a payload that begins twice");
    this.#stream = stream;
    if (this.#cancelled) {
      stream.reset();
      this.#onOver();
    }
  }

  add(event: PayloadEvent, credit: number): void {
    if (this.#cancelled || this.#last !== undefined) return;
    if (event.kind !== "item") {
      this.#settle(event);
      return;
    }
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#queue.push({ event, credit });
      return;
    }
    this.#waiter = undefined;
    this.#stream?.consume(credit);
    waiter(event);
  }

  #shift(): PayloadEvent | undefined {
    const entry = this.#queue[this.#head];
    if (entry === undefined) return undefined;
    if (++this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#stream?.consume(entry.credit);
    return entry.event;
  }

  #settle(event: PayloadEvent): void {
    this.#last = event;
    // A cancelled payload that has no stream yet stays known, so that the stream can be reset when it comes.
    if (!this.#cancelled || this.#stream !== undefined) this.#onOver();
    this.#waiter?.(event);
    this.#waiter = undefined;
  }
}

/** All payloads of the peer that are under way. */
export class IncomingPayloads {
  readonly #limits: Limits;
  readonly #known = new Map<number, IncomingPayload>();
  readonly #claimed = new Set<number>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#known.size;
  }

  /** An instruction names a payload. @throws {ProtocolError} where it was named before. */
  claim(payloadId: number): IncomingPayload {
    if (payloadId === 0 || this.#claimed.has(payloadId)) {
      throw new ProtocolError(
        "bad-instruction",
        `payload ${payloadId} is named ${payloadId === 0 ? "but 0 is none" : "twice"}`,
      );
    }
    const payload = this.#find(payloadId);
    if (payload.over) this.#known.delete(payloadId);
    else this.#claimed.add(payloadId);
    return payload;
  }

  /** Reads one stream of payloads, as long as it lives. @param fail  ends the session. */
  receiver(stream: StreamLike, fail: (error: Error) => void): StreamReceiver {
    return new PayloadStreamReader(stream, this.#limits, (id) => this.#find(id), fail);
  }

  /** The session is gone. What has arrived whole stays readable. */
  close(error: Error): void {
    for (const payload of [...this.#known.values()]) payload.add({ kind: "lost", error }, 0);
    this.#known.clear();
    this.#claimed.clear();
  }

  #find(payloadId: number): IncomingPayload {
    let payload = this.#known.get(payloadId);
    if (payload === undefined) {
      payload = new IncomingPayload(() => {
        if (this.#claimed.delete(payloadId)) this.#known.delete(payloadId);
      });
      this.#known.set(payloadId, payload);
    }
    return payload;
  }
}

class PayloadStreamReader implements StreamReceiver {
  readonly #stream: StreamLike;
  readonly #reader: DelimitedReader;
  readonly #find: (payloadId: number) => IncomingPayload;
  readonly #fail: (error: Error) => void;
  #payload: IncomingPayload | undefined;
  #unpaid = 0; // bytes received whose window has not been given back, nor promised to a record

  constructor(
    stream: StreamLike,
    limits: Limits,
    find: (payloadId: number) => IncomingPayload,
    fail: (error: Error) => void,
  ) {
    this.#stream = stream;
    this.#reader = new DelimitedReader("a payload record", () => limits.maxMessageBytes + RECORD_OVERHEAD);
    this.#find = find;
    this.#fail = fail;
  }

  onData(chunk: Uint8Array): void {
    this.#unpaid += chunk.length;
    try {
      this.#reader.push(chunk, (message, owned) => {
        const credit = Math.min(
          this.#unpaid,
          message.length + (message.length < 0x80 ? 1 : message.length < 0x4000 ? 2 : 3),
        );
        this.#unpaid -= credit;
        this.#onRecord(readRecord(message, owned), credit);
      });
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if ((this.#reader.arriving ?? 0) > EAGER_BYTES) {
      this.#stream.consume(this.#unpaid);
      this.#unpaid = 0;
    }
  }

  onEnd(): void {
    if (this.#payload !== undefined || this.#reader.midway) this.#stream.reset();
    else this.#stream.end();
  }

  onDrain(): void {
    // Nothing is ever sent back.
  }

  onClose(error: Error | undefined): void {
    this.#payload?.add(
      { kind: "lost", error: error ?? new ClosedError("stream-closed", "the stream ended in the middle of a payload") },
      0,
    );
    this.#payload = undefined;
  }

  #onRecord(record: PayloadRecord, credit: number): void {
    if (record.payloadId !== 0) {
      if (this.#payload !== undefined)
        throw new ProtocolError("bad-instruction", `payload ${record.payloadId} begins inside another`);
      this.#payload = this.#find(record.payloadId);
      this.#payload.bind(this.#stream);
    }
    const payload = this.#payload;
    if (payload === undefined) throw new ProtocolError("bad-instruction", "a payload record outside a payload");
    if (record.value !== undefined)
      payload.add({ kind: "item", value: record.value, hasReferences: record.hasReferences }, credit);
    else this.#stream.consume(credit);
    if (record.end !== undefined) {
      this.#payload = undefined;
      const { error } = record.end;
      payload.add(error === undefined ? { kind: "end" } : { kind: "failed", error }, 0);
    }
  }
}
