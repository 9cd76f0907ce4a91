/**
 * What the model as a whole must not be: names that a stub cannot have, names that become one on the wire. What a single
 * type cannot be was said by introspect, where it was met.
 */
import type { Diagnostics } from "../diagnostics.js";
import { type ApiModel, type Field, type Location, type ServiceModel, fieldsOf } from "../model/api-model.js";
import type { Shape } from "../model/shape.js";
import { membersOf } from "../model/inheritance.js";
import { type ModelIndex, indexOf } from "../model/model-index.js";
import { outputOf } from "../model/output-path.js";
import { rpcMessagesOf } from "../model/rpc-messages.js";
import { setterName } from "../model/wire-names.js";
import { crosses, hasEmptyCompanion, hasNullCompanion } from "../model/lowering.js";

const RESERVED: Readonly<Record<string, string>> = {
  then: "the stub would look like a promise to await",
  catch: "the promise of a stub has it already",
  finally: "the promise of a stub has it already",
  constructor: "every object has it already",
  ["__proto__"]: "every object has it already",
  prototype: "every class has it already",
  toJSON: "printing a stub would call it",
  toString: "printing a stub would call it",
  valueOf: "comparing a stub would call it",
  hasOwnProperty: "every object has it already",
  dispose: "the stub has it: it gives the reference back",
};

export function validate(model: ApiModel, problems: Diagnostics): void {
  for (const service of model.services) {
    if (service.kind !== "interface") continue;
    const rpcs = new Map<string, string>();
    for (const member of service.members) {
      judgeName(member, problems);
      const other = rpcs.get(member.rpcName);
      if (other !== undefined) {
        problems.error(
          "PW1402",
          member.location,
          `${member.name} and ${other} are both ${member.rpcName} in the schema`,
          "rename one of them",
        );
      }
      rpcs.set(member.rpcName, member.name);
      distinctFields(
        member.parameters.flatMap((one) => one.field ?? []),
        problems,
      );
    }
  }
  judgeSnapshots(model, problems);
  for (const service of model.services) distinctStubMembers(model, service, problems);
  for (const message of model.messages) distinctFields(fieldsOf(message), problems, message.kind === "union");
  for (const error of model.errors) distinctFields(error.fields, problems);
  for (const one of model.enums) {
    const seen = new Map<string, string>();
    for (const value of one.values) {
      if (seen.has(value.name) || value.name === "UNSPECIFIED") {
        const hint =
          "the schema has capitals, digits and underscores only: write an enum, whose members have names of their own, or rename one";
        problems.error(
          "PW1403",
          value.location,
          `two values of ${one.name} are both ${value.name} in the schema`,
          hint,
        );
      }
      seen.set(value.name, value.name);
    }
  }
  distinctTypes(model, problems);
  distinctOutputs(model, problems);
}

function judgeName({ name, location }: { name: string; location: Location }, problems: Diagnostics): void {
  const why = Object.hasOwn(RESERVED, name)
    ? RESERVED[name]
    : name.startsWith("$")
      ? "names that begin with $ are the stub's own"
      : undefined;
  if (why !== undefined) problems.error("PW1201", location, `a member named ${name}: ${why}`, "give it another name");
}

/** What travels inside a reference is data, and holds no reference itself. */
function judgeSnapshots(model: ApiModel, problems: Diagnostics): void {
  const index = indexOf(model);
  for (const service of model.services) {
    const snapshot = service.snapshot === undefined ? undefined : index.messages.get(service.snapshot);
    for (const field of snapshot ? fieldsOf(snapshot) : []) {
      judgeName(field, problems);
      if (!holdsReferences(index, field.shape, new Set())) continue;
      const message = `the property ${field.name} travels inside references, and holds a reference itself`;
      problems.error("PW1211", field.location, message, `write readonly ${field.name}: Promise<T>`);
    }
  }
}

function holdsReferences(index: ModelIndex, shape: Shape, seen: Set<string>): boolean {
  switch (shape.kind) {
    case "remote":
    case "function":
    case "stream":
    case "byteStream":
      return true;
    case "list":
    case "set":
      return holdsReferences(index, shape.element, seen);
    case "map":
      return holdsReferences(index, shape.key, seen) || holdsReferences(index, shape.value, seen);
    case "record":
      return holdsReferences(index, shape.value, seen);
    case "message": {
      const message = index.messages.get(shape.name);
      if (!message || seen.has(shape.name)) return false;
      seen.add(shape.name);
      return fieldsOf(message).some((field) => holdsReferences(index, field.shape, seen));
    }
    default:
      return false;
  }
}

/** A property that can be written has `setVolume` beside it in the stub: a base, or a derived interface, may have one too. */
function distinctStubMembers(model: ApiModel, service: ServiceModel, problems: Diagnostics): void {
  const members = membersOf(indexOf(model), service);
  for (const { member, owner } of members) {
    if (member.kind !== "set") continue;
    const other = members.find((one) => one.owner !== owner && one.member.name === setterName(member.name));
    if (other === undefined) continue;
    problems.error(
      "PW1402",
      (other.owner === service ? other.member : member).location,
      `${setterName(member.name)} is a member of ${other.owner.base}, and what the stub sets ${owner.base}.${member.name} by`,
      "rename one of them",
    );
  }
}

function distinctFields(fields: readonly Field[], problems: Diagnostics, isCase = false): void {
  const seen = new Map<string, string>();
  const claim = (protoName: string, field: Field): void => {
    const other = seen.get(protoName);
    if (other !== undefined) {
      problems.error(
        "PW1402",
        field.location,
        isCase
          ? `two cases of the union are both ${protoName} in the schema`
          : `${field.name || field.protoName} and ${other} are both ${protoName} in the schema`,
        isCase ? "export an interface for each of them, or give one another literal" : "rename one of them",
      );
    }
    seen.set(protoName, field.name || field.protoName);
  };
  for (const field of fields) {
    if (crosses(field)) claim(field.protoName, field);
  }
  for (const field of fields) {
    if (hasNullCompanion(field)) claim(`${field.protoName}_null`, field);
    if (hasEmptyCompanion(field)) claim(`${field.protoName}_empty`, field);
  }
}

/** `bank.ts` beside `bank.tsx`: one would be written over the other. Told where the second begins to matter. */
function distinctOutputs({ sources, services, messages, enums, errors }: ApiModel, problems: Diagnostics): void {
  const seen = new Map<string, string>();
  for (const source of sources) {
    const output = outputOf(source);
    const other = seen.get(output);
    if (other === undefined) {
      seen.set(output, source);
      continue;
    }
    const here = [...services, ...messages, ...enums, ...errors].filter((one) => one.home === source);
    const first = here.map((one) => one.location).reduce((a, b) => (isBefore(b, a) ? b : a));
    const message = `what is emitted for ${source} and for ${other} is one file, ${output}`;
    problems.error("PW1404", first, message, "rename one of the two sources, or join them");
  }
}

function isBefore(a: Location, b: Location): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}

/** Two names that come to one place come from inside a type of a package, which is used there. */
function isSamePlace(a: Location, b: Location): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}

/** One package, one name: of messages, enums, services, requests. */
function distinctTypes(model: ApiModel, problems: Diagnostics): void {
  const seen = new Map<string, Location>();
  const claim = (name: string, location: Location): boolean => {
    const other = seen.get(name);
    if (other !== undefined) {
      const where = `${other.file}:${other.line}`;
      problems.error(
        "PW1401",
        location,
        `${name} is the name of two things in the schema; the other is at ${where}`,
        [other, location].some((one) => one.file.includes("node_modules/")) || isSamePlace(other, location)
          ? "export an interface for each of them, or for what is needed of it where it belongs to a package"
          : "rename one of them, or give an inline type a name of its own",
      );
    }
    seen.set(name, location);
    return other === undefined;
  };
  for (const one of [...model.messages, ...model.enums, ...model.errors]) claim(one.name, one.location);
  for (const service of model.services) {
    // Of two interfaces with one name, the members collide too: that is said once.
    if (!claim(service.name, service.location)) continue;
    const rpcs = new Set<string>();
    for (const [i, { request, response }] of rpcMessagesOf(service).entries()) {
      const { rpcName, location } = service.members[i]!;
      if (rpcs.has(rpcName)) continue;
      rpcs.add(rpcName);
      claim(request, location);
      claim(response, location);
    }
  }
}
