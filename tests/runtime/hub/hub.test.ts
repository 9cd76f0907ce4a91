/** A hub and its plugins, over real sessions: names, waiting, calls, reasons, ends. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { CallError } from "peerwire";
import { type Plugin, type PluginOptions, memoryTransportPair, serve, startPlugin } from "peerwire";
import { type Disconnect, Hub, type HubOptions, type HubPlugin } from "peerwire/hub";
import { connect, dialTransport } from "peerwire/node";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectWeb } from "peerwire/websocket";
import { WebSocket } from "ws";
import { Session } from "peerwire/mux";
import { ForeignClient } from "../../protocol/foreign-client.js";
import { authority, certificate } from "../../support/certificates.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";
import { VaultService } from "../sample/vault.rpc.js";
import { until } from "../sample/linked-bank.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface House {
  readonly hub: Hub;
  readonly address: string;
  /** "+name" for each that came, "-name reason" for each that went. */
  readonly log: string[];
}

async function house(options: HubOptions = {}): Promise<House> {
  const hub = new Hub(options);
  cleanups.push(() => hub.shutdown({ deadlineMs: 0 }));
  const log: string[] = [];
  hub.onConnect(({ id }) => log.push(`+${id}`));
  hub.onDisconnect(({ id }, { reason, graceful }: Disconnect) => log.push(`-${id} ${reason}${graceful ? "" : "!"}`));
  return { hub, address: await hub.listen("inproc:*"), log };
}

async function plug(
  { address }: House,
  name: string,
  options: Partial<PluginOptions> = {},
): Promise<Plugin & { impl: BankImpl }> {
  const impl = new BankImpl();
  const plugin = await startPlugin((all) => connect(address, all), {
    name,
    roots: [serve(BankService, impl)],
    firstDelayMs: 5,
    maxDelayMs: 5,
    ...options,
  });
  cleanups.push(() => plugin.stop({ deadlineMs: 0 }));
  return Object.assign(plugin, { impl });
}

describe("Hub", () => {
  it("calls three plugins by name, on several transports at once", async () => {
    const hub = await house();
    const tcp = await hub.hub.listen("tcp://127.0.0.1:0");
    const impls = [await plug(hub, "a"), await plug(hub, "b"), await plug({ ...hub, address: tcp }, "c")];
    for (const name of ["a", "b", "c"]) await (await hub.hub.get(name, BankService)).add(1, name.charCodeAt(0));
    expect(impls.map(({ impl }) => impl.log)).toEqual([["add 1 97"], ["add 1 98"], ["add 1 99"]]);
    expect(hub.log).toEqual(["+a", "+b", "+c"]);
    expect(hub.hub.plugins().map((plugin) => plugin.info())).toMatchObject([
      { id: "a", instance: 1, state: "connected", roots: [{ name: "bank.v1.BankService" }], outgoingCalls: 0 },
      { id: "b" },
      { id: "c", roundTrip: undefined, address: expect.stringContaining("tcp://127.0.0.1:") },
    ]);
    const ms = await hub.hub.plugin("a")!.ping();
    expect(hub.hub.plugin("a")!.info().roundTrip).toMatchObject({ latestMs: ms, shortestMs: ms, smoothedMs: ms });
    const described = await hub.hub.plugin("a")!.interfaces();
    expect(described.map(({ fullName }) => fullName)).toContain("bank.v1.BankService");
    expect(described.filter(({ fullName }) => fullName.startsWith("peerwire."))).toEqual([]); // what is between the two
    await expect(hub.hub.get("a", VaultService)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(/serves no root "vault.v1.VaultService"; it serves "bank.v1.BankService"$/),
    });
    await expect(hub.hub.get("d", BankService)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining('"a", "b", "c"'),
    });
  });

  it("takes any peer for a plugin, and a worker or a pipe that is connected already", async () => {
    const { MessageChannel } = await import("node:worker_threads");
    const { hub } = await house();
    const { port1, port2 } = new MessageChannel();
    const accepted = hub.accept(port1);
    const peer = await connect(port2, { name: "plain", roots: [serve(BankService, new BankImpl())] });
    cleanups.push(() => peer.close());
    expect(await (await (await accepted).root(BankService)).add(1, 2)).toBe(3);
    hub.plugin("plain")!.events(BankService).note("nobody takes this");
    await until(() => hub.plugin("plain")!.info().events.lost === 1);
  });

  it("serves plugins what it is told to, by who they are", async () => {
    const hub = await house({
      authorize: ({ credentials }) =>
        credentials.length > 0
          ? { allow: true, principal: new TextDecoder().decode(credentials) }
          : { allow: false, reason: "no token" },
      roots: (plugin) => (plugin.principal === "ada" ? [serve(BankService, new BankImpl())] : []),
    });
    const ada = await plug(hub, "a", { credentials: new TextEncoder().encode("ada") });
    expect(await (await ada.hub(BankService)).add(2, 3)).toBe(5);
    const bob = await plug(hub, "b", { credentials: new TextEncoder().encode("bob") });
    await expect(bob.hub(BankService)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(plug(hub, "c")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(hub.hub.plugin("a")).toMatchObject({ principal: "ada" });
    expect(hub.log).toEqual(["+a", "+b"]);
  });

  it("knows plugins by their certificates, and takes them on an HTTP server's WebSockets too", async () => {
    const refusals: string[] = [];
    const hub = new Hub({
      authorize: ({ name, remote }) => {
        const shown = remote?.certificate?.subject["CN"] ?? remote?.headers?.["x-plugin"];
        return shown === name ? { allow: true, principal: shown } : { allow: false, reason: `not ${name}` };
      },
      onRefused: ({ message }) => refusals.push(message),
    });
    cleanups.push(() => hub.shutdown({ deadlineMs: 0 }));
    const tls = await hub.listen("tls://127.0.0.1:0", {
      tls: { ...certificate("server"), ca: authority, requestCert: true },
    });
    const http = createServer().listen(0, "127.0.0.1");
    await once(http, "listening");
    cleanups.push(() => http.close());
    const ws = await hub.listen(http, { webSocket: { path: "/plugins" } });

    const shows = { ca: authority, ...certificate("client") };
    const secure = await startPlugin((all) => connect(tls, { ...all, tls: shows }), { name: "plugin one" });
    cleanups.push(() => secure.stop());
    expect(hub.plugin("plugin one")!.principal).toBe("plugin one");
    await expect(startPlugin((all) => connect(tls, { ...all, tls: shows }), { name: "two" })).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.stringContaining("not two"),
    });
    class WithHeader extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers: { "x-plugin": "three" } });
      }
    }
    const web = await startPlugin((all) => connectWeb(ws, { ...all, WebSocket: WithHeader }), {
      name: "three",
      roots: [serve(BankService, new BankImpl())],
    });
    cleanups.push(() => web.stop());
    expect(await (await hub.get("three", BankService)).add(1, 2)).toBe(3);
    expect(refusals).toHaveLength(1);
  });

  it("X17: a nameless or forged plugin is refused, and hijacks nobody", async () => {
    const refusals: Error[] = [];
    const hub = await house({
      onRefused: (error) => refusals.push(error),
      // Who may be called "billing" is decided by what is proved, not by what is said.
      authorize: ({ name, credentials }) =>
        name !== "billing" || credentials.length === 4
          ? { allow: true }
          : { allow: false, code: "PERMISSION_DENIED", reason: "you are not billing" },
    });
    const real = await plug(hub, "billing", { credentials: new Uint8Array(4) });
    await expect(plug(hub, "billing")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(plug(hub, "billing", { credentials: new Uint8Array(4) })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await expect(plug(hub, "")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await (await hub.hub.get("billing", BankService)).add(1, 1)).toBe(2);
    expect(real.impl.log).toEqual(["add 1 1"]);
    expect(refusals).toHaveLength(3);
    expect(hub.log).toEqual(["+billing"]);
  });

  it.each(["before it has said who it is", "before the hub has agreed, which it does not"])(
    "X17: runs nothing of what a plugin calls %s",
    async (when) => {
      const impl = new BankImpl();
      const refusals: Error[] = [];
      const hub = await house({
        roots: [serve(BankService, impl)],
        authorize: async () => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          return { allow: false, reason: "not you" };
        },
        onRefused: (error) => refusals.push(error),
      });
      const [near, far] = memoryTransportPair();
      const accepted = hub.hub.accept(far);
      const foreign = new ForeignClient((onStream) => new Session(near, { role: "client", onStream }));
      if (when.startsWith("before the hub")) foreign.hello();
      for (const importId of [1, 2]) foreign.call({ member: 2, target: { case: "importId", value: importId } });
      await expect(accepted).rejects.toThrow();
      await foreign.session.closed;
      expect([impl.log, hub.log, refusals.length]).toEqual([[], [], 1]);
      expect(foreign.instructions.some(({ case: kind }) => kind === "return" || kind === "throw")).toBe(false);
    },
  );

  it("checks what plugins must serve, and tells them what is missing", async () => {
    const hub = await house({ expect: [BankService] });
    const refused = startPlugin((all) => connect(hub.address, all), { name: "bare" });
    cleanups.push(async () => (await refused.catch(() => undefined))?.stop());
    const reason = await refused.then(
      (plugin) => plugin.closed,
      (error: unknown) => error,
    );
    expect(reason).toMatchObject({ cause: { code: "NOT_FOUND" } });
    expect(hub.log).toEqual([]);
    await plug(hub, "bare"); // the name is free again
  });
});

describe("waitFor", () => {
  it("resolves at once for a plugin that is connected already", async () => {
    const hub = await house();
    await plug(hub, "a");
    expect(await (await hub.hub.waitFor("a", BankService, { timeoutMs: 0 })).add(1, 2)).toBe(3);
  });

  it("resolves for all that wait, once it comes, in the version that they want", async () => {
    const hub = await house();
    const waiting = [1, 2, 3].map(() => hub.hub.waitFor("a", BankService, { timeoutMs: 20_000 }));
    const picky = hub.hub.waitFor("a", BankService, { version: "2.0.0" });
    const old = await plug(hub, "a", { version: "1.0.0" });
    expect(await Promise.all((await Promise.all(waiting)).map((bank) => bank.add(1, 1)))).toEqual([2, 2, 2]);
    await old.stop();
    const young = await plug(hub, "a", { version: "2.0.0" });
    await (await picky).add(5, 5);
    expect(young.impl.log).toEqual(["add 5 5"]);
  });

  it("rejects with a code: time, signal, shutdown", async () => {
    const { hub } = await house();
    await expect(hub.waitFor("a", BankService, { timeoutMs: 5 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const abort = new AbortController();
    const aborted = hub.waitFor("a", BankService, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED", cause: { message: "enough" } });
    const closed = hub.waitFor("a", BankService);
    const failed = expect(closed).rejects.toMatchObject({ code: "session-closed" });
    await hub.shutdown();
    await failed;
    await expect(hub.waitFor("a", BankService)).rejects.toMatchObject({ code: "session-closed" });
  });
});

describe("names", () => {
  it("rename: the plugin learns its final name, and takes only that one along when it goes", async () => {
    const hub = await house({ names: "rename" });
    const first = await plug(hub, "worker");
    const second = await plug(hub, "worker");
    expect([first.name, second.name]).toEqual(["worker", "worker-2"]);
    expect(hub.hub.plugin("worker-2")).toMatchObject({ ownName: "worker", name: "worker-2" });
    await second.stop();
    await until(() => hub.log.length === 3);
    expect(hub.log).toEqual(["+worker", "+worker-2", "-worker-2 pluginStopped"]);
    expect(await (await hub.hub.get("worker", BankService)).add(1, 1)).toBe(2);
    expect((await plug(hub, "worker")).name).toBe("worker-2");
  });

  it("replace: the old one is told, does not come back, and its end does not take the new one along", async () => {
    const hub = await house({ names: "replace" });
    const old = await plug(hub, "a");
    const young = await plug(hub, "a");
    expect(await old.closed).toMatchObject({ cause: { code: "ALREADY_EXISTS" } });
    await until(() => hub.log.length === 3);
    expect(hub.log).toEqual(["+a", "+a", "-a replaced"]);
    await (await hub.hub.get("a", BankService)).add(1, 1);
    expect([old.impl.log, young.impl.log]).toEqual([[], ["add 1 1"]]);
  });

  it("group: calls by the name go round, and survive the loss of a member", async () => {
    const hub = await house({ names: "group" });
    const members = [await plug(hub, "worker"), await plug(hub, "worker")];
    const workers = await hub.hub.get("worker", BankService);
    for (let i = 0; i < 6; i++) await workers.add(i, 0);
    expect(members.map(({ impl }) => impl.log.length)).toEqual([3, 3]);
    const third = await plug(hub, "worker");
    await until(() => {
      void workers.add(0, 0).catch(() => undefined);
      return third.impl.log.length > 0;
    });
    await members[0]!.stop();
    await until(() => hub.hub.plugins().length === 2);
    for (let i = 0; i < 4; i++) expect(await workers.add(i, 1)).toBe(i + 1);
    for (const member of [members[1]!, third]) await member.stop();
    await until(() => hub.hub.plugins().length === 0);
    await expect(workers.add(1, 1)).rejects.toMatchObject({ dispatched: "no" });
  });
});

describe("a group of plugins", () => {
  it("of two versions gives who waits for one of them a stub of that version alone", async () => {
    const hub = await house({ names: "group" });
    const old = await plug(hub, "worker", { version: "1.0.0" });
    const young = await plug(hub, "worker", { version: "2.0.0" });
    const worker = await hub.hub.waitFor("worker", BankService, { version: "2.0.0" });
    for (let i = 0; i < 4; i++) await worker.add(i, 0);
    expect([old.impl.log.length, young.impl.log.length]).toEqual([0, 4]);
  });

  it("gives no call to a member that is going away while another is there", async () => {
    const hub = await house({ names: "group" });
    const [leaving, staying] = [await plug(hub, "worker"), await plug(hub, "worker")];
    const workers = await hub.hub.get("worker", BankService);
    const abort = new AbortController();
    const sleeping = [1, 2].map(() => workers.sleep(60_000, abort.signal).catch(() => undefined));
    await until(() => leaving.impl.signals.length + staying.impl.signals.length === 2);
    const stopped = leaving.stop({ deadlineMs: 10_000 });
    await until(() => hub.hub.plugins().some(({ state }) => state === "draining"));
    for (let i = 0; i < 6; i++) expect(await workers.add(i, 0)).toBe(i);
    expect(leaving.impl.log).not.toContainEqual(expect.stringContaining("add"));
    expect(await (await hub.hub.waitFor("worker", BankService)).add(1, 1)).toBe(2);
    abort.abort();
    await Promise.all(sleeping);
    await stopped;
  });

  it("rejects with a ClosedError where the only member has gone again by the time that it was waited for", async () => {
    const hub = await house({ names: "group" });
    const waiting = hub.hub.waitFor("worker", BankService);
    hub.hub.onConnect(({ name }) => void hub.hub.unplug(name));
    const [first, second] = await Promise.all([
      plug(hub, "worker").catch(() => undefined),
      waiting.catch((error: unknown) => error),
    ]);
    expect(first).toBeDefined();
    expect(second).toMatchObject({ name: "ClosedError", dispatched: "no", message: expect.stringContaining("worker") });
  });
});

describe("broadcast", () => {
  it("is complete before it returns: an answer or an error of each, by name", async () => {
    const hub = await house();
    const good = await plug(hub, "good");
    const bad = await plug(hub, "bad");
    const slow = await plug(hub, "slow");
    const gone = await plug(hub, "gone");
    bad.impl.add = () => Promise.reject(new TypeError("broken"));
    slow.impl.add = () => new Promise(() => undefined);
    gone.impl.add = () => {
      gone.peer!.destroy();
      return new Promise(() => undefined);
    };
    await plug(hub, "other", { roots: [] });
    const results = await hub.hub.broadcast(BankService, (bank, { id }) => bank.add(id.length, 0), { timeoutMs: 1000 });
    expect([...results]).toMatchObject([
      ["good", { ok: true, value: 4 }],
      ["bad", { ok: false, error: { message: "broken" } }],
      ["slow", { ok: false, error: { code: "DEADLINE_EXCEEDED" } }],
      ["gone", { ok: false, error: { code: "transport-closed" } }],
    ]);
    expect(good.impl.log).toEqual(["add 4 0"]);
  });

  it("asks so many at once, and only those that pass the filter", async () => {
    const hub = await house();
    let running = 0;
    let most = 0;
    for (let i = 0; i < 6; i++) {
      const { impl } = await plug(hub, `p${i}`);
      impl.add = async (a) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return a;
      };
    }
    const filter = ({ id }: HubPlugin): boolean => id !== "p3";
    const results = await hub.hub.broadcast(BankService, (bank) => bank.add(1, 1), { concurrency: 2, filter });
    expect([...results.keys()]).toEqual(["p0", "p1", "p2", "p4", "p5"]);
    expect(most).toBe(2);
  });
});

describe("a plugin that goes", () => {
  it("X18: dies during a call: UNAVAILABLE at once; after its return a new stub works, the old one stays broken", async () => {
    const hub = await house();
    const plugin = await plug(hub, "a");
    const old = await hub.hub.get("a", BankService);
    const sleeping = old.sleep(60_000);
    await until(() => plugin.impl.signals.length === 1);
    const back = hub.hub.waitFor("a", BankService, { version: "never" }).catch(() => undefined);
    plugin.peer!.destroy();
    await expect(sleeping).rejects.toMatchObject({ name: "ClosedError", dispatched: "maybe" });
    await until(() => hub.log.length === 3);
    expect(hub.log).toEqual(["+a", "-a transportLost!", "+a"]);
    expect(hub.hub.plugin("a")!.info()).toMatchObject({ id: "a", instance: 2 });
    expect(await (await hub.hub.get("a", BankService)).add(1, 2)).toBe(3);
    await expect(old.add(1, 2)).rejects.toMatchObject({ dispatched: "no" });
    void back;
  });

  it("tells why: it stopped, broke the protocol, was unplugged", async () => {
    const hub = await house();
    await (await plug(hub, "stops")).stop();
    await until(() => hub.log.includes("-stops pluginStopped"));

    const unplugged = await plug(hub, "unplugged");
    expect(await hub.hub.unplug("unplugged")).toEqual([]);
    expect(await unplugged.closed).toMatchObject({ cause: { message: expect.stringContaining("unplugged") } });
    await until(() => hub.log.includes("-unplugged unplugged"));
    await expect(hub.hub.unplug("unplugged")).rejects.toMatchObject({ code: "NOT_FOUND" });

    const rude = await plug(hub, "rude");
    hub.hub
      .plugin("rude")!
      .peer.destroy(new (await import("peerwire")).ProtocolError("bad-instruction", "what it sent made no sense"));
    await rude.stop();
    await until(() => hub.log.includes("-rude protocolError!"));
  });

  it("is found silent by the heartbeat", async () => {
    const hub = await house({ heartbeat: { intervalMs: 30, timeoutMs: 30 } });
    const [near, far] = (await import("peerwire")).memoryTransportPair();
    const start = near.start.bind(near);
    let isMute = false;
    const write = near.write.bind(near);
    near.start = (receiver) => start(receiver);
    near.write = (chunk) => isMute || write(chunk);
    const accepted = hub.hub.accept(far);
    const peer = await connect(near, { name: "mute" });
    cleanups.push(() => peer.destroy());
    await accepted;
    isMute = true;
    await until(() => hub.log.includes("-mute heartbeat!"));
  });

  it("unplug lets a call end, and cuts off what is late", async () => {
    const hub = await house();
    const { impl } = await plug(hub, "a");
    const bank = await hub.hub.get("a", BankService);
    const inTime = bank.sleep(50);
    await until(() => impl.signals.length === 1);
    const unplugging = hub.hub.unplug("a", { deadlineMs: 20_000 });
    expect(hub.hub.plugin("a")).toBeUndefined();
    await expect(hub.hub.get("a", BankService)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await inTime;
    expect(await unplugging).toEqual([]);
    await expect(bank.add(1, 1)).rejects.toMatchObject({ dispatched: "no" });

    const late = await plug(hub, "b");
    const sleeping = (await hub.hub.get("b", BankService)).sleep(60_000).catch((error: unknown) => error);
    await until(() => late.impl.signals.length === 1);
    const cut = await hub.hub.unplug("b", { deadlineMs: 20 });
    expect(cut).toMatchObject([{ id: "b", calls: [{ what: "bank.v1.BankService.sleep" }] }]);
    expect(((await sleeping) as Error).message).toMatch(/its grace of \d+ ms is over/);
    await until(() => late.impl.signals[0]!.aborted);
  });
});

describe("shutdown", () => {
  it("stops accepting, drains, and says who was cut off; a client that never says Hello does not hold it up", async () => {
    const hub = await house();
    const address = await hub.hub.listen("tcp://127.0.0.1:0");
    const silent = await dialTransport(address);
    const lost = new Promise<void>((resolve) => {
      const ignore = (): void => undefined;
      silent.start({ onData: ignore, onDrain: ignore, onEnd: () => silent.end(), onClose: () => resolve() });
    });
    const quick = await plug(hub, "quick");
    const slow = await plug({ ...hub, address }, "slow");
    const ending = (await hub.hub.get("quick", BankService)).sleep(30);
    const cut = expect((await hub.hub.get("slow", BankService)).sleep(60_000)).rejects.toMatchObject({});
    await until(() => quick.impl.signals.length === 1 && slow.impl.signals.length === 1);
    const report = await hub.hub.shutdown({ deadlineMs: 300 });
    await Promise.all([ending, cut, lost]);
    expect(report).toMatchObject({ drained: ["quick"], cut: [{ id: "slow" }], handshakes: 1 });
    expect(hub.log.slice(2).sort()).toEqual(["-quick hubShutdown", "-slow hubShutdown"]);
    await expect(connect(hub.address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await hub.hub.shutdown()).toBe(report);
    const over = { code: "session-closed", message: "the hub is shutting down" };
    await expect(hub.hub.listen("inproc:*")).rejects.toMatchObject(over);
    await expect(hub.hub.accept(memoryTransportPair()[0])).rejects.toMatchObject(over);
  });

  it("on a signal only where it is asked to", async () => {
    const before = process.listenerCount("SIGUSR2");
    const { hub } = await house();
    expect(process.listenerCount("SIGUSR2")).toBe(before);
    const forget = hub.drainOnSignals(["SIGUSR2"]);
    forget();
    expect(process.listenerCount("SIGUSR2")).toBe(before);
    hub.drainOnSignals(["SIGUSR2"]);
    process.emit("SIGUSR2");
    await until(() => process.listenerCount("SIGUSR2") === before);
    expect((await hub.shutdown()).drained).toEqual([]);
  });
});

describe("plugins among each other", () => {
  it("reach each other through the hub, as far as it lets them", async () => {
    const hub = await house({
      broker: [BankService],
      mayReach: (from, to) => from.id !== "guest" || to.id !== "vault",
    });
    const vault = await plug(hub, "vault");
    const shop = await plug(hub, "shop");
    const bank = await shop.find("vault", BankService);
    expect(await bank.login("ada").child("b").name()).toBe("ada/b");
    expect(await bank.ask(async (text) => text.toUpperCase(), "why")).toBe("answer WHY");
    const session = await bank.login("bob");
    session.dispose();
    await until(() => vault.impl.sessionsMade.at(-1)!.disposed === 1);

    const guest = await plug(hub, "guest");
    await expect(guest.find("vault", BankService)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(guest.find("nobody", BankService)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const closedHub = await house();
    const alone = await plug(closedHub, "alone");
    await expect(alone.find("alone", BankService)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("reach a group where they may reach every member of it", async () => {
    const hub = await house({
      names: "group",
      broker: [BankService],
      mayReach: (_from, to) => to.version !== "secret",
    });
    const shop = await plug(hub, "shop");
    await plug(hub, "vault", { version: "open" });
    expect(await (await shop.find("vault", BankService)).add(1, 2)).toBe(3);
    await plug(hub, "vault", { version: "secret" });
    await expect(shop.find("vault", BankService)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("hear UNAVAILABLE when the other one dies", async () => {
    const hub = await house({ broker: [BankService] });
    const vault = await plug(hub, "vault");
    const bank = await (await plug(hub, "shop")).find("vault", BankService);
    const sleeping = bank.sleep(60_000);
    await until(() => vault.impl.signals.length === 1);
    vault.peer!.destroy();
    await expect(sleeping).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("Plugin", () => {
  it("waits for a hub that is not there yet, and comes back with its name to one that has restarted", async () => {
    const first = new Hub();
    cleanups.push(() => first.shutdown());
    const events: string[] = [];
    const starting = startPlugin((all) => connect("inproc:restarted", all), {
      name: "a",
      roots: [serve(BankService, new BankImpl())],
      firstDelayMs: 5,
      maxDelayMs: 5,
      onReconnect: () => events.push("back"),
      onDisconnect: (error) => events.push(String((error as { cause?: CallError }).cause?.code)),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await first.listen("inproc:restarted");
    const plugin = await starting;
    cleanups.push(() => plugin.stop());
    await first.shutdown();
    const second = new Hub();
    cleanups.push(() => second.shutdown());
    await second.listen("inproc:restarted");
    expect(await (await second.waitFor("a", BankService)).add(1, 1)).toBe(2);
    await until(() => events.length === 2);
    expect(events).toEqual(["UNAVAILABLE", "back"]);
  });
});
