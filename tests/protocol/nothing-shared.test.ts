/**
 * A peer that shares nothing and expects no streams: it has not the code for either. What a peer sends it all the same is
 * answered in words, leaves nothing behind, and costs that call alone. Then what code says that was emitted without a part.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { Peer, memoryTransportPair, serve } from "peerwire";
import { linkOf } from "../../runtime/references/link-of.js";
import type { Member, ServiceDescriptor } from "../../runtime/references/service.js";
import { until } from "../runtime/sample/linked-bank.js";
import { BankImpl } from "../runtime/sample/bank-impl.js";
import type { Bank } from "../runtime/sample/bank.js";
import { BankService, SessionService } from "../runtime/sample/bank.rpc.js";
import { type Visited, slotField, visitBank } from "./foreign-client.js";

const NOT_FOUND = 5;
const nothing = { entries: 0, retains: 0 };

let visited: Visited | undefined;
afterEach(async () => {
  await visited?.foreign.session.close();
  await visited?.server.close();
  visited = undefined;
});

async function visitNobody(): Promise<Visited> {
  visited = await visitBank({ roots: [] });
  return visited;
}

describe("a peer that shares nothing", () => {
  it("answers a call in words, and describes no interface", async () => {
    const { foreign, server } = await visitNobody();
    const described = await foreign.ask({ target: { case: "importId", value: 0 }, member: 1 });
    expect(described).toMatchObject({ case: "return", value: { result: new Uint8Array(), references: [] } });
    for (const target of [1, 77]) {
      const answer = await foreign.ask({ target: { case: "importId", value: target }, member: 1 });
      expect(answer).toMatchObject({ case: "throw", value: { error: { code: NOT_FOUND, notDispatched: true } } });
    }
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("gives back what a call brings, and takes in the arguments that flow beside it", async () => {
    const { foreign, server } = await visitNobody();
    const shared = { reference: { case: "exportId", value: 9 }, interfaceId: SessionService.interfaceId } as const;
    await foreign.ask({ member: 4, arguments: slotField(1), references: [shared] });
    await until(() => foreign.instructions.some((one) => one.case === "release"));
    foreign.call({ member: 3, argumentsPayloadId: 1 });
    foreign.payload({ payloadId: 1, value: new Uint8Array(100), end: {} });
    const stream = { reference: { case: "payloadId", value: 3 }, interfaceId: 0 } as const;
    await foreign.ask({ member: 3, references: [stream] });
    foreign.send({ case: "itemReferences", value: { payloadId: 3, references: [{ ...shared }] } });
    foreign.send({ case: "itemCredit", value: { payloadId: 3, references: 1 } });
    foreign.send({ case: "cancel", value: { callId: 1 } }, { case: "finish", value: { callId: 1 } });
    const answer = await foreign.ask({ member: 1 });
    expect(answer.case).toBe("throw");
    expect(server.references()).toMatchObject({ exports: nothing, imports: nothing });
    expect(server.status).toBe("open");
  });

  it("says nothing to a one-way call", async () => {
    const { foreign } = await visitNobody();
    foreign.send({
      case: "call",
      value: { target: { case: "importId", value: 1 }, member: 5, kind: 1, callId: 0 },
    });
    await foreign.ask({ member: 1 });
    expect(foreign.instructions.filter((one) => one.case === "throw")).toHaveLength(1);
  });

  it("R03: ends the session of who gives back what was never shared", async () => {
    const { foreign, thrownOut } = await visitNobody();
    foreign.send({ case: "release", value: { references: [{ importId: 1, count: 1 }] } });
    expect((await thrownOut).error).toMatchObject({ code: "bad-release" });
  });

  it("has no interfaces to describe", async () => {
    const [near, far] = memoryTransportPair();
    const [client, server] = await Promise.all([Peer.open(near, "client"), Peer.open(far, "server")]);
    expect(await server.interfaces()).toEqual([]);
    expect(await client.interfaces()).toEqual([]);
    await Promise.all([client.close(), server.close()]);
  });
});

describe("a client without roots", () => {
  it("shares from its first callback on, and until it is given back", async () => {
    const [near, far] = memoryTransportPair();
    const roots = [serve(BankService, new BankImpl())];
    const [client, server] = await Promise.all([Peer.open(near, "client"), Peer.open(far, "server", { roots })]);
    const bank = await client.root(BankService);
    expect(client.references().exports).toMatchObject(nothing);
    expect(await bank.ask((text) => Promise.resolve(`${text}!`), "who")).toBe("answer who!");
    await until(() => client.references().exports.entries === 0);
    const session = await bank.login("ada", { tags: [] });
    expect(await bank.same(session)).toBe(session);
    expect(await bank.login("bob", { tags: [] }).child("kim").name()).toContain("kim");
    const drained = client.drain(1000);
    expect(await drained).toEqual({ cut: [] });
    await server.close();
  });
});

describe("code that was emitted without a part says what it lacks", () => {
  const open: Peer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((peer) => peer.close()));
  });

  /** The way to a bank from a client that has no roots, and a member of it without `part`. */
  async function bankWithout(name: keyof Bank, part?: keyof Member<never>) {
    const [near, far] = memoryTransportPair();
    const roots = [serve(BankService, new BankImpl())];
    const peers = await Promise.all([Peer.open(near, "client"), Peer.open(far, "server", { roots })]);
    open.push(...peers);
    const found = [...BankService.members.values()].find((one) => one.name === name)! as unknown as Member<never>;
    const member = { ...found, ...(part !== undefined && { [part]: undefined }) } as Member<
      never,
      readonly unknown[],
      object
    >;
    return { link: linkOf(await peers[0].root(BankService))!, member, peers };
  }

  it("of chained calls", async () => {
    const { link, member } = await bankWithout("login", "pipelining");
    expect(() => link.pipeline(member, ["ada", { tags: [] }])).toThrow(
      expect.objectContaining({ code: "UNIMPLEMENTED", message: expect.stringContaining("login cannot be chained") }),
    );
    await expect(link.call(member, ["ada", { tags: [] }])).resolves.toBeDefined();
  });

  it("of streams, and lets the peer's go", async () => {
    const { link, member, peers } = await bankWithout("count", "streams");
    await expect(link.call(member, [1_000_000])).rejects.toThrow(
      "a stream, and this program's generated code expects none",
    );
    await until(() => peers[1].stats().incomingCalls === 0);
    await expect(link.call((await bankWithout("add")).member, [1, 2])).resolves.toBe(3);
  });

  it("of references, and gives them back", async () => {
    const { link, member, peers } = await bankWithout("login", "references");
    await expect(link.call(member, ["ada", { tags: [] }])).rejects.toThrow(
      "a reference, and this program's generated code expects none; generate it again",
    );
    await until(() => peers[1].references().exports.entries === 0);
    expect(peers[0].references().imports).toMatchObject(nothing);
  });

  it("of objects in arguments", async () => {
    const { link, member, peers } = await bankWithout("onEvent");
    const [listener] = BankService.uses!.filter(({ fullName }) => fullName.includes("OnEvent"));
    const bare: Member<never, readonly unknown[], object> = {
      ...member,
      writeArguments: (w) => {
        w.object(10, { ...listener!, serving: undefined } as unknown as ServiceDescriptor, () => undefined, "listener");
      },
    };
    await expect(link.call(bare, [])).rejects.toMatchObject({
      code: "UNIMPLEMENTED",
      message: expect.stringContaining("generate again, or serve a root"),
    });
    expect(peers[0].references().exports).toMatchObject(nothing);
  });
});
