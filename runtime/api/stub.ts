/**
 * The base class of emitted stubs, and the promises that have a stub's members. A stub is a plain class: no Proxy, no
 * `then`, no enumerable properties, so that awaiting, printing, comparing or cloning one causes no traffic.
 * Names beginning with `$`, and `dispose`, belong to this file; the generator refuses them on remote interfaces.
 */
import { CallError } from "../base/errors.js";
import type { CallContext } from "../calls/call-handler.js";
import { LINK, bindLink, linkOf } from "../references/link-of.js";
import type { CallOptions, Pipelined, RemoteLink } from "../references/remote-link.js";
import { recordingNow } from "../references/recording.js";
import { snapshotOf } from "../references/snapshots.js";
import type { CreatePromise, Member } from "../references/service.js";
import { valuePromise } from "./value-promise.js";

/** A remote object. Emitted subclasses add one method or property for each member of the interface. */
export abstract class RemoteStub {
  readonly #link: RemoteLink;

  constructor(link: RemoteLink) {
    this.#link = link;
  }

  static {
    Object.defineProperty(this.prototype, LINK, {
      get(this: object) {
        return #link in this ? this.#link : undefined; // what only inherits from a stub is none
      },
    });
  }

  protected get $link(): RemoteLink {
    return recordingNow()?.linkTo(this, this.#link) ?? this.#link;
  }

  /** The same object, whose calls have these options: `stub.$with({ timeoutMs: 500 }).read()`. */
  $with(options: CallOptions): this {
    const Class = this.constructor as new (link: RemoteLink) => this;
    return new Class(this.$link.with(options));
  }

  /** Gives the reference back: one `dispose` for each time that the object was received. Harmless when repeated. */
  dispose(): void {
    this.$link.release();
  }

  [Symbol.dispose](): void {
    this.$link.release();
  }

  protected $call<A extends readonly unknown[], R>(
    member: Member<never, A, R>,
    args: A,
    signal?: AbortSignal,
  ): Promise<R> {
    return this.$link.call(member, args, signal && { signal });
  }

  protected $send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A): void {
    this.$link.send(member, args);
  }

  /** A call whose result is a reference: the promise has the members of what it promises. */
  protected $callObject<P, A extends readonly unknown[] = readonly unknown[], R extends object = object>(
    member: Member<never, A, R>,
    args: A,
    signal?: AbortSignal,
  ): P {
    const { pipelines: service } = member;
    const call = this.$link.pipeline(member, args, signal && { signal });
    if (call.placeholder !== undefined || service === undefined) return (call.placeholder ?? call.result) as P;
    return (service().createPromise?.(call.at({ properties: [], path: [], service }), call.result) ?? call.result) as P;
  }

  /** A call whose result is a value that holds references: the promise has those that `member.pipelinesInside` names. */
  protected $callValue<P, A extends readonly unknown[] = readonly unknown[], R = unknown>(
    member: Member<never, A, R>,
    args: A,
    signal?: AbortSignal,
  ): P {
    return valuePromise(
      member,
      this.$link.pipeline(member as Member<never, A, R & object>, args, signal && { signal }),
    ) as P;
  }

  protected $stream<A extends readonly unknown[], T>(
    member: Member<never, A, AsyncIterable<T>>,
    args: A,
    signal?: AbortSignal,
  ): AsyncIterable<T> {
    return iterateLater(this.$link.call(member, args, signal && { signal }));
  }

  protected $byteStream<A extends readonly unknown[]>(
    member: Member<never, A, ReadableStream<Uint8Array>>,
    args: A,
    signal?: AbortSignal,
  ): ReadableStream<Uint8Array> {
    return readLater(this.$link.call(member, args, signal && { signal }));
  }

  /** Writes a property. @throws where the value does not fit, or the connection is gone. */
  protected $assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>): void {
    this.$link.assign(member, value);
  }

  /** The properties that came with the reference. */
  protected $snapshot<S extends object>(): S {
    return snapshotOf(this.$link) as S;
  }

  /**
   * A class of the other side. `new` issues the call and gives a stub at once; the first use of it tells of a failure.
   * @param signalAt  which of its parameters is an AbortSignal.
   */
  protected $class<A extends readonly unknown[], R extends object, Stub>(
    member: Member<never, A, R>,
    signalAt = -1,
  ): new (...args: A) => Stub {
    const link = this.$link;
    return function RemoteClass(...args: A) {
      const signal = args[signalAt] as AbortSignal | undefined;
      return constructed(link.pipeline(member, args, signal && { signal }), member) as Stub;
    } as unknown as new (...args: A) => Stub;
  }
}

/** The stub of an object that is being constructed. */
function constructed<A extends readonly unknown[], R extends object>(
  call: Pipelined<R>,
  { name, pipelines: service }: Member<never, A, R>,
): object {
  if (service === undefined) throw new TypeError(`${name} makes nothing that could be used from afar`);
  call.result.catch(() => undefined); // told to whoever uses the object
  const stub = service().createStub(call.at({ properties: [], path: [], service }));
  call.adopt(stub);
  return stub;
}

/** A promise of a remote object, whose members may be used before it is settled. Not thenable twice: a real Promise. */
class PipelinePromise extends Promise<object> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // Set right after construction: the constructor of a Promise runs before its subclass has a `this`.
  #link!: RemoteLink;

  static over(Class: typeof PipelinePromise, link: RemoteLink, result: Promise<object>): PipelinePromise {
    const promise = new Class((resolve, reject) => {
      result.then(resolve, reject);
    });
    promise.#link = bindLink(promise, link);
    // A failure that is seen through a chained call need not be seen here too.
    promise.then(undefined, () => undefined);
    return promise;
  }

  protected get $link(): RemoteLink {
    return recordingNow()?.linkTo(this, this.#link) ?? this.#link;
  }

  protected $snapshot(): never {
    throw new CallError("FAILED_PRECONDITION", "a property that comes with the object: await the promise first");
  }
}

// What members are made of is the same on both: methods that begin with $ and use nothing but $link.
copyMembers(RemoteStub.prototype, PipelinePromise.prototype, [
  "$call",
  "$send",
  "$callObject",
  "$callValue",
  "$stream",
  "$byteStream",
  "$assign",
  "$class",
]);

function copyMembers(from: object, to: object, names: readonly PropertyKey[]): void {
  for (const name of names) Object.defineProperty(to, name, Object.getOwnPropertyDescriptor(from, name)!);
}

/**
 * Makes promises that have the members of `stub`: what a method that returns the object returns.
 * The members are the stub's own methods, which only use `$`-methods; they run on the promise as they do on the stub.
 */
export function pipelinePromise(stub: abstract new (link: RemoteLink) => RemoteStub): CreatePromise {
  class StubPromise extends PipelinePromise {}
  const members = Reflect.ownKeys(stub.prototype as object).filter((name) => name !== "constructor");
  copyMembers(stub.prototype as object, StubPromise.prototype, members);
  return (link, result): Promise<object> => PipelinePromise.over(StubPromise, link, result);
}

/** A remote function: `call` sends; the link is what releases it and takes it home. */
export function createFunction<F extends (...args: never[]) => unknown>(link: RemoteLink, call: F): F {
  Object.defineProperty(call, Symbol.dispose, {
    value: () => {
      link.release();
    },
  });
  bindLink(call, link);
  return call;
}

/**
 * Uses a method with the call's context as one more argument, which an implementation may declare.
 * @throws {CallError} UNIMPLEMENTED where untyped code has shared an object that lacks the method.
 */
export function invoke(
  target: object,
  method: ((...args: never[]) => unknown) | undefined,
  args: readonly unknown[],
  call: CallContext,
): unknown {
  if (typeof method !== "function")
    throw new CallError("UNIMPLEMENTED", "the object lacks this method of its interface");
  return Reflect.apply(method, target, [...args, call]);
}

/**
 * Writes a property. Where the target is a stub itself, the answer of its peer is awaited: `set` alone would lose it.
 * @param set  does it on an object of our own.
 */
export function assign<A extends readonly unknown[]>(
  target: object,
  member: Member<never, A, void>,
  args: A,
  set: (args: A) => void,
): unknown {
  const link = linkOf(target);
  if (link !== undefined) return link.call(member, args);
  set(args);
  return undefined;
}

/**
 * Constructs an object of the target's class, with the call's context, where there is one, as one more argument.
 * @throws {CallError} UNIMPLEMENTED where untyped code has shared an object that lacks the class.
 */
export function construct(
  target: object,
  Class: (abstract new (...args: never[]) => object) | undefined,
  args: readonly unknown[],
  call?: CallContext,
): unknown {
  const link = linkOf(target);
  if (link === undefined && typeof Class !== "function")
    throw new CallError("UNIMPLEMENTED", "the object lacks this class of its interface");
  return Reflect.construct(Class as never, link === undefined && call !== undefined ? [...args, call] : args);
}

/** An error of a declared class, as it was thrown at the other side: its fields, without running its constructor. */
export function restoreError<E extends Error>(
  errorClass: abstract new (...args: never[]) => E,
  message: string,
  fields: object,
): E {
  const error = new Error(message);
  Object.setPrototypeOf(error, errorClass.prototype as object);
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return error as E;
}

/** An iterable that is still on its way. Its call has been issued; iterating waits for the answer. */
function iterateLater<T>(result: Promise<AsyncIterable<T>>): AsyncIterable<T> {
  const iterator = result.then((iterable) => iterable[Symbol.asyncIterator]());
  let known: AsyncIterator<T> | undefined;
  iterator.then(
    (arrived) => (known = arrived),
    () => undefined, // told to whoever iterates
  );
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => (known === undefined ? iterator.then((arrived) => arrived.next()) : known.next()),
      return: async () => (await iterator).return?.() ?? { done: true, value: undefined },
    }),
  };
}

/** A byte stream that is still on its way. */
function readLater(result: Promise<ReadableStream<Uint8Array>>): ReadableStream<Uint8Array> {
  const reader = result.then((stream) => stream.getReader());
  reader.catch(() => undefined); // told to whoever reads
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await (await reader).read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        await (await reader).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
