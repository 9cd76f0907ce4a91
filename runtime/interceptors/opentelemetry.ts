/**
 * `peerwire/opentelemetry`: a span and a duration for each call, on both sides, and one trace across them. Needs
 * `@opentelemetry/api`; where spans go is the application's OpenTelemetry SDK's to know.
 * Source: W3C Trace Context; OpenTelemetry's semantic conventions for RPC.
 */
import {
  type Attributes,
  type Context,
  type Meter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  context as active,
  createTraceState,
  metrics,
  propagation,
  trace,
} from "@opentelemetry/api";
import type { InterceptedCall, Interceptor } from "../api/call-types.js";
import { outcomeOf } from "./logging.js";
import { whenOver } from "./when-over.js";

export interface OpenTelemetryOptions {
  /** By default those of the globally registered providers, under the name "peerwire". */
  readonly tracer?: Tracer;
  readonly meter?: Meter;
}

type Metadata = Record<string, string>;

/** For both lists: `{ outgoing: [telemetry], incoming: [telemetry] }`. */
export function openTelemetry(options: OpenTelemetryOptions = {}): Interceptor {
  const { tracer = trace.getTracer("peerwire"), meter = metrics.getMeter("peerwire") } = options;
  const durations = {
    outgoing: meter.createHistogram("rpc.client.call.duration", { unit: "s", description: "Duration of calls made." }),
    incoming: meter.createHistogram("rpc.server.call.duration", {
      unit: "s",
      description: "Duration of calls served.",
    }),
  };
  return async (call, next) => {
    const attributes = attributesOf(call);
    const kind = call.side === "outgoing" ? SpanKind.CLIENT : SpanKind.SERVER;
    const span = tracer.startSpan(nameOf(call), { kind, attributes }, parentOf(call));
    const context = trace.setSpan(active.active(), span);
    const start = performance.now();
    const over = (error: unknown): void => {
      const failed: Attributes = error === undefined ? {} : { "error.type": outcomeOf(error) };
      durations[call.side].record((performance.now() - start) / 1000, { ...attributes, ...failed });
      finish(span, error, failed);
    };
    let result: unknown;
    try {
      result = await active.with(context, () => next({ metadata: metadataOf(context, span) }));
    } catch (error) {
      over(error);
      throw error;
    }
    return whenOver(result, over);
  };
}

function nameOf({ service, member }: InterceptedCall): string {
  return member.name === "" ? service : `${service}/${member.name}`;
}

function attributesOf({ service, member }: InterceptedCall): Attributes {
  return { "rpc.system": "peerwire", "rpc.service": service, "rpc.method": member.name };
}

function finish(span: Span, error: unknown, attributes: Attributes): void {
  if (error !== undefined) {
    const { message } = Object(error) as { readonly message?: unknown };
    span.setAttributes(attributes);
    span.setStatus({
      code: SpanStatusCode.ERROR,
      message: typeof message === "string" ? message : outcomeOf(error),
    });
  }
  span.end();
}

/** Of a call that comes in: what its caller sent. Of one that goes out: the span that runs, or that of the call around. */
function parentOf(call: InterceptedCall): Context {
  const current = active.active();
  if (call.side === "outgoing" && trace.getSpan(current) !== undefined) return current;
  const remote = usesPropagators() ? propagation.extract(current, call.metadata) : extract(current, call.metadata);
  return call.side === "incoming" && trace.getSpan(remote) === undefined ? ROOT_CONTEXT : remote;
}

function metadataOf(context: Context, span: Span): Metadata {
  const metadata: Metadata = {};
  if (usesPropagators()) propagation.inject(context, metadata);
  else inject(span, metadata);
  return metadata;
}

/** Where the application has registered none, W3C Trace Context is used all the same. */
function usesPropagators(): boolean {
  return propagation.fields().length > 0;
}

function inject(span: Span, metadata: Metadata): void {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (/^0*$/.test(traceId)) return; // no SDK is there
  metadata["traceparent"] = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  const state = traceState?.serialize() ?? "";
  if (state !== "") metadata["tracestate"] = state;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function extract(context: Context, metadata: Readonly<Metadata>): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(metadata["traceparent"] ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return context;
  const state = metadata["tracestate"];
  return trace.setSpanContext(context, {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16) & 1,
    isRemote: true,
    ...(state !== undefined && { traceState: createTraceState(state) }),
  });
}
