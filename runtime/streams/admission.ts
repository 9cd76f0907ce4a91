/**
 * Streams that the peer opens: whether one more may come, and how it reaches the application, which gave an `onStream` or
 * asks for them one by one. Knows nothing of frames (frame-router.ts) and of our own streams.
 * Source: docs/protocol.md, "Violations and answers".
 */
import { ClosedError, errorFrom } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { AcceptQueue } from "./accept-queue.js";
import type { SessionOptions } from "./session-contract.js";
import type { Stream } from "./stream.js";

export class Admission {
  readonly #onStream: SessionOptions["onStream"];
  readonly #maxInbound: number;
  readonly #queue: AcceptQueue | undefined;

  /** @param queue  where streams wait to be asked for; needed where there is no `onStream`. */
  constructor(onStream: SessionOptions["onStream"], queue: AcceptQueue | undefined, limits: Limits) {
    this.#onStream = onStream;
    this.#queue = queue;
    this.#maxInbound = limits.maxInboundStreams;
  }

  /** @param inbound  live streams of the peer's. */
  isFull(inbound: number): boolean {
    return inbound >= this.#maxInbound || (!this.#onStream && this.#queue?.isFull === true);
  }

  /** Hands a stream to the application. One whose `onStream` throws or rejects is reset. */
  admit(stream: Stream): void {
    if (!this.#onStream) return this.#queue?.push(stream);
    try {
      const accepted = this.#onStream(stream);
      if (accepted instanceof Promise) accepted.catch((thrown: unknown) => abortFor(stream, thrown));
    } catch (thrown) {
      abortFor(stream, thrown);
    }
  }

  /** No stream will come any more. */
  end(error: Error): void {
    this.#queue?.end(error);
  }
}

function abortFor(stream: Stream, thrown: unknown): void {
  const cause = errorFrom(thrown);
  stream.abort(new ClosedError("stream-reset", `onStream threw for stream ${stream.id}: ${cause.message}`, { cause }));
}
