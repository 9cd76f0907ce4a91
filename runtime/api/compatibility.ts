/**
 * Whether two versions of one interface can talk. New members, and new parameters that may be left out, are fine; a
 * member that both have and that differs in kind, types or result is not. Inside the types that are named here, the
 * generator keeps the peace: it refuses to change a field's type under its old number.
 */
import type { ServiceDescriptor } from "../references/service.js";
import type { InterfaceDescription, MemberDescription } from "./reflection.js";

/**
 * Each difference that matters as a sentence; none: the two can talk.
 * @param all  everything that the peer describes: the bases of its interface are among them.
 */
export function findDifferences(
  ours: ServiceDescriptor,
  theirs: InterfaceDescription,
  all: readonly InterfaceDescription[] = [],
): string[] {
  const differences: string[] = [];
  for (const base of ours.bases ?? []) {
    const theirBase = all.find(({ fullName }) => fullName === base.fullName);
    if (theirBase !== undefined && theirs.bases.includes(base.fullName))
      differences.push(...findDifferences(base, theirBase, all));
    else differences.push(`${ours.fullName}: extends ${base.fullName} here, and not at the peer`);
  }
  for (const theirMember of theirs.members) {
    const ourMember = ours.members.get(theirMember.number);
    if (ourMember === undefined) continue;
    const where = `${ours.fullName}.${ourMember.name} (member ${ourMember.number})`;
    if (ourMember.kind !== theirMember.kind) {
      differences.push(`${where}: kind "${ourMember.kind}" here, "${theirMember.kind}" at the peer`);
    }
    if (ourMember.result !== theirMember.result) {
      differences.push(
        `${where}: result ${typeName(ourMember.result)} here, ${typeName(theirMember.result)} at the peer`,
      );
    }
    differences.push(...parameterDifferences(where, ourMember.parameters, theirMember));
  }
  return differences;
}

function parameterDifferences(
  where: string,
  ours: readonly string[],
  { parameters: theirs }: MemberDescription,
): string[] {
  const differences: string[] = [];
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const our = ours[i];
    const their = theirs[i];
    if (our !== undefined && their !== undefined) {
      if (required(our) !== required(their))
        differences.push(`${where}: parameter ${i + 1} is ${our} here, ${their} at the peer`);
      continue;
    }
    const only = our ?? their ?? "";
    if (only.endsWith("?") || only.startsWith("...")) continue;
    differences.push(
      `${where}: parameter ${i + 1}, ${only}, is required ${our === undefined ? "at the peer" : "here"} and unknown to the other`,
    );
  }
  return differences;
}

function required(type: string): string {
  return type.endsWith("?") ? type.slice(0, -1) : type;
}

function typeName(type: string): string {
  return type === "" ? "void" : type;
}
