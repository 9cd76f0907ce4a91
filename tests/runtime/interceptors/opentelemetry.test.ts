/** `peerwire/opentelemetry`: one trace across both sides and through nested calls, and a duration for each call. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { CallContext, PeerOptions } from "peerwire";
import { openTelemetry } from "peerwire/opentelemetry";
import { until } from "../references/at-rest.js";
import { BankService } from "../sample/bank.rpc.js";
import { type LinkedBank, linkBank } from "../sample/linked-bank.js";

let linked: LinkedBank | undefined;
afterEach(async () => {
  await linked?.client.close();
  await linked?.server.close();
  linked = undefined;
});

function tracing(): { spans: InMemorySpanExporter; options: PeerOptions } {
  const spans = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const telemetry = openTelemetry({ tracer: provider.getTracer("test") });
  return { spans, options: { interceptors: { outgoing: [telemetry], incoming: [telemetry] } } };
}

describe("openTelemetry", () => {
  it("makes one trace of a call, its handler, and the call nested in that; errors and streams too", async () => {
    const { spans, options } = tracing();
    linked = await linkBank(options, options);
    const { bank, impl, server } = linked;
    const clientBank = await server.root(BankService);
    impl.add = (async (_a: number, _b: number, context: CallContext) =>
      clientBank.$with({ context }).add(1, 2)) as typeof impl.add;
    expect(await bank.add(1, 1)).toBe(3);
    const chain = spans.getFinishedSpans();
    expect(chain.map(({ kind, name }) => [kind, name])).toEqual(
      [SpanKind.SERVER, SpanKind.CLIENT, SpanKind.SERVER, SpanKind.CLIENT].map((kind) => [
        kind,
        "bank.v1.BankService/add",
      ]),
    );
    expect(new Set(chain.map((span) => span.spanContext().traceId)).size).toBe(1);
    const [innerServer, innerClient, outerServer, outerClient] = chain;
    expect(innerServer!.parentSpanContext?.spanId).toBe(innerClient!.spanContext().spanId);
    expect(innerClient!.parentSpanContext?.spanId).toBe(outerServer!.spanContext().spanId);
    expect(outerServer!.parentSpanContext?.spanId).toBe(outerClient!.spanContext().spanId);
    expect(outerClient!.parentSpanContext).toBeUndefined();
    expect(outerServer!.attributes).toEqual({
      "rpc.system": "peerwire",
      "rpc.service": "bank.v1.BankService",
      "rpc.method": "add",
    });

    spans.reset();
    await expect(bank.fail("thrown")).rejects.toThrow();
    const [failed, asSeen] = spans.getFinishedSpans();
    expect(failed!.status).toEqual({ code: SpanStatusCode.ERROR, message: "thrown" });
    expect(asSeen!.attributes).toMatchObject({ "error.type": "UNKNOWN" });

    spans.reset();
    for await (const item of bank.count(10)) if (item === 3) break;
    await until(() => spans.getFinishedSpans().length === 2);
  });

  it("takes over the traceparent that a caller without OpenTelemetry sends, and ignores one that is none", async () => {
    const { spans, options } = tracing();
    linked = await linkBank({}, options);
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const call = async (traceparent: string): Promise<void> => {
      await linked!.bank.$with({ metadata: { traceparent, tracestate: "vendor=1" } }).add(1, 1);
    };
    await call(`00-${traceId}-b7ad6b7169203331-01`);
    const [good] = spans.getFinishedSpans();
    expect([good!.spanContext().traceId, good!.parentSpanContext?.spanId]).toEqual([traceId, "b7ad6b7169203331"]);
    expect(good!.spanContext().traceState?.serialize()).toBe("vendor=1");
    spans.reset();
    for (const bad of ["", "x", `ff-${traceId}-b7ad6b7169203331-01`, `00-${"0".repeat(32)}-b7ad6b7169203331-01`])
      await call(bad);
    for (const span of spans.getFinishedSpans()) expect(span.parentSpanContext).toBeUndefined();
    expect(spans.getFinishedSpans()).toHaveLength(4);
  });

  it("records the duration of each call by side, method and error", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const telemetry = openTelemetry({ meter: provider.getMeter("test") });
    linked = await linkBank({ interceptors: { outgoing: [telemetry] } }, { interceptors: { incoming: [telemetry] } });
    await linked.bank.add(1, 1);
    await linked.bank.add(1, 1);
    await linked.bank.fail("declared").catch(() => undefined);
    await provider.forceFlush();
    const points = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.flatMap(({ descriptor, dataPoints }) =>
            dataPoints.map(({ attributes, value }) => [
              descriptor.name,
              attributes["rpc.method"],
              attributes["error.type"],
              (value as { count: number }).count,
            ]),
          ),
        ),
      );
    await provider.shutdown();
    expect(points).toEqual([
      ["rpc.client.call.duration", "add", undefined, 2],
      ["rpc.client.call.duration", "fail", "NoSuchUser", 1],
      ["rpc.server.call.duration", "add", undefined, 2],
      ["rpc.server.call.duration", "fail", "NoSuchUser", 1],
    ]);
  });
});
