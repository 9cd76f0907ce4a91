/**
 * Streams that go out: pulls an async iterable or a ReadableStream as fast as the receiver consumes, and lets go of it
 * when the receiver wants no more, or the call that it belongs to is over.
 */
import { CallError, ClosedError, LimitError, errorFrom } from "../base/errors.js";
import { errorToWire } from "../calls/error-codec.js";
import { COPIED_VALUE_BYTES, type PayloadSender } from "../messages/payload-sender.js";
import { encodeMessage } from "./encode-message.js";
import type { ReferenceContext, StreamOwner } from "./reference-context.js";
import type { StreamDescriptor } from "./service.js";

/** Bytes are cut to this size, so that a paused reader holds back the producer piece by piece. */
const CHUNK_BYTES = 32 * 1024;
/** References in items that the receiver has not taken: at this many the producer waits. Source: reference.proto, ItemCredit. */
export const MAX_ITEM_REFERENCES_AHEAD = 256;

/** A source that is pulled: the next piece, or its end; and how to let go of it. */
interface Source<T> {
  next(): PromiseLike<Step<T>>;
  stop(reason: Error): Promise<unknown>;
}

/** As of an async iterator, or of the reader of a ReadableStream. */
type Step<T> =
  { readonly done?: false | undefined; readonly value: T } | { readonly done: true; readonly value?: unknown };

/** The streams of one session. */
export class OutgoingStreamTable {
  readonly #context: ReferenceContext;
  readonly #onEnded: () => void;
  readonly #streams = new Map<
    number,
    { readonly interface: string; onCredit(references: number): void; fail(error: Error): void }
  >();

  /** @param onEnded  told whenever a stream has ended. */
  constructor(context: ReferenceContext, onEnded: () => void) {
    this.#context = context;
    this.#onEnded = onEnded;
  }

  /** Streams that have not ended, those that wait for their turn included. */
  get size(): number {
    return this.#streams.size;
  }

  /** Another may be sent, beside `more` of the same message. @throws {LimitError} "too-many-streams" */
  admit(more: number): void {
    const { maxStreams } = this.#context.limits;
    const streams = this.size + more;
    if (streams >= maxStreams) {
      throw new LimitError(
        "too-many-streams",
        `${streams} streams are being sent, and the limit is ${maxStreams} (limits.maxStreams); end some first`,
      );
    }
  }

  /** The interface that each belongs to. */
  describe(): string[] {
    return [...this.#streams.values()].map((stream) => stream.interface);
  }

  items<T>(owner: StreamOwner, descriptor: StreamDescriptor<T>, iterable: AsyncIterable<T>): void {
    const { payloadId, declared } = owner;
    const open = (): Source<T> => {
      const iterator = iterable[Symbol.asyncIterator]();
      return { next: () => iterator.next(), stop: async () => iterator.return?.() };
    };
    const context = this.#context;
    this.#start(owner, open, (stream, item) => {
      const message = encodeMessage(context, declared, (writer) => {
        descriptor.write(writer, item);
      });
      const { references } = message.scope;
      if (references.length > 0) context.messages.send({ kind: "itemReferences", payloadId, references });
      const hasReferences = references.length > 0;
      const bytes = message.length > COPIED_VALUE_BYTES ? message.take() : message.view();
      const room = stream.sender.write(bytes, hasReferences);
      message.commit();
      stream.ahead += references.length;
      return room;
    });
  }

  bytes(owner: StreamOwner, source: ReadableStream<Uint8Array>): void {
    const open = (): Source<Uint8Array> => {
      const reader = source.getReader();
      return { next: () => reader.read(), stop: (reason) => reader.cancel(reason) };
    };
    this.#start(owner, open, ({ sender }, bytes) => {
      if (!(bytes instanceof Uint8Array)) throw new TypeError("a byte stream may only hold Uint8Array chunks");
      let room = true;
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
        room = sender.write(bytes.subarray(at, at + CHUNK_BYTES), false);
      return room;
    });
  }

  /** Ends all that have not ended, with an error. */
  failAll(error: Error): void {
    for (const stream of [...this.#streams.values()]) stream.fail(error);
  }

  /** The receiver has taken items with that many references. */
  onCredit(payloadId: number, references: number): void {
    this.#streams.get(payloadId)?.onCredit(references);
  }

  #start<T>(
    owner: StreamOwner,
    open: () => Source<T>,
    write: (stream: OutgoingStream<T> & { readonly sender: PayloadSender }, piece: T) => boolean,
  ): void {
    const { payloadId } = owner;
    const stream = new OutgoingStream(this.#context, owner, openOrFail(open), write, () => {
      this.#streams.delete(payloadId);
      this.#onEnded();
    });
    this.#streams.set(payloadId, stream);
    stream.start();
  }
}

/** A source that cannot be opened, such as a locked ReadableStream, fails as if it had at its first piece. */
function openOrFail<T>(open: () => Source<T>): Source<T> {
  try {
    return open();
  } catch (error) {
    return { next: () => Promise.reject(errorFrom(error)), stop: async () => undefined };
  }
}

class OutgoingStream<T> {
  /** References in items that the receiver has not taken. */
  ahead = 0;
  sender: PayloadSender | undefined; // from its turn on a stream of the pool
  readonly #context: ReferenceContext;
  readonly #owner: StreamOwner;
  readonly #source: Source<T>;
  readonly #write: (stream: OutgoingStream<T> & { readonly sender: PayloadSender }, piece: T) => boolean;
  readonly #forget: () => void;
  #ended: ((cancelledBy: Error | undefined) => void) | undefined;
  #failure: Error | undefined; // ended from here, before its turn
  #isOver = false;
  #credited: (() => void) | undefined;

  constructor(
    context: ReferenceContext,
    owner: StreamOwner,
    source: Source<T>,
    write: (stream: OutgoingStream<T> & { readonly sender: PayloadSender }, piece: T) => boolean,
    forget: () => void,
  ) {
    this.#context = context;
    this.#owner = owner;
    this.#source = source;
    this.#write = write;
    this.#forget = forget;
  }

  get interface(): string {
    return this.#owner.declared.interface;
  }

  start(): void {
    this.#ended = this.#owner.result?.started((error) => {
      this.fail(error);
    });
    this.#context.messages.outgoingPayloads.begin(this.#owner.payloadId, (sender) => {
      if (sender instanceof Error) {
        this.#cancel(sender);
        return;
      }
      this.sender = sender;
      if (this.#failure !== undefined) {
        this.#end(this.#failure);
        return;
      }
      const cancel = (error: Error): void => {
        this.#cancel(error);
      };
      sender.onCancel = cancel;
      sender.announce();
      void this.#pump(this as OutgoingStream<T> & { readonly sender: PayloadSender });
    });
  }

  onCredit(references: number): void {
    this.ahead = Math.max(0, this.ahead - references);
    if (this.ahead >= MAX_ITEM_REFERENCES_AHEAD) return;
    this.#credited?.();
    this.#credited = undefined;
  }

  /** Never rejects: whatever goes wrong is told to the receiver. */
  async #pump(self: OutgoingStream<T> & { readonly sender: PayloadSender }): Promise<void> {
    try {
      for (;;) {
        const step = await this.#source.next();
        if (this.#hasEnded()) return;
        if (step.done === true) {
          this.#end(undefined);
          return;
        }
        if (!this.#write(self, step.value)) await self.sender.room();
        if (this.ahead >= MAX_ITEM_REFERENCES_AHEAD) await this.#credit();
        if (this.#hasEnded()) return;
      }
    } catch (error) {
      this.fail(errorFrom(error));
    }
  }

  #hasEnded(): boolean {
    return this.#isOver;
  }

  #credit(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#credited = resolve;
    });
  }

  /** The producer has failed, or has been told to stop: the receiver hears of it behind the items before. */
  fail(error: Error): void {
    if (this.#isOver || this.#failure !== undefined) return;
    if (this.sender === undefined) this.#failure = error;
    else this.#end(error);
    this.#letGo(error);
  }

  /** The receiver wants no more, or is gone. */
  #cancel(error: Error): void {
    if (this.#isOver) return;
    this.#over(
      error instanceof ClosedError && error.code === "stream-reset"
        ? new CallError("CANCELLED", "the consumer left the stream before its end", { cause: error })
        : error,
    );
    this.#letGo(error);
  }

  #end(error: Error | undefined): void {
    const { errors } = this.#context;
    this.sender!.end(error && errorToWire(error, errors, this.#owner.declared));
    this.#over(undefined);
  }

  #over(cancelledBy: Error | undefined): void {
    this.#isOver = true;
    this.#forget();
    this.#credited?.();
    this.#ended?.(cancelledBy);
  }

  #letGo(reason: Error): void {
    this.#source.stop(reason).catch(() => undefined); // the producer's own trouble while it is let go of
  }
}
