/**
 * What docs/calls.md shows, in functions that tests/docs/calls.test.ts runs. A page's snippet is the text between two
 * markers, without its indentation.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  CallError,
  type CallContext,
  type Interceptor,
  LimitError,
  type Peer,
  authorise,
  concurrencyLimit,
  logging,
  retry,
  type Root,
  whenOver,
} from "peerwire";
import { type Server, connect, listen } from "peerwire/node";
import { openTelemetry } from "peerwire/opentelemetry";
import { WeatherService, type WeatherStub } from "./generated/weather.rpc.js";
import { UnknownPlace, type Weather } from "./weather.js";

export async function deadlines(weather: WeatherStub): Promise<number> {
  // #region deadlines
  const abort = new AbortController();
  const patient = weather.$with({ timeoutMs: 500, signal: abort.signal });
  const degrees = await patient.forecast("Oslo"); // DEADLINE_EXCEEDED after 500 ms, CANCELLED after abort.abort()
  // #endregion
  return degrees;
}

export function handler(archive: WeatherStub): Weather {
  // #region handler
  class WeatherImpl implements Weather {
    async forecast(place: string, call?: CallContext): Promise<number> {
      call?.signal.throwIfAborted(); // the caller has left, or its time is up
      return archive.$with({ context: call }).forecast(place); // nested: what remains of the time, and the same trace
    }
    async *watch(place: string, call?: CallContext): AsyncIterable<number> {
      try {
        for (let degrees = 0; call?.signal.aborted !== true; degrees++) yield degrees + place.length;
      } finally {
        // Runs also when the consumer leaves its loop, its deadline passes, or the connection is lost.
      }
    }
    async average(samples: AsyncIterable<number>): Promise<number> {
      let [sum, count] = [0, 0];
      for await (const sample of samples) [sum, count] = [sum + sample, count + 1];
      return sum / count;
    }
  }
  // #endregion
  return new WeatherImpl();
}

export async function implicit(at: string, roots: Root[]): Promise<Server> {
  // #region storage
  const currentCall = new AsyncLocalStorage<CallContext>();
  const server = await listen(at, { roots, contextStorage: currentCall });
  // #endregion
  return server;
}

export async function streams(weather: WeatherStub): Promise<[number, number]> {
  let last = 0;
  // #region streams
  for await (const degrees of weather.watch("Oslo")) {
    last = degrees; // while this loop is busy, the producer waits
    if (degrees > 20) break; // the producer's `finally` runs
  }
  const mean = await weather.average(
    (async function* () {
      yield* [18, 20, 22];
    })(),
  );
  // #endregion
  return [last, mean];
}

export async function errors(weather: WeatherStub): Promise<string> {
  // #region errors
  try {
    await weather.forecast("Atlantis");
  } catch (error) {
    if (error instanceof UnknownPlace) return `nothing known of ${error.place}`; // declared with @error
    if (error instanceof LimitError) return "too much at once: nothing was sent";
    if (error instanceof CallError && error.code === "UNAVAILABLE")
      return error.dispatched === "no" ? "refused before it ran: ask again" : "it may have run";
    throw error;
  }
  // #endregion
  return "";
}

export async function limits(at: string): Promise<Peer> {
  // #region limits
  const peer = await connect(at, { limits: { maxMessageBytes: 16 * 1024 * 1024, maxPendingCalls: 100 } });
  // #endregion
  return peer;
}

export async function interceptors(
  at: string,
  roots: Root[],
  logger: { info(entry: unknown): void },
): Promise<[Server, Peer, number]> {
  // #region interceptors
  const telemetry = openTelemetry();
  const server = await listen(at, {
    roots,
    interceptors: {
      incoming: [
        telemetry,
        logging((entry) => logger.info(entry)),
        authorise(({ metadata }) => metadata["authorization"] === "Bearer 42"),
        concurrencyLimit({ maxRunning: 100, maxWaiting: 1000 }),
      ],
    },
  });
  const token: Interceptor = (_call, next) => next({ metadata: { authorization: "Bearer 42" } });
  const peer = await connect(server.address, { interceptors: { outgoing: [telemetry, retry(), token] } });
  // #endregion
  const weather = await peer.root(WeatherService);
  return [server, peer, await weather.forecast("Oslo")];
}

export function ownInterceptor(seen: (member: string, ms: number) => void): Interceptor {
  // #region own
  const timing: Interceptor = async (call, next) => {
    const start = performance.now();
    const result = await next();
    return whenOver(result, () => seen(call.member.name, performance.now() - start)); // of a stream: when that has ended
  };
  // #endregion
  return timing;
}

export async function goodbye(server: Server): Promise<readonly string[]> {
  // #region goodbye
  const { cut } = await server.close({ graceMs: 10_000 });
  for (const { kind, what, peer } of cut) console.error(`cut off: ${kind} ${what} of ${peer}`);
  // #endregion
  return cut.map(({ what }) => what);
}
