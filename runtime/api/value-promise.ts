/**
 * Promises of values that hold references: the promise of `{ account: Account }` has an `account` whose members can be
 * used at once, and the promise of `Account[]` a `map`. Only the references and lists that the member declares are there,
 * as properties that are not enumerable.
 */
import type { Pipelined } from "../references/remote-link.js";
import type { CallOptions } from "../references/remote-link.js";
import type { Member, ResultList, ResultReference } from "../references/service.js";

/** References and lists by the property that leads to them, or to others further in. */
interface Node {
  readonly inside: Map<string, Node>;
  reference?: ResultReference;
  list?: ResultList;
}

type Declared = Pick<Member<never>, "pipelinesInside" | "lists">;

/** What a promise has already, and must keep. */
const RESERVED = new Set(["then", "catch", "finally", "constructor", "__proto__"]);

/** A real Promise; its subclasses add the getters of one member's result. */
class ValuePromise extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // Set right after construction: the constructor of a Promise runs before its subclass has a `this`.
  #call!: Pipelined<unknown>;
  readonly #found = new Map<ResultReference, object>();

  static over(Class: typeof ValuePromise, call: Pipelined<unknown>): ValuePromise {
    const promise = new Class((resolve, reject) => {
      call.result.then(resolve, reject);
    });
    promise.#call = call;
    // A failure that is seen through a reference inside need not be seen here too.
    promise.then(undefined, () => undefined);
    return promise;
  }

  /** The promise of a reference inside the value: always the same one. */
  static reference(promise: ValuePromise, reference: ResultReference): object {
    let found = promise.#found.get(reference);
    if (found === undefined) {
      const call = promise.#call;
      const inside = call.result.then((value) => pick(value, reference)) as Promise<object>;
      found = reference.service().createPromise?.(call.at(reference), inside) ?? inside;
      promise.#found.set(reference, found);
    }
    return found;
  }

  /** What was recorded for each item of a list inside the value. */
  static map(
    promise: ValuePromise,
    list: ResultList,
    callback: (item: never) => unknown,
    options?: CallOptions,
  ): Promise<unknown> {
    const { member, call } = list.mapping.map(promise.#call, list, callback, options);
    return ValuePromise.over(classOf(member), call);
  }
}

const classes = new WeakMap<object, typeof ValuePromise>();

/** The promise of a call's result, with the references and lists that the member's result holds. */
export function valuePromise(member: Declared, call: Pipelined<unknown>): Promise<unknown> {
  if (call.placeholder !== undefined) return call.placeholder as Promise<unknown>;
  let Class = classes.get(member);
  if (Class === undefined) classes.set(member, (Class = classOf(member)));
  return ValuePromise.over(Class, call);
}

function classOf({ pipelinesInside = [], lists = [] }: Declared): typeof ValuePromise {
  const root: Node = { inside: new Map() };
  for (const reference of pipelinesInside) nodeAt(root, reference.properties).reference = reference;
  for (const list of lists) nodeAt(root, list.properties).list = list;
  const Class = class extends ValuePromise {};
  define(Class.prototype, root, function (this: unknown) {
    return this as ValuePromise;
  });
  return Class;
}

function nodeAt(root: Node, properties: readonly string[]): Node {
  let node = root;
  for (const name of properties) {
    let next = node.inside.get(name);
    if (next === undefined) node.inside.set(name, (next = { inside: new Map() }));
    node = next;
  }
  return node;
}

/** Gives `target` a getter for each property of `node`. @param promise  finds the promise from the getter's `this`. */
function define(target: object, { inside, list }: Node, promise: (this: unknown) => ValuePromise): void {
  if (list !== undefined) {
    Object.defineProperty(target, "map", {
      configurable: true,
      value(this: unknown, callback: (item: never) => unknown, options?: CallOptions) {
        return ValuePromise.map(promise.call(this), list, callback, options);
      },
    });
  }
  for (const [name, node] of inside) {
    if (RESERVED.has(name)) continue;
    Object.defineProperty(target, name, {
      configurable: true,
      get(this: unknown) {
        const owner = promise.call(this);
        if (node.reference !== undefined) return ValuePromise.reference(owner, node.reference);
        const further = {};
        define(further, node, () => owner);
        return further;
      },
    });
  }
}

function pick(value: unknown, { properties }: ResultReference): unknown {
  let found = value;
  for (const name of properties) found = (found as Record<string, unknown> | undefined)?.[name];
  return found;
}
