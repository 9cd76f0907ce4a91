/** Events between a hub and its plugins: in order, bounded, counted, typed. */
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { Peer, type Plugin, type PluginOptions, memoryTransportPair, serve, startPlugin } from "peerwire";
import { Hub, type HubOptions, type HubPlugin } from "peerwire/hub";
import { connect } from "peerwire/node";
import { BankImpl } from "../sample/bank-impl.js";
import { DEFAULT_LIMITS } from "../../../runtime/base/limits.js";
import { EventSender } from "../../../runtime/hub/event-sender.js";
import { HubLinkService, type WireEvent } from "../../../runtime/hub/hub-link.js";
import { BankService } from "../sample/bank.rpc.js";
import { until } from "../sample/linked-bank.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function pair(
  hubOptions: HubOptions = {},
  pluginOptions: Partial<PluginOptions> = {},
): Promise<{ hub: Hub; plugin: Plugin; atHub: HubPlugin; /** The plugin's connection is. */ lost: Promise<void> }> {
  let lose = (): void => undefined;
  const lost = new Promise<void>((resolve) => (lose = resolve));
  const hub = new Hub(hubOptions);
  cleanups.push(() => hub.shutdown({ deadlineMs: 100 }));
  const address = await hub.listen("inproc:*");
  const plugin = await startPlugin((all) => connect(address, all), {
    name: "p",
    firstDelayMs: 5,
    maxDelayMs: 5,
    onDisconnect: lose,
    roots: [serve(BankService, new BankImpl())],
    ...pluginOptions,
  });
  cleanups.push(() => plugin.stop({ deadlineMs: 100 }));
  return { hub, plugin, atHub: hub.plugin("p")!, lost };
}

const once = (hub: Hub): Promise<void> => new Promise((resolve) => void hub.onDisconnect(() => resolve()));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

/** Time that passes only when told, in turns enough for all that is under way. @returns what lets it pass. */
function virtualMilliseconds(): (ms: number) => Promise<void> {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "clearImmediate", "queueMicrotask", "nextTick"] });
  return async (ms) => {
    jest.advanceTimersByTime(ms);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };
}

describe("events", () => {
  it("go from plugin to hub and back, in order, to every listener, and say who sent them", async () => {
    const { hub, plugin, atHub } = await pair();
    const heard: string[] = [];
    const alsoHeard: string[] = [];
    const stop = hub.on(BankService, ({ from, name, args: [text] }) => heard.push(`${from.id} ${name} ${text}`));
    hub.on(BankService, ({ args: [text] }) => alsoHeard.push(text));
    const events = plugin.events(BankService);
    for (const text of numbers(3000)) {
      await plugin.eventsReady();
      events.note(text);
    }
    await until(() => heard.length === 3000);
    expect(heard).toEqual(numbers(3000).map((text) => `p note ${text}`));
    expect(alsoHeard).toEqual(numbers(3000));
    stop();

    const back: string[] = [];
    plugin.on(BankService, ({ from, args: [text] }) => back.push(`${from} ${text}`));
    atHub.events(BankService).note("configuration changed");
    await until(() => back.length === 1);
    expect(back).toEqual(["hub configuration changed"]);
    events.note("again");
    await until(() => alsoHeard.length === 3001 && plugin.eventStats.queued === 0);
    expect(heard).toHaveLength(3000);
    expect(plugin.eventStats).toEqual({ queued: 0, dropped: 0, lost: 0 });
  });

  it("cannot meet a method: one that is called `deliver`, `find` or `note` is the interface's own", async () => {
    const impl = new BankImpl();
    const { hub, plugin } = await pair({}, { roots: [serve(BankService, impl)] });
    const heard: string[] = [];
    hub.on(BankService, ({ args: [text] }) => heard.push(text));
    (await hub.get("p", BankService)).note("a call");
    plugin.events(BankService).note("an event");
    await until(() => heard.length === 1 && impl.log.length === 1);
    expect([heard, impl.log]).toEqual([["an event"], ["note a call"]]);
  });

  it("are iterated one by one; a slow reader with `block` loses nothing and slows the sender", async () => {
    const { hub, plugin } = await pair({}, { events: { capacity: 100 } });
    const queue = hub.events(BankService, { capacity: 10 });
    const events = plugin.events(BankService);
    let sent = 0;
    const sending = (async () => {
      for (const text of numbers(5000)) {
        await plugin.eventsReady();
        events.note(text);
        sent++;
      }
    })();
    await until(() => queue.queued === 10 && plugin.eventStats.queued > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toBeLessThan(2000); // batches under way, and two queues
    const read: string[] = [];
    for await (const { args } of queue) if (read.push(args[0]) === 5000) break;
    await sending;
    expect(read).toEqual(numbers(5000));
    expect(queue.dropped).toBe(0);
  });

  it.each([
    ["drop-oldest", ["7", "8", "9"]],
    ["drop-newest", ["0", "1", "2"]],
  ] as const)("are bounded: %s keeps the others and counts", async (whenFull, kept) => {
    const { hub, plugin } = await pair();
    const queue = hub.events(BankService, { capacity: 3, whenFull });
    for (const text of numbers(10)) plugin.events(BankService).note(text);
    await until(() => queue.dropped === 7);
    const read: string[] = [];
    for await (const { args } of queue) if (read.push(args[0]) === 3) break;
    expect(read).toEqual(kept);
  });

  it("X19: of one batch of 2000 are read 64 at once and 32 a millisecond, and another plugin's calls go between", async () => {
    const passMs = virtualMilliseconds();
    const impl = new BankImpl();
    const { hub, plugin } = await pair({ roots: [serve(BankService, impl)] });
    const address = await hub.listen("inproc:*");
    const flooder = await connect(address, { name: "flooder" });
    cleanups.push(() => flooder.close());
    const heard: string[] = [];
    hub.on(BankService, ({ args: [text] }) => heard.push(text));
    const heardBefore: number[] = []; // by each call of the other
    impl.add = async (a, b) => {
      heardBefore.push(heard.length);
      return a + b;
    };
    const batch: WireEvent[] = [];
    const sender = new EventSender(DEFAULT_LIMITS, { capacity: 2000 });
    for (const text of numbers(2000)) sender.stub(BankService).note(text);
    sender.attach(async (events) => void batch.push(...events));
    while (batch.length < 2000) await passMs(1);
    const link = await flooder.root(HubLinkService);
    const bank = await plugin.hub(BankService);
    await bank.add(1, 2);

    const delivered = link.deliver(batch);
    await passMs(0);
    await bank.add(1, 2);
    let ms = 0;
    for (; heard.length < 2000 && ms < 100; ms++) {
      await passMs(1);
      await bank.add(1, 2);
    }
    await delivered;
    expect(heardBefore).toEqual([0, ...Array.from({ length: ms }, (_, each) => 64 + 32 * each), 2000]);
    expect(heard).toEqual(numbers(2000));
  });

  it("X19: of 10,000 calls that one plugin makes at once, few are taken before another plugin's call", async () => {
    const impl = new BankImpl();
    const { hub, plugin } = await pair({ roots: [serve(BankService, impl)] });
    const address = await hub.listen("tcp://127.0.0.1:0");
    const flooder = await connect(address, { name: "flooder" });
    cleanups.push(() => flooder.close());
    const taken = { flooder: 0, other: 0 };
    let before = -1;
    impl.add = async (a, b) => {
      if (a === 0) taken.flooder++;
      else before = taken.flooder;
      return a + b;
    };
    const [bank, flooded] = [await plugin.hub(BankService), await flooder.root(BankService)];
    const flood = numbers(10_000).map((n) => flooded.add(0, Number(n)));
    await until(() => taken.flooder > 0);
    for (let i = 0; i < 10; i++) {
      const since = taken.flooder;
      await bank.add(1, 1);
      expect(before - since).toBeLessThanOrEqual(6 * 33); // so many turns from one end to the other
    }
    expect(taken.flooder).toBeLessThan(10_000);
    expect((await Promise.all(flood)).length).toBe(10_000);
  });

  it.each([
    ["16 messages, 32 events", undefined, 32],
    ["as many as floodPerMs says", 40, 80],
  ])("X19: of one that floods beside another plugin a millisecond has %s", async (_, floodPerMs, each) => {
    const passMs = virtualMilliseconds();
    const { hub, plugin } = await pair({
      roots: [serve(BankService, new BankImpl())],
      ...(floodPerMs !== undefined && { floodPerMs }),
    });
    const address = await hub.listen("inproc:*");
    const flooder = await startPlugin((all) => connect(address, all), { name: "flooder" });
    cleanups.push(() => flooder.stop({ deadlineMs: 100 }));
    let heard = 0;
    hub.on(BankService, () => (heard += 1));
    const bank = await plugin.hub(BankService);
    await bank.add(1, 1);

    const events = flooder.events(BankService);
    for (const text of numbers(470)) events.note(text);
    await passMs(0);
    expect(heard).toBe(64); // its burst
    for (let ms = 1; ms <= 5; ms++) {
      await passMs(1);
      expect(heard).toBe(64 + each * ms);
      expect(await bank.add(1, 1)).toBe(2); // the other need not wait
    }
  });

  it("refuses a pace that is slower than what takes little", () => {
    for (const floodPerMs of [0, 15, Number.NaN])
      expect(() => new Hub({ floodPerMs })).toThrow(`floodPerMs is ${floodPerMs}: it must be at least 16`);
  });

  it("X19: what a flooder had sent before it said goodbye is done all the same", async () => {
    const impl = new BankImpl();
    const { hub, plugin } = await pair({ roots: [serve(BankService, impl)] });
    const flooder = await connect(await hub.listen("tcp://127.0.0.1:0"), { name: "flooder" });
    const [bank, flooded] = [await plugin.hub(BankService), await flooder.root(BankService)];
    await bank.add(1, 1);
    for (const text of numbers(1000)) flooded.note(text);
    await flooder.close();
    await until(() => hub.plugins().length === 1);
    expect(impl.log.filter((line) => line.startsWith("note"))).toEqual(numbers(1000).map((text) => `note ${text}`));
  });

  it("are bounded at the sender too, by the same choice", async () => {
    const { plugin, lost } = await pair({}, { events: { capacity: 5 } });
    plugin.peer!.destroy();
    await lost;
    const events = plugin.events(BankService);
    expect(() => {
      for (const text of numbers(6)) events.note(text);
    }).toThrow(expect.objectContaining({ code: "too-many-events", message: expect.stringContaining("5") }));

    const { plugin: lossy, hub } = await pair({}, { events: { capacity: 5, whenFull: "drop-oldest" } });
    const heard: string[] = [];
    hub.on(BankService, ({ args: [text] }) => heard.push(text));
    for (const text of numbers(50)) lossy.events(BankService).note(text);
    expect(lossy.eventStats).toMatchObject({ queued: 5, dropped: 45 });
    await until(() => heard.length === 5);
    expect(heard).toEqual(["45", "46", "47", "48", "49"]);
  });

  it("keep nobody waiting for room that will never come", async () => {
    const { hub, plugin, atHub } = await pair({ events: { capacity: 3 } }, { events: { capacity: 3 } });
    const fill = (events: { note(text: string): void }): void => {
      expect(() => {
        for (;;) events.note("x");
      }).toThrow(expect.objectContaining({ code: "too-many-events" }));
    };
    const goes = once(hub);
    await plugin.stop({ deadlineMs: 100 });
    await goes;
    fill(atHub.events(BankService));
    await expect(atHub.eventsReady()).rejects.toMatchObject({ code: "session-closed" });
    fill(plugin.events(BankService));
    await expect(plugin.eventsReady()).rejects.toMatchObject({ code: "session-closed" });
  });

  it("may be sent by a third peer, to which the hub gives them as an object", async () => {
    const { plugin, atHub } = await pair();
    const heard: string[] = [];
    plugin.on(BankService, ({ args: [text] }) => heard.push(text));
    const [near, far] = memoryTransportPair();
    const [third, serving] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(BankService, atHub.events(BankService))] }),
    ]);
    cleanups.push(() => Promise.all([third.close(), serving.close()]));
    const bank = await third.root(BankService);
    for (const text of numbers(100)) bank.note(text);
    await until(() => heard.length === 100);
    await until(() => third.stats().outgoingCalls + serving.stats().incomingCalls === 0);
  });

  it("wait while there is no connection, and go to the next", async () => {
    const { hub, plugin, lost } = await pair();
    const heard: string[] = [];
    hub.on(BankService, ({ args: [text] }) => heard.push(text));
    plugin.peer!.destroy();
    await lost;
    expect(plugin.peer).toBeUndefined();
    plugin.events(BankService).note("later");
    await until(() => heard.length === 1);
    expect(heard).toEqual(["later"]);
  });

  it("all leave before a plugin stops, and before it is unplugged", async () => {
    const { hub, plugin, atHub } = await pair();
    const queue = hub.events(BankService, { capacity: 10_000 });
    const back: string[] = [];
    plugin.on(BankService, ({ args: [text] }) => back.push(text));
    for (const text of numbers(1000)) plugin.events(BankService).note(text);
    for (const text of numbers(500)) atHub.events(BankService).note(text);
    await Promise.all([plugin.stop(), hub.unplug("p").catch(() => undefined)]);
    expect(queue.queued).toBe(1000);
    expect(back).toEqual(numbers(500));
    await hub.shutdown();
    let read = 0;
    for await (const event of queue) read += event.args.length; // what waited is read, then it ends
    expect(read).toBe(1000);
  });

  it("hold data only, and are refused here where they are wrong; what is no event is refused", async () => {
    const { plugin } = await pair();
    const events = plugin.events(BankService);
    expect(() => events.note(7 as unknown as string)).toThrow("text: expected a string, got the number 7");
    await expect(events.add(1, 2)).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
    expect(() => events.note("x".repeat(40_000))).toThrow("limits.maxInlineBytes");
    expect(plugin.eventStats.queued).toBe(0);
  });
});
