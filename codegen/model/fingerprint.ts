/**
 * What two peers must agree on about a service, as a number: SHA-256 over the service and every shape that can be
 * reached from it, with all their numbers, without documentation and without TypeScript's names for anything.
 */
import { createHash } from "node:crypto";
import {
  type ApiModel,
  type EnumModel,
  type Field,
  type MemberModel,
  type Message,
  type ServiceModel,
  fieldsOf,
} from "./api-model.js";
import type { Shape } from "./shape.js";
import { plainText } from "./type-text.js";
import { crosses, describeField } from "./lowering.js";
import { type ModelIndex, indexOf } from "./model-index.js";

/** First four bytes of the SHA-256 of the full name, big-endian. */
export function interfaceIdOf(fullName: string): number {
  return createHash("sha256").update(fullName).digest().readUInt32BE(0);
}

/** What one fingerprint was made of. */
interface Taken {
  readonly fingerprint: bigint;
  readonly packageName: string;
  readonly reached: ReadonlyMap<string, Thing | undefined>;
}

type Thing = ServiceModel | Message | EnumModel;

/** What one thing adds: its lines, and what it leads to (`service Bank`, `type Session`). */
interface Entry {
  readonly packageName: string;
  readonly lines: string;
  readonly leadsTo: readonly string[];
}

/** The fingerprints of a model, and of those before it: taken again where something that was reached is another object. */
export class Fingerprints {
  readonly #taken = new Map<string, Taken>();
  readonly #entries = new WeakMap<Thing, Entry>();

  of(model: ApiModel, service: ServiceModel): bigint {
    const index = indexOf(model);
    const before = this.#taken.get(service.name);
    if (before?.packageName === model.package && isSame(index, before.reached)) return before.fingerprint;
    const reached = new Map<string, Thing | undefined>();
    const texts: string[] = [];
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      const thing = lookUp(index, name);
      reached.set(name, thing);
      const entry = thing && this.#entryOf(thing, model);
      if (thing !== service) texts.push(`${name}\n${entry?.lines ?? ""}`);
      entry?.leadsTo.forEach(visit);
    };
    visit(`service ${service.name}`);
    const own = this.#entryOf(service, model).lines;
    const text = [`${model.package}.${service.name}`, own, ...texts.sort()].join("\n");
    const fingerprint = createHash("sha256").update(text).digest().readBigUInt64BE(0);
    this.#taken.set(service.name, { fingerprint, packageName: model.package, reached });
    return fingerprint;
  }

  #entryOf(thing: Thing, model: ApiModel): Entry {
    let entry = this.#entries.get(thing);
    if (entry?.packageName !== model.package) this.#entries.set(thing, (entry = entryOf(thing, model.package)));
    return entry;
  }
}

function isSame(index: ModelIndex, reached: ReadonlyMap<string, Thing | undefined>): boolean {
  for (const [name, one] of reached) if (lookUp(index, name) !== one) return false;
  return true;
}

function lookUp({ services, messages, enums }: ModelIndex, name: string): Thing | undefined {
  const own = name.slice(name.indexOf(" ") + 1);
  return name.startsWith("service ") ? services.get(own) : (messages.get(own) ?? enums.get(own));
}

function entryOf(thing: Thing, packageName: string): Entry {
  const leadsTo = new Set<string>();
  const lines = linesOf(thing, packageName, leadsTo).join("\n");
  return { packageName, lines, leadsTo: [...leadsTo] };
}

/** One line for each part, in the order of numbers. */
function linesOf(thing: Thing, packageName: string, leadsTo: Set<string>): string[] {
  if ("values" in thing) return thing.values.map((one) => `  ${one.number} ${plainText(one.literal)}`);
  if (!("members" in thing)) {
    const fields = fieldsOf(thing).filter(crosses);
    for (const field of fields) leadFrom(field.shape, leadsTo);
    return fields.map((field) => `  ${fieldLine(field, packageName)}`).sort();
  }
  const { bases, snapshot, members } = thing;
  for (const name of bases) leadsTo.add(`service ${name}`);
  if (snapshot !== undefined) leadsTo.add(`type ${snapshot}`);
  return [
    ...bases.map((name) => `  extends ${name}`).reverse(),
    ...(snapshot === undefined ? [] : [`  snapshot ${snapshot}`]),
    ...members.map((member) => memberLine(member, packageName, leadsTo)),
  ];
}

function memberLine(member: MemberModel, packageName: string, leadsTo: Set<string>): string {
  const { number, kind, style, result } = member;
  const parameters = member.parameters.flatMap((one) => one.field ?? []);
  for (const { shape } of result ? [...parameters, result] : parameters) leadFrom(shape, leadsTo);
  const what = kind === "call" ? style : `${kind} ${style}`;
  const taken = parameters.map((one) => fieldLine(one, packageName)).join(", ");
  return `  ${number} ${what} (${taken}) ${result ? describeField(result, packageName) : ""}`;
}

function fieldLine(field: Field, packageName: string): string {
  return `${field.number} ${field.name || field.protoName} ${describeField(field, packageName)} ${field.nullNumber} ${field.emptyNumber}`;
}

function leadFrom(shape: Shape, leadsTo: Set<string>): void {
  switch (shape.kind) {
    case "enum":
    case "message":
      leadsTo.add(`type ${shape.name}`);
      return;
    case "list":
    case "set":
      leadFrom(shape.element, leadsTo);
      return;
    case "map":
      leadFrom(shape.key, leadsTo);
      leadFrom(shape.value, leadsTo);
      return;
    case "record":
      leadFrom(shape.value, leadsTo);
      return;
    case "remote":
    case "function":
      leadsTo.add(`service ${shape.service}`);
      return;
    case "stream":
      leadsTo.add(`type ${shape.items}`);
  }
}
