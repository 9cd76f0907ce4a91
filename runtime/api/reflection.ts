/**
 * The root that every peer with roots serves under id 0, as the other side uses it: interfaces and their members, for
 * tools, and for telling two versions apart. What serves it is in reflection-root.ts.
 * Source: schema/peerwire/v1/reflection.proto.
 */
import type { Member, ServiceDescriptor } from "../references/service.js";
import type { ValueReader } from "../references/value-reader.js";
import { RemoteStub } from "./stub.js";

export interface MemberDescription {
  readonly number: number;
  readonly name: string;
  readonly kind: string;
  /** Wire types by position: "string"; "string?" of one that may be left out, "...repeated string" of the rest. */
  readonly parameters: readonly string[];
  readonly result: string;
  readonly documentation: string;
}

export interface InterfaceDescription {
  readonly fullName: string;
  readonly fingerprint: bigint;
  /** Its own; those of its bases are theirs. */
  readonly members: readonly MemberDescription[];
  /** Full names of the interfaces that it extends. */
  readonly bases: readonly string[];
  /** What travels inside references to it: "id: string = 1", with the number of its field. */
  readonly snapshot: readonly string[];
}

export interface Reflection {
  listInterfaces(): Promise<readonly InterfaceDescription[]>;
}

export const listInterfaces: Member<Reflection, [], readonly InterfaceDescription[]> = {
  number: 1,
  name: "listInterfaces",
  kind: "call",
  parameters: [],
  result: "peerwire.v1.ListInterfacesResponse",
  writeArguments: () => undefined,
  readArguments: () => [],
  invoke: (target) => target.listInterfaces(),
  writeResult: () => undefined, // by who serves it: reflection-root.ts
  readResult(r) {
    const interfaces: InterfaceDescription[] = [];
    while (r.more()) {
      const tag = r.tag();
      if (tag === 10) interfaces.push(readInterface(r));
      else r.skip(tag);
    }
    return interfaces;
  },
};

class ReflectionStub extends RemoteStub implements Reflection {
  listInterfaces(): Promise<readonly InterfaceDescription[]> {
    return this.$call(listInterfaces, []);
  }
}

export const ReflectionService: ServiceDescriptor<Reflection, ReflectionStub> = {
  fullName: "peerwire.v1.ReflectionService",
  interfaceId: 0xeb195ff5,
  fingerprint: 1n,
  members: new Map([[1, listInterfaces]]),
  errors: [],
  createStub: (link) => new ReflectionStub(link),
};

function readInterface(r: ValueReader): InterfaceDescription {
  const outer = r.enter("interfaces");
  const members: MemberDescription[] = [];
  const bases: string[] = [];
  const snapshot: string[] = [];
  let fullName = "";
  let fingerprint = 0n;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) fullName = r.string("full_name");
    else if (tag === 17) fingerprint = r.fixed64("fingerprint");
    else if (tag === 26) members.push(readMember(r));
    else if (tag === 34) bases.push(r.string("bases"));
    else if (tag === 42) snapshot.push(r.string("snapshot"));
    else r.skip(tag);
  }
  r.leave(outer);
  return { fullName, fingerprint, members, bases, snapshot };
}

function readMember(r: ValueReader): MemberDescription {
  r.element("members");
  const outer = r.enter("members");
  const parameters: string[] = [];
  const member = { number: 0, name: "", kind: "", parameters, result: "", documentation: "" };
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        member.number = r.uint32("number");
        break;
      case 18:
        member.name = r.string("name");
        break;
      case 26:
        member.kind = r.string("kind");
        break;
      case 34:
        parameters.push(r.string("parameters"));
        break;
      case 42:
        member.result = r.string("result");
        break;
      case 50:
        member.documentation = r.string("documentation");
        break;
      default:
        r.skip(tag);
    }
  }
  r.leave(outer);
  return member;
}
