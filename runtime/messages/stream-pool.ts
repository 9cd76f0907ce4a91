/**
 * Outgoing payloads, and the streams that they share: as many at once as the limit says, the rest wait first in, first
 * out. A whole message keeps its stream until little of it is left to send, so that none stands behind a large one; then
 * the next one follows on it. A payload of items is the last on its stream: its consumer sets its own pace and may reset
 * it at any time, and neither must touch what would follow.
 * Does not know records (payload-sender.ts).
 */
import type { Limits } from "../base/limits.js";
import type { StreamLike } from "../streams/contract.js";
import { plainError } from "./error-fields.js";
import { LARGE_RECORD_BYTES, RECORD_HEAD_BYTES } from "./payload-record.js";
import { PayloadSender, PooledStream, type StreamUse } from "./payload-sender.js";

/** Of a message that waits for a stream: its bytes are let go of, and in its turn the receiver is told. */
export type Withdraw = () => void;

/** Large messages under way at once. With more, all would be there later, and the receiver would hold a part of each. */
const LARGE_AT_ONCE = 2;
/** Of the streams. The rest is for whole messages: those are soon over, and streams of items may last for ever. */
const ITEMS_SHARE = 0.75;

type Start = (stream: PooledStream | Error) => void;

export class StreamPool {
  readonly #open: () => StreamLike;
  readonly #idle: PooledStream[] = [];
  readonly #maxIdle: number;
  readonly #maxOut: number;
  readonly #most: Readonly<Record<StreamUse, number>>;
  readonly #out: Record<StreamUse, number> = { small: 0, large: 0, items: 0 };
  readonly #waiting: Readonly<Record<StreamUse, Start[]>> = { small: [], large: [], items: [] };
  #closed: Error | undefined;

  constructor(open: () => StreamLike, { maxPooledStreams, maxIdlePooledStreams }: Limits) {
    this.#open = open;
    this.#maxIdle = maxIdlePooledStreams;
    this.#maxOut = maxPooledStreams;
    this.#most = {
      small: maxPooledStreams,
      large: LARGE_AT_ONCE,
      items: Math.ceil(maxPooledStreams * ITEMS_SHARE),
    };
  }

  get stats(): { inUse: number; idle: number; waiting: number } {
    const { small, large, items } = this.#waiting;
    return { inUse: this.#inUse, idle: this.#idle.length, waiting: small.length + large.length + items.length };
  }

  get #inUse(): number {
    const { small, large, items } = this.#out;
    return small + large + items;
  }

  /**
   * Sends a whole payload. Nothing is reported: where it fails, the session or the receiver has ended.
   * @returns what withdraws it, where it has to wait for a stream.
   */
  sendWhole(payloadId: number, bytes: Uint8Array): Withdraw | undefined {
    const message = new WholeMessage(payloadId, bytes);
    this.#take(isLarge(bytes) ? "large" : "small", message.start);
    return message.isWaiting ? message.withdraw : undefined;
  }

  /** Begins a payload of items as soon as there is a stream for it: at once, where none waits. */
  begin(payloadId: number, ready: (sender: PayloadSender | Error) => void): void {
    this.#take("items", (stream) => {
      ready(stream instanceof Error ? stream : new PayloadSender(payloadId, stream));
    });
  }

  /** The session is gone: those who wait are told; those who send are told by their streams. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const waiting of Object.values(this.#waiting)) for (const start of waiting.splice(0)) start(this.#closed);
  }

  #take(use: StreamUse, start: Start): void {
    if (this.#closed !== undefined) start(this.#closed);
    else if (this.#hasRoom(use)) this.#hand(use, start);
    else this.#waiting[use].push(start);
  }

  #hasRoom(use: StreamUse): boolean {
    return this.#inUse < this.#maxOut && this.#out[use] < this.#most[use];
  }

  #hand(use: StreamUse, start: Start): void {
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
    this.#out[use]++;
    stream.take(use);
    start(stream);
  }

  readonly #put = (stream: PooledStream): void => {
    this.#out[stream.use]--;
    if (stream.lost === undefined) {
      if (this.#idle.length < this.#maxIdle) this.#idle.push(stream);
      else stream.stream.end();
    }
    this.#serve("small");
    this.#serve("large");
    this.#serve("items");
  };

  /** More than one, where a stream cannot be opened: nobody else would come to wake the rest. */
  #serve(use: StreamUse): void {
    const waiting = this.#waiting[use];
    while (waiting.length > 0 && this.#hasRoom(use)) this.#hand(use, waiting.shift()!);
  }
}

/** A payload of one record. */
class WholeMessage {
  isWaiting = true;
  readonly #payloadId: number;
  #bytes: Uint8Array | undefined; // until it is sent or withdrawn

  constructor(payloadId: number, bytes: Uint8Array) {
    this.#payloadId = payloadId;
    this.#bytes = bytes;
  }

  readonly start = (stream: PooledStream | Error): void => {
    this.isWaiting = false;
    const bytes = this.#bytes;
    this.#bytes = undefined;
    if (stream instanceof Error) return;
    const sender = new PayloadSender(this.#payloadId, stream);
    if (bytes !== undefined) {
      if (isLarge(bytes)) sender.announce();
      sender.write(bytes, false);
    }
    sender.end(bytes === undefined ? WITHDRAWN : undefined);
  };

  readonly withdraw = (): void => {
    this.#bytes = undefined;
  };
}

function isLarge(bytes: Uint8Array): boolean {
  return bytes.length + RECORD_HEAD_BYTES > LARGE_RECORD_BYTES;
}

/** CANCELLED: who waits for the message has been told already. */
const WITHDRAWN = plainError(1, "the message was withdrawn before it was sent");
