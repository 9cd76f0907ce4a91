/** docs/calls.md shows only what runs: each snippet stands in weather/snippets.ts, and is run here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { DEFAULT_LIMITS, type Peer, serve } from "peerwire";
import { type Server, connect, listen } from "peerwire/node";
import { WeatherService, type WeatherStub } from "./weather/generated/weather.rpc.js";
import * as snippets from "./weather/snippets.js";
import { UnknownPlace, type Weather } from "./weather/weather.js";

const page = readFileSync("docs/calls.md", "utf8");
const source = readFileSync(join("tests/docs/weather", "snippets.ts"), "utf8");

const open: (Peer | Server)[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const archive: Weather = {
  forecast: async (place) => {
    if (place === "Atlantis") throw new UnknownPlace(place);
    return place.length;
  },
  watch: async function* () {
    for (let degrees = 0; ; degrees++) yield degrees;
  },
  average: async () => 0,
};

async function visit(weather: Weather): Promise<WeatherStub> {
  const server = await listen("inproc:*", { roots: [serve(WeatherService, weather)] });
  const peer = await connect(server.address);
  open.push(server, peer);
  return peer.root(WeatherService);
}

function dedented(text: string): string {
  const lines = text.replace(/^\n|\n\s*$/g, "").split("\n");
  const indent = Math.min(...lines.filter((line) => line !== "").map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join("\n");
}

describe("docs/calls.md", () => {
  it("shows what stands in snippets.ts, all of it and nothing else", () => {
    const shown = [...page.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, text = ""]) => text);
    const regions = [...source.matchAll(/\/\/ #region \w+\n([\s\S]*?)\/\/ #endregion/g)].map(([, text = ""]) =>
      dedented(text),
    );
    expect(shown).toEqual(regions);
  });

  it("names limits that exist, with their defaults", () => {
    const names = [...page.matchAll(/`(max\w+|queued\w+|arguments\w+|idle\w+)`/g)].map(([, name = ""]) => name);
    expect(names.filter((name) => !(name in DEFAULT_LIMITS))).toEqual([]);
    expect(DEFAULT_LIMITS).toMatchObject({
      maxMessageBytes: 4 * 1024 * 1024,
      maxMetadataBytes: 8192,
      maxMetadataEntries: 64,
      maxErrorMessageBytes: 4096,
      maxErrorDetailBytes: 8192,
      maxErrorCauseDepth: 4,
      maxRunningCalls: 1024,
      maxWaitingCalls: 10_000,
      argumentsTimeoutMs: 60_000,
      idleSessionMs: Number.POSITIVE_INFINITY,
      maxNestedCalls: 256,
      maxCallDepth: 32,
      maxPendingCalls: 10_000,
      maxStreams: 1024,
      maxPooledStreams: 128,
      queuedBytesSoft: 1024 * 1024,
      queuedBytesHard: 16 * 1024 * 1024,
    });
  });

  it("deadlines, a handler with a nested call, streams and errors do what the page says", async () => {
    const far = await visit(archive);
    const weather = await visit(snippets.handler(far));
    expect(await snippets.deadlines(weather)).toBe(4);
    expect(await snippets.streams(weather)).toEqual([21, 20]);
    expect(await snippets.errors(far)).toBe("nothing known of Atlantis");
  });

  it("storage, limits, interceptors and the goodbye too", async () => {
    const server = await snippets.implicit("inproc:*", [serve(WeatherService, archive)]);
    open.push(server, await snippets.limits(server.address));
    const entries: unknown[] = [];
    const [guarded, peer, degrees] = await snippets.interceptors("inproc:*", [serve(WeatherService, archive)], {
      info: (entry) => entries.push(entry),
    });
    open.push(guarded, peer);
    expect([degrees, entries]).toMatchObject([4, [{ member: "forecast", outcome: "OK" }]]);
    const intruder = await connect(guarded.address);
    open.push(intruder);
    const refused = (await intruder.root(WeatherService)).forecast("Oslo");
    await expect(refused).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    const timed: string[] = [];
    const timing = snippets.ownInterceptor((member) => timed.push(member));
    const watcher = await connect(server.address, { interceptors: { outgoing: [timing] } });
    open.push(watcher);
    for await (const value of (await watcher.root(WeatherService)).watch("Oslo")) if (value === 3) break;
    expect(timed).toEqual(["watch"]);
    expect(await snippets.goodbye(guarded)).toEqual([]);
  });
});
