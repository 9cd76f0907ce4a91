/**
 * Streams with a kind: their opener says in the first bytes what they are for, and the other side sends them to whoever
 * is there for it. Streams are read side by side: one that says nothing holds up nobody, and is reset after a while.
 *   0        1              1+n
 *   | n      | kind, UTF-8  | what the opener writes
 * An offer of `peerwire/mux`; peerwire's own streams have kinds of their own (messages/stream-kind.ts).
 * Source: docs/mux.md, "Typed streams".
 */
import { systemClock, type Clock, type Timer } from "../base/clock.js";
import { ClosedError, errorFrom } from "../base/errors.js";
import type { StreamId } from "../base/ids.js";
import { ByteQueue } from "../bytes/byte-queue.js";
import type { StreamLike, StreamReceiver } from "./contract.js";

const MAX_KIND_BYTES = 255;
const ANNOUNCE_TIMEOUT_MS = 10_000;

export interface TypedStreamsOptions {
  /** How long a stream may take to say its kind, ms; 10,000 by default. Past it the stream is reset. */
  timeoutMs?: number;
  clock?: Clock;
}

/** Opens a stream of `kind`, whose first bytes say so. @throws {RangeError} for a kind of no bytes, or more than 255. */
export function openTyped<S extends StreamLike>(session: { open(): S }, kind: string): S {
  const name = new TextEncoder().encode(kind);
  if (name.length === 0 || name.length > MAX_KIND_BYTES) {
    throw new RangeError(`a stream kind of ${name.length} bytes; it has 1 to ${MAX_KIND_BYTES}`);
  }
  const stream = session.open();
  const announcement = new Uint8Array(1 + name.length);
  announcement[0] = name.length;
  announcement.set(name, 1);
  stream.write(announcement);
  return stream;
}

/**
 * What to give a session as `onStream`: each stream goes to the handler of its kind, once it has said it. A stream of a
 * kind that nobody handles, that ends before it has said it, or that takes too long, is reset; a handler that throws or
 * rejects loses its stream.
 */
export function typedStreams(
  handlers: Readonly<Record<string, (stream: StreamLike) => void | Promise<void>>>,
  options: TypedStreamsOptions = {},
): (stream: StreamLike) => void {
  const { timeoutMs = ANNOUNCE_TIMEOUT_MS, clock = systemClock } = options;
  return (stream) => {
    const typed = new TypedStream(stream, (kind) => {
      const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined;
      if (!handler) return stream.reset();
      const handled = handler(typed);
      if (handled instanceof Promise) handled.catch((thrown: unknown) => typed.fail(errorFrom(thrown)));
    });
    typed.waitForKind(clock.after(timeoutMs, () => stream.reset()));
  };
}

/** The stream behind its announcement: as the stream itself, as if the announcement had never been there. */
class TypedStream implements StreamLike {
  readonly #stream: StreamLike;
  readonly #onKind: (kind: string) => void;
  readonly #head = new ByteQueue(); // bytes before the kind is known, and after it until receive()
  #timer: Timer | undefined;
  #hasKind = false;
  #receiver: StreamReceiver | undefined;
  #hasEnded = false;
  #fault: ClosedError | undefined; // set where the handler has failed
  #closed: { readonly error: Error | undefined } | undefined; // set where nobody could be told yet

  constructor(stream: StreamLike, onKind: (kind: string) => void) {
    this.#stream = stream;
    this.#onKind = onKind;
  }

  get id(): StreamId {
    return this.#stream.id;
  }

  waitForKind(timer: Timer): void {
    this.#timer = timer;
    this.#stream.receive({
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.#onEnd(),
      onDrain: () => this.#receiver?.onDrain(),
      onClose: (error) => this.#onClose(error),
    });
  }

  /** The handler rejected. */
  fail(cause: Error): void {
    this.#fault = new ClosedError("stream-reset", `the handler of stream ${this.id} rejected: ${cause.message}`, {
      cause,
    });
    this.#stream.reset();
  }

  receive(receiver: StreamReceiver): void {
    if (this.#receiver) throw new Error(`stream ${this.id} has a receiver already`);
    this.#receiver = receiver;
    for (let chunk = this.#head.takeChunk(); chunk; chunk = this.#head.takeChunk()) receiver.onData(chunk);
    if (this.#hasEnded) receiver.onEnd();
    if (this.#closed) receiver.onClose(this.#closed.error);
  }

  consume(bytes: number): void {
    this.#stream.consume(bytes);
  }
  write(chunk: Uint8Array): boolean {
    return this.#stream.write(chunk);
  }
  end(): void {
    this.#stream.end();
  }
  reset(): void {
    this.#stream.reset();
  }

  #onData(chunk: Uint8Array): void {
    if (this.#receiver) return this.#receiver.onData(chunk);
    this.#head.push(chunk.slice());
    if (!this.#hasKind) this.#readKind();
  }

  /** The length stays in the queue until the whole announcement is there: at most 256 bytes are looked at. */
  #readKind(): void {
    const first = this.#head.peekByte();
    if (first === undefined || this.#head.bytes < 1 + first) return;
    const announcement = this.#head.take(1 + first)!;
    this.#hasKind = true;
    this.#timer?.clear();
    this.#stream.consume(announcement.length);
    this.#onKind(new TextDecoder().decode(announcement.subarray(1)));
  }

  #onEnd(): void {
    this.#hasEnded = true;
    if (!this.#hasKind) this.#stream.reset();
    else this.#receiver?.onEnd();
  }

  #onClose(error: Error | undefined): void {
    this.#timer?.clear();
    const why = error && (this.#fault ?? error);
    if (this.#receiver) this.#receiver.onClose(why);
    else this.#closed = { error: why };
  }
}
