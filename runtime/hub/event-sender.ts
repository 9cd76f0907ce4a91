/**
 * Events on their way out: one bounded queue for each peer, sent in batches that the other side answers when it has room.
 * So events arrive in the order in which they were sent, and a slow listener slows the sender, not the session.
 * An event is sent at most once: what was under way when a connection was lost is counted, not repeated.
 */
import type { Clock } from "../base/clock.js";
import { CallError, LimitError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { type CallOptions, type Pipelined, type RemoteLink, forwardedBy } from "../references/remote-link.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
import { BoundedQueue, type QueueOptions } from "./bounded-queue.js";
import { encodeEvent } from "./event-types.js";
import type { WireEvent } from "./hub-link.js";

/** Small ones: whoever sends a lot has a little to do each time that one was taken, not a lot now and then (bench/hub). */
const BATCH_EVENTS = 32;
const BATCH_BYTES = 16 * 1024;
/** Batches under way: one would cost a round trip each, many would be a queue of their own. */
const BATCHES = 32;

export interface EventStats {
  /** Waiting to be sent, those under way among them. */
  readonly queued: number;
  /** Thrown away because the queue was full (`whenFull`). */
  readonly dropped: number;
  /** Sent into a connection that was lost before it was known that they had arrived. */
  readonly lost: number;
}

export class EventSender {
  readonly #queue: BoundedQueue<WireEvent>;
  readonly #limits: Limits;
  #deliver: ((events: readonly WireEvent[]) => Promise<void>) | undefined;
  #batches = 0;
  #underWay = 0;
  #lost = 0;
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []; // for room
  #idle: (() => void)[] = [];
  #isPumping = false;
  #end: Error | undefined;

  constructor(limits: Limits, options: QueueOptions = {}) {
    this.#queue = new BoundedQueue(options);
    this.#limits = limits;
  }

  get stats(): EventStats {
    return { queued: this.#queue.size + this.#underWay, dropped: this.#queue.dropped, lost: this.#lost };
  }

  /** There is a connection (again), or none any more. */
  attach(deliver: ((events: readonly WireEvent[]) => Promise<void>) | undefined): void {
    this.#deliver = deliver;
    this.#pump();
    if (deliver === undefined) this.#tellIdle();
  }

  /** The stub whose methods send the events of `service`. */
  stub<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>): Stub {
    return service.createStub(new EventLink(this, service));
  }

  /**
   * Resolves when the queue has room: what to await with `whenFull: "block"` before sending more.
   * Rejects where it is full, and will never be sent.
   */
  ready(): Promise<void> {
    if (!this.#queue.isBlocked) return Promise.resolve();
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** There will be no connection any more. */
  close(reason: Error): void {
    this.#end ??= reason;
    this.attach(undefined);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
  }

  /** Resolves when all that was sent has arrived, or is lost; when there is no connection; at the latest after `timeoutMs`. */
  flushed(clock: Clock, timeoutMs: number): Promise<void> {
    this.#pump();
    if (this.#queue.size + this.#underWay === 0 || this.#deliver === undefined || timeoutMs <= 0)
      return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.after(timeoutMs, resolve);
      this.#idle.push(() => {
        timer.clear();
        resolve();
      });
    });
  }

  /** @throws {LimitError} "too-many-events" where the queue is full, and blocks. */
  send<A extends readonly unknown[]>(service: ServiceDescriptor, member: Member<never, A, void>, args: A): void {
    const event = encodeEvent(service, member, args, this.#limits);
    if (!this.#queue.push(event)) {
      throw new LimitError(
        "too-many-events",
        `${this.#queue.size} events wait to be sent, and the limit is ${this.#queue.capacity}; await ready() before sending more, or let the queue drop some (whenFull)`,
      );
    }
    if (this.#isPumping) return;
    this.#isPumping = true; // events of one turn share a batch
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#deliver !== undefined && this.#batches < BATCHES && this.#queue.size > 0) {
      const batch = this.#takeBatch();
      this.#batches++;
      this.#underWay += batch.length;
      const done = (): void => {
        this.#batches--;
        this.#underWay -= batch.length;
        this.#pump();
        if (this.#queue.size + this.#underWay === 0) this.#tellIdle();
      };
      this.#deliver(batch).then(done, () => {
        this.#lost += batch.length;
        done();
      });
    }
    if (!this.#queue.isBlocked) for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #takeBatch(): WireEvent[] {
    const batch: WireEvent[] = [];
    for (let bytes = 0; batch.length < BATCH_EVENTS && bytes < BATCH_BYTES;) {
      const event = this.#queue.shift();
      if (event === undefined) break;
      batch.push(event);
      bytes += event.arguments.length;
    }
    return batch;
  }
}

/** The link behind a stub that sends events: its one-way methods go into the queue, and it has no others. */
class EventLink implements RemoteLink {
  readonly service: ServiceDescriptor;
  readonly leadsAway = false;
  readonly snapshot = undefined;
  readonly #sender: EventSender;

  constructor(sender: EventSender, service: ServiceDescriptor) {
    this.#sender = sender;
    this.service = service;
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    const own = this.service.members.get(member.number) as unknown;
    if (own !== member) throw noEvent(this.service, member); // a method of a base: send that interface's events instead
    this.#sender.send(this.service, member, args);
    forwardedBy(options)?.taken?.();
  }
  call<A extends readonly unknown[], R>(member: Member<never, A, R>): Promise<R> {
    return Promise.reject(noEvent(this.service, member));
  }
  pipeline<A extends readonly unknown[], R extends object>(member: Member<never, A, R>): Pipelined<R> {
    throw noEvent(this.service, member);
  }
  assign<V>(member: Member<never, readonly [V], void>): void {
    throw noEvent(this.service, member);
  }
  with(): RemoteLink {
    return this; // nobody waits for an event
  }
  nameIn(): undefined {
    return undefined;
  }
  release(): void {
    // There is nothing to give back.
  }
  hold(): () => void {
    return () => undefined;
  }
  describe(): string {
    return `the events of ${this.service.fullName}`;
  }
}

function noEvent(service: ServiceDescriptor, member: { readonly name: string }): CallError {
  return new CallError(
    "UNIMPLEMENTED",
    `${service.fullName}.${member.name} is no event: events are methods that return void`,
  );
}
