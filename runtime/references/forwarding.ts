/**
 * Calls on objects that belong to another peer: passed on as they came, with their deadline, cancellation, depth and
 * metadata.
 * The caller may chain on the result at once: what it chains is passed on behind the call, so that a chain over any
 * number of peers costs each of them one round trip.
 */
import type { IncomingCall } from "../calls/incoming-call.js";
import type { KeptCall } from "./kept-result.js";
import { bindLink } from "./link-of.js";
import { referencesOf } from "./map-program.js";
import { type PassedOn, type Pipelined, type RemoteLink, forwardedOptions } from "./remote-link.js";
import { type ResultLookup, type ResultObject, pathKey } from "./result-paths.js";
import type { Member, ResultReference } from "./service.js";

/**
 * Passes a call on to where `link` leads.
 * @param received  told what comes with the result, which is the caller's and nobody's here.
 * @returns the result, or its promise.
 */
export function forward(
  link: RemoteLink,
  member: Member<object>,
  args: readonly unknown[],
  call: IncomingCall,
  kept: KeptCall | undefined,
  received: (result: PassedOn) => void,
): unknown {
  const options = { context: call.context(), metadata: call.wire.metadata };
  if (member.oneWay === true) {
    const oneWay = member as Member<never, readonly unknown[], void>;
    if (call.id === 0 && call.wire.references.length === 0) {
      link.send(oneWay, args, forwardedOptions(options, {}));
      return undefined;
    }
    return new Promise<void>((taken) => {
      link.send(oneWay, args, forwardedOptions(options, { taken }));
    });
  }
  const typed = member as Member<never, readonly unknown[], object>;
  const answered = forwardedOptions(options, { received });
  if (kept === undefined) return link.call(typed, args, answered);
  const promised = link.pipeline(typed, args, answered);
  kept.succeed(new ForwardedResult(typed, promised));
  return promised.result;
}

/** The references in a result that another peer will give. */
class ForwardedResult implements ResultLookup {
  readonly #references: readonly ResultReference[];
  readonly #call: Pipelined<object>;
  readonly #found = new Map<string, ResultObject>();

  constructor(member: Member<never>, call: Pipelined<object>) {
    this.#references = [...referencesOf(member), ...(member.lists ?? []).map((list) => list.mapping.reference(list))];
    this.#call = call;
  }

  at(path: readonly number[]): ResultObject | undefined {
    const key = pathKey(path);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const reference = this.#references.find((one) => pathKey(one.path) === key);
    if (reference === undefined) return undefined;
    const service = reference.service();
    const link = this.#call.at(reference);
    const result = this.#call.result.then((value) => pick(value, reference));
    result.catch(() => undefined); // told to the calls that depend on it
    const object = service.createPromise?.(link, result) ?? {};
    bindLink(object, link);
    const found = { object, service };
    this.#found.set(key, found);
    return found;
  }
}

function pick(value: unknown, { properties }: ResultReference): object {
  let found = value;
  for (const name of properties) found = (found as Record<string, unknown> | undefined)?.[name];
  return found as object;
}
