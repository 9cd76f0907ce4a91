/** Scenarios about what crosses: values, objects, callbacks, errors, chains, large payloads. */
import { expect } from "@jest/globals";
import { until } from "../runtime/references/at-rest.js";
import { canonicalPayload, sha256 } from "./fixture-impl.js";
import { type Scenario, scenario } from "./scenario.js";

const DIGESTS: readonly (readonly [number, string])[] = [
  [32_768, "b4d3732c075315154dd99e8aae6830385c7caf136d2eb7d36b1d6ae0b8514576"],
  [65_536, "e6538c2d5ed97c902e4b5ee2e7fc4cdd83420df26eebdb94a3d173579bc63403"],
  [262_144, "629ade36f9ba47a9cb2c75cf55398d5d7f42cc2ce5e8b220edfb1b643a421cbb"],
  [1_048_576, "98e3abbe02d3d321a8569e35a831543a93d868af53c7aaa24802696686196787"],
];

export const functional: readonly Scenario[] = [
  scenario(1, "GetScalars", "frm", async ({ fixture }) => {
    expect([
      await fixture.intValue,
      await fixture.boolValue,
      await fixture.stringValue,
      await fixture.nullValue,
    ]).toEqual([42, true, "hello", null]);
  }),

  scenario(2, "CallAdd", "frm", async ({ fixture }) => {
    expect(await fixture.add(20, 22)).toBe(42);
  }),

  scenario(3, "NestedObjectAccess", "frm", async ({ fixture }) => {
    const nested = await fixture.nested;
    expect([await nested.label, await nested.ping()]).toEqual(["nested", "pong"]);
    expect(await fixture.nested.label).toBe("nested");
    nested.dispose();
  }),

  scenario(4, "ConstructGreeter", "fr", async (world) => {
    const greeter = new world.fixture.Greeter("Hello");
    expect(await greeter.greet("World")).toBe("Hello World");
    expect(world.exported.entries).toBe(1);
    greeter.dispose();
    await world.nothingHeld();
  }),

  scenario(5, "CallbackRoundtrip", "frm", async ({ fixture }) => {
    let ran = 0;
    const callback = async (value: string): Promise<string> => {
      ran++;
      return `callback:${value}`;
    };
    expect(await fixture.runCallback(callback, "value")).toBe("callback:value");
    expect(ran).toBe(1);
  }),

  scenario(6, "ObjectArgumentRoundtrip", "frm", async ({ fixture }) => {
    const greeted: string[] = [];
    const helper = {
      greet: async (name: string): Promise<string> => {
        greeted.push(name);
        return `helper:${name}`;
      },
    };
    expect(await fixture.useHelper(helper, "Ada")).toBe("helper:Ada");
    expect(greeted).toEqual(["Ada"]);
  }),

  scenario(7, "ErrorPropagation", "frm", async ({ fixture }) => {
    await expect(fixture.explode()).rejects.toMatchObject({ message: "Boom", remoteName: "Error", code: "UNKNOWN" });
    await expect(fixture.explode()).rejects.toBeInstanceOf(Error);
    expect(await fixture.add(20, 22)).toBe(42);
  }),

  scenario(20, "ConcurrentSharedReference", "r", async (world) => {
    const shared = await world.fixture.getShared();
    const values = await Promise.all(Array.from({ length: 8 }, () => shared.value));
    expect(values).toEqual(Array<string>(8).fill("shared"));
    expect(world.exported.entries).toBe(1);
    shared.dispose();
    await world.nothingHeld();
  }),

  scenario(21, "ConcurrentCallbackFanout", "r", async ({ fixture }) => {
    let ran = 0;
    const callback = async (value: string): Promise<string> => {
      ran++;
      return `callback:${value}`;
    };
    const expected = Array<string>(8).fill("callback:value");
    expect(await Promise.all(expected.map(() => fixture.runCallback(callback, "value")))).toEqual(expected);
    expect(await fixture.fanOut(callback, "value", 8)).toEqual(expected);
    expect(ran).toBe(16);
  }),

  scenario(23, "LargePayloadRoundtrip", "rsm", async ({ fixture }) => {
    for (const [bytes, digest] of DIGESTS) {
      const text = await fixture.echo(canonicalPayload(bytes));
      expect([text.length, sha256(text)]).toEqual([bytes, digest]);
      const payload = await fixture.payload(bytes);
      expect([payload.length, sha256(payload)]).toEqual([bytes, digest]);
    }
  }),

  scenario(24, "DeepObjectGraph", "rm", async (world) => {
    const { fixture, log } = world;
    const chains: [() => Promise<unknown>, unknown, number][] = [
      [() => fixture.deepGraph.branch.label, "deep", 3],
      [() => fixture.deepGraph.branch.node.answer, 42, 4],
      [() => fixture.deepGraph.branch.node.echo("deep"), "echo deep", 4],
    ];
    for (const [chain, expected, calls] of chains) {
      log.length = 0;
      expect(await chain()).toBe(expected);
      // One round trip: all is sent before anything comes back.
      expect(log.slice(0, calls + 1)).toEqual([...Array<string>(calls).fill("out call"), "in return"]);
    }
    await world.nothingHeld();
  }),

  scenario(25, "SlowConsumerBackpressure", "s", async ({ fixture, impl }) => {
    const bytes = 8 * 1024 * 1024;
    const read: Uint8Array[] = [];
    let length = 0;
    let ahead = 0;
    for await (const chunk of fixture.flow(bytes)) {
      read.push(chunk);
      length += chunk.length;
      ahead = Math.max(ahead, impl.produced - length);
      await new Promise(setImmediate); // slower than the producer
      if (read.length % 100 === 0) expect(await fixture.add(1, 1)).toBe(2);
    }
    expect(sha256(Buffer.concat(read))).toBe(sha256(canonicalPayload(bytes)));
    // Windows and what the sender may queue, however long the whole is.
    expect(ahead).toBeLessThan(3 * 1024 * 1024);
    await until(() => impl.produced === bytes);
  }),
];
