/** Remote classes: a stub at once, one round trip, and a clean end however it is used. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ClosedError, isRemote } from "peerwire";
import { until } from "../sample/linked-bank.js";
import { type LinkedStudio, linkStudio } from "./linked-studio.js";
import { ChannelImpl } from "./studio-impl.js";

let studio: LinkedStudio;

beforeEach(async () => {
  studio = await linkStudio();
  ChannelImpl.made = ChannelImpl.disposed = 0;
});
afterEach(async () => {
  await studio.client.close();
});

const held = (): number => studio.server.references().exports.entries;

describe("a remote class", () => {
  it("gives a stub at once, which is used in the same round trip", async () => {
    const { mixer, sent } = studio;
    const channel = new mixer.Channel("drums", 3);
    expect(isRemote(channel)).toBe(true);
    const [label, gain] = await Promise.all([channel.label(), channel.gain]);
    expect([label, gain, sent["call"]]).toEqual(["drums", 3, 3]);
    channel.gain = 4;
    expect(await channel.gain).toBe(4);
  });

  it("leaves optional parameters to the class", async () => {
    expect(await new studio.mixer.Channel("drums").gain).toBe(1);
  });

  it("takes a signal that cancels the construction, and a rest of parameters", async () => {
    const { mixer } = studio;
    expect(await new mixer.Tube("warm", new AbortController().signal, "a", "b").label()).toBe("warm a+b true");
    const cold = new mixer.Tube("cold", AbortSignal.abort());
    await expect(cold.label()).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("can be kept, and constructs as often as it is asked", async () => {
    const { Channel } = studio.mixer;
    const labels = await Promise.all(["a", "b"].map((label) => new Channel(label).label()));
    expect([labels, ChannelImpl.made]).toEqual([["a", "b"], 2]);
  });

  it("is used on a promise, in one round trip", async () => {
    const { mixer, sent } = studio;
    expect(await new (mixer.fader().Channel)("bass").label()).toBe("bass");
    expect(sent["call"]).toBe(3);
  });

  it("tells of a failed construction at the first use, and at every later one", async () => {
    const channel = new studio.mixer.Channel("");
    await expect(channel.label()).rejects.toMatchObject({ message: "a channel needs a label" });
    await expect(channel.gain).rejects.toMatchObject({ message: "a channel needs a label" });
    expect(() => {
      channel.gain = 1;
    }).toThrow("a channel needs a label");
    channel.dispose();
  });

  it("fails unheard where nobody uses the object: no rejection escapes", async () => {
    new studio.mixer.Channel("");
    await studio.mixer.volume;
    expect(held()).toBe(0);
  });

  it("a wrong argument fails the first use too, and nothing is sent", async () => {
    const channel = new studio.mixer.Channel(7 as never);
    await expect(channel.label()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(studio.sent["call"] ?? 0).toBe(0);
  });

  it("the object is released by dispose: before it is known, after, and unused", async () => {
    const { mixer } = studio;
    const early = new mixer.Channel("early");
    early.dispose();
    await expect(early.label()).rejects.toBeInstanceOf(ClosedError);
    {
      using late = new mixer.Channel("late");
      await late.label();
    }
    await until(() => held() === 0 && ChannelImpl.disposed === 2);
    expect([ChannelImpl.made, studio.client.references().imports.entries]).toEqual([2, 0]);
  });

  it("what was asked before dispose is still answered", async () => {
    const channel = new studio.mixer.Channel("brief");
    const label = channel.label();
    channel.dispose();
    expect(await label).toBe("brief");
    await until(() => held() === 0);
  });

  it("the object is released by the collector, used or not", async () => {
    const use = async (): Promise<void> => {
      new studio.mixer.Channel("unused");
      await new studio.mixer.Channel("used").label();
    };
    await use();
    expect(ChannelImpl.made).toBe(2);
    await until(() => held() === 0 && ChannelImpl.disposed === 2);
  });

  it("the stub is the object's own: it comes back as itself, and goes home as the object", async () => {
    const { mixer, impl } = studio;
    const channel = new mixer.Channel("own");
    mixer.solo = channel; // while it is not known yet
    expect(await mixer.solo).toBe(channel);
    expect(await impl.solo).toBeInstanceOf(ChannelImpl);
    mixer.solo = channel;
    expect(await mixer.solo).toBe(channel);
    expect(held()).toBe(1);
  });

  it("ends with the session", async () => {
    const channel = new studio.mixer.Channel("last");
    await studio.client.close();
    await expect(channel.label()).rejects.toBeInstanceOf(ClosedError);
    await expect(new studio.mixer.Channel("later").label()).rejects.toBeInstanceOf(ClosedError);
  });
});
