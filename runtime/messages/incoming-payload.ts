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
import { LARGE_RECORD_BYTES, type PayloadRecord, readRecord } from "./payload-record.js";

export type PayloadEvent =
  | { readonly kind: "item"; readonly value: Uint8Array; readonly hasReferences: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly error: WireError } // the producer's own error
  | { readonly kind: "lost"; readonly error: Error }; // the stream, or the session, is gone

/** Room for tags, lengths and an error beside an item of the largest size. */
const RECORD_OVERHEAD = 16 * 1024;

/** What a record has cost of its stream's window: what is still to be given back, and what was while it arrived. */
interface Cost {
  readonly credit: number;
  readonly advanced: number;
}

/** The stream that carries a payload, as the payload sees it. */
interface Carrier {
  /** A record has been taken: its window is given back. */
  taken(cost: Cost): void;
  /** Somebody waits for the next record. */
  awaited(): void;
  reset(): void;
}

/** One payload, from either side's first word of it until its end. */
export class IncomingPayload {
  readonly #queue: { event: PayloadEvent; cost: Cost }[] = [];
  #head = 0;
  #waiter: ((event: PayloadEvent) => void) | undefined;
  #last: PayloadEvent | undefined;
  #carrier: Carrier | undefined;
  #unwanted: "cancelled" | "discarded" | undefined;
  readonly #onOver: () => void;
  /** Asked before a large record that somebody waits for is let in: whether there is room for its bytes. */
  admit: ((bytes: number) => boolean) | undefined;

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
      this.#carrier?.awaited();
    });
  }

  /** The next record where it is there already and has no references, else undefined. For those that would not wait. */
  takeReady(): (PayloadEvent & { kind: "item" }) | undefined {
    const event = this.#queue[this.#head]?.event;
    if (event?.kind !== "item" || event.hasReferences) return undefined;
    this.#shift();
    return event;
  }

  /** Whether a record of so many bytes should come: somebody waits for it and has room, or it will be dropped. */
  wants(bytes: number): boolean {
    return this.#unwanted !== undefined || this.expects(bytes);
  }

  /** Whether somebody waits for a record of so many bytes, and has room for it. */
  expects(bytes: number): boolean {
    return this.#waiter !== undefined && (this.admit === undefined || this.admit(bytes));
  }

  /** Where `admit` said no, it may say yes now. */
  resume(): void {
    this.#carrier?.awaited();
  }

  /** The consumer wants no more, and its producer should stop: it sees a reset. */
  cancel(): void {
    if (this.#last !== undefined) return;
    this.#unwanted = "cancelled";
    this.#queue.length = this.#head = 0;
    this.#carrier?.reset();
    this.#settle({ kind: "lost", error: new ClosedError("stream-reset", "the stream was cancelled by its reader") });
    // One that has no stream yet stays known, so that the stream can be reset when it comes.
    if (this.#carrier !== undefined) this.#onOver();
  }

  /**
   * The consumer wants no more of a whole message. What is left of it is read and dropped: the sender may have done with
   * it, and a reset would lose the payload that follows on the same stream.
   */
  discard(): void {
    if (this.#last !== undefined) {
      this.#drop();
      return;
    }
    this.#unwanted = "discarded";
    this.#settle({ kind: "lost", error: new ClosedError("stream-closed", "the message was given up by its reader") });
    this.#drop();
  }

  /** The carrying stream has begun this payload. */
  bind(carrier: Carrier): void {
    if (this.#carrier !== undefined) throw new ProtocolError("bad-instruction", "a payload that begins twice");
    this.#carrier = carrier;
    if (this.#unwanted === "cancelled") {
      carrier.reset();
      this.#onOver();
    }
  }

  add(event: PayloadEvent, cost: Cost): void {
    if (this.#unwanted === "discarded") {
      if (event.kind === "item") this.#carrier?.taken(cost);
      else this.#onOver();
      return;
    }
    if (this.#last !== undefined) return;
    if (event.kind !== "item") {
      this.#settle(event);
      this.#onOver();
      return;
    }
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#queue.push({ event, cost });
      return;
    }
    this.#waiter = undefined;
    this.#carrier?.taken(cost);
    waiter(event);
  }

  #shift(): PayloadEvent | undefined {
    const entry = this.#queue[this.#head];
    if (entry === undefined) return undefined;
    if (++this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#carrier?.taken(entry.cost);
    return entry.event;
  }

  #drop(): void {
    while (this.#shift() !== undefined);
  }

  #settle(event: PayloadEvent): void {
    this.#last = event;
    this.#waiter?.(event);
    this.#waiter = undefined;
  }
}

/** All payloads of the peer that are under way. */
export class IncomingPayloads {
  readonly #limits: Limits;
  readonly #known = new Map<number, IncomingPayload>();
  readonly #claimed = new Set<number>();
  #bytesIn = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Of all payloads since the session began: only grows. */
  get bytesIn(): number {
    return this.#bytesIn;
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
    const find = (payloadId: number): IncomingPayload => this.#find(payloadId);
    return new PayloadStreamReader(stream, this.#limits, find, fail, (bytes) => {
      this.#bytesIn += bytes;
    });
  }

  /** The session is gone. What has arrived whole stays readable. */
  close(error: Error): void {
    for (const payload of [...this.#known.values()]) payload.add({ kind: "lost", error }, FREE);
    this.#known.clear();
    this.#claimed.clear();
  }

  #find(payloadId: number): IncomingPayload {
    let payload = this.#known.get(payloadId);
    if (payload === undefined) {
      const limit = this.#limits.maxPendingCalls + this.#limits.maxWaitingCalls;
      if (this.#known.size >= limit) {
        throw new ProtocolError(
          "bad-instruction",
          `more than ${limit} payloads under way (limits.maxPendingCalls and limits.maxWaitingCalls together)`,
        );
      }
      payload = new IncomingPayload(() => {
        if (this.#claimed.delete(payloadId)) this.#known.delete(payloadId);
      });
      this.#known.set(payloadId, payload);
    }
    return payload;
  }
}

const FREE: Cost = { credit: 0, advanced: 0 };

/**
 * Always: bytes held here, in a record that is arriving or in records that wait, are at most the window, and beyond it
 * one large record while somebody waits for it.
 */
class PayloadStreamReader implements StreamReceiver, Carrier {
  readonly #stream: StreamLike;
  readonly #reader: DelimitedReader;
  readonly #find: (payloadId: number) => IncomingPayload;
  readonly #fail: (error: Error) => void;
  readonly #onBytes: (bytes: number) => void;
  #payload: IncomingPayload | undefined;
  #unpaid = 0; // bytes received whose window has not been given back, nor is part of a record's cost
  #advanced = 0; // bytes of the arriving record whose window has been given back
  #debt = 0; // such bytes of records that wait to be taken

  constructor(
    stream: StreamLike,
    limits: Limits,
    find: (payloadId: number) => IncomingPayload,
    fail: (error: Error) => void,
    onBytes: (bytes: number) => void,
  ) {
    this.#stream = stream;
    this.#reader = new DelimitedReader(
      "a payload record",
      () => limits.maxMessageBytes + RECORD_OVERHEAD,
      (bytes) => this.#payload?.expects(bytes) === true,
    );
    this.#find = find;
    this.#fail = fail;
    this.#onBytes = onBytes;
  }

  onData(chunk: Uint8Array): void {
    this.#onBytes(chunk.length);
    this.#unpaid += chunk.length;
    try {
      // One copy for all records of the chunk, except where it is part of a large one that is put together anyway.
      if ((this.#reader.arriving ?? 0) > LARGE_RECORD_BYTES) this.#reader.push(chunk, this.#onMessage);
      else this.#reader.push(new Uint8Array(chunk), this.#onOwnMessage);
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#advance();
  }

  readonly #onMessage = (message: Uint8Array, owned: boolean): void => {
    const credit = Math.min(
      this.#unpaid,
      message.length + (message.length < 0x80 ? 1 : message.length < 0x4000 ? 2 : 3),
    );
    const cost = { credit, advanced: this.#advanced };
    this.#unpaid -= credit;
    this.#debt += cost.advanced;
    this.#advanced = 0;
    this.#onRecord(readRecord(message, owned), cost);
  };

  readonly #onOwnMessage = (message: Uint8Array): void => {
    this.#onMessage(message, true);
  };

  taken({ credit, advanced }: Cost): void {
    this.#debt -= advanced;
    this.#stream.consume(credit);
    if (advanced > 0) this.#advance();
  }

  reset(): void {
    this.#stream.reset();
  }

  awaited(): void {
    this.#advance();
  }

  /** A large record that somebody waits for, or nobody wants, is paid for as it arrives: it could not arrive otherwise. */
  #advance(): void {
    const arriving = this.#reader.arriving ?? 0;
    if (this.#debt > 0 || arriving <= LARGE_RECORD_BYTES) return;
    if (this.#payload === undefined) {
      this.#fail(
        new ProtocolError(
          "bad-instruction",
          `a record of ${arriving} bytes begins a payload; past ${LARGE_RECORD_BYTES}, a record without a value must name it first`,
        ),
      );
      return;
    }
    if (!this.#payload.wants(arriving)) return;
    const bytes = this.#unpaid;
    this.#advanced += bytes;
    this.#unpaid = 0;
    this.#stream.consume(bytes);
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
      FREE,
    );
    this.#payload = undefined;
  }

  #onRecord(record: PayloadRecord, cost: Cost): void {
    if (record.payloadId !== 0) {
      if (this.#payload !== undefined)
        throw new ProtocolError("bad-instruction", `payload ${record.payloadId} begins inside another`);
      this.#payload = this.#find(record.payloadId);
      this.#payload.bind(this);
    }
    const payload = this.#payload;
    if (payload === undefined) throw new ProtocolError("bad-instruction", "a payload record outside a payload");
    if (record.value !== undefined)
      payload.add({ kind: "item", value: record.value, hasReferences: record.hasReferences }, cost);
    else this.taken(cost);
    if (record.end !== undefined) {
      this.#payload = undefined;
      const { error } = record.end;
      payload.add(error === undefined ? { kind: "end" } : { kind: "failed", error }, FREE);
    }
  }
}
