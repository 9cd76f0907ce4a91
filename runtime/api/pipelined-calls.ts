/**
 * Calls whose results can be used before they are known, as emitted members make them: promises that have the members of
 * what they promise, and objects that are being constructed.
 */
import { CallError } from "../base/errors.js";
import { LINK } from "../references/link-of.js";
import { recordingNow } from "../references/recording.js";
import type { Pipelined, RemoteLink } from "../references/remote-link.js";
import type { CreatePromise, Member, ServiceDescriptor } from "../references/service.js";
import { RemoteStub } from "./stub.js";
import { valuePromise } from "./value-promise.js";

const NOWHERE: readonly never[] = [];

/** A call whose result is a reference: the promise has the members of what it promises. */
export function callObject<P, A extends readonly unknown[] = readonly unknown[], R extends object = object>(
  link: RemoteLink,
  member: Member<never, A, R>,
  args: A,
  signal?: AbortSignal,
): P {
  const { pipelines: service } = member;
  const call = link.pipeline(member, args, signal && { signal });
  if (call.placeholder !== undefined || service === undefined) return (call.placeholder ?? call.result) as P;
  return (service().createPromise?.(linkToResult(call, service), call.result) ?? call.result) as P;
}

function linkToResult(call: Pipelined<object>, service: () => ServiceDescriptor): RemoteLink {
  return call.at({ properties: NOWHERE, path: NOWHERE, service });
}

/** A call whose result is a value that holds references: the promise has those that `member.pipelinesInside` names. */
export function callValue<P, A extends readonly unknown[] = readonly unknown[], R = unknown>(
  link: RemoteLink,
  member: Member<never, A, R>,
  args: A,
  signal?: AbortSignal,
): P {
  return valuePromise(member, link.pipeline(member as Member<never, A, R & object>, args, signal && { signal })) as P;
}

/**
 * A class of the other side. `new` issues the call and gives a stub at once; the first use of it tells of a failure.
 * @param signalAt  which of its parameters is an AbortSignal.
 */
export function remoteClass<A extends readonly unknown[], R extends object, Stub>(
  link: RemoteLink,
  member: Member<never, A, R>,
  signalAt = -1,
): new (...args: A) => Stub {
  return function RemoteClass(...args: A) {
    const signal = args[signalAt] as AbortSignal | undefined;
    return constructed(link.pipeline(member, args, signal && { signal }), member) as Stub;
  } as unknown as new (...args: A) => Stub;
}

/** The stub of an object that is being constructed. */
function constructed<A extends readonly unknown[], R extends object>(
  call: Pipelined<R>,
  { name, pipelines: service }: Member<never, A, R>,
): object {
  if (service === undefined) throw new TypeError(`${name} makes nothing that could be used from afar`);
  call.result.catch(() => undefined); // told to whoever uses the object
  const stub = service().createStub(linkToResult(call, service));
  call.adopt(stub);
  return stub;
}

/** A promise of a remote object, whose members may be used before it is settled. Not thenable twice: a real Promise. */
class PipelinePromise extends Promise<object> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // Set once it is known: the constructor of a Promise runs before its subclass has a `this`.
  #link: RemoteLink | undefined;

  static {
    void Object.defineProperty(this.prototype, LINK, {
      get(this: object) {
        return #link in this ? this.#link : undefined;
      },
    });
  }

  /** `result`, where it is one itself; else a promise of the same. */
  static over(Class: typeof PipelinePromise, link: RemoteLink, result: Promise<object>): PipelinePromise {
    const promise = result instanceof Class ? result : PipelinePromise.#following(Class, result);
    promise.#link = link;
    return promise;
  }

  static #following(Class: typeof PipelinePromise, result: Promise<object>): PipelinePromise {
    const promise = new Class((resolve, reject) => {
      result.then(resolve, reject);
    });
    // A failure that is seen through a chained call need not be seen here too.
    promise.then(undefined, () => undefined);
    return promise;
  }

  protected get $link(): RemoteLink {
    const link = this.#link!;
    return recordingNow()?.linkTo(this, link) ?? link;
  }

  protected $snapshot(): never {
    throw new CallError("FAILED_PRECONDITION", "a property that comes with the object: await the promise first");
  }
}

// What members are made of is the same on both: methods that begin with $ and use nothing but $link.
copyMembers(RemoteStub.prototype, PipelinePromise.prototype, ["$call", "$send", "$assign"]);

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
  const create = (link: RemoteLink, result: Promise<object>): Promise<object> =>
    PipelinePromise.over(StubPromise, link, result);
  return Object.assign(create, { promiseClass: StubPromise as PromiseConstructor });
}
