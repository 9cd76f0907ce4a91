/**
 * One payload of the peer. Records wait, decoded no further, until they are taken, and only then is their stream's window
 * given back: a consumer that pauses pauses the producer. Does not know what an item is, nor how records arrive
 * (payload-stream-reader.ts). Source: schema/peerwire/v1/payload.proto.
 */
import { ClosedError, ProtocolError } from "../base/errors.js";
import type { WireError } from "./instruction.js";

export type PayloadEvent =
  | { readonly kind: "item"; readonly value: Uint8Array; readonly hasReferences: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly error: WireError } // the producer's own error
  | { readonly kind: "lost"; readonly error: Error }; // the stream, or the session, is gone

/** What a record has cost of its stream's window: what is still to be given back, and what was while it arrived. */
export interface Cost {
  readonly credit: number;
  readonly advanced: number;
}

/** Of what came with a record, or with none. */
export const FREE: Cost = { credit: 0, advanced: 0 };

/** The stream that carries a payload, as the payload sees it. */
export interface Carrier {
  /** A record has been taken: its window is given back. */
  taken(cost: Cost): void;
  /** Somebody waits for the next record. */
  awaited(): void;
  reset(): void;
}

/** Where records are kept that somebody waits for. */
export interface RecordRoom {
  /** @returns whether there is room for so many bytes now. */
  admit(bytes: number): boolean;
}

/** One payload, from either side's first word of it until its end. */
export class IncomingPayload {
  readonly id: number;
  /** An instruction has named it. */
  isClaimed = false;
  readonly #queue: { event: PayloadEvent; cost: Cost }[] = [];
  #head = 0;
  #waiter: ((event: PayloadEvent) => void) | undefined;
  #last: PayloadEvent | undefined;
  #carrier: Carrier | undefined;
  #unwanted: "cancelled" | "discarded" | undefined;
  readonly #onOver: (payload: IncomingPayload) => void;
  /** Asked before a large record that somebody waits for is let in. */
  room: RecordRoom | undefined;

  /** @param onOver  told when nothing more will arrive. */
  constructor(id: number, onOver: (payload: IncomingPayload) => void) {
    this.id = id;
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
    return this.#waiter !== undefined && (this.room === undefined || this.room.admit(bytes));
  }

  /** Where there was no room, there may be some now. */
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
    if (this.#carrier !== undefined) this.#onOver(this);
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
      this.#onOver(this);
    }
  }

  add(event: PayloadEvent, cost: Cost): void {
    if (this.#unwanted === "discarded") {
      if (event.kind === "item") this.#carrier?.taken(cost);
      else this.#onOver(this);
      return;
    }
    if (this.#last !== undefined) return;
    if (event.kind !== "item") {
      this.#settle(event);
      this.#onOver(this);
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
