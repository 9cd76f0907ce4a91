import { describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, PassThrough } from "node:stream";
import { dialSocket } from "../../../runtime/bytes/socket-dialer.js";
import { listenSocket } from "../../../runtime/bytes/socket-listener.js";
import { socketTransport, stdioTransport } from "../../../runtime/bytes/socket-transport.js";
import type { Transport } from "../../../runtime/bytes/transport.js";
import { watch } from "../../support/transport-watcher.js";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "peerwire-sockets-"));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("dialSocket and listenSocket", () => {
  it("keep Node's codes: ECONNREFUSED, ENOENT, EADDRINUSE", async () => {
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, () => undefined);
    await expect(listenSocket(listener.address, () => undefined)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await listener.close();
    await listener.close();
    await expect(dialSocket(listener.address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await withFolder(async (folder) => {
      await expect(dialSocket({ path: join(folder, "none.sock") })).rejects.toMatchObject({ code: "ENOENT" });
    });
  });

  it("tell of a transport that still connects: what is written to it meanwhile leaves first", async () => {
    let accepted!: (transport: Transport) => void;
    const arrived = new Promise<Transport>((resolve) => (accepted = resolve));
    await withFolder(async (folder) => {
      const address = { path: join(folder, "early.sock") };
      const listener = await listenSocket(address, (transport) => {
        accepted(transport);
      });
      const told: Transport[] = [];
      const onDialling = (transport: Transport): void => {
        told.push(transport);
        watch(transport);
        transport.write(Buffer.from("first"));
      };
      const dialled = await dialSocket(address, { onDialling });
      expect(told).toEqual([dialled]);
      dialled.write(Buffer.from(", second"));
      const far = watch(await arrived);
      await far.until(() => far.text === "first, second");
      dialled.destroy();
      await listener.close();
    });
  });

  it("end the transport that they told of where dialling fails", async () => {
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, () => undefined);
    await listener.close();
    let early: ReturnType<typeof watch> | undefined;
    const onDialling = (transport: Transport): void => {
      early = watch(transport);
      transport.write(Buffer.from("to nobody"));
    };
    await expect(dialSocket(listener.address, { onDialling })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await early!.until(() => early!.closes.length === 1);
    expect(early!.closes).toMatchObject([{ code: "ECONNREFUSED" }]);
  });

  it("show nothing to a TLS server before its certificate is judged", async () => {
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      transport.destroy();
    });
    let isTold = false;
    const onDialling = (): void => {
      isTold = true;
    };
    const dialled = await dialSocket(listener.address, { tls: {}, onDialling }).catch(() => "refused");
    await listener.close();
    expect([dialled, isTold]).toEqual(["refused", false]);
  });

  it("keep what arrives before start, and read into memory that is used again", async () => {
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      transport.start({
        onData: () => undefined,
        onDrain: () => undefined,
        onEnd: () => undefined,
        onClose: () => undefined,
      });
      transport.write(Buffer.from("early"));
      setTimeout(() => {
        transport.write(Buffer.from(" and late"));
        transport.end();
      }, 30);
    });
    const dialled = await dialSocket(listener.address);
    await new Promise((resolve) => setTimeout(resolve, 10));
    let text = "";
    const memories = new Set<ArrayBufferLike>();
    await new Promise<void>((resolve) => {
      dialled.start({
        onData: (chunk) => {
          text += Buffer.from(chunk).toString();
          if (text.length > 5) memories.add(chunk.buffer);
        },
        onDrain: () => undefined,
        onEnd: resolve,
        onClose: () => undefined,
      });
    });
    expect(text).toBe("early and late");
    expect([...memories].map(({ byteLength }) => byteLength)).toEqual([128 * 1024]);
    dialled.destroy();
    await listener.close();
  });

  it("read a transfer into memory of its own, and what follows it into memory that is used again", async () => {
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      transport.start({
        onData: ([asked]) => void transport.write(new Uint8Array(asked === 1 ? 1024 * 1024 : 1)),
        onDrain: () => undefined,
        onEnd: () => undefined,
        onClose: () => undefined,
      });
    });
    const dialled = await dialSocket(listener.address);
    let onData: (chunk: Uint8Array) => void = () => undefined;
    dialled.start({
      onData: (chunk) => {
        onData(chunk);
      },
      onDrain: () => undefined,
      onEnd: () => undefined,
      onClose: () => undefined,
    });
    /** @returns the memory of each read of an answer. */
    const answer = (asked: number, bytes: number) =>
      new Promise<ArrayBufferLike[]>((resolve) => {
        const memories: ArrayBufferLike[] = [];
        let left = bytes;
        onData = (chunk) => {
          memories.push(chunk.buffer);
          left -= chunk.length;
          if (left === 0) resolve(memories);
        };
        dialled.write(Uint8Array.of(asked));
      });
    const [first] = await answer(0, 1);
    expect((await answer(0, 1))[0]).toBe(first);
    const transfer = await answer(1, 1024 * 1024);
    expect(new Set(transfer).size).toBe(transfer.length);
    for (let i = 0; i < 64; i++) await answer(0, 1);
    expect((await answer(0, 1))[0]).toBe(first);
    dialled.destroy();
    await listener.close();
  });

  it("deliver 100 connections' bytes each to its own, though their reads share memory", async () => {
    const served: Transport[] = [];
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      transport.start({
        onData: (chunk) => void transport.write(chunk.slice()),
        onDrain: () => undefined,
        onEnd: () => transport.end(),
        onClose: () => undefined,
      });
      served.push(transport);
    });
    const echoes = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const transport = await dialSocket(listener.address);
        const sent = new Uint8Array(20_000 + i).fill(i);
        const got: Uint8Array[] = [];
        await new Promise<void>((resolve) => {
          transport.start({
            onData: (chunk) => got.push(chunk.slice()),
            onDrain: () => undefined,
            onEnd: resolve,
            onClose: () => undefined,
          });
          transport.write(sent);
          transport.end();
        });
        return Buffer.compare(Buffer.concat(got), sent);
      }),
    );
    expect(echoes).toEqual(Array.from({ length: 100 }, () => 0));
    for (const transport of served) transport.destroy();
    await listener.close();
  });

  it("describe where they are", async () => {
    let onAccepted!: (transport: Transport) => void;
    const accepted = new Promise<Transport>((resolve) => (onAccepted = resolve));
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, onAccepted);
    const dialled = await dialSocket(listener.address);
    expect(dialled.description).toBe(`tcp://127.0.0.1:${(listener.address as { port: number }).port}`);
    await listener.close();
    const served = await accepted;
    expect(served.description).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    dialled.destroy();
    served.destroy();
  });

  it("give up dialling when told to", async () => {
    const reason = new Error("not wanted any more");
    await expect(dialSocket({ host: "127.0.0.1", port: 9 }, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const dialling = dialSocket({ host: "127.0.0.1", port: 9 }, { signal: controller.signal });
    controller.abort(reason);
    await expect(dialling).rejects.toBe(reason);
  });

  it("replace a socket's file that a dead process left behind, and no other", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "app.sock");
      const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
      const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
      await once(child.stdout, "data");
      await expect(listenSocket({ path }, () => undefined)).rejects.toMatchObject({ code: "EADDRINUSE" });
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(existsSync(path)).toBe(true);
      const listener = await listenSocket({ path }, () => undefined);
      await listener.close();
      expect(existsSync(path)).toBe(false);
      writeFileSync(path, "not a socket");
      await expect(listenSocket({ path }, () => undefined)).rejects.toMatchObject({ code: "EADDRINUSE" });
    });
  });

  it("close a connection whose onTransport throws, and go on listening", async () => {
    let calls = 0;
    const listener = await listenSocket({ host: "127.0.0.1", port: 0 }, (transport) => {
      if (++calls === 1) throw new Error("bug");
      watch(transport);
      transport.end();
    });
    for (let i = 0; i < 2; i++) {
      const dialled = await dialSocket(listener.address);
      const seen = watch(dialled);
      await seen.until(() => seen.hasEnded || seen.closes.length > 0);
      dialled.destroy();
    }
    expect(calls).toBe(2);
    await listener.close();
  });
});

describe("socketTransport", () => {
  it("T03: an error that nobody listens for, before and after start, ends in onClose", async () => {
    const early = new PassThrough();
    const transport = socketTransport(early);
    early.destroy(new Error("before start"));
    await new Promise(setImmediate);
    const seen = watch(transport);
    await seen.until(() => seen.closes.length === 1);
    expect(seen.closes).toMatchObject([{ message: "before start" }]);
    const late = new PassThrough();
    const other = watch(socketTransport(late));
    late.emit("error", new Error("after start"));
    await other.until(() => other.closes.length === 1);
    expect(other.closes).toMatchObject([{ message: "after start" }]);
  });

  it("T03: a stream that closes without end or error, or never says close, is closed once", async () => {
    const silent = new Duplex({ emitClose: false, read: () => undefined, write: (_c, _e, done) => done() });
    const transport = socketTransport(silent);
    const seen = watch(transport);
    transport.destroy();
    await seen.until(() => seen.closes.length === 1);
    const sudden = new Duplex({ read: () => undefined, write: (_c, _e, done) => done() });
    const other = watch(socketTransport(sudden));
    sudden.destroy();
    await other.until(() => other.closes.length === 1);
    expect([seen.closes, other.closes]).toEqual([[undefined], [undefined]]);
  });

  it("T03: a stream without autoDestroy is closed when both sides have ended", async () => {
    const lazy = new Duplex({ autoDestroy: false, read: () => undefined, write: (_c, _e, done) => done() });
    const transport = socketTransport(lazy);
    const seen = watch(transport);
    lazy.push(null);
    transport.end();
    await seen.until(() => seen.closes.length === 1);
    expect(seen.hasEnded).toBe(true);
  });

  it("T05: a socket with allowHalfOpen false whose peer ended first takes a write without an error", async () => {
    const server = createServer((socket) => socket.end("bye")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket: Socket = connect({ port: (server.address() as AddressInfo).port, allowHalfOpen: false });
    await once(socket, "connect");
    const transport = socketTransport(socket);
    const seen = watch(transport);
    await seen.until(() => seen.hasEnded);
    expect(transport.write(Buffer.from("too late"))).toBe(false);
    await seen.until(() => seen.closes.length === 1);
    expect([seen.text, seen.closes]).toEqual(["bye", [undefined]]);
    server.close();
  });

  it("T07: a unix socket whose peer is killed is closed", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "app.sock");
      let onAccepted!: (transport: Transport) => void;
      const accepted = new Promise<Transport>((resolve) => (onAccepted = resolve));
      const listener = await listenSocket({ path }, onAccepted);
      const child = spawn(process.execPath, ["-e", `require("net").connect(${JSON.stringify(path)})`]);
      const transport = await accepted;
      const seen = watch(transport);
      child.kill("SIGKILL");
      await seen.until(() => seen.hasEnded || seen.closes.length > 0);
      transport.destroy();
      await seen.until(() => seen.closes.length === 1);
      await listener.close();
    });
  });

  it("joins two one-way streams, such as stdin and stdout", async () => {
    const [toUs, fromUs] = [new PassThrough(), new PassThrough()];
    const seen = watch(stdioTransport(toUs, fromUs));
    toUs.write("hello");
    await seen.until(() => seen.text === "hello");
    toUs.destroy();
    await seen.until(() => seen.closes.length === 1);
  });
});
