/** Interfaces that extend others: one stub for all of it, passed wherever a base is wanted. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { CallError, Peer, memoryTransportPair, serve } from "peerwire";
import { describeInterfaces } from "../../../runtime/api/reflection-root.js";
import type { ServiceDescriptor } from "../../../runtime/references/service.js";
import { BankService } from "../sample/bank.rpc.js";
import { DeviceService, InputService, OutputService, RackService, TapeDeckService } from "./generated/studio.rpc.js";
import { type LinkedStudio, linkStudio } from "./linked-studio.js";
import { TapeDeckImpl } from "./studio-impl.js";
import { TooLoud } from "./studio.js";

let studio: LinkedStudio;
beforeEach(async () => {
  studio = await linkStudio();
});
afterEach(async () => {
  await studio.client.close();
});

describe("a derived interface", () => {
  it("has the members of its bases, each once, in one round trip", async () => {
    const { rack, rackImpl } = studio;
    const deck = rack.deck();
    deck.powered = true;
    const take = await deck.record(3);
    await deck.play(take);
    await deck.rewind();
    expect([await deck.model(), await deck.powered, take.title]).toEqual(["tape deck", true, "3 s"]);
    expect(rackImpl.tapeDeck.events).toEqual(["play 3 s", "rewind"]);
    expect(await new deck.Channel("left").label()).toBe("left");
  });

  it("throws what its bases declare", async () => {
    await expect(studio.rack.deck().record(61)).rejects.toBeInstanceOf(TooLoud);
  });

  it("is passed where a base is wanted: its stub, its promise, and an object of one's own", async () => {
    const { rack } = studio;
    const deck = await rack.deck();
    deck.powered = true;
    expect(await rack.inspect(deck)).toBe("tape deck, on, ours");
    expect(await rack.inspect(rack.deck())).toBe("tape deck, on, ours");
    expect(await rack.check(deck, rack.deck())).toBe(true);
    const own = new TapeDeckImpl();
    own.powered = true;
    expect(await rack.inspect(own)).toBe("tape deck, on, yours");
  });

  it("gives back `this` as itself", async () => {
    const deck = await studio.rack.deck();
    expect(await deck.self()).toBe(deck);
    expect(await deck.self().isSame(deck)).toBe(true);
    const [device] = await studio.rack.devices();
    expect(await device!.model()).toBe("tape deck");
  });

  it("names the members of a base by the base's id and numbers: the same whatever derives from it", async () => {
    expect(TapeDeckService.bases).toEqual([InputService, OutputService]);
    expect([...TapeDeckService.members.values()].map((one) => one.name)).toEqual(["model", "rewind", "self", "isSame"]);
    expect([...InputService.members.values()].map((one) => [one.name, one.interfaceId])).toContainEqual([
      "record",
      InputService.interfaceId,
    ]);
  });

  it("an object shared as a base has no more than the base's members", async () => {
    const { rack } = studio;
    const [device] = (await rack.devices()) as unknown as [Awaited<ReturnType<typeof rack.deck>>];
    expect("rewind" in device).toBe(false);
    await expect(rack.check(device)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("is served as a root, and through a bridge", async () => {
    const [near, far] = memoryTransportPair();
    const [edge, middle] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(TapeDeckService, await studio.rack.deck())] }),
    ]);
    const deck = await edge.root(TapeDeckService);
    await deck.setPowered(true);
    expect([await deck.powered, await studio.rackImpl.tapeDeck.powered]).toEqual([true, true]);
    await Promise.all([edge.close(), middle.close()]);
  });
});

describe("what a peer says about bases", () => {
  it("reaches every interface that can be met: by results, parameters, classes, and functions", () => {
    const names = (root: ServiceDescriptor): string[] => describeInterfaces([root]).map((one) => one.fullName);
    expect(names(RackService).sort()).toEqual(
      ["Channel", "Device", "Input", "Output", "Rack", "TapeDeck"].map((one) => `studio.v1.${one}Service`),
    );
    expect(names(BankService)).toContain("bank.v1.BankOnEventListenerFunction");
    const deck = describeInterfaces([TapeDeckService]).find((one) => one.fullName === "studio.v1.OutputService");
    expect(deck?.members).toContainEqual({
      number: 2,
      name: "Channel",
      kind: "construct",
      parameters: ["string"],
      result: "studio.v1.ChannelService",
      documentation: "",
    });
  });

  it("is every interface with its own members, and which it extends", () => {
    const all = describeInterfaces([RackService]);
    const names = (fullName: string): readonly string[] => all.find((one) => one.fullName === fullName)?.bases ?? [];
    expect(names("studio.v1.TapeDeckService")).toEqual(["studio.v1.InputService", "studio.v1.OutputService"]);
    expect(names("studio.v1.InputService")).toEqual(["studio.v1.DeviceService"]);
    expect(names("studio.v1.DeviceService")).toEqual([]);
  });

  it("tells two versions apart by the member of a base that differs", async () => {
    const older: ServiceDescriptor = {
      ...TapeDeckService,
      get members() {
        return TapeDeckService.members;
      },
      fingerprint: 1n,
      bases: [
        {
          ...DeviceService,
          members: new Map([[1, { ...DeviceService.members.get(1)!, result: "double" }]]),
        },
      ],
      createStub: (link) => TapeDeckService.createStub(link),
    };
    const [near, far] = memoryTransportPair();
    const deck = new TapeDeckImpl();
    const [client, server] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(TapeDeckService, deck)] }),
    ]);
    const refusal = client.root(older);
    await expect(refusal).rejects.toBeInstanceOf(CallError);
    await expect(refusal).rejects.toMatchObject({
      message: expect.stringContaining("extends studio.v1.DeviceService here, and not at the peer"),
    });
    await Promise.all([client.close(), server.close()]);
  });
});
