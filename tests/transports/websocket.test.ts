/** What is WebSocket's own: servers that are there already, pages, subprotocol, and messages that are not ours. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { serve as serveHono } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { once } from "node:events";
import { type IncomingMessage, type Server as HttpServer, createServer } from "node:http";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { connect as connectWeb } from "peerwire/websocket";
import { type Peer, type Server, connect, isWorthRetrying, listen } from "peerwire/node";
import { WebSocket, WebSocketServer } from "ws";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started(http: HttpServer): Promise<number> {
  if (!http.listening) await once(http, "listening");
  cleanups.push(() => http.close());
  return (http.address() as AddressInfo).port;
}

function portOf({ address }: Server): number {
  return Number(/:(\d+)/.exec(address)![1]);
}

async function serveAt(
  path = "/rpc",
  origins?: string[],
): Promise<{ server: Server; url: string; accepted: Promise<Peer>; refusals: string[] }> {
  let onPeer!: (peer: Peer) => void;
  const accepted = new Promise<Peer>((resolve) => (onPeer = resolve));
  const refusals: string[] = [];
  const server = await listen(`ws://127.0.0.1:0${path}`, {
    onPeer: (peer) => onPeer(peer),
    onRefused: ({ message }) => void refusals.push(message),
    ...(origins && { webSocket: { origins } }),
  });
  cleanups.push(() => server.close());
  return { server, url: server.address, accepted, refusals };
}

/** What a WebSocket that is refused gets: status and text. */
async function answerTo(url: string, protocols: string[], headers: Record<string, string> = {}): Promise<string> {
  const socket = new WebSocket(url, protocols, { headers });
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return `${response.statusCode} ${text.trim()}`;
}

async function rawSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, ["peerwire.1"]);
  cleanups.push(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

describe("a WebSocket", () => {
  it.each([
    ["node:http", () => createServer((_request, response) => response.end("page")).listen(0, "127.0.0.1")],
    [
      "Express",
      () =>
        express()
          .get("/", (_request, response) => response.send("page"))
          .listen(0, "127.0.0.1"),
    ],
    [
      "Fastify",
      async () => {
        const app = fastify();
        app.get("/", () => "page");
        await app.listen({ port: 0, host: "127.0.0.1" });
        return app.server;
      },
    ],
    [
      "Hono",
      () =>
        serveHono({
          fetch: new Hono().get("/", (context) => context.text("page")).fetch,
          port: 0,
          hostname: "127.0.0.1",
        }),
    ],
  ])("attaches to the server of %s, which goes on serving its pages", async (_name, start) => {
    const http = (await start()) as HttpServer;
    const port = await started(http);
    const server = await listen(http, { webSocket: { path: "/rpc" }, name: "attached" });
    const peer = await connect(`ws://127.0.0.1:${port}/rpc?tab=1`);
    expect(peer.info.name).toBe("attached");
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("page");
    await expect(connect(`ws://127.0.0.1:${port}/other`)).rejects.toThrow("404");
    await server.close();
    expect(await peer.closed).toMatchObject({ code: "session-closed" });
    await expect(connect(`ws://127.0.0.1:${port}/rpc`)).rejects.toThrow();
  });

  it("leaves other paths to others", async () => {
    const http = createServer().listen(0, "127.0.0.1");
    const port = await started(http);
    const other = new WebSocketServer({ noServer: true });
    http.on("upgrade", (request, socket, head) => {
      if (request.url === "/other") other.handleUpgrade(request, socket, head, (webSocket) => webSocket.send("other"));
    });
    const server = await listen(http, { webSocket: { path: "/rpc" } });
    cleanups.push(() => server.close());
    const socket = new WebSocket(`ws://127.0.0.1:${port}/other`);
    const [message] = (await once(socket, "message")) as [Buffer];
    expect(message.toString()).toBe("other");
    socket.terminate();
    await (await connect(`ws://127.0.0.1:${port}/rpc`)).close();
  });

  it("is refused without our subprotocol, and a request that is none is answered 426", async () => {
    const { url, refusals } = await serveAt();
    expect(await answerTo(url, ["chat"])).toBe(
      "400 a WebSocket must offer the subprotocol peerwire.1; it offered chat",
    );
    expect(refusals).toHaveLength(1);
    expect((await fetch(url.replace("ws:", "http:"))).status).toBe(426);
  });

  it("of a page from elsewhere is refused, unless its origin is listed", async () => {
    const { url } = await serveAt();
    const { host } = new URL(url);
    expect(await answerTo(url, ["peerwire.1"], { origin: "https://evil.example" })).toMatch(
      /^403 .*webSocket\.origins/,
    );
    expect(await answerTo(url, ["peerwire.1"], { origin: "null" })).toMatch(/^403/);
    for (const [to, origin] of [
      [url, `http://${host}`],
      [(await serveAt("/rpc", ["https://app.example"])).url, "https://app.example"],
      [(await serveAt("/rpc", ["*"])).url, "https://any.example"],
    ] as const) {
      const socket = new WebSocket(to, ["peerwire.1"], { headers: { origin } });
      await once(socket, "open");
      socket.terminate();
    }
  });

  it("shows the server the headers of its request", async () => {
    const { url, accepted } = await serveAt();
    const peer = await connect(url);
    expect((await accepted).info.remote?.headers).toMatchObject({
      "sec-websocket-protocol": "peerwire.1",
      "host": new URL(url).host,
    });
    await peer.close();
  });

  it("T08: a text message is answered with close 1003", async () => {
    const { url, refusals } = await serveAt();
    const socket = await rawSocket(url);
    socket.send("hello?");
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(1003);
    expect(refusals.join()).toContain("sent a text message; peerwire's are binary");
  });

  it("T08: a message beyond 1 MiB is answered with close 1009, before it is whole", async () => {
    const { url } = await serveAt();
    const socket = await rawSocket(url);
    socket.on("error", () => undefined); // the rest of it cannot be sent any more
    socket.send(new Uint8Array(101 * 1024 * 1024), { fin: true });
    const [code] = (await once(socket, "close")) as [number];
    expect([1009, 1006]).toContain(code); // 1006: the reset overtook the close frame
  });

  it("T08: a close without our goodbye (1006, and 1001 of a page that was left) fails the calls that wait", async () => {
    for (const leave of [(socket: WebSocket) => socket.terminate(), (socket: WebSocket) => socket.close(1001)]) {
      const sockets: WebSocket[] = [];
      class Remembered extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols);
          sockets.push(this);
        }
      }
      const { url, accepted } = await serveAt();
      const near = await connectWeb(url, { WebSocket: Remembered });
      const far = await accepted;
      const ping = far.ping();
      leave(sockets[0]!);
      await ping.catch(() => undefined);
      expect(await far.closed).toMatchObject({ code: "transport-closed" });
      await near.closed;
    }
  });

  it("that is half open before it is opened is dropped after the handshake time", async () => {
    const server = await listen("ws://127.0.0.1:0/", { limits: { handshakeTimeoutMs: 50 } });
    cleanups.push(() => server.close());
    const socket = connectSocket(portOf(server), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
    await once(socket.resume(), "close");
  });

  it("that cannot be reached is worth another attempt, whatever the runtime's own error is", async () => {
    class Refusing extends EventTarget {
      constructor() {
        super();
        setImmediate(() => this.dispatchEvent(Object.assign(new Event("error"), { error: new TypeError("") })));
      }
      close(): void {
        // There is nothing to close.
      }
    }
    const refused: unknown = await connectWeb("ws://127.0.0.1:1/", { WebSocket: Refusing as never }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: "ECONNREFUSED", message: "ws://127.0.0.1:1/ cannot be reached" });
    expect(isWorthRetrying(refused as Error)).toBe(true);
  });

  it("needs a class where the runtime has none, and says which", async () => {
    if ("WebSocket" in globalThis) return; // Node 22
    await expect(connectWeb("ws://127.0.0.1:1/")).rejects.toThrow("pass { WebSocket } from the package ws");
  });
});
