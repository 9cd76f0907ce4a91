/**
 * What crosses by reference where its type says `unknown`: functions of Values, and objects that the other side can only
 * hold, pass on and send home.
 */
import { bindLink } from "./link-of.js";
import type { RemoteLink } from "./remote-link.js";
import type { Member, ServiceDescriptor } from "./service.js";

type AnyFunctionType = (...args: unknown[]) => unknown;

const call: Member<AnyFunctionType, unknown[]> = {
  number: 1,
  name: "",
  kind: "call",
  parameters: ["repeated value"],
  result: "value",
  writeArguments(w, args) {
    for (let i = 0; i < args.length; i++) w.value(10, args[i], "args", i);
  },
  readArguments(r) {
    const args: unknown[] = [];
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) {
        r.element("args");
        args.push(r.value("args", args.length));
      } else r.skip(tag);
    }
    return args;
  },
  invoke: (target, args) => target(...args),
  writeResult(w, result) {
    if (result !== undefined) w.value(10, result, "");
  },
  readResult(r) {
    let result: unknown;
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) result = r.value("");
      else r.skip(tag);
    }
    return result;
  },
};

const functionMembers = new Map([[1, call]]);
const noMembers = new Map<number, Member<object>>();

/** A function whose type is not known: it takes and gives what `unknown` may be. */
export const AnyFunction: ServiceDescriptor<AnyFunctionType> = {
  fullName: "peerwire.v1.AnyFunction",
  interfaceId: 0xe2d799a6,
  fingerprint: 1n,
  members: functionMembers,
  errors: [],
  createStub: (link) => disposable((...args: unknown[]) => link.call(call, args), link),
};

/** An object whose interface is not known: coming home it is itself, anywhere else it has no members. */
export const AnyObject: ServiceDescriptor = {
  fullName: "peerwire.v1.AnyObject",
  interfaceId: 0,
  fingerprint: 1n,
  members: noMembers,
  errors: [],
  createStub: (link) => disposable({}, link),
};

function disposable<T extends object>(remote: T, link: RemoteLink): T {
  Object.defineProperty(remote, Symbol.dispose, {
    value: () => {
      link.release();
    },
  });
  bindLink(remote, link);
  return remote;
}
