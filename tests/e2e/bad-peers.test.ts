import { afterEach, describe, expect, it } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer as createHttpServer, get } from "node:http";
import { type Server as NetServer, type Socket, connect as dial, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallError, ClosedError, Peer, ProtocolError, type ServiceDescriptor, memoryTransportPair } from "peerwire";
import { Session } from "peerwire/mux";
import { type ListenOptions, type Server, connect, listen, serve } from "peerwire/node";
import { openVolume } from "../../examples/files/disk-volume.js";
import type { Volume } from "../../examples/files/volume.js";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";
import { InstructionSchema } from "../../generated/wire/peerwire/v1/instruction_pb.js";
import { BankImpl } from "../runtime/sample/bank-impl.js";
import { BankService } from "../runtime/sample/bank.rpc.js";

/** The four bytes in front of an instruction stream: schema/peerwire/v1/instruction.proto. */
const INSTRUCTION_STREAM = Uint8Array.of(0x70, 0x77, 0x01, 0x01);
/** How long a silent peer is waited for in these tests; nothing else waits so long. */
const PATIENCE = { handshakeTimeoutMs: 100 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listening(server: NetServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `tcp://127.0.0.1:${portOf(server)}`;
}

/** The end of the first connection. */
function closing(server: NetServer): Promise<void> {
  return new Promise((resolve) => server.once("connection", (socket) => socket.once("close", () => resolve())));
}

function portOf(server: NetServer): number {
  return (server.address() as { port: number }).port;
}

async function serveVolume(options: ListenOptions = {}): Promise<{ server: Server; refused: () => Promise<Error> }> {
  const refusals: Error[] = [];
  let wake: (() => void) | undefined;
  const server = await listen("tcp://127.0.0.1:0", {
    roots: [serve(VolumeService, await openVolume(import.meta.dirname))],
    onRefused: (error) => {
      refusals.push(error);
      wake?.();
    },
    ...options,
  });
  cleanups.push(() => server.close());
  const refused = async (): Promise<Error> => {
    while (refusals.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return refusals.shift()!;
  };
  return { server, refused };
}

/** That a good peer is served: the process has taken no harm. */
async function expectService(server: Server): Promise<void> {
  await using peer = await connect(server.address);
  const volume = await peer.root(VolumeService);
  expect((await volume.root().file("bad-peers.test.ts").stat()).kind.type).toBe("file");
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "succeeded",
    (error: unknown) => error,
  );

describe("connect", () => {
  it("tells that an HTTP server is no peer, and closes the connection", async () => {
    const server = createHttpServer((_, response) => response.end("hello"));
    const closed = closing(server);
    const address = await listening(server);
    const error = await failure(connect(address));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: expect.stringContaining("does not speak peerwire") });
    expect(error).toMatchObject({ message: expect.stringContaining(address) });
    await closed;
  });

  it("tells that a server closed at once", async () => {
    const address = await listening(createServer((socket) => socket.end()));
    const error = await failure(connect(address));
    expect(error).toBeInstanceOf(ClosedError);
    expect(error).toMatchObject({ code: "handshake-failed", dispatched: "no" });
  });

  it("tells that a server reset the connection", async () => {
    const address = await listening(createServer((socket) => socket.resetAndDestroy()));
    // Node's own code where the reset overtakes the end of dialling.
    expect(["handshake-failed", "ECONNRESET"]).toContain(((await failure(connect(address))) as ClosedError).code);
  });

  it("gives up on a server that stays silent, naming the limit, and closes the connection", async () => {
    const server = createServer((socket) => socket.resume());
    const closed = closing(server);
    const error = await failure(connect(await listening(server), { limits: PATIENCE }));
    expect(error).toMatchObject({ code: "handshake-failed", message: expect.stringContaining("handshakeTimeoutMs") });
    await closed;
  });

  it("keeps Node's code where nobody listens", async () => {
    const server = createServer();
    const address = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(connect(address)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(connect("inproc:nobody")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(connect("unix:/nowhere/at/all")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it.each(["", "localhost:80", "http://localhost:80", "tcp://localhost", "tcp://localhost:99999", "unix:", "inproc:"])(
    "says how an address is written instead of %j",
    async (address) => {
      await expect(connect(address)).rejects.toMatchObject({
        name: "TypeError",
        message: expect.stringContaining("tcp://HOST:PORT"),
      });
      await expect(listen(address)).rejects.toBeInstanceOf(TypeError);
    },
  );

  it("refuses a peer of another protocol version, naming both", async () => {
    const [near, far] = memoryTransportPair("versions");
    const future = new Session(far, { role: "server" });
    const instructions = future.open();
    instructions.write(INSTRUCTION_STREAM);
    const hello = { case: "hello", value: { protocolVersion: 7, peerName: "the future" } } as const;
    instructions.write(sizeDelimitedEncode(InstructionSchema, create(InstructionSchema, { instruction: hello })));
    const error = await failure(Peer.open(near, "client"));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: "bad-hello", message: expect.stringMatching(/version 7 .*version 1/) });
    expect(await future.closed).toMatchObject({ goAwayCode: 1 });
  });

  it("refuses a peer whose instruction stream is of another kind", async () => {
    const [near, far] = memoryTransportPair("kinds");
    const other = new Session(far, { role: "server" });
    other.open().write(Uint8Array.of(1, 2, 3, 4));
    expect(await failure(Peer.open(near, "client"))).toMatchObject({ code: "bad-stream-kind" });
    expect(await other.closed).toMatchObject({ goAwayCode: 1 });
  });

  it("refuses a peer whose first instruction is no Hello", async () => {
    const [near, far] = memoryTransportPair("rude");
    const rude = new Session(far, { role: "server" });
    const instructions = rude.open();
    instructions.write(INSTRUCTION_STREAM);
    const cancel = { case: "cancel", value: { callId: 1 } } as const;
    instructions.write(sizeDelimitedEncode(InstructionSchema, create(InstructionSchema, { instruction: cancel })));
    expect(await failure(Peer.open(near, "client"))).toBeInstanceOf(ProtocolError);
    expect(await rude.closed).toMatchObject({ goAwayCode: 1 });
  });
});

describe("listen", () => {
  it("keeps Node's code where the port, the file or the name is in use", async () => {
    const folder = await mkdtemp(join(tmpdir(), "peerwire-in-use-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    for (const at of ["tcp://127.0.0.1:0", `unix:${join(folder, "s")}`, "inproc:in-use"]) {
      const first = await listen(at);
      cleanups.push(() => first.close());
      await expect(listen(first.address)).rejects.toMatchObject({ code: "EADDRINUSE" });
    }
  });

  it("goes on after an HTTP client", async () => {
    const { server, refused } = await serveVolume();
    const request = get(server.address.replace("tcp:", "http:"));
    const [error] = (await once(request, "error")) as [Error];
    expect(error).toBeDefined();
    expect(await refused()).toBeInstanceOf(ProtocolError);
    await expectService(server);
  });

  it("goes on after clients that hang up, stay silent, or send noise", async () => {
    const { server, refused } = await serveVolume({ limits: PATIENCE });
    const open = async (): Promise<Socket> => {
      const socket = dial(Number(server.address.split(":").at(-1)), "127.0.0.1");
      socket.on("error", () => undefined);
      cleanups.push(() => socket.destroy());
      await once(socket, "connect");
      return socket;
    };
    (await open()).end();
    expect(await refused()).toMatchObject({ code: "handshake-failed" });
    (await open()).resetAndDestroy();
    expect(await refused()).toMatchObject({ code: "handshake-failed" });
    const silent = await open();
    silent.resume();
    expect(await refused()).toMatchObject({ code: "handshake-failed" });
    if (!silent.destroyed) await once(silent, "close");
    const noisy = await open();
    noisy.resume().write(Buffer.alloc(4096, 0xa5));
    expect(await refused()).toBeInstanceOf(ProtocolError);
    await expectService(server);
    expect(server.peers.size).toBeLessThanOrEqual(1);
  });

  it("goes on when whoever connects refuses what is served", async () => {
    const { server } = await serveVolume();
    await expect(connect(server.address, { expect: [BankService] })).rejects.toBeInstanceOf(CallError);
    await expectService(server);
  });
});

describe("root", () => {
  it("tells what is served instead of another interface", async () => {
    const server = await listen("tcp://127.0.0.1:0", { roots: [serve(BankService, new BankImpl())] });
    cleanups.push(() => server.close());
    const missing = { code: "NOT_FOUND", message: expect.stringContaining('it serves "bank.v1.BankService"') };
    await expect(connect(server.address, { expect: [VolumeService] })).rejects.toMatchObject(missing);
    await using peer = await connect(server.address);
    await expect(peer.root(VolumeService)).rejects.toMatchObject(missing);
    await expect(peer.root(VolumeService, "bank.v1.BankService")).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringMatching(/is a bank\.v1\.BankService, and a files\.v1\.VolumeService was asked for/),
    });
    expect(await (await peer.root(BankService)).add(1, 2)).toBe(3);
  });

  it("names the members that differ in an incompatible version", async () => {
    const { server } = await serveVolume({
      roots: [serve(changed("watch", { parameters: ["string"] }), await openVolume(import.meta.dirname))],
    });
    const incompatible = {
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining("VolumeService.watch (member 3)"),
    };
    await expect(connect(server.address, { expect: [VolumeService] })).rejects.toMatchObject(incompatible);
    await using peer = await connect(server.address);
    await expect(peer.root(VolumeService)).rejects.toMatchObject(incompatible);
  });

  it("takes another version whose members it knows have not changed", async () => {
    const { server } = await serveVolume({
      roots: [serve(changed("root", {}), await openVolume(import.meta.dirname))],
    });
    await expectService(server);
  });
});

/** VolumeService, as a version with another `member` would be. */
function changed(member: string, difference: { parameters?: readonly string[] }): ServiceDescriptor<Volume> {
  const members = [...VolumeService.members].map(
    ([number, known]) => [number, known.name === member ? { ...known, ...difference } : known] as const,
  );
  return { ...VolumeService, fingerprint: VolumeService.fingerprint + 1n, members: new Map(members) };
}
