/**
 * Reads one stream of the peer that carries payloads, one after the other, and keeps its window's books: bytes are given
 * back as records are taken. Knows where a record ends and whose it is, not what is in it.
 * Source: schema/peerwire/v1/payload.proto.
 */
import { ClosedError, ProtocolError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { StreamLike, StreamReceiver } from "../streams/contract.js";
import { DelimitedReader } from "./delimited-reader.js";
import { type Carrier, type Cost, FREE, type IncomingPayload } from "./incoming-payload.js";
import { LARGE_RECORD_BYTES, type PayloadRecord, readRecord } from "./payload-record.js";

/** Room for tags, lengths and an error beside an item of the largest size. */
const RECORD_OVERHEAD = 16 * 1024;

/**
 * Always: bytes held here, in a record that is arriving or in records that wait, are at most the window, and beyond it
 * one large record while somebody waits for it.
 */
export class PayloadStreamReader implements StreamReceiver, Carrier {
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
