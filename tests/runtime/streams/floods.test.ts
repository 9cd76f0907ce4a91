/** Floods of several kinds at once, and violations without end: the session that they are sent to ends, and nothing else does. */
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { ping, rst, syn, windowUpdate } from "../../support/frames.js";
import { ScriptedPeer } from "../../support/scripted-peer.js";
import { seeded, seeds } from "../../support/seeded.js";

afterEach(() => {
  jest.restoreAllMocks();
});

describe("floods", () => {
  it.each(seeds(20))(
    "X13: 1000 window updates, resets and pings a millisecond end it with GoAway(1) (seed %d)",
    async (seed) => {
      const peer = new ScriptedPeer();
      const random = seeded(seed);
      let id = 1;
      peer.send(syn(id));
      let sent = 0;
      for (let ms = 0; ms < 200 && !peer.isEnded && !peer.isDestroyed; ms++) {
        const frames = Array.from({ length: 1000 }, () => {
          if (random.chance(0.4)) return windowUpdate(1, random.int(0, 1));
          if (random.chance(0.5)) return ping(random.int(0, 1e6));
          id += 2;
          return random.chance(0.5) ? rst(id) : new Uint8Array([...syn(id), ...rst(id)]);
        });
        peer.send(...frames);
        sent += frames.length;
        peer.clock.advance(1);
      }
      await peer.settle();
      expect(peer.take()).toContainEqual(expect.objectContaining({ type: "goAway", length: 1 }));
      peer.lose();
      await peer.settle();
      expect(peer.ending?.local).toMatchObject({
        code: expect.stringMatching(/^(empty|ping|reset|invalid|refused)-flood$/),
      });
      expect(sent).toBeLessThanOrEqual(10_000);
    },
  );

  it("X20: 100,000 violations write no line, and leave nothing behind", async () => {
    const lines = [process.stderr, process.stdout].map((out) => jest.spyOn(out, "write"));
    const logs = (["log", "info", "warn", "error", "debug"] as const).map((level) => jest.spyOn(console, level));
    const before = process.listenerCount("warning");
    for (let session = 0; session < 100; session++) {
      const peer = new ScriptedPeer();
      peer.send(...Array.from({ length: 1000 }, (_, i) => rst(1 + 2 * i)));
      peer.send(windowUpdate(0, 1), new Uint8Array([9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0]));
      await peer.settle();
      peer.lose();
      await peer.settle();
      expect(peer.ending?.local).toBeDefined();
    }
    expect([...lines, ...logs].map((spy) => spy.mock.calls)).toEqual([...lines, ...logs].map(() => []));
    expect(process.listenerCount("warning")).toBe(before);
  });
});
