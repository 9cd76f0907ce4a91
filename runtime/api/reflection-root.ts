/**
 * Describes what a peer serves to the other side: the root under id 0. Read by reflection.ts.
 * Source: schema/peerwire/v1/reflection.proto.
 */
import type { ProtobufWriter } from "../protobuf/writer.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
import type { ValueWriter } from "../references/value-writer.js";
import { interfacesFrom, kindOf } from "./interfaces-from.js";
import {
  type InterfaceDescription,
  type MemberDescription,
  type Reflection,
  ReflectionService,
  listInterfaces,
} from "./reflection.js";

const served: Member<Reflection, [], readonly InterfaceDescription[]> = {
  ...listInterfaces,
  writeResult(w, interfaces) {
    for (const description of w.array(interfaces, "interfaces")) writeInterface(w, description);
  },
};

/** `ReflectionService` with what the serving side needs. */
export const ServedReflection: ServiceDescriptor<Reflection> = {
  ...ReflectionService,
  members: new Map([[1, served]]),
};

/** The interfaces of `roots`, and every other that can be met from there: bases, results, parameters, callbacks. */
export function describeInterfaces(roots: readonly ServiceDescriptor[]): InterfaceDescription[] {
  return [...interfacesFrom(roots)].map((service) => ({
    fullName: service.fullName,
    fingerprint: service.fingerprint,
    members: [...service.members.values()].map((member) => ({
      number: member.number,
      name: member.name,
      kind: kindOf(member),
      parameters: member.parameters,
      result: member.result,
      documentation: member.documentation ?? "",
    })),
    bases: (service.bases ?? []).map((base) => base.fullName),
    snapshot: service.snapshot?.properties ?? [],
  }));
}

function writeInterface(w: ValueWriter, description: InterfaceDescription): void {
  const at = w.begin(10, "interfaces");
  w.string(10, description.fullName, "full_name");
  w.fixed64(17, description.fingerprint, "fingerprint");
  for (const member of description.members) {
    const start = w.begin(26, "members");
    writeMember(w, member);
    w.end(start);
  }
  for (const base of description.bases) w.string(34, base, "bases");
  for (const property of description.snapshot) w.string(42, property, "snapshot");
  w.end(at);
}

function writeMember(w: ProtobufWriter, member: MemberDescription): void {
  w.uint32(8, member.number, "number");
  w.string(18, member.name, "name");
  w.string(26, member.kind, "kind");
  for (const parameter of member.parameters) w.string(34, parameter, "parameters");
  if (member.result !== "") w.string(42, member.result, "result");
  if (member.documentation !== "") w.string(50, member.documentation, "documentation");
}
