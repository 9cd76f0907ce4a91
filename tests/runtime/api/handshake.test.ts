/** The handshake: who is let in, what each side is told, and that nobody is served before. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import {
  CallError,
  ClosedError,
  Peer,
  type PeerInfo,
  type PeerOptions,
  type Transport,
  memoryTransportPair,
  serve,
} from "peerwire";
import { Session } from "peerwire/mux";
import { connect, dialTransport, listen } from "peerwire/node";
import { HelloSchema } from "../../../generated/wire/peerwire/v1/hello_pb.js";
import { ForeignClient } from "../../protocol/foreign-client.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";
import { until } from "../sample/linked-bank.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Both ends, each as it turned out. */
async function shake(
  clientOptions: PeerOptions,
  serverOptions: PeerOptions,
): Promise<{ client: PromiseSettledResult<Peer>; server: PromiseSettledResult<Peer> }> {
  const [near, far] = memoryTransportPair();
  const [client, server] = await Promise.allSettled([
    Peer.open(near, "client", clientOptions),
    Peer.open(far, "server", serverOptions),
  ]);
  cleanups.push(() => client.status === "fulfilled" && client.value.close());
  return { client, server };
}

async function open(clientOptions: PeerOptions, serverOptions: PeerOptions): Promise<{ client: Peer; server: Peer }> {
  const { client, server } = await shake(clientOptions, serverOptions);
  if (client.status === "rejected") throw client.reason;
  if (server.status === "rejected") throw server.reason;
  return { client: client.value, server: server.value };
}

/** A client from schema/ alone at a real server. */
function visit(serverOptions: PeerOptions): { foreign: ForeignClient; server: Promise<Peer> } {
  const [near, far] = memoryTransportPair();
  const server = Peer.open(far, "server", serverOptions);
  server.catch(() => undefined);
  return { foreign: new ForeignClient((onStream) => new Session(near, { role: "client", onStream })), server };
}

const token = (text: string): Uint8Array => new TextEncoder().encode(text);
const roots = [serve(BankService, new BankImpl())];

describe("authorize", () => {
  it("sees who is there, and what it makes of that is the peer's principal", async () => {
    const seen: PeerInfo[] = [];
    const { server } = await open(
      { name: "thumbs", version: "1.2.3", credentials: token("secret"), roots },
      {
        authorize: async (peer) => {
          seen.push(peer);
          return { allow: true, principal: { user: "ada" } };
        },
      },
    );
    expect(seen).toMatchObject([
      {
        name: "thumbs",
        version: "1.2.3",
        credentials: token("secret"),
        roots: [{ name: "bank.v1.BankService", interface: "bank.v1.BankService" }],
        address: "memory:pair",
        principal: undefined,
      },
    ]);
    expect(server.info).toMatchObject({ name: "thumbs", principal: { user: "ada" } });
  });

  it.each([
    ["a verdict", () => ({ allow: false, reason: "the token has expired" }) as const, "UNAUTHENTICATED"],
    [
      "a verdict with a code",
      () => ({ allow: false, reason: "the token has expired", code: "PERMISSION_DENIED" }) as const,
      "PERMISSION_DENIED",
    ],
    [
      "a CallError",
      () => {
        throw new CallError("ABORTED", "the token has expired");
      },
      "ABORTED",
    ],
  ])("refuses by %s: both sides reject with its code and reason", async (_, authorize, code) => {
    const { client, server } = await shake({}, { authorize });
    expect(client).toMatchObject({
      status: "rejected",
      reason: { name: "CallError", code, message: "memory:pair refused the connection: the token has expired" },
    });
    expect(server).toMatchObject({ status: "rejected", reason: { code, message: "the token has expired" } });
  });

  it.each([
    ["undefined", (() => undefined) as never],
    ["false", (() => false) as never],
    ["true", (() => true) as never],
    ["an empty object", (() => ({})) as never],
  ])("takes %s from untyped code for no permission", async (_, authorize) => {
    const { client, server } = await shake({}, { authorize });
    expect(client).toMatchObject({ reason: { code: "INTERNAL" } });
    expect(server).toMatchObject({ reason: { message: expect.stringContaining("return { allow: true }") } });
  });

  it.each([
    ["a name of 5", { allow: true, name: 5 }, "the name 5, which is no string"],
    ["no reason", { allow: false }, "the reason undefined, which is no string"],
    ["a code of 403", { allow: false, reason: "no", code: 403 }, "the code 403, which is no CallErrorCode"],
  ])("takes %s from untyped code for a mistake of its own, and says which", async (_, verdict, message) => {
    const { client, server } = await shake({}, { authorize: () => verdict as never });
    expect(client).toMatchObject({ reason: { code: "INTERNAL" } });
    expect(server).toMatchObject({ reason: { code: "INTERNAL", message: expect.stringContaining(message) } });
  });

  it("that fails refuses, and keeps to itself why", async () => {
    const authorize = async (): Promise<never> => {
      throw new Error("password of the database: hunter2");
    };
    const { client, server } = await shake({}, { authorize });
    expect(client).toMatchObject({ reason: { code: "INTERNAL" } });
    expect(String((client as PromiseRejectedResult).reason)).not.toContain("hunter2");
    expect(server).toMatchObject({ reason: { message: expect.stringContaining("hunter2") } });
  });

  it("may be the client's too: the server is told", async () => {
    const authorize = () => ({ allow: false, reason: "not the server that I know" }) as const;
    const [near, far] = memoryTransportPair();
    const server = Peer.open(far, "server", { roots });
    await expect(Peer.open(near, "client", { authorize })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const reason = await (await server).closed;
    expect(reason).toBeInstanceOf(ClosedError);
    expect(reason).toMatchObject({ cause: { code: "UNAUTHENTICATED", message: "not the server that I know" } });
  });

  it("is asked before anything runs: calls that did not wait for it run after its yes", async () => {
    let decide: (() => void) | undefined;
    const impl = new BankImpl();
    const { foreign, server } = visit({
      roots: [serve(BankService, impl)],
      authorize: () => new Promise((resolve) => (decide = () => resolve({ allow: true }))),
    });
    foreign.hello();
    const early = foreign.call({ member: 2 });
    await until(() => decide !== undefined);
    await foreign.session.ping(); // the call has long arrived
    expect(impl.log).toEqual([]);
    expect(foreign.instructions).toEqual([]);
    decide!();
    cleanups.push(async () => (await server).close());
    expect((await foreign.answer(early)).case).toBe("return");
    expect(foreign.instructions.map(({ case: kind }) => kind)).toEqual(["hello", "return"]);
    expect(impl.log).toEqual(["add 0 0"]);
  });

  it("holds a flood of early calls back by the window of their stream, and drops them with its no", async () => {
    let refuse: (() => void) | undefined;
    const impl = new BankImpl();
    const { foreign, server } = visit({
      roots: [serve(BankService, impl)],
      authorize: () =>
        new Promise((resolve) => {
          refuse = () => resolve({ allow: false, reason: "no" });
        }),
    });
    foreign.hello();
    for (let i = 0; i < 300; i++) foreign.call({ member: 5, arguments: new Uint8Array(4096) });
    await until(() => refuse !== undefined);
    await foreign.session.ping();
    expect(foreign.session.stats().queuedBytes).toBeGreaterThan(300 * 4096 - 3 * 262_144);
    refuse!();
    await expect(server).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await foreign.session.closed;
    expect(impl.log).toEqual([]);
    expect(foreign.instructions).toMatchObject([{ case: "goodbye", value: { error: { message: "no" } } }]);
  });

  it("must decide within limits.handshakeTimeoutMs", async () => {
    const clock = new VirtualClock();
    const [near, far] = memoryTransportPair();
    let asked = false;
    const server = Peer.open(far, "server", {
      clock,
      limits: { handshakeTimeoutMs: 500 },
      authorize: () => {
        asked = true;
        return new Promise(() => undefined);
      },
    });
    const client = Peer.open(near, "client");
    const ends = Promise.allSettled([client, server]);
    await until(() => asked);
    clock.advance(499);
    clock.advance(1);
    expect(await ends).toMatchObject([
      { reason: { code: "handshake-failed" } },
      { reason: { code: "handshake-failed", message: expect.stringContaining("was not judged within 500 ms") } },
    ]);
  });

  it("gives a name, which the other side learns", async () => {
    const { client, server } = await open({ name: "worker" }, { authorize: () => ({ allow: true, name: "worker-2" }) });
    expect(server.info.name).toBe("worker-2");
    expect(client.knownAs).toBe("worker-2");
    expect(server.knownAs).toBe("");
  });
});

describe("roots for each peer", () => {
  it("depend on who asks, by its principal", async () => {
    const options: PeerOptions = {
      authorize: ({ credentials }) => ({ allow: true, principal: new TextDecoder().decode(credentials) }),
      roots: async ({ principal }) => (principal === "admin" ? roots : []),
    };
    const admin = await open({ credentials: token("admin") }, options);
    expect(await (await admin.client.root(BankService)).add(1, 2)).toBe(3);
    const guest = await open({ credentials: token("guest") }, options);
    await expect(guest.client.root(BankService)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("cannot be guessed by a peer that they were not for", async () => {
    const { foreign, server } = visit({ roots: ({ name }) => (name === "friend" ? roots : []) });
    foreign.hello();
    const answer = await foreign.ask({ member: 2 });
    expect(answer).toMatchObject({
      case: "throw",
      value: { error: { message: expect.stringContaining("not shared") } },
    });
    await (await server).close();
  });

  it("are for the side that listens", async () => {
    const [near] = memoryTransportPair();
    await expect(Peer.open(near, "client", { roots: () => [] })).rejects.toBeInstanceOf(TypeError);
  });
});

describe("Hello", () => {
  it("is answered in one write, with the ACK of the stream that it came on; until then the server is silent", async () => {
    const [near, far] = memoryTransportPair();
    let writes = 0;
    const counted: Transport = {
      description: far.description,
      start: (receiver) => far.start(receiver),
      write: (chunk) => {
        writes++;
        return far.write(chunk);
      },
      end: () => far.end(),
      destroy: (error) => far.destroy(error),
    };
    const server = Peer.open(counted, "server", { roots });
    const foreign = new ForeignClient((onStream) => new Session(near, { role: "client", onStream }));
    await foreign.session.ping();
    expect([writes, foreign.instructions]).toEqual([1, []]); // the pong
    foreign.hello();
    const call = foreign.call({ member: 2 });
    await foreign.when(() => foreign.instructions.length > 0);
    expect(writes).toBe(2);
    expect((await foreign.answer(call)).case).toBe("return");
    expect(foreign.instructions.map(({ case: kind }) => kind)).toEqual(["hello", "return"]);
    await (await server).close();
  });

  it("of a server that cannot make its own ends the connection, and keeps to itself why", async () => {
    const { client, server } = await shake({}, { roots, credentials: new Uint8Array(20_000) });
    expect(client).toMatchObject({ reason: { code: "INTERNAL", message: expect.not.stringContaining("20") } });
    expect(server).toMatchObject({ reason: { message: expect.stringContaining("limits.maxHelloBytes") } });
  });

  it("leaves with the first packet of a connection: the peer is built while its socket connects", async () => {
    const accepted: Buffer[] = [];
    const tcp = createServer((socket) => {
      socket.on("data", (chunk) => {
        accepted.push(chunk);
        socket.destroy();
      });
    });
    tcp.listen(0, "127.0.0.1");
    await once(tcp, "listening");
    cleanups.push(() => tcp.close());
    const { port } = tcp.address() as AddressInfo;
    await expect(connect(`tcp://127.0.0.1:${port}`, { name: "early bird" })).rejects.toMatchObject({
      code: "handshake-failed",
    });
    expect(accepted.map(String)).toEqual([expect.stringContaining("early bird")]);
  });

  it("X14: with a name of 257 bytes is refused; one of 256 is not", async () => {
    for (const [bytes, ok] of [
      [256, true],
      [257, false],
    ] as const) {
      const { foreign, server } = visit({ roots });
      const peerName = "n".repeat(bytes);
      foreign.send({ case: "hello", value: create(HelloSchema, { protocolVersion: 1, peerName }) });
      if (ok) await (await server).close();
      else await expect(server).rejects.toMatchObject({ code: "bad-hello", message: expect.stringContaining("256") });
      await foreign.session.closed;
    }
    const [near] = memoryTransportPair();
    await expect(Peer.open(near, "client", { name: "n".repeat(257) })).rejects.toMatchObject({ name: "RangeError" });
  });

  it("X16: beyond limits.maxHelloBytes is refused by its size, and is not sent", async () => {
    const { foreign, server } = visit({ roots });
    const credentials = new Uint8Array(17 * 1024);
    foreign.send({ case: "hello", value: create(HelloSchema, { protocolVersion: 1, credentials }) });
    await expect(server).rejects.toMatchObject({ code: "message-too-large" });
    expect(await foreign.session.closed).toMatchObject({ goAwayCode: 1 });
    const [near] = memoryTransportPair();
    await expect(Peer.open(near, "client", { credentials })).rejects.toMatchObject({
      name: "LimitError",
      code: "message-too-large",
      message: expect.stringContaining("limits.maxHelloBytes"),
    });
  });

  it("X16: that never comes is waited for 10 s; a wrong magic ends at once; no handler has run", async () => {
    const clock = new VirtualClock();
    const impl = new BankImpl();
    const options = { clock, roots: [serve(BankService, impl)] };
    const silent = visit(options);
    await silent.foreign.session.ping();
    clock.advance(9999);
    let over = false;
    void silent.foreign.session.closed.then(() => (over = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    clock.advance(1);
    await expect(silent.server).rejects.toMatchObject({ code: "handshake-failed" });
    await silent.foreign.session.closed;

    const [near, far] = memoryTransportPair();
    const opening = Peer.open(far, "server", options);
    const ignore = (): void => undefined;
    near.start({ onData: ignore, onDrain: ignore, onEnd: () => near.end(), onClose: ignore });
    near.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    await expect(opening).rejects.toMatchObject({ name: "ProtocolError" });
    expect(impl.log).toEqual([]);
  });

  it("a second one ends the session", async () => {
    const { foreign, server } = visit({ roots });
    foreign.hello();
    foreign.hello();
    expect(await (await server).closed).toMatchObject({ code: "bad-hello" });
  });
});

describe("close with a reason", () => {
  it("tells the other side's calls and `closed`", async () => {
    const { client, server } = await open({}, { roots });
    const sleeping = (await client.root(BankService)).sleep(60_000);
    const failed = expect(sleeping).rejects.toMatchObject({ code: "session-closed" });
    await until(() => server.stats().incomingCalls === 1);
    await server.close(new CallError("UNAVAILABLE", "moving house"));
    await failed;
    expect(await client.closed).toMatchObject({
      code: "session-closed",
      message: "memory:pair said goodbye: moving house",
      cause: { code: "UNAVAILABLE" },
    });
  });

  it("comes from `expect` too: the other side learns what is missing", async () => {
    const { client, server } = await shake({}, { expect: [BankService] });
    expect(server).toMatchObject({ reason: { code: "NOT_FOUND" } });
    const reason = client.status === "fulfilled" ? await client.value.closed : undefined;
    expect(reason).toMatchObject({ cause: { code: "NOT_FOUND", message: expect.stringContaining("it serves none") } });
  });
});

describe("a server that closes", () => {
  it("does not wait for a client that never says Hello", async () => {
    const refusals: Error[] = [];
    const server = await listen("tcp://127.0.0.1:0", { roots, onRefused: (error) => refusals.push(error) });
    const silent = await dialTransport(server.address);
    const lost = new Promise<void>((resolve) => {
      const ignore = (): void => undefined;
      silent.start({ onData: ignore, onDrain: ignore, onEnd: () => silent.end(), onClose: () => resolve() });
    });
    const good = await connect(server.address); // the silent one was accepted before it
    await until(() => server.peers.size === 1);
    await server.close();
    await lost;
    expect(await good.closed).toMatchObject({ code: "session-closed" });
    await until(() => refusals.length === 1);
  });
});

describe("onPeer", () => {
  it("costs the connection where it throws, tells onRefused, and goes on listening", async () => {
    const fault = new Error("bug");
    const refused: Error[] = [];
    const taken: Peer[] = [];
    const onPeer = (peer: Peer): void => {
      if (taken.push(peer) === 1) throw fault;
    };
    await using server = await listen("inproc:*", { roots, onPeer, onRefused: (error) => refused.push(error) });
    const first = connect(server.address).then(({ closed }) => closed); // its goodbye may be faster than our hello
    expect(await first.catch((error: unknown) => error)).toMatchObject({ name: "ClosedError" });
    await using second = await connect(server.address);
    expect(await second.ping()).toBeGreaterThanOrEqual(0);
    expect([refused, taken.length, server.peers.size]).toEqual([[fault], 2, 1]);
  });
});

describe("limits.maxSessions", () => {
  it("bounds the sessions of one listener, those that still shake hands among them", async () => {
    const server = await listen("inproc:bounded", { roots, limits: { maxSessions: 2 } });
    cleanups.push(() => server.close());
    const first = await connect(server.address);
    await connect(server.address);
    await expect(connect(server.address)).rejects.toMatchObject({ code: "handshake-failed", dispatched: "no" });
    expect(await (await first.root(BankService)).add(2, 3)).toBe(5);
    await first.close();
    await until(() => server.peers.size === 1);
    await (await connect(server.address)).close();
  });
});
