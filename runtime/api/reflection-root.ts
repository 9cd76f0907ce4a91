/**
 * Describes what a peer serves to the other side: the root under id 0. Read by reflection.ts.
 * Source: schema/peerwire/v1/reflection.proto.
 */
import { writeFields } from "../protobuf/field-table.js";
import type { Member, ServiceDescriptor } from "../references/service.js";
import { interfacesFrom, kindOf } from "./interfaces-from.js";
import { type InterfaceDescription, LISTED, type Reflection, ReflectionService, listInterfaces } from "./reflection.js";

const served: Member<Reflection, [], readonly InterfaceDescription[]> = {
  ...listInterfaces,
  writeResult: (w, interfaces) => {
    writeFields(w, LISTED, { interfaces });
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
