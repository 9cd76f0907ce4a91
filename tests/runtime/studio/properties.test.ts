/** Remote properties: read, written, in order, and what becomes of a write that fails. */
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "@jest/globals";
import { CallError, ClosedError, Peer, memoryTransportPair, serve } from "peerwire";
import { MixerService } from "./generated/studio.rpc.js";
import { until } from "../sample/linked-bank.js";
import { type LinkedStudio, linkStudio } from "./linked-studio.js";
import { ChannelImpl } from "./studio-impl.js";
import { TooLoud } from "./studio.js";

let studio: LinkedStudio;
const unheard: Error[] = [];
const link = async (): Promise<LinkedStudio> =>
  (studio = await linkStudio({ onUnheardError: (error) => unheard.push(error) }));

afterEach(async () => {
  unheard.length = 0;
  await studio.client.close();
});

describe("a remote property", () => {
  it("is read by a call of its own each time", async () => {
    const { mixer, sent } = await link();
    expect([await mixer.volume, await mixer.volume]).toEqual([5, 5]);
    expect(sent["call"]).toBe(2);
  });

  it("is assigned in order: before what follows, after what came before", async () => {
    const { mixer, impl } = await link();
    const before = mixer.volume;
    mixer.volume = 7;
    const after = mixer.volume;
    mixer.volume = 8;
    expect([await before, await after, await mixer.volume]).toEqual([5, 7, 8]);
    expect(impl.events).toEqual(["get volume 5", "set volume 7", "get volume 7", "set volume 8", "get volume 8"]);
  });

  it("is assigned a promise once that is known", async () => {
    const { mixer } = await link();
    let know!: (volume: number) => void;
    mixer.volume = new Promise((resolve) => (know = resolve));
    mixer.volume = 6;
    expect(await mixer.volume).toBe(6);
    know(9);
    await until(() => studio.impl.events.includes("set volume 9"));
    expect(await mixer.volume).toBe(9);
  });

  it("is set awaitably, and the peer's refusal arrives as the declared class", async () => {
    const { mixer } = await link();
    await mixer.setVolume(4);
    expect(await mixer.volume).toBe(4);
    await expect(mixer.setVolume(11)).rejects.toMatchObject({ name: "TooLoud", volume: 11 });
    await expect(mixer.setVolume(11)).rejects.toBeInstanceOf(TooLoud);
    expect(unheard).toEqual([]);
  });

  it("an assignment that the peer refuses is told to onUnheardError, and harms nothing", async () => {
    const { mixer } = await link();
    mixer.volume = 11;
    expect(await mixer.volume).toBe(5);
    expect(unheard).toEqual([expect.objectContaining({ name: "TooLoud", volume: 11 })]);
    mixer.volume = Promise.reject(new Error("no volume"));
    await until(() => unheard.length === 2);
    expect(unheard[1]).toMatchObject({ message: "no volume" });
  });

  it("an assignment that cannot be sent throws at once", async () => {
    const { mixer } = await link();
    expect(() => {
      mixer.volume = "loud" as never;
    }).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("value") }));
    const channel = await mixer.master;
    channel.dispose();
    expect(() => {
      channel.gain = 3;
    }).toThrow(ClosedError);
    await studio.client.close();
    expect(() => {
      mixer.volume = 3;
    }).toThrow(ClosedError);
    expect(unheard).toEqual([]);
  });

  it("holds data, null states and references", async () => {
    const { mixer } = await link();
    expect(await mixer.take).toBeUndefined();
    const take = { title: "one", at: new Date(5) };
    mixer.take = take;
    expect(await mixer.take).toEqual(take);
    const mine = new ChannelImpl("mine");
    mixer.solo = mine;
    expect(await mixer.solo).toBe(mine);
    mixer.solo = mixer.master;
    expect(await mixer.solo.label()).toBe("master");
    expect(unheard).toEqual([]);
  });

  it("that is a stream gives a new one each time", async () => {
    const { mixer } = await link();
    const { meters } = mixer;
    const read: number[] = [];
    for await (const one of meters) read.push(one);
    for await (const one of mixer.meters) read.push(one);
    expect(read).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it("is read and written on a promise, in one round trip", async () => {
    const { mixer, sent } = await link();
    const { master } = mixer;
    master.gain = 9;
    expect([await master.gain, await mixer.fader().master.label()]).toEqual([9, "master"]);
    expect(sent["call"]).toBe(6);
    const fader = mixer.fader();
    fader.volume = 3;
    await fader.setVolume(4);
    expect(await fader.volume).toBe(4);
  });

  it("costs nothing where a stub is printed, compared or listed", async () => {
    const { mixer, sent } = await link();
    inspect(mixer, { depth: 9 });
    JSON.stringify(mixer);
    expect(Object.keys(mixer)).toEqual([]);
    expect(mixer).toEqual(mixer);
    await Promise.resolve(mixer);
    expect(sent["call"] ?? 0).toBe(0);
  });

  it("has the options of the stub", async () => {
    const { mixer } = await link();
    const hurried = mixer.$with({ timeoutMs: 1000, metadata: { by: "test" } });
    hurried.volume = 2;
    expect(await hurried.volume).toBe(2);
    expect(() => {
      mixer.$with({ timeoutMs: -1 }).volume = 3;
    }).toThrow(CallError);
  });

  it("of an object behind a bridge is that object's own, failures included", async () => {
    const { mixer } = await link();
    const [near, far] = memoryTransportPair();
    const [edge, middle] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(MixerService, mixer)] }),
    ]);
    const remote = await edge.root(MixerService);
    await remote.setVolume(1);
    expect([await remote.volume, await studio.impl.volume]).toEqual([1, 1]);
    await expect(remote.setVolume(11)).rejects.toBeInstanceOf(TooLoud);
    expect(await new remote.Channel("far").label()).toBe("far");
    await Promise.all([edge.close(), middle.close()]);
  });
});

describe("a method's parameters", () => {
  it("may be taken apart, left out, cancel, and be as many as one likes", async () => {
    const { mixer } = await link();
    expect(await mixer.label({ text: "a" })).toBe("a 1");
    expect(await mixer.label({ text: "a", size: 2 }, undefined, "b", "c")).toBe("a 2 b c");
    const abort = new AbortController();
    const label = mixer.label({ text: "for ever" }, abort.signal, "b");
    abort.abort();
    await expect(label).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
