/**
 * One end of a measurement, in a process of its own: `end.js server KIND`, or `end.js client KIND PORT WORKLOAD MS`.
 * A server prints its port and lives until its standard input closes; a client prints calls per second and microseconds.
 */
import { connect, listen, serve } from "peerwire/node";
import { EchoService } from "../../generated/examples/bench/echo.rpc.js";
import { connectRaw, serveRaw } from "./raw.js";

type Call = () => Promise<unknown>;
const WORKLOADS: Readonly<Record<string, { inFlight: number; bytes: number }>> = {
  "16 B, 1 in flight": { inFlight: 1, bytes: 16 },
  "16 B, 64 in flight": { inFlight: 64, bytes: 16 },
  "1 MiB, 4 in flight": { inFlight: 4, bytes: 1024 * 1024 },
};

const [role, kind = "", ...rest] = process.argv.slice(2);
if (role === "server") {
  console.log(await startServer());
  process.stdin.resume().on("end", () => process.exit(0));
} else {
  const [port = "", workload = "", ms = ""] = rest;
  console.log(JSON.stringify(await measure(Number(port), workload, Number(ms))));
  process.exit(0);
}

async function startServer(): Promise<number> {
  if (kind === "raw") return serveRaw();
  const echo = { echo: async (bytes: Uint8Array) => bytes, add: async (a: number, b: number) => a + b };
  const server = await listen("tcp://127.0.0.1:0", { roots: [serve(EchoService, echo)] });
  return Number(new URL(server.address).port);
}

async function measure(
  port: number,
  workload: string,
  ms: number,
): Promise<{ callsPerSecond: number; p50: number; p99: number }> {
  const { inFlight, bytes } = WORKLOADS[workload]!;
  const body = new Uint8Array(bytes).fill(7);
  const call = await caller(port, body);
  await run(call, inFlight, ms / 3, []); // warm
  const times: number[] = [];
  const { calls, elapsedMs } = await run(call, inFlight, ms, times);
  times.sort((a, b) => a - b);
  const at = (share: number): number => (times[Math.floor(times.length * share)] ?? 0) * 1000;
  return { callsPerSecond: (calls * 1000) / elapsedMs, p50: at(0.5), p99: at(0.99) };
}

async function caller(port: number, body: Uint8Array): Promise<Call> {
  if (kind === "raw") {
    const send = await connectRaw(port);
    return () => send(body);
  }
  const peer = await connect(`tcp://127.0.0.1:${port}`);
  const echo = await peer.root(EchoService);
  return () => echo.echo(body);
}

async function run(
  call: Call,
  inFlight: number,
  ms: number,
  times: number[],
): Promise<{ calls: number; elapsedMs: number }> {
  const start = performance.now();
  const end = start + ms;
  let calls = 0;
  const lane = async (): Promise<void> => {
    for (let now = performance.now(); now < end;) {
      await call();
      const then = performance.now();
      times.push(then - now);
      now = then;
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { calls, elapsedMs: performance.now() - start };
}
