/** Listening and dialling, asked of each carrier that has addresses. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { type Listener, type Transport, dialTransport, listenTransport } from "peerwire/node";
import { watch } from "../support/transport-watcher.js";
import { ADDRESSED, type AddressedCarrier } from "./carriers.js";

const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

async function listen(
  carrier: AddressedCarrier,
  onTransport: (transport: Transport) => void = (transport) => void watch(transport),
  at = carrier.at(),
): Promise<Listener> {
  const listener = await listenTransport(at, onTransport, carrier.listenOptions);
  listeners.push(listener);
  return listener;
}

describe.each(ADDRESSED)("$name", (carrier) => {
  const dial = (to: string, signal?: AbortSignal): Promise<Transport> =>
    dialTransport(to, { ...carrier.dialOptions, ...(signal && { signal }) });

  it("refuses who dials an address where nobody listens", async () => {
    await expect(dial(carrier.nowhere())).rejects.toMatchObject({ code: carrier.refusal });
  });

  it("refuses an address that is in use, until its listener is closed", async () => {
    const listener = await listen(carrier);
    const { address } = listener;
    await expect(listen(carrier, undefined, address)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await listener.close();
    await listener.close();
    const again = await listen(carrier, undefined, address);
    expect(again.address).toBe(address);
  });

  it("refuses dialling once the listener is closed, and leaves what is connected alone", async () => {
    let onAccepted!: (transport: Transport) => void;
    const accepted = new Promise<Transport>((resolve) => (onAccepted = resolve));
    const listener = await listen(carrier, (transport) => onAccepted(transport));
    const { address } = listener;
    const near = await dial(address);
    const [mine, theirs] = [watch(near), watch(await accepted)];
    await listener.close();
    await expect(dial(address)).rejects.toMatchObject({ code: carrier.refusal });
    near.write(Buffer.from("still here"));
    await theirs.until(() => theirs.text === "still here");
    near.destroy();
    await Promise.all([
      mine.until(() => mine.closes.length === 1),
      theirs.until(() => theirs.closes.length === 1 || theirs.hasEnded),
    ]);
    (await accepted).destroy();
  });

  it("gives up dialling with the reason of its signal, before and while it dials", async () => {
    const ends: ReturnType<typeof watch>[] = [];
    const { address } = await listen(carrier, (transport) => {
      const seen = watch(transport);
      ends.push(seen);
      void seen.until(() => seen.hasEnded).then(() => transport.destroy());
    });
    const reason = new Error("not wanted any more");
    await expect(dial(address, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const dialling = dial(address, controller.signal);
    controller.abort(reason);
    if (carrier.name === "inproc")
      (await dialling).destroy(); // is there at once
    else await expect(dialling).rejects.toBe(reason);
    const last = await dial(address); // whatever the server saw of the others came before this one
    last.destroy();
    for (const seen of ends) await seen.until(() => seen.closes.length === 1);
  });

  it("costs one connection where taking it throws, and goes on listening", async () => {
    let calls = 0;
    const { address } = await listen(carrier, (transport) => {
      if (++calls === 1) throw new Error("bug");
      watch(transport);
      transport.end();
    });
    for (let i = 0; i < 2; i++) {
      const near = await dial(address);
      const seen = watch(near);
      await seen.until(() => seen.hasEnded || seen.closes.length > 0);
      near.destroy();
    }
    expect(calls).toBe(2);
  });

  it("takes 100 connections at once, each with its own bytes", async () => {
    const { address } = await listen(carrier, (transport) => {
      watch(transport, { onData: (chunk) => void transport.write(chunk.slice()), onEnd: () => transport.end() });
    });
    const echo = async (index: number): Promise<string> => {
      const near = await dial(address);
      const seen = watch(near);
      near.write(Buffer.from(`connection ${index}`));
      near.end();
      await seen.until(() => seen.closes.length === 1);
      return seen.text;
    };
    const texts = await Promise.all(Array.from({ length: 100 }, (_, index) => echo(index)));
    expect(texts).toEqual(Array.from({ length: 100 }, (_, index) => `connection ${index}`));
  });
});

describe("inproc", () => {
  it("keeps namespaces apart, and lets who was dialled dial back", async () => {
    const heard: string[] = [];
    const at = (name: string): Promise<Listener> =>
      listenTransport(`inproc:${name}`, (transport) => {
        watch(transport, { onData: (chunk) => heard.push(`${name} ${Buffer.from(chunk).toString()}`) });
        if (name === "billing/api") void say("shop/api", "back");
      });
    const say = async (name: string, text: string): Promise<void> => {
      const near = await dialTransport(`inproc:${name}`);
      watch(near);
      near.write(Buffer.from(text));
    };
    listeners.push(await at("billing/api"), await at("shop/api"));
    await say("billing/api", "hello");
    while (heard.length < 2) await new Promise(setImmediate);
    expect(heard.sort()).toEqual(["billing/api hello", "shop/api back"]);
    await expect(dialTransport("inproc:api")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("a server that accepts, and says nothing", () => {
  it.each(ADDRESSED.filter(({ name }) => ["tls", "ws", "wss"].includes(name)))(
    "is given up by $name after the time limit, or with the signal",
    async ({ name, dialOptions }) => {
      const sockets: Socket[] = [];
      const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
      await once(silent, "listening");
      const to = `${name}://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      await expect(dialTransport(to, { ...dialOptions, timeoutMs: 20 })).rejects.toMatchObject({
        code: "ETIMEDOUT",
        message: expect.stringContaining("20 ms"),
      });
      const controller = new AbortController();
      const dialling = dialTransport(to, { ...dialOptions, signal: controller.signal });
      await once(silent, "connection");
      controller.abort(new Error("enough"));
      await expect(dialling).rejects.toThrow("enough");
      for (const socket of sockets) if (!socket.destroyed) await once(socket.resume(), "close");
      silent.close();
    },
  );
});

describe("addresses", () => {
  it.each([
    "tcp:127.0.0.1:1",
    "tls://host",
    "tcp://host:65536",
    "unix:",
    "inproc:",
    "ws:/nowhere",
    "ws://user@host/",
    "ws://host/#fragment",
    "http://host/",
    "",
  ])("refuse %p, saying what one looks like", async (text) => {
    await expect(dialTransport(text)).rejects.toThrow(/is no address; write tcp:\/\/HOST:PORT/);
    await expect(listenTransport(text, () => undefined)).rejects.toThrow(TypeError);
  });

  it("that need a certificate say so", async () => {
    for (const at of ["tls://127.0.0.1:0", "wss://127.0.0.1:0/"]) {
      await expect(listenTransport(at, () => undefined)).rejects.toThrow("pass tls: { key, cert }");
    }
  });
});
