/**
 * Whether two versions of one interface, and of those that it leads to, can talk. New members, and new parameters that
 * may be left out, are fine; a member that both have and that differs in kind, types or result is not. Inside the types
 * that are named here, the generator keeps the peace: it refuses to change a field's type under its old number, and what
 * is missing where it has become required is refused when it is read.
 */
import { type ServiceDescriptor, describeMember } from "../references/service.js";
import { interfacesFrom, kindOf } from "./interfaces-from.js";
import type { InterfaceDescription } from "./reflection.js";

/** Each difference that matters as a sentence; none: the two can talk. @param theirs  all that the peer describes. */
export function findDifferences(ours: ServiceDescriptor, theirs: readonly InterfaceDescription[]): string[] {
  const found: string[] = [];
  for (const our of interfacesFrom([ours])) {
    const their = theirs.find((one) => one.fullName === our.fullName);
    if (their !== undefined && their.fingerprint !== our.fingerprint) compareInterfaces(our, their, found);
  }
  return found;
}

function compareInterfaces(ours: ServiceDescriptor, theirs: InterfaceDescription, found: string[]): void {
  const compare = (where: string, our: string | undefined, their: string | undefined): void => {
    if (our !== undefined && their !== undefined) {
      if (bare(our) !== bare(their)) found.push(`${where}: ${our || "void"} here, ${their || "void"} at the peer`);
    } else {
      const only = our ?? their!;
      const isOptional = /^\.{3}|\?(\|null)?$/.test(only);
      if (!isOptional)
        found.push(`${where}: ${only} is required ${our ? "here" : "at the peer"}, and unknown to the other`);
    }
  };
  for (const { fullName } of ours.bases ?? []) {
    if (!theirs.bases.includes(fullName)) found.push(`${ours.fullName}: extends ${fullName} here, and not at the peer`);
  }
  for (const their of theirs.members) {
    const our = ours.members.get(their.number);
    if (our === undefined) continue;
    const where = `${describeMember(ours, our)} (member ${our.number})`;
    compare(`${where}: kind`, kindOf(our), their.kind);
    // Who expects nothing may be told something.
    if (our.result !== "" || their.result.startsWith("stream")) compare(`${where}: result`, our.result, their.result);
    for (let i = 0; i < Math.max(our.parameters.length, their.parameters.length); i++)
      compare(`${where}: parameter ${i + 1}`, our.parameters[i], their.parameters[i]);
  }
  // What travels inside references goes by number too, and the peer's must have what is required here.
  const sent = new Map(theirs.snapshot.map((text) => propertyIn(text)));
  for (const text of ours.snapshot?.properties ?? []) {
    const [number, type] = propertyIn(text);
    if (number !== undefined) compare(`${ours.fullName}.${text.split(":")[0]!}`, type, sent.get(number));
  }
}

/** Number and type in "id: string = 1". What never crosses has no number. */
function propertyIn(text: string): [number: string | undefined, type: string] {
  const [, type = "", number] = /: (.*) = (\d+)$/.exec(text) ?? [];
  return [number, type];
}

/** The type without what it may be besides: absent, null. */
function bare(type: string): string {
  return type.replace(/^\.{3}|\??(\|null)?$/g, "");
}
