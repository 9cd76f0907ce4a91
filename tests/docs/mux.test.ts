/** docs/mux.md shows only what runs: each snippet stands in mux/snippets.ts, and is run here. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { DEFAULT_LIMITS, type Limits, Session, memoryTransportPair, openTyped } from "peerwire/mux";
import { toNodeDuplex } from "peerwire/node";
import * as snippets from "./mux/snippets.js";

const page = readFileSync("docs/mux.md", "utf8");
const source = readFileSync("tests/docs/mux/snippets.ts", "utf8");

describe("docs/mux.md", () => {
  it("shows what stands in snippets.ts, all of it and nothing else", () => {
    const shown = [...page.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, text]) => text);
    const regions = [...source.matchAll(/\/\/ #region \w+\n([\s\S]*?)\n\/\/ #endregion/g)].map(([, text]) => text);
    expect(shown.sort()).toEqual(regions.sort());
  });

  it("lists the limits of frames and streams, with their defaults", () => {
    const listed: Record<string, number> = {};
    for (const [, names = "", values = ""] of page.matchAll(
      /^\| (`\w+`(?:, `\w+`)*) \| ([\d,.]+(?: [MK]iB)?[^|]*)\|/gm,
    )) {
      const numbers = values.match(/\d+(?:,\d{3})*(?: [MK]iB)?/g)!;
      names.split(", ").forEach((name, i) => (listed[name.slice(1, -1)] = amount(numbers[i]!)));
    }
    const all = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
    const ours = all.slice(0, all.indexOf("handshakeTimeoutMs"));
    expect(listed).toEqual(Object.fromEntries(ours.map((name) => [name, DEFAULT_LIMITS[name]])));
  });

  it("echoes over a socket", async () => {
    const server = snippets.startEcho(0);
    await once(server, "listening");
    expect(await snippets.ask(connect((server.address() as AddressInfo).port, "127.0.0.1"), "anybody?")).toBe(
      "anybody?",
    );
    server.close();
  });

  it("knows kinds, watches, counts and gives up", async () => {
    const [left, right] = memoryTransportPair();
    const far = snippets.serveKinds(right);
    const near = new Session(left, { role: "client", ...snippets.options });
    const watching = snippets.watch(near);
    const log = snippets.openLog(near);
    log.write(Buffer.from("a line"));
    log.end();
    const zipped = toNodeDuplex(openTyped(near, "gzip"));
    zipped.end("zip me");
    expect(gunzipSync(await buffer(zipped)).toString()).toBe("zip me");
    expect(snippets.lines).toContain("a line");
    expect(snippets.lines).toContain("out windowUpdate flags 1 stream 1 length 0");
    const counted = new Promise((resolve) => snippets.count(near.open(), (bytes, error) => resolve([bytes, error])));
    const waiting = snippets.fetchAll(near, AbortSignal.timeout(1));
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    await near.ping(); // all of it has arrived
    await far.close();
    expect(await counted).toMatchObject([0, { code: "session-closed" }]);
    expect(await watching).toBe("goodbye 0");
    expect(snippets.lines).toContain("no more streams either way (0); those that are open go on");
  });
});

/** "1 MiB", "300,000". */
function amount(text: string): number {
  const [digits = "", unit] = text.replaceAll(",", "").split(" ");
  return Number(digits) * (unit === "MiB" ? 1024 * 1024 : unit === "KiB" ? 1024 : 1);
}
