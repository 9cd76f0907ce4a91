/**
 * The base class of emitted stubs, and what else emitted members are made of. A stub is a plain class: no Proxy, no
 * `then`, no enumerable properties, so that awaiting, printing, comparing or cloning one causes no traffic.
 * Names beginning with `$`, and `dispose`, belong to this file; the generator refuses them on remote interfaces.
 */
import { CallError } from "../base/errors.js";
import type { CallContext } from "../calls/call-handler.js";
import { LINK, bindLink, linkOf } from "../references/link-of.js";
import type { CallOptions, RemoteLink } from "../references/remote-link.js";
import { recordingNow } from "../references/recording.js";
import { snapshotOf } from "../references/snapshots.js";
import type { Member } from "../references/service.js";

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

  /** Writes a property. @throws where the value does not fit, or the connection is gone. */
  protected $assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>): void {
    this.$link.assign(member, value);
  }

  /** The properties that came with the reference. */
  protected $snapshot<S extends object>(): S {
    return snapshotOf(this.$link) as S;
  }
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
