/**
 * What a call's options, and the call that it is nested in, come to: how long it may take, what stops it, how deep it
 * is, and what metadata it carries.
 */
import { CallError, LimitError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { CallContext } from "../calls/call-handler.js";
import type { CallLifetime } from "../calls/outgoing-calls.js";
import { cancelled } from "../calls/signals.js";
import { describeValue } from "../protobuf/path.js";
import { utf8Length } from "../protobuf/utf8.js";
import type { ReferenceContext, StreamLifetime } from "./reference-context.js";
import { type CallOptions, forwardedBy } from "./remote-link.js";

export type Metadata = Readonly<Record<string, string>>;

export interface CallPlan extends CallLifetime {
  readonly depth: number;
  readonly metadata: Metadata | undefined;
}

/** A call without options, outside of any other. */
const PLAIN: CallPlan = { signals: [], timeoutMs: undefined, depth: 0, metadata: undefined };

/**
 * @throws {CallError} CANCELLED or DEADLINE_EXCEEDED where the call would be over before it is sent.
 * @throws {LimitError} "calls-too-deep", or "message-too-large" for its metadata.
 */
export function planCall(options: CallOptions | undefined, context: ReferenceContext): CallPlan {
  const outer = outerCall(options, context);
  if (outer === undefined && options === undefined) return PLAIN;
  const signals: AbortSignal[] = [];
  if (options?.signal !== undefined) signals.push(options.signal);
  if (outer !== undefined) signals.push(outer.signal);
  for (const signal of signals) throwIfAborted(signal);
  const metadata = mergedMetadata(options?.metadata, outer, context.inheritedMetadata);
  if (metadata !== undefined) checkMetadata(metadata, context.limits);
  return {
    signals,
    timeoutMs: checkTimeout(shorter(options?.timeoutMs, outer?.remainingMs)),
    depth: outer === undefined ? 0 : forwardedBy(options) ? outer.depth : nestedDepth(outer, context.limits),
    metadata,
  };
}

/** The call that this one is nested in: the one that its maker names, else the one that runs now, if that is tracked. */
export function outerCall(
  options: CallOptions | undefined,
  { contextStorage }: ReferenceContext,
): CallContext | undefined {
  return options?.context ?? contextStorage?.getStore();
}

/** How long the streams of a call's result may go on. */
export function streamLifetime(
  { signals, timeoutMs }: CallLifetime,
  { clock }: ReferenceContext,
): StreamLifetime | undefined {
  if (signals.length === 0 && timeoutMs === undefined) return undefined;
  return { signals, deadline: timeoutMs === undefined ? undefined : clock.now() + timeoutMs };
}

export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const { code, message, cause } = cancelled(signal);
  throw new CallError(code, message, { cause, dispatched: "no" });
}

function nestedDepth(outer: CallContext, { maxCallDepth }: Limits): number {
  const depth = outer.depth + 1;
  if (depth <= maxCallDepth) return depth;
  throw new LimitError(
    "calls-too-deep",
    `a call nested ${depth} deep, and the limit is ${maxCallDepth} (limits.maxCallDepth)`,
  );
}

/** The smaller of the two, where both are there. */
export function shorter(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Number.isNaN(a) ? a : Math.min(a, b);
}

/** @returns whole milliseconds, at least 1; undefined for none. */
function checkTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return undefined;
  if (!(timeoutMs > 0)) {
    throw new CallError("DEADLINE_EXCEEDED", `a timeout of ${timeoutMs} ms has passed before the call was sent`, {
      dispatched: "no",
    });
  }
  return Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
}

export function mergedMetadata(
  own: Metadata | undefined,
  outer: CallContext | undefined,
  inherited: readonly string[],
): Metadata | undefined {
  if (outer === undefined) return own;
  const kept = inherited.flatMap((key) => (Object.hasOwn(outer.metadata, key) ? [[key, outer.metadata[key]]] : []));
  return kept.length === 0 ? own : { ...(Object.fromEntries(kept) as Metadata), ...own };
}

function checkMetadata(metadata: Metadata, limits: Limits): void {
  const entries = Object.entries(metadata) as [string, unknown][];
  const wrong = entries.find(([, value]) => typeof value !== "string");
  if (wrong !== undefined)
    throw new CallError("INVALID_ARGUMENT", `metadata.${wrong[0]}: expected a string, got ${describeValue(wrong[1])}`);
  const excess = excessMetadata(metadata, limits);
  if (excess !== undefined) throw new LimitError("message-too-large", excess);
}

/** @returns what to say where `metadata` is past the limits, on either side. */
export function excessMetadata(
  metadata: Metadata,
  { maxMetadataEntries, maxMetadataBytes }: Limits,
): string | undefined {
  const all = Object.entries(metadata);
  const entries = all.length;
  const bytes = all.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);
  if (entries <= maxMetadataEntries && bytes <= maxMetadataBytes) return undefined;
  return `metadata of ${entries} entries and ${bytes} bytes; the limits are ${maxMetadataEntries} and ${maxMetadataBytes} (limits.maxMetadataEntries, limits.maxMetadataBytes)`;
}
