/** Properties that travel inside references: read at once, as they were when the reference left. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { Peer, memoryTransportPair, serve } from "peerwire";
import { describeInterfaces } from "../../../runtime/api/reflection-root.js";
import { RackService } from "./generated/studio.rpc.js";
import { type LinkedStudio, linkStudio } from "./linked-studio.js";
import { ChannelImpl, TapeDeckImpl } from "./studio-impl.js";

let studio: LinkedStudio;
beforeEach(async () => {
  studio = await linkStudio();
});
afterEach(async () => {
  await studio.client.close();
});

const calls = (): number => studio.sent["call"] ?? 0;

describe("a snapshot", () => {
  it("is read at once, without a call: of a result, and of a base's properties too", async () => {
    const deck = await studio.rack.deck();
    const before = calls();
    expect([deck.socket, deck.serial]).toEqual(["xlr", { maker: "Studer", made: new Date(7) }]);
    expect(calls()).toBe(before);
  });

  it("comes with a root", () => {
    expect([studio.rack.name, studio.rack.slots, calls()]).toEqual(["left rack", 12n, 0]);
  });

  it("of an argument is there for the handler, at once", async () => {
    const own = new TapeDeckImpl();
    own.serial = { maker: "Revox", made: new Date(8) };
    const seen: unknown[] = [];
    studio.rackImpl.inspect = async (device) => {
      seen.push(device.serial);
      return "";
    };
    await studio.rack.inspect(own);
    expect(seen).toEqual([own.serial]);
  });

  it("is the newest that has arrived", async () => {
    const { mixer, impl } = studio;
    const channel = await mixer.master;
    expect(channel.tags).toEqual([]);
    impl.masterChannel.tags = ["loud"];
    expect(channel.tags).toEqual([]);
    expect(await mixer.master).toBe(channel);
    expect(channel.tags).toEqual(["loud"]);
  });

  it("of an object that is being constructed is there once the object is known", async () => {
    const channel = new studio.mixer.Channel("new");
    expect(() => channel.number).toThrow(expect.objectContaining({ code: "FAILED_PRECONDITION" }));
    await channel.label();
    expect(channel.number).toBe(ChannelImpl.made);
  });

  it("is not on the promise of an object", () => {
    const promise = studio.rack.deck() as unknown as { readonly serial: unknown };
    expect(() => promise.serial).toThrow("await the promise first");
  });

  it("that does not fit fails the message, and nothing stays shared", async () => {
    const { rack, rackImpl, client, server } = studio;
    const own = new TapeDeckImpl();
    own.serial = { maker: "x" } as never;
    await expect(rack.inspect(own)).rejects.toMatchObject({ message: expect.stringContaining("serial") });
    own.serial = { maker: "x".repeat(300_000), made: new Date(0) };
    await expect(rack.inspect(own)).rejects.toMatchObject({
      message: expect.stringContaining("limits.maxSnapshotBytes"),
    });
    rackImpl.tapeDeck.serial = undefined as never;
    await expect(rack.deck()).rejects.toMatchObject({ code: "INTERNAL" });
    expect([client.references().exports.entries, server.references().exports.entries]).toEqual([0, 0]);
  });

  it("goes through a bridge, and shows nowhere that nobody looks", async () => {
    const [near, far] = memoryTransportPair();
    const [edge, middle] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(RackService, studio.rack)] }),
    ]);
    const rack = await edge.root(RackService);
    const deck = await rack.deck();
    expect([rack.name, deck.serial.maker, deck.socket]).toEqual(["left rack", "Studer", "xlr"]);
    expect([Object.keys(deck), JSON.stringify(deck), inspect(deck)]).toEqual([[], "{}", "TapeDeckStub {}"]);
    await Promise.all([edge.close(), middle.close()]);
  });

  it("is told by reflection, with the wire types", () => {
    const all = describeInterfaces([RackService]);
    expect(all.map((one) => [one.fullName, one.snapshot])).toContainEqual([
      "studio.v1.RackService",
      ["name: string = 1", "slots: int64 = 2"],
    ]);
  });
});
