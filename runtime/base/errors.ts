/**
 * The four errors that leave this library, and their closed unions of codes. Match on `code`, never on text.
 *   ProtocolError  the peer broke docs/protocol.md   the session ends with GoAway
 *   ClosedError    session, stream or reference gone  reconnect, ask again for the root object
 *   CallError      the handler threw, or refused      that call only; read `code`
 *   LimitError     our own limit, before sending      send less, or raise the limit
 * Knows no wire format (calls/error-codec.ts).
 */

export type ProtocolErrorCode =
  | "bad-version"
  | "bad-frame-type"
  | "bad-stream-id"
  | "bad-stream-kind"
  | "duplicate-stream"
  | "frame-too-large"
  | "window-exceeded"
  | "window-overflow"
  | "reset-flood"
  | "refused-flood"
  | "invalid-flood"
  | "ping-flood"
  | "empty-flood"
  | "bad-hello"
  | "bad-instruction"
  | "bad-reference"
  | "bad-release"
  | "message-too-large"
  | "goaway-received";

export type ClosedErrorCode =
  | "transport-closed" // the connection ended, or failed, without goodbye
  | "session-closed" // one side closed the session in an orderly way
  | "session-draining" // GoAway was sent or received: no new streams or calls
  | "stream-closed"
  | "stream-reset"
  | "write-timeout"
  | "keepalive-timeout"
  | "open-timeout"
  | "slow-peer"
  | "handshake-failed" // the peer's Hello never came, or does not fit ours
  | "released-reference"; // this stub was disposed

/** What a call may end with, named after gRPC's status codes. */
export const CALL_ERROR_CODES = [
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;
export type CallErrorCode = (typeof CALL_ERROR_CODES)[number];

export type LimitErrorCode =
  | "streams-exhausted"
  | "message-too-large"
  | "too-many-calls"
  | "too-many-references"
  | "too-many-streams"
  | "calls-too-deep"
  | "too-many-events";

/** The peer broke the protocol. Everything open on the session fails with it. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was used is gone. `dispatched` tells whether a call may have run at the peer. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
  readonly code: ClosedErrorCode;
  /** "no": the peer never saw the call, so a retry is safe. "maybe": it may have run. */
  readonly dispatched: "no" | "maybe";
  constructor(code: ClosedErrorCode, message: string, options?: ErrorOptions & { dispatched?: "no" | "maybe" }) {
    super(message, options);
    this.code = code;
    this.dispatched = options?.dispatched ?? "maybe";
  }
}

export interface CallErrorOptions extends ErrorOptions {
  readonly dispatched?: "no" | "maybe";
  readonly remoteName?: string | undefined;
  readonly remoteStack?: string | undefined;
}

/** One call failed: its handler threw or refused. Handlers throw it to choose the code. */
export class CallError extends Error {
  override readonly name: string;
  readonly code: CallErrorCode;
  /** "no": nothing of the call ran, so a retry is safe. "maybe": it may have run. Decided by the runtime, not by handlers. */
  readonly dispatched: "no" | "maybe";
  /** The name of the error that was thrown at the other side, such as "TypeError". */
  readonly remoteName: string | undefined;
  /** Where it was thrown at the other side, if that side was told to send stacks. */
  readonly remoteStack: string | undefined;
  constructor(code: CallErrorCode, message: string, options?: CallErrorOptions) {
    super(message, options);
    this.name = "CallError";
    this.code = code;
    this.dispatched = options?.dispatched ?? "maybe";
    this.remoteName = options?.remoteName;
    this.remoteStack = options?.remoteStack;
  }
}

/** One of our own limits, met before anything was sent. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly code: LimitErrorCode;
  constructor(code: LimitErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whatever was thrown, as an Error: `throw "text"` and `throw undefined` are legal JavaScript. */
export function errorFrom(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  return new Error(typeof thrown === "string" ? thrown : `thrown: ${describeThrown(thrown)}`);
}

function describeThrown(thrown: unknown): string {
  try {
    return Object(thrown) === thrown ? Object.prototype.toString.call(thrown) : String(thrown);
  } catch {
    return typeof thrown;
  }
}

/** `instanceof Error` fails across realms (a jest sandbox, a worker's structured clone). */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
  } catch {
    return false; // a revoked Proxy, or a getter that throws
  }
}
