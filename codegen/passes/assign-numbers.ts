/**
 * Gives fields, enum values and members their numbers. The committed .proto is the lock file: what has a number there
 * keeps it, what is gone is reserved, what is new gets the next one. Parameters, tuples and boxes are numbered by
 * position.
 */
import type { Diagnostics } from "../diagnostics.js";
import {
  type ApiModel,
  type Field,
  type Location,
  type Message,
  type Reserved,
  type ServiceModel,
  fieldsOf,
} from "../model/api-model.js";
import {
  crosses,
  hasEmptyCompanion,
  hasNullCompanion,
  protoLabel,
  protoType,
  responseFields,
  streamedItems,
} from "../model/lowering.js";
import { enumPrefix } from "../model/wire-names.js";
import type { Lock, LockedField, LockedMethod, LockedNames } from "../proto/proto-reader.js";

export interface NumberOptions {
  readonly lock: Lock | undefined;
  /** Where the lock was read from, for diagnostics. */
  readonly lockFile: string;
  readonly allowBreaking: boolean;
}

/** Something that wants a number of its own among its siblings. */
interface Claim {
  readonly name: string;
  /** In words, for people. */
  readonly shown: string;
  readonly was?: string | undefined;
  readonly pinned?: number | undefined;
  readonly location: Location;
  readonly type?: { readonly type: string; readonly label: string };
  assign(number: number): void;
}

const EMPTY: LockedNames<never> = {
  entries: new Map<string, never>(),
  reservedNumbers: new Set(),
  reservedNames: new Set(),
};

export function assignNumbers(model: ApiModel, options: NumberOptions, problems: Diagnostics): void {
  const { lock } = options;
  for (const message of messagesOf(model)) {
    const locked = lock?.messages.get(message.name) ?? EMPTY;
    judgeLocked(message.name, locked, options, problems);
    if (message.positional) {
      message.fields.forEach((field) => {
        byPosition(field, locked, message.name, options, problems);
      });
      continue;
    }
    const claims = message.fields.flatMap((field) => claimsOf(field, message.name));
    settle(model, message.name, claims, locked, options, problems);
  }
  for (const one of model.enums) {
    const prefix = enumPrefix(one.name);
    const locked = lock?.enums.get(one.name) ?? EMPTY;
    const named = withoutPrefix(locked, prefix);
    judgeLocked(one.name, named, options, problems);
    const claims = one.values.map((value): Claim => ({
      name: value.name,
      shown: `${one.name}.${value.name}`,
      was: value.was,
      pinned: value.pinned,
      location: value.location,
      assign: (number) => {
        value.number = number;
      },
    }));
    settle(model, one.name, claims, named, options, problems);
    one.values.sort((a, b) => a.number - b.number);
  }
  for (const service of model.services) {
    if (service.kind === "interface") numberMembers(model, service, options, problems);
  }
  for (const message of model.messages) sortByNumber(message);
  for (const error of model.errors) error.fields.sort((a, b) => a.number - b.number);
}

interface Numbered {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly positional: boolean;
}

/** Every message of the .proto, requests and responses too. */
export function messagesOf(model: ApiModel): Numbered[] {
  const items = streamedItems(model);
  const messages: Numbered[] = model.messages
    .filter((one) => !items.has(one.name))
    .map((one) => ({
      name: one.name,
      fields: fieldsOf(one),
      positional: one.kind === "tuple" || one.kind === "box" || one.kind === "entry",
    }));
  for (const error of model.errors) messages.push({ name: error.name, fields: error.fields, positional: false });
  for (const service of model.services) {
    for (const member of service.members) {
      const name = service.name + member.rpcName;
      member.parameters.forEach((parameter, i) => {
        if (parameter.field) parameter.field.number = i + 1;
      });
      const fields = member.parameters.flatMap((parameter) => parameter.field ?? []);
      if (member.result) member.result.number = 1;
      messages.push({ name: `${name}Request`, fields, positional: true });
      messages.push({ name: `${name}Response`, fields: responseFields(model, member), positional: true });
    }
  }
  for (const one of messages) {
    if (!one.positional) continue;
    one.fields.forEach((field, i) => {
      if (field.number === 0) field.number = i + 1;
    });
  }
  return messages;
}

function byPosition(
  field: Field,
  locked: LockedNames<LockedField>,
  message: string,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  // Far behind what positions can reach, and before the numbers that protobuf keeps for itself.
  field.nullNumber = hasNullCompanion(field) ? 1000 + field.number : 0;
  field.emptyNumber = hasEmptyCompanion(field) ? 2000 + field.number : 0;
  for (const [, before] of locked.entries) {
    if (before.number === field.number && crosses(field)) {
      judgeType(before, typeOf(field), `${message}.${field.protoName}`, field.location, options, problems);
    }
  }
}

function claimsOf(field: Field, message: string): Claim[] {
  if (!crosses(field)) return [];
  const { was, pinned, location } = field;
  const shown = `${message}.${field.name || field.protoName}`;
  const oldName = was === undefined ? undefined : snakeOf(was);
  const companion = (suffix: string, assign: (number: number) => void): Claim => ({
    name: `${field.protoName}_${suffix}`,
    shown: `${shown} (${suffix})`,
    was: oldName === undefined ? undefined : `${oldName}_${suffix}`,
    location,
    type: { type: "bool", label: "" },
    assign,
  });
  const claims: Claim[] = [
    {
      name: field.protoName,
      shown,
      was: oldName,
      pinned,
      location,
      type: typeOf(field),
      assign: (number) => {
        field.number = number;
      },
    },
  ];
  if (hasNullCompanion(field)) claims.push(companion("null", (number) => void (field.nullNumber = number)));
  if (hasEmptyCompanion(field)) claims.push(companion("empty", (number) => void (field.emptyNumber = number)));
  return claims;
}

function numberMembers(model: ApiModel, service: ServiceModel, options: NumberOptions, problems: Diagnostics): void {
  const locked = options.lock?.services.get(service.name) ?? EMPTY;
  judgeLocked(service.name, locked, options, problems);
  const claims = service.members.map((member): Claim => ({
    name: member.rpcName,
    shown: `${service.base}.${member.name}`,
    was: member.was,
    pinned: member.pinned,
    location: member.location,
    assign: (number) => {
      member.number = number;
    },
  }));
  for (const { rpcName, style, base, location } of service.members.map((one) => ({
    ...one,
    base: `${service.base}.${one.name}`,
  }))) {
    const before = locked.entries.get(rpcName)?.streams;
    const now = style === "stream" || style === "generator" || style === "byteStream";
    if (before !== undefined && before !== now && !options.allowBreaking) {
      const words = (streams: boolean): string => (streams ? "a stream" : "one value");
      problems.error(
        "PW1502",
        location,
        `${base} returned ${words(before)} and now returns ${words(now)}: peers that are deployed would misread it`,
        "give it a new name, or pass --allow-breaking",
      );
    }
  }
  settle(model, service.name, claims, locked, options, problems);
  service.members.sort((a, b) => a.number - b.number);
}

/** Numbers for one set of siblings: the locked ones first, then the pinned, then the rest in the order of the source. */
function settle(
  model: ApiModel,
  owner: string,
  claims: readonly Claim[],
  locked: LockedNames<LockedField | LockedMethod>,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  const taken = new Map<number, Claim>();
  const gone = new Map(locked.entries);
  const reserved: Reserved = { numbers: [...locked.reservedNumbers], names: [...locked.reservedNames] };
  const fresh: Claim[] = [];
  const give = (claim: Claim, number: number): void => {
    const other = taken.get(number);
    if (other)
      problems.error(
        "PW1505",
        claim.location,
        `the number ${number} of ${claim.shown} is that of ${other.shown}`,
        "pin another number, or none",
      );
    taken.set(number, claim);
    claim.assign(number);
  };
  for (const claim of claims) {
    const oldName = claim.was !== undefined && !locked.entries.has(claim.name) ? claim.was : claim.name;
    const before = locked.entries.get(oldName);
    if (before === undefined) {
      if (
        claim.was !== undefined &&
        locked.entries.size > 0 &&
        !locked.reservedNames.has(claim.was) &&
        claim.type?.type !== "bool"
      ) {
        problems.error(
          "PW1504",
          claim.location,
          `@was ${claim.was}: ${owner} has had nothing of that name`,
          "write the name as it was, or leave the tag out",
        );
      }
      fresh.push(claim);
      continue;
    }
    gone.delete(oldName);
    if ("type" in before && claim.type) judgeType(before, claim.type, claim.shown, claim.location, options, problems);
    if (claim.pinned !== undefined && claim.pinned !== before.number && !options.allowBreaking) {
      problems.error(
        "PW1505",
        claim.location,
        `@field ${claim.pinned}: ${claim.shown} has number ${before.number} in the committed schema`,
        "leave the tag out, or pass --allow-breaking",
      );
    }
    give(claim, options.allowBreaking ? (claim.pinned ?? before.number) : before.number);
  }
  for (const [name, { number }] of gone) {
    reserved.numbers.push(number);
    reserved.names.push(name);
  }
  suspectRename(owner, fresh, gone, problems);
  const barred = new Set(reserved.numbers);
  for (const claim of fresh) {
    if (claim.pinned === undefined) continue;
    if (barred.has(claim.pinned)) {
      problems.error(
        "PW1505",
        claim.location,
        `@field ${claim.pinned}: the number is reserved in ${owner}, something else had it once`,
        "pin another number, or none",
      );
    }
    give(claim, claim.pinned);
  }
  let next = Math.max(0, ...taken.keys(), ...barred) + 1;
  for (const claim of fresh) {
    if (claim.pinned !== undefined) continue;
    if (next >= 19000 && next <= 19999) next = 20000;
    give(claim, next++);
  }
  const alive = new Set(claims.map((claim) => claim.name));
  const names = [...new Set(reserved.names)].filter((name) => !alive.has(name)).sort();
  const numbers = [...barred].filter((number) => !taken.has(number)).sort((a, b) => a - b);
  if (names.length > 0 || numbers.length > 0) model.reserved[owner] = { names, numbers };
}

function suspectRename(
  owner: string,
  fresh: readonly Claim[],
  gone: ReadonlyMap<string, LockedField | LockedMethod>,
  problems: Diagnostics,
): void {
  const [claim] = fresh;
  const [name] = gone.keys();
  if (fresh.length !== 1 || gone.size !== 1 || !claim || name === undefined || claim.was !== undefined) return;
  const before = gone.get(name)!;
  if ("type" in before && claim.type && before.type !== claim.type.type) return;
  problems.warn(
    "PW1507",
    claim.location,
    `${owner} loses ${name} and gains ${claim.name}`,
    `if that is a rename, write /** @was ${name} */ above it: peers that are deployed then still understand it`,
  );
}

function judgeType(
  before: LockedField,
  after: { readonly type: string; readonly label: string },
  shown: string,
  location: Location,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  const many = (label: string): boolean => label === "repeated";
  if (options.allowBreaking || (before.type === after.type && many(before.label) === many(after.label))) return;
  const words = (one: { type: string; label: string }): string => (many(one.label) ? `repeated ${one.type}` : one.type);
  problems.error(
    "PW1502",
    location,
    `${shown} was ${words(before)} and is now ${words(after)}: peers that are deployed would misread it`,
    "give it a new name, so that both can be told apart, or pass --allow-breaking",
  );
}

function judgeLocked(
  owner: string,
  locked: LockedNames<LockedField | LockedMethod>,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  const seen = new Map<number, string>();
  for (const [name, { number, line }] of locked.entries) {
    const at: Location = { file: options.lockFile, line, column: 1, length: 1 };
    const other = seen.get(number);
    if (other !== undefined) {
      problems.error(
        "PW1501",
        at,
        `${owner}: ${other} and ${name} both have the number ${number}`,
        "give the newer one another number, by hand: the file is the record of the numbers",
      );
    }
    if (locked.reservedNumbers.has(number)) {
      problems.error(
        "PW1501",
        at,
        `${owner}: ${name} has the number ${number}, which is reserved`,
        "give it another number, by hand: the file is the record of the numbers",
      );
    }
    seen.set(number, name);
  }
}

function withoutPrefix(locked: LockedNames<LockedMethod>, prefix: string): LockedNames<LockedMethod> {
  const strip = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  const entries = new Map<string, LockedMethod>();
  for (const [name, value] of locked.entries) if (value.number !== 0) entries.set(strip(name), value);
  return {
    entries,
    reservedNumbers: locked.reservedNumbers,
    reservedNames: new Set([...locked.reservedNames].map(strip)),
  };
}

function sortByNumber(message: Message): void {
  if (message.kind === "union") message.cases.sort((a, b) => a.field.number - b.field.number);
  else if (message.kind !== "tuple") message.fields.sort((a, b) => a.number - b.number);
}

function typeOf(field: Field): { type: string; label: string } {
  return { type: protoType(field.shape), label: protoLabel(field) };
}

function snakeOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
