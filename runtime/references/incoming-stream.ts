/**
 * Streams that come in: an async iterable of decoded items, or a ReadableStream of bytes, over one payload. The consumer
 * sets the pace; leaving the loop early cancels the producer.
 */
import type { Timer } from "../base/clock.js";
import { CallError, ClosedError, ProtocolError, errorFrom } from "../base/errors.js";
import { NO_DECLARED_ERRORS, type DeclaredErrors, errorFromWire } from "../calls/error-codec.js";
import { cancelled, onAbort } from "../calls/signals.js";
import type { IncomingPayload, PayloadEvent } from "../messages/incoming-payload.js";
import type { WireReference } from "../messages/instruction.js";
import { decodeMessage } from "./decode-message.js";
import type { IncomingStreamHandle, ReferenceContext, StreamLifetime } from "./reference-context.js";
import { IncomingScope } from "./incoming-scope.js";
import { MAX_ITEM_REFERENCES_AHEAD } from "./outgoing-stream.js";
import type { StreamDescriptor } from "./service.js";

/** The streams that the peer sends us. */
export class IncomingStreams {
  readonly #context: ReferenceContext;
  readonly #onEnded: () => void;
  readonly #streams = new Map<number, IncomingStream>();

  /** @param onEnded  told whenever a stream has ended. */
  constructor(context: ReferenceContext, onEnded: () => void) {
    this.#context = context;
    this.#onEnded = onEnded;
  }

  /** Streams that have not been read to their end. */
  get size(): number {
    return this.#streams.size;
  }

  /** The interface that each belongs to. */
  describe(): string[] {
    return [...this.#streams.values()].map((stream) => stream.interface);
  }

  /** A reference names a stream. */
  claim(payloadId: number, declared: DeclaredErrors): IncomingStream {
    const context = this.#context;
    const payload = context.messages.incomingPayloads.claim(payloadId);
    const stream = new IncomingStream(context, payloadId, payload, declared, () => {
      this.#streams.delete(payloadId);
      this.#onEnded();
    });
    this.#streams.set(payloadId, stream);
    return stream;
  }

  /** The references of a stream's next item that has some. */
  onItemReferences(payloadId: number, references: readonly WireReference[]): void {
    const stream = this.#streams.get(payloadId);
    if (stream !== undefined) stream.addReferences(references);
    // Nobody reads that stream any more: count them, and give them back.
    else IncomingScope.of(this.#context, references, NO_DECLARED_ERRORS).discard();
  }

  close(error: Error): void {
    for (const stream of [...this.#streams.values()]) stream.lose(error);
    this.#streams.clear();
  }
}

/** Streams whose reader was garbage-collected before their end: nobody will ever leave their loop. */
const abandoned = new FinalizationRegistry<IncomingStream>((stream) => {
  stream.cancel();
});

export class IncomingStream implements IncomingStreamHandle {
  readonly #context: ReferenceContext;
  readonly #payloadId: number;
  readonly #payload: IncomingPayload;
  readonly #declared: DeclaredErrors;
  readonly #forget: () => void;
  readonly #scopes: IncomingScope[] = [];
  #scopeWaiter: ((scope: IncomingScope | Error) => void) | undefined;
  #taken = 0; // references in items that were read, not yet credited
  #over = false;
  #passesOn = false;
  #last: IncomingScope | undefined; // of the item that was read last
  #failure: Error | undefined; // why it was ended from here
  #timer: Timer | undefined;
  readonly #forgetSignals: (() => void)[] = [];

  constructor(
    context: ReferenceContext,
    payloadId: number,
    payload: IncomingPayload,
    declared: DeclaredErrors,
    forget: () => void,
  ) {
    this.#context = context;
    this.#payloadId = payloadId;
    this.#payload = payload;
    this.#declared = declared;
    this.#forget = forget;
  }

  get interface(): string {
    return this.#declared.interface;
  }

  addReferences(references: readonly WireReference[]): void {
    const scope = IncomingScope.of(this.#context, references, this.#declared);
    if (this.#scopeWaiter !== undefined) this.#scopeWaiter(scope);
    else this.#scopes.push(scope);
    this.#scopeWaiter = undefined;
  }

  passOn(): void {
    this.#passesOn = true;
  }

  cancel(): void {
    this.#finish();
    this.#payload.cancel();
  }

  /** The call that brought the stream limits its life too: by a signal, by a deadline. */
  endWith({ signals, deadline }: StreamLifetime): void {
    const { clock } = this.#context;
    for (const signal of signals) {
      if (this.#over) return;
      if (signal.aborted) this.#fail(cancelled(signal));
      else {
        this.#forgetSignals.push(
          onAbort(signal, () => {
            this.#fail(cancelled(signal));
          }),
        );
      }
    }
    if (deadline === undefined || this.#over) return;
    this.#timer = clock.after(deadline - clock.now(), () => {
      this.#fail(new CallError("DEADLINE_EXCEEDED", "the stream did not end before its call's deadline"));
    });
  }

  /** The session is gone. What has arrived can still be read. */
  lose(error: Error): void {
    this.#scopeWaiter?.(error);
    this.#scopeWaiter = undefined;
  }

  /** Can be iterated once. */
  items<T>(descriptor: StreamDescriptor<T>): AsyncIterableIterator<T> {
    let reads = 0; // that have not settled
    let last: Promise<unknown> = Promise.resolve();
    const next = async (): Promise<IteratorResult<T, undefined>> => {
      try {
        this.#letGoOfLast();
        const event = await this.#next();
        if (event === undefined) return { done: true, value: undefined };
        return { done: false, value: await this.#decode(descriptor, event) };
      } finally {
        reads--;
      }
    };
    const iterator: AsyncIterableIterator<T> = {
      // Items are read one after the other, even where the consumer asks for several at once.
      next: () => {
        const event = reads === 0 && !this.#over ? this.#payload.takeReady() : undefined;
        if (event !== undefined) return this.#decodeAtOnce(descriptor, event);
        reads++;
        const result = last.then(next);
        last = result.catch(() => undefined);
        return result;
      },
      return: () => {
        this.cancel();
        this.#letGoOfLast();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    abandoned.register(iterator, this, this);
    return iterator;
  }

  bytes(): ReadableStream<Uint8Array> {
    const source = {
      pull: async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
        const event = await this.#next();
        if (event === undefined) controller.close();
        else controller.enqueue(ownMemory(event.value));
      },
      cancel: (): void => {
        this.cancel();
      },
    };
    // Not the stream: a browser may collect its JavaScript object and make another one while a reader still reads.
    abandoned.register(source, this, this);
    return new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  }

  /** The next item, undefined at the end. @throws what the producer ended with, or why the stream is lost. */
  async #next(): Promise<(PayloadEvent & { kind: "item" }) | undefined> {
    const event = this.#over ? undefined : await this.#payload.next();
    if (this.#failure !== undefined) throw this.#failure;
    if (event === undefined || this.#over) return undefined; // cancelled, perhaps meanwhile
    if (event.kind === "item") return event;
    this.#finish();
    if (event.kind === "failed") throw errorFromWire(event.error, this.#declared);
    if (event.kind === "lost") throw lostStream(event.error);
    return undefined;
  }

  /** The way of most items: one that is there already, and has no references, costs one promise. */
  #decodeAtOnce<T>(
    descriptor: StreamDescriptor<T>,
    event: PayloadEvent & { kind: "item" },
  ): Promise<IteratorResult<T, undefined>> {
    this.#letGoOfLast();
    try {
      const value = decodeMessage(this.#context, event.value, IncomingScope.EMPTY, (reader) => descriptor.read(reader));
      return Promise.resolve({ done: false, value });
    } catch (error) {
      this.cancel();
      return Promise.reject(errorFrom(error));
    }
  }

  async #decode<T>(descriptor: StreamDescriptor<T>, event: PayloadEvent & { kind: "item" }): Promise<T> {
    const scope = event.hasReferences ? await this.#nextScope() : IncomingScope.EMPTY;
    try {
      const item = decodeMessage(this.#context, event.value, scope, (reader) => descriptor.read(reader));
      scope.finish();
      if (event.hasReferences) this.#credit(scope.size);
      this.#last = scope;
      return item;
    } catch (error) {
      scope.discard();
      this.cancel();
      throw error;
    }
  }

  #letGoOfLast(): void {
    if (this.#passesOn) this.#last?.letGo();
    this.#last = undefined;
  }

  #nextScope(): Promise<IncomingScope> {
    const scope = this.#scopes.shift();
    if (scope !== undefined) return Promise.resolve(scope);
    return new Promise((resolve, reject) => {
      const waiter = (arrived: IncomingScope | Error): void => {
        if (arrived instanceof Error) reject(arrived);
        else resolve(arrived);
      };
      this.#scopeWaiter = waiter;
    });
  }

  /** Items with references have been taken: lets the producer go on, in steps of half of what it may be ahead. */
  #credit(references: number): void {
    this.#taken += references;
    if (this.#taken < MAX_ITEM_REFERENCES_AHEAD / 2) return;
    const { messages, closed } = this.#context;
    if (closed === undefined)
      messages.send({ kind: "itemCredit", payloadId: this.#payloadId, references: this.#taken });
    this.#taken = 0;
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#failure = error;
    this.cancel();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#timer?.clear();
    for (const forget of this.#forgetSignals.splice(0)) forget();
    abandoned.unregister(this);
    for (const scope of this.#scopes.splice(0)) scope.discard();
    this.lose(new ClosedError("stream-reset", "the stream was cancelled by its reader"));
  }
}

/** What an application may keep: a small piece does not hold on to the records around it. */
function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.length * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes;
}

function lostStream(error: Error): Error {
  if (error instanceof ClosedError || error instanceof ProtocolError) return error;
  return new ClosedError("stream-closed", `the stream was lost: ${error.message}`, { cause: error });
}
