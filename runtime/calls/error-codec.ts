/**
 * Errors to the wire and back: what crosses (code, name, message, declared fields, causes) and what stays home (the
 * stack, unless switched on; other properties). Error codes have the numbers of schema/peerwire/v1/error.proto.
 */
import { CALL_ERROR_CODES, CallError, type CallErrorCode, errorFrom } from "../base/errors.js";
import { DEFAULT_LIMITS, type Limits } from "../base/limits.js";
import { plainError } from "../messages/error-fields.js";
import { NO_BYTES, type WireError } from "../messages/instruction.js";
import { wellFormed } from "../protobuf/utf8.js";

/** Classes that the interfaces at hand declare as errors. Implemented by references/declared-errors.ts. */
export interface DeclaredErrors {
  /** The interface that declares them: "acme.bank.v1.BankService". */
  readonly interface: string;
  write(error: Error): { type: string; fields: Uint8Array } | undefined;
  read(type: string, fields: Uint8Array, message: string): Error | undefined;
}

/** How much of an error crosses. */
export interface ErrorPolicy extends Pick<
  Limits,
  "maxErrorMessageBytes" | "maxErrorDetailBytes" | "maxErrorCauseDepth"
> {
  /** Stacks cross too, cut like details. */
  readonly sendStacks?: boolean;
}

/** For messages whose interface is not known: then no class is. */
export const NO_DECLARED_ERRORS: DeclaredErrors = {
  interface: "an unknown interface",
  write: () => undefined,
  read: () => undefined,
};

const MAX_NAME_BYTES = 256;
const encoder = new TextEncoder();

/**
 * Whatever a handler threw, as it crosses. Long texts are cut, deep causes left out; a declared error whose fields are
 * too large crosses without its class. Never throws, even where reading the error does.
 */
export function errorToWire(
  thrown: unknown,
  policy: ErrorPolicy = DEFAULT_LIMITS,
  declared?: DeclaredErrors,
): WireError {
  try {
    return toWire(thrown, policy, declared, policy.maxErrorCauseDepth);
  } catch {
    return toWire(new Error("an error that cannot be read was thrown"), policy, undefined, 0);
  }
}

/** A refusal by the runtime itself, before anything ran. Reads nothing that somebody else has thrown. */
export function refusalToWire({ code, message }: CallError): WireError {
  const { maxErrorMessageBytes } = DEFAULT_LIMITS;
  return plainError(CALL_ERROR_CODES.indexOf(code) + 1, cut(text(message), maxErrorMessageBytes));
}

function toWire(thrown: unknown, policy: ErrorPolicy, declared: DeclaredErrors | undefined, depth: number): WireError {
  const error = errorFrom(thrown);
  const written = declared?.write(error);
  const own = written !== undefined && written.fields.length <= policy.maxErrorDetailBytes ? written : undefined;
  const cause: unknown = depth > 0 ? error.cause : undefined;
  return {
    code: CALL_ERROR_CODES.indexOf(codeOf(error)) + 1,
    message: cut(text(error.message), policy.maxErrorMessageBytes),
    name: cut(text(nameOf(error)), MAX_NAME_BYTES),
    declaredType: own?.type ?? "",
    declaredFields: own?.fields ?? NO_BYTES,
    cause: cause === undefined || cause === null ? undefined : toWire(cause, policy, declared, depth - 1),
    stack: policy.sendStacks === true ? cut(text(error.stack), policy.maxErrorDetailBytes) : "",
    notDispatched: false,
  };
}

/** The error as the caller sees it: the declared class where both sides know it, else a CallError. */
export function errorFromWire(wire: WireError, declared?: DeclaredErrors): Error {
  const cause = wire.cause === undefined ? undefined : errorFromWire(wire.cause, declared);
  if (wire.declaredType !== "") {
    const own = declared?.read(wire.declaredType, wire.declaredFields, wire.message);
    if (own !== undefined) {
      if (cause !== undefined)
        Object.defineProperty(own, "cause", { value: cause, configurable: true, writable: true });
      return own;
    }
  }
  return new CallError(CALL_ERROR_CODES[wire.code - 1] ?? "UNKNOWN", wire.message, {
    ...(cause === undefined ? undefined : { cause }),
    remoteName: wire.name,
    dispatched: wire.notDispatched ? "no" : "maybe",
    remoteStack: wire.stack === "" ? undefined : wire.stack,
  });
}

/** The code that an error crosses with. */
export function codeOf(error: Error): CallErrorCode {
  const { code, name } = error as { code?: unknown; name: unknown };
  switch (name) {
    case "CallError":
      return (CALL_ERROR_CODES as readonly unknown[]).includes(code) ? (code as CallErrorCode) : "UNKNOWN";
    case "AbortError":
      return "CANCELLED";
    case "TimeoutError":
      return "DEADLINE_EXCEEDED";
    case "ClosedError": // of a connection that the handler itself uses
      return "UNAVAILABLE";
    case "LimitError":
      return "RESOURCE_EXHAUSTED";
    default:
      return "UNKNOWN";
  }
}

function nameOf(error: Error): unknown {
  return error instanceof CallError && error.remoteName !== undefined ? error.remoteName : error.name;
}

/** A thrown object's properties may be anything. */
function text(value: unknown): string {
  return typeof value === "string" ? wellFormed(value) : "";
}

function cut(value: string, maxBytes: number): string {
  // A character is at most 3 bytes of UTF-8 for each of its UTF-16 units.
  if (value.length * 3 <= maxBytes) return value;
  const bytes = new Uint8Array(maxBytes);
  if (encoder.encodeInto(value, bytes).read === value.length) return value;
  if (maxBytes < 3) return "";
  return `${value.slice(0, encoder.encodeInto(value, bytes.subarray(3)).read)}…`; // which takes three bytes itself
}
