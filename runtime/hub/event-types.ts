/**
 * Events: methods of an ordinary remote interface that return `void`. What an interface says about them as types, and
 * how one is written and read. Events carry data only: a reference would outlive nobody knows what.
 */
import type { CallContext } from "../calls/call-handler.js";
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
import { type ReferenceSource, ValueReader } from "../references/value-reader.js";
import { type ReferenceSink, ValueWriter } from "../references/value-writer.js";
import type { WireEvent } from "./hub-link.js";

/** One event of the interface `T`, as a union to switch on: `{ name: "progress", args: [job, percent] }`. */
export type EventOf<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? [R] extends [void]
      ? { readonly name: K; readonly args: A }
      : never
    : never;
}[keyof T];

/** @throws {CallError} INVALID_ARGUMENT for a wrong value, with its path. */
export function encodeEvent<A extends readonly unknown[]>(
  service: ServiceDescriptor,
  member: Member<never, A, void>,
  args: A,
  limits: Limits,
): WireEvent {
  const writer = new ValueWriter(REFUSE_REFERENCES, limits);
  member.writeArguments(writer, args);
  if (writer.length > limits.maxInlineBytes) {
    throw new CallError(
      "RESOURCE_EXHAUSTED",
      `an event of ${writer.length} bytes, and the limit is ${limits.maxInlineBytes} (limits.maxInlineBytes); call a method instead`,
    );
  }
  return { interfaceId: service.interfaceId, member: member.number, arguments: writer.finish() };
}

/** @throws where this side does not know such an event, or its arguments do not decode. */
export function decodeEvent<T extends object>(
  service: ServiceDescriptor<T>,
  event: WireEvent,
  context: CallContext,
  limits: Limits,
): EventOf<T> {
  const member = service.members.get(event.member);
  if (member?.oneWay !== true) throw new CallError("UNIMPLEMENTED", `${service.fullName} has no event ${event.member}`);
  const args = member.readArguments(new ValueReader(event.arguments, REFUSE_SLOTS, limits), context);
  return { name: member.name, args } as unknown as EventOf<T>;
}

function refuse(): never {
  throw new CallError("INVALID_ARGUMENT", "an event carries data only; call a method to share objects and streams");
}
const REFUSE_REFERENCES: ReferenceSink = { object: refuse, stream: refuse };
const REFUSE_SLOTS: ReferenceSource = { object: refuse, stream: refuse };
