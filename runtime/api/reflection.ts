/**
 * The root that every peer with roots serves under id 0, as the other side uses it: interfaces and their members, for
 * tools, and for telling two versions apart. What serves it is in reflection-root.ts.
 * Source: schema/peerwire/v1/reflection.proto.
 */
import { type FieldTable, fixed64, nested, readFields, repeated, string, uint32 } from "../protobuf/field-table.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
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

const MEMBER: FieldTable<MemberDescription> = [
  [8, "number", uint32],
  [18, "name", string],
  [26, "kind", string],
  [34, "parameters", repeated(string)],
  [42, "result", string],
  [50, "documentation", string],
];

const INTERFACE: FieldTable<InterfaceDescription> = [
  [10, "fullName", string],
  [17, "fingerprint", fixed64],
  [26, "members", repeated(nested(() => MEMBER))],
  [34, "bases", repeated(string)],
  [42, "snapshot", repeated(string)],
];

interface Listed {
  readonly interfaces: readonly InterfaceDescription[];
}
export const LISTED: FieldTable<Listed> = [[10, "interfaces", repeated(nested(() => INTERFACE))]];

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
  readResult: (r) => readFields<Listed>(r, LISTED).interfaces,
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
