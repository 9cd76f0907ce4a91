/**
 * What npm `yamux-js` 0.2.0 does to a frame that is split over two chunks, beside what ours does with the same bytes.
 * The ground of docs/decisions/0001-own-multiplexer.md: when this test fails, that decision may be looked at again.
 */
import { describe, expect, it } from "@jest/globals";
import { Server } from "yamux-js";
import { data, join, syn } from "../support/frames.js";
import { record } from "../support/recorder.js";
import { ScriptedPeer } from "../support/scripted-peer.js";

const PAYLOAD = "hello, split payload";
const opening = syn(1);
const frame = data(1, PAYLOAD);

/** What a yamux-js server delivers of `frame` cut at `at`. */
async function deliveredByYamuxJs(at: number): Promise<string> {
  let received = "";
  const server = new Server((stream) => stream.on("data", (chunk: Buffer) => (received += chunk.toString())), {
    enableKeepAlive: false,
    logger: () => undefined,
  });
  server.on("error", () => undefined);
  server.resume();
  for (const chunk of [opening, frame.subarray(0, at), frame.subarray(at)]) {
    if (chunk.length > 0) server.write(Buffer.from(chunk));
    await new Promise(setImmediate);
  }
  server.destroy();
  return received;
}

function deliveredByOurs(at: number): string {
  const peer = new ScriptedPeer();
  peer.send(opening);
  const seen = record(peer.accepted[0]!);
  peer.send(frame.subarray(0, at));
  peer.send(frame.subarray(at));
  return seen.text;
}

describe("a DATA frame in two chunks", () => {
  const offsets = Array.from({ length: frame.length - 1 }, (_, i) => i + 1);

  it("loses bytes in yamux-js at most split points", async () => {
    expect(await deliveredByYamuxJs(0)).toBe(PAYLOAD); // whole, it arrives: the test itself is sound
    const lost: number[] = [];
    for (const at of offsets) if ((await deliveredByYamuxJs(at)) !== PAYLOAD) lost.push(at);
    expect(lost.length).toBeGreaterThan(offsets.length * 0.8);
  });

  it("loses none in ours", () => {
    expect(offsets.filter((at) => deliveredByOurs(at) !== PAYLOAD)).toEqual([]);
    expect(join(opening, frame)).toHaveLength(12 + 12 + PAYLOAD.length);
  });
});
