/**
 * What has changed between two versions of the interfaces, each change judged. What has a number is the same thing while
 * it keeps the number, whatever it is called. Plain data in and out.
 */
import {
  type ApiModel,
  type EnumModel,
  type Field,
  type MemberModel,
  type Message,
  type ServiceModel,
  fieldsOf,
} from "../model/api-model.js";
import { plainText } from "../model/type-text.js";
import { indexOf } from "../model/model-index.js";
import { type Change, Changes } from "./change.js";
import { type Compared, type Way, byNumber, compareField, newField } from "./compare-fields.js";
import { directionsOf } from "./directions.js";

const IN: Way = { goesIn: true, comesOut: false };
const OUT: Way = { goesIn: false, comesOut: true };
const BOTH: Way = { goesIn: true, comesOut: true };

export function compareModels(before: ApiModel, after: ApiModel): readonly Change[] {
  const changes = new Changes();
  const compared: Compared = { before, after, changes };
  const directions = directionsOf(after);
  const wayOf = (name: string): Way => ({ goesIn: directions.goesIn(name), comesOut: directions.comesOut(name) });
  pairs(before.services, after.services, (old, now) => {
    if (old && now) compareServices(compared, old, now);
    else if (now?.kind === "interface") changes.safe(now.location, `the interface ${now.base} is new`);
    else if (old?.kind === "interface") changes.source(old.location, `the interface ${old.base} is gone`, GONE);
  });
  const snapshots = new Set([...before.services, ...after.services].map((one) => one.snapshot));
  pairs(before.messages, after.messages, (old, now) => {
    // A snapshot belongs to its interface, and is compared there.
    if (old && now && !snapshots.has(now.name)) compareMessages(compared, old, now, wayOf(now.name));
  });
  pairs(before.enums, after.enums, (old, now) => {
    if (old && now) compareEnums(compared, old, now, wayOf(now.name));
  });
  pairs(before.errors, after.errors, (old, now) => {
    if (old && now) compareFields(compared, old.fields, now.fields, now.name, OUT);
    else if (now) changes.safe(now.location, `the error ${now.name} is new`);
    else if (old)
      changes.source(old.location, `the error ${old.name} is gone`, "callers who catch it no longer compile");
  });
  return changes.all;
}

const GONE = "deployed callers are told that it is not there";

function compareServices(compared: Compared, before: ServiceModel, after: ServiceModel): void {
  const { changes } = compared;
  const old = new Map(before.members.map((one) => [one.number, one]));
  for (const member of after.members) {
    const shown = nameOf(after, member);
    const was = old.get(member.number);
    const sameName = before.members.find((one) => one.name === member.name);
    old.delete(member.number);
    if (!was && sameName) {
      changes.meaning(member.location, `${shown} had number ${sameName.number} and now has ${member.number}`, GONE);
      old.delete(sameName.number);
    } else if (!was) {
      changes.safe(member.location, `${shown} is new`);
    } else {
      if (was.name !== member.name) {
        changes.source(
          member.location,
          `${nameOf(before, was)} is now called ${member.name}`,
          "deployed callers reach it as before",
        );
      }
      compareMembers(compared, was, member, shown);
    }
  }
  for (const member of old.values()) changes.source(member.location, `${nameOf(before, member)} is gone`, GONE);
  compareBases(compared, before, after);
  compareFields(compared, snapshotOf(compared.before, before), snapshotOf(compared.after, after), after.base, BOTH);
}

/** What travels inside references to objects of the interface. */
function snapshotOf(model: ApiModel, { snapshot }: ServiceModel): readonly Field[] {
  const message = snapshot === undefined ? undefined : indexOf(model).messages.get(snapshot);
  return message ? fieldsOf(message) : [];
}

/** Who knows an interface with a base refuses a peer whose interface lacks it. */
function compareBases({ before, after, changes }: Compared, old: ServiceModel, now: ServiceModel): void {
  const baseName = (model: ApiModel, name: string): string => indexOf(model).services.get(name)?.base ?? name;
  for (const name of now.bases.filter((one) => !old.bases.includes(one))) {
    const consequence = "its new callers refuse a deployed peer whose interface does not";
    changes.meaning(now.location, `${now.base} now extends ${baseName(after, name)}`, consequence);
  }
  for (const name of old.bases.filter((one) => !now.bases.includes(one))) {
    const consequence = "deployed callers refuse a peer whose interface does not";
    changes.meaning(now.location, `${now.base} no longer extends ${baseName(before, name)}`, consequence);
  }
}

function compareMembers(compared: Compared, before: MemberModel, after: MemberModel, shown: string): void {
  const { changes } = compared;
  const at = after.location;
  const given = (member: MemberModel): Field[] => member.parameters.flatMap((one) => one.field ?? []);
  const [was, is] = [given(before), given(after)];
  for (let i = 0; i < Math.max(was.length, is.length); i++) {
    const [old, now] = [was[i], is[i]];
    if (old && now) compareField(compared, old, now, `${shown}: parameter ${now.name}`, IN);
    else if (now && after.parameters.some((one) => one.rest && one.field === now))
      changes.safe(now.location, `${shown}: parameter ...${now.name} is new, and may be empty`);
    else if (now) newField(compared, now, `${shown}: parameter ${now.name}`);
    else if (old) {
      changes.source(at, `${shown}: parameter ${old.name} is gone`, "what deployed callers send there is passed over");
    }
  }
  if (before.style !== after.style) {
    const words = `${shown} ${STYLES[before.style]} and now ${STYLES[after.style].replace(/^gave/, "gives").replace(/^was/, "is")}`;
    const harmless = before.style === "stream" && after.style === "generator";
    // Who waited for the end of a call and nothing else may be told more.
    if (harmless || (before.style === "nothing" && after.style === "value")) changes.safe(at, words);
    else if (before.style === "value" && after.style === "nothing")
      changes.source(at, words, "callers who use the result no longer compile");
    else changes.meaning(at, words, "deployed callers wait for something else");
  } else if (before.result && after.result) {
    compareField(
      compared,
      { ...before.result, location: at },
      { ...after.result, location: at },
      `${shown}: the result`,
      OUT,
    );
  }
}

const STYLES: Readonly<Record<MemberModel["style"], string>> = {
  oneWay: "was one-way",
  nothing: "gave only that it was done",
  value: "gave one value",
  stream: "gave a stream",
  generator: "gave a generator",
  byteStream: "gave a stream of bytes",
};

function compareMessages(compared: Compared, before: Message, after: Message, way: Way): void {
  const { changes } = compared;
  // A box or an entry belongs to the place that holds it; another kind is said there.
  if (after.kind === "entry" || before.kind !== after.kind) return;
  if (before.kind === "union" && after.kind === "union") {
    compareUnions(compared, before, after, way);
    return;
  }
  compareFields(compared, fieldsOf(before), fieldsOf(after), after.name, way);
  for (const field of fieldsOf(after)) {
    if (field.shape.kind !== "constant") continue;
    const old = fieldsOf(before).find((one) => one.name === field.name);
    const [was, is] = [
      old?.shape.kind === "constant" ? plainText(old.shape.literal) : "",
      plainText(field.shape.literal),
    ];
    if (was !== "" && was !== is) {
      changes.meaning(
        field.location,
        `${after.name}.${field.name} was always ${was} and is now always ${is}`,
        "it does not cross: each side restores its own",
      );
    }
  }
}

function compareUnions(
  compared: Compared,
  before: Message & { kind: "union" },
  after: Message & { kind: "union" },
  way: Way,
): void {
  const { changes } = compared;
  const old = new Map(before.cases.map((one) => [one.field.number, one]));
  for (const one of after.cases) {
    const shown = `${after.name}, case ${one.field.protoName}`;
    const was = old.get(one.field.number);
    old.delete(one.field.number);
    if (!was) changes.safe(one.field.location, `${shown} is new`, "deployed peers refuse it until they know it");
    else compareField(compared, was.field, one.field, shown, way);
  }
  for (const one of old.values()) {
    changes.source(
      one.field.location,
      `${after.name}, case ${one.field.protoName} is gone`,
      "it is refused when a deployed peer sends it",
    );
  }
}

function compareFields(
  compared: Compared,
  before: readonly Field[],
  after: readonly Field[],
  owner: string,
  way: Way,
): void {
  const { changes } = compared;
  const old = new Map(byNumber(before));
  const shown = (field: Field): string => (field.name === "" ? owner : `${owner}.${field.name}`);
  for (const field of byNumber(after).values()) {
    const was = old.get(field.number);
    const sameName = before.find((one) => one.name === field.name && one.name !== "");
    old.delete(field.number);
    if (!was && sameName) {
      old.delete(sameName.number);
      if (sameName.number !== 0)
        changes.meaning(
          field.location,
          `${shown(field)} had number ${sameName.number} and now has ${field.number}`,
          "deployed peers do not find it",
        );
      else
        changes.meaning(field.location, `${shown(field)} did not cross and now does`, "deployed peers do not send it");
    } else if (!was) {
      newField(compared, field, shown(field));
    } else {
      if (was.name !== field.name)
        changes.source(
          field.location,
          `${shown(was)} is now called ${field.name}`,
          "deployed peers understand it as before",
        );
      compareField(compared, was, field, shown(field), way);
    }
  }
  for (const field of old.values()) {
    const isStillThere = after.some((one) => one.name === field.name);
    if (isStillThere)
      changes.meaning(field.location, `${shown(field)} crossed and no longer does`, "deployed peers miss it");
    else if (field.absent)
      changes.source(field.location, `${shown(field)} is gone`, "what deployed peers send there is passed over");
    else
      changes.meaning(
        field.location,
        `${shown(field)} is gone, and was required`,
        "deployed peers refuse what comes without it or read it as empty; make it optional first",
      );
  }
}

function compareEnums({ changes }: Compared, before: EnumModel, after: EnumModel, way: Way): void {
  const old = new Map(before.values.map((one) => [one.number, one]));
  for (const value of after.values) {
    const was = old.get(value.number);
    const [shown, now] = [after.name, plainText(value.literal)];
    old.delete(value.number);
    if (!was) {
      changes.safe(
        value.location,
        `${shown}: ${now} is new`,
        way.comesOut ? "deployed callers refuse it until they know it" : "",
      );
    } else if (plainText(was.literal) !== now) {
      changes.source(
        value.location,
        `${shown}: ${plainText(was.literal)} is now ${now}`,
        "deployed peers understand it as before",
      );
    }
  }
  for (const value of old.values()) {
    changes.source(
      value.location,
      `${after.name}: ${plainText(value.literal)} is gone`,
      "it is refused when a deployed peer sends it",
    );
  }
}

function nameOf(service: ServiceModel, member: MemberModel): string {
  return service.kind === "function" ? `the function ${service.base}` : `${service.base}.${member.name}`;
}

/** Walks two lists by name: what is in both, in the old one only, in the new one only. */
function pairs<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
  visit: (old: T | undefined, now: T | undefined) => void,
): void {
  const old = new Map(before.map((one) => [one.name, one]));
  for (const now of after) {
    visit(old.get(now.name), now);
    old.delete(now.name);
  }
  for (const one of old.values()) visit(one, undefined);
}
