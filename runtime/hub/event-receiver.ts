/**
 * Events that come in: listeners that are called, and queues that are iterated, each with a bound of its own. A batch is
 * answered when every queue has taken it; until then its sender waits. A sender that floods has its share of each turn of
 * the event loop, however large its batches are. Does not know who sends (hub.ts, plugin.ts).
 */
import type { CallContext } from "../calls/call-handler.js";
import type { Limits } from "../base/limits.js";
import { type Party, Share } from "../messages/fair-turns.js";
import type { ServiceDescriptor } from "../references/service.js";
import { BoundedQueue, type QueueOptions } from "./bounded-queue.js";
import { type EventOf, decodeEvent } from "./event-types.js";
import type { WireEvent } from "./hub-link.js";
import { rethrowLater } from "./listeners.js";

/** Of a message: what an event counts among those that its sender may send in a turn. */
const EVENT = 0.5;

/** An event, and who sent it. */
export type Received<T, From> = EventOf<T> & { readonly from: From };

/** Events as an AsyncIterable. Ends with `close`, or with the hub or plugin. */
export interface EventQueue<T, From> extends AsyncIterable<Received<T, From>> {
  /** Waiting to be read. */
  readonly queued: number;
  /** Thrown away because the queue was full (`whenFull`). */
  readonly dropped: number;
  close(): void;
}

interface Subscriber<From> {
  readonly service: ServiceDescriptor;
  /** @returns what to wait for before the next, where it has no room. */
  take(event: EventOf<object>, from: From): Promise<void> | undefined;
  close(): void;
}

export class EventReceiver<From> {
  readonly #limits: Limits;
  readonly #subscribers = new Map<number, Set<Subscriber<From>>>(); // by interface id
  #unread = 0;
  #isClosed = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Events that nobody here knows, or that did not decode. */
  get unread(): number {
    return this.#unread;
  }

  /** @returns what ends it. */
  on<T extends object>(service: ServiceDescriptor<T>, listener: (event: Received<T, From>) => void): () => void {
    const subscriber: Subscriber<From> = {
      service,
      take: (event, from) => {
        try {
          listener(received(event, from));
        } catch (error) {
          rethrowLater(error);
        }
        return undefined;
      },
      close: () => undefined,
    };
    this.#add(subscriber);
    return () => this.#remove(subscriber);
  }

  queue<T extends object>(service: ServiceDescriptor<T>, options?: QueueOptions): EventQueue<T, From> {
    const queue = new Subscription<T, From>(service, options, () => this.#remove(queue));
    if (this.#isClosed) queue.close();
    else this.#add(queue);
    return queue;
  }

  /** A mailbox for one sender: its batches are taken one after the other. @param party  the sender's. */
  mailbox(from: From, party: Party): (events: readonly WireEvent[], context: CallContext) => Promise<void> {
    let last: Promise<void> = Promise.resolve();
    const share = new EventShare(party);
    return (events, context) => {
      last = last.then(() => this.#take(events, from, context, share));
      return last;
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const subscribers of this.#subscribers.values()) for (const one of [...subscribers]) one.close();
  }

  async #take(events: readonly WireEvent[], from: From, context: CallContext, share: EventShare): Promise<void> {
    share.begin();
    for (const wire of events) {
      const subscribers = this.#subscribers.get(wire.interfaceId);
      if (!share.mayGoOn) await share.turn();
      if (subscribers === undefined) {
        this.#unread++;
        share.take(1, wire.arguments.length);
        continue;
      }
      for (const subscriber of [...subscribers]) {
        let event: EventOf<object>;
        try {
          event = decodeEvent(subscriber.service, wire, context, this.#limits); // each its own copy
        } catch {
          this.#unread++; // of another version, or not honest: the others are none the worse for it
          continue;
        }
        await subscriber.take(event, from);
      }
      share.take(subscribers.size, wire.arguments.length);
    }
  }

  #add(subscriber: Subscriber<From>): void {
    const { interfaceId } = subscriber.service;
    const known = this.#subscribers.get(interfaceId);
    if (known === undefined) this.#subscribers.set(interfaceId, new Set([subscriber]));
    else known.add(subscriber);
  }

  #remove(subscriber: Subscriber<From>): void {
    const { interfaceId } = subscriber.service;
    const known = this.#subscribers.get(interfaceId);
    known?.delete(subscriber);
    if (known?.size === 0) this.#subscribers.delete(interfaceId);
  }
}

/** One sender's share of each turn, for what is read in promises. */
class EventShare {
  readonly #share: Share;
  #goOn: (() => void) | undefined;
  /** In this turn. */
  mayGoOn = true;

  constructor(party: Party) {
    this.#share = new Share(party, () => {
      this.#goOn?.();
      return false;
    });
  }

  /** A batch has come. */
  begin(): void {
    this.mayGoOn = this.#share.begin();
  }

  /** An event was read. */
  take(readers: number, bytes: number): void {
    this.mayGoOn = this.#share.take(bytes, readers * EVENT);
  }

  /** The next turn that it has a share of. */
  turn(): Promise<void> {
    this.#share.wait();
    return new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }
}

class Subscription<T extends object, From> implements EventQueue<T, From>, Subscriber<From> {
  readonly service: ServiceDescriptor;
  readonly #queue: BoundedQueue<Received<T, From>>;
  readonly #onClose: () => void;
  #readers: ((result: IteratorResult<Received<T, From>, undefined>) => void)[] = [];
  #room: (() => void)[] = [];
  #isClosed = false;

  constructor(service: ServiceDescriptor, options: QueueOptions | undefined, onClose: () => void) {
    this.service = service;
    this.#queue = new BoundedQueue(options);
    this.#onClose = onClose;
  }

  get queued(): number {
    return this.#queue.size;
  }
  get dropped(): number {
    return this.#queue.dropped;
  }

  take(event: EventOf<object>, from: From): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    const one = received<T, From>(event, from);
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader({ done: false, value: one });
      return undefined;
    }
    if (this.#queue.push(one)) return undefined;
    return new Promise<void>((resolve) => this.#room.push(resolve)).then(() => this.take(event, from));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    for (const resolve of this.#room.splice(0)) resolve();
    if (this.#queue.size === 0) this.#endReaders();
  }

  [Symbol.asyncIterator](): AsyncIterator<Received<T, From>, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  #next(): Promise<IteratorResult<Received<T, From>, undefined>> {
    if (this.#queue.size > 0) {
      const value = this.#queue.shift()!;
      this.#room.shift()?.();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  #endReaders(): void {
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined });
  }
}

function received<T extends object, From>(event: EventOf<object>, from: From): Received<T, From> {
  return Object.assign(event, { from });
}
