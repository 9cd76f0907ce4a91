import { describe, expect, it } from "@jest/globals";
import { Peer, type ServiceDescriptor, memoryTransportPair, serve } from "peerwire";
import { findDifferences } from "../../../runtime/api/compatibility.js";
import type { MemberDescription } from "../../../runtime/api/reflection.js";
import { describeInterfaces } from "../../../runtime/api/reflection-root.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";

const described = describeInterfaces([BankService]);
const [theirs] = described;

function changed(number: number, change: Partial<MemberDescription>): string[] {
  const members = theirs!.members.map((member) => (member.number === number ? { ...member, ...change } : member));
  return findDifferences(BankService, [{ ...theirs!, fingerprint: 7n, members }]);
}

describe("findDifferences", () => {
  it("finds none in the same interface", () => {
    expect(findDifferences(BankService, described)).toEqual([]);
  });

  it("allows members, and parameters that may be left out, that one side lacks", () => {
    const fewer = { ...theirs!, fingerprint: 7n, members: theirs!.members.filter(({ number }) => number > 3) };
    expect(findDifferences(BankService, [fewer])).toEqual([]);
    expect(changed(1, { parameters: ["string"] })).toEqual([]);
    expect(changed(2, { parameters: ["double", "double", "string?"] })).toEqual([]);
    expect(changed(2, { parameters: ["double", "double", "string?|null"] })).toEqual([]);
    expect(changed(2, { parameters: ["double", "double", "...repeated string"] })).toEqual([]);
  });

  it("allows what may be absent or null at one side: what is missing is refused when it is read", () => {
    expect(changed(1, { parameters: ["string?", "LoginOptions?|null"] })).toEqual([]);
    for (const result of ["double?", "double|null", "double?|null"]) expect(changed(2, { result })).toEqual([]);
  });

  it("allows a result where nothing was expected, and not nothing where a result was", () => {
    const silent = { ...BankService, members: new Map([[2, { ...BankService.members.get(2)!, result: "" }]]) };
    const peer = { ...theirs!, fingerprint: 7n };
    expect(findDifferences(silent, [peer])).toEqual([]);
    expect(changed(2, { result: "" })).toEqual([
      "bank.v1.BankService.add (member 2): result: double here, void at the peer",
    ]);
  });

  it("tells a call that is answered from one that never is", () => {
    expect(changed(2, { kind: "one-way" })).toEqual([
      "bank.v1.BankService.add (member 2): kind: call here, one-way at the peer",
    ]);
    const [, sum] = [...BankService.members.values()];
    const [told] = describeInterfaces([{ ...BankService, members: new Map([[2, { ...sum!, oneWay: true }]]) }]);
    expect(told!.members[0]!.kind).toBe("one-way");
  });

  it("compares the interfaces that it leads to", () => {
    const changedAccount = described.map((one) =>
      one.fullName === "bank.v1.SessionService"
        ? { ...one, fingerprint: 7n, members: one.members.map((member) => ({ ...member, kind: "get" })) }
        : one,
    );
    expect(findDifferences(BankService, changedAccount)).toContainEqual(
      expect.stringMatching(/^bank\.v1\.SessionService\.\w+ \(member 1\): kind: call here, get at the peer$/),
    );
  });

  const owned = (...properties: string[]): ServiceDescriptor => ({
    ...BankService,
    snapshot: { properties, write: () => undefined, read: () => ({}) },
  });
  const withSnapshot = (...snapshot: string[]): typeof described => [{ ...theirs!, fingerprint: 7n, snapshot }];

  it("compares what travels inside references, by number", () => {
    expect(findDifferences(owned("id: string = 1"), withSnapshot("key: string = 1", "at: timestamp = 2"))).toEqual([]);
    expect(findDifferences(owned("id: string = 1", "at: timestamp? = 2"), withSnapshot("id: string? = 1"))).toEqual([]);
    expect(
      findDifferences(
        owned("id: string = 1", "at: timestamp = 2", 'kind: "a"'),
        withSnapshot("id: int64 = 1", 'kind: "b"'),
      ),
    ).toEqual([
      "bank.v1.BankService.id: string here, int64 at the peer",
      "bank.v1.BankService.at: timestamp is required here, and unknown to the other",
    ]);
  });

  it("allows another name: members go by number", () => {
    expect(changed(2, { name: "sum" })).toEqual([]);
  });

  it("names the member whose kind, result or parameter differs", () => {
    expect(changed(2, { result: "string" })).toEqual([
      "bank.v1.BankService.add (member 2): result: double here, string at the peer",
    ]);
    expect(changed(2, { kind: "get" })).toEqual([
      "bank.v1.BankService.add (member 2): kind: call here, get at the peer",
    ]);
    expect(changed(1, { parameters: ["int64", "LoginOptions?"] })).toEqual([
      "bank.v1.BankService.login (member 1): parameter 1: string here, int64 at the peer",
    ]);
    expect(changed(2, { parameters: ["double", "double", "string"] })).toEqual([
      "bank.v1.BankService.add (member 2): parameter 3: string is required at the peer, and unknown to the other",
    ]);
  });
});

describe("an incompatible version of an interface", () => {
  const older = {
    ...BankService,
    fingerprint: 7n,
    members: new Map(
      [...BankService.members].map(([number, member]) => [
        number,
        number === 2 ? { ...member, result: "int64" } : member,
      ]),
    ),
  };

  it("is refused by root, in words, and the connection goes on", async () => {
    const [near, far] = memoryTransportPair();
    const [client, server] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(older, new BankImpl())] }),
    ]);
    await expect(client.root(BankService)).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringContaining("add (member 2): result: double here, int64 at the peer"),
    });
    expect(await client.ping()).toBeGreaterThanOrEqual(0);
    await client.close();
    await server.closed;
  });

  it("is refused by connect where it is expected, and the connection is closed", async () => {
    const [near, far] = memoryTransportPair();
    const server = Peer.open(far, "server", { roots: [serve(older, new BankImpl())] });
    await expect(Peer.open(near, "client", { expect: [BankService] })).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
    });
    expect(await (await server).closed).toBeInstanceOf(Error);
  });

  it("is used where the difference does not matter", async () => {
    const newer = { ...BankService, fingerprint: 8n };
    const [near, far] = memoryTransportPair();
    const [client] = await Promise.all([
      Peer.open(near, "client"),
      Peer.open(far, "server", { roots: [serve(newer, new BankImpl())] }),
    ]);
    expect(await (await client.root(BankService)).add(1, 2)).toBe(3);
    await client.close();
  });
});
