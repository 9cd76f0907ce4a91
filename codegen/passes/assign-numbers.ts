/**
 * Gives fields, enum values and members their numbers. The committed .proto is the lock file: what has a number there
 * keeps it, what is gone is reserved, what is new gets the next one. Parameters, tuples and boxes are numbered by
 * position.
 */
import type { Diagnostics } from "../diagnostics.js";
import {
  type ApiModel,
  type EnumModel,
  type Field,
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
import { rpcMessages, rpcMessagesOf } from "../model/rpc-messages.js";
import { enumPrefix } from "../model/wire-names.js";
import type { LockedField, LockedMethod, LockedNames } from "../proto/proto-reader.js";
import { EMPTY_BEHIND, NULL_BEHIND, markLateByPosition, markLateFields, snakeOf } from "./late-fields.js";
import { NumberMemory } from "./number-memory.js";
import { type Claim, type NumberOptions, judgeLocked, judgeType, settle } from "./settle-numbers.js";

const EMPTY: LockedNames<never> = {
  entries: new Map<string, never>(),
  reservedNumbers: new Set(),
  reservedNames: new Set(),
};

/**
 * @param memory  of earlier runs: what was numbered is not numbered again, while it and its place in the lock are the same.
 * @returns the model with its numbers; of what is the same as before, the same objects.
 */
export function assignNumbers(
  model: ApiModel,
  options: NumberOptions,
  problems: Diagnostics,
  memory: NumberMemory = new NumberMemory(),
): ApiModel {
  const { lock, allowBreaking } = options;
  const reserved: Record<string, Reserved> = {};
  const locked = (name: string): LockedNames<LockedField> => lock?.messages.get(name) ?? EMPTY;
  const items = streamedItems(model);
  const numbered = <T extends object>(
    key: object,
    parts: readonly unknown[],
    number: (told: Diagnostics, gone: Record<string, Reserved>) => T,
  ): T => {
    const known = memory.numbered([key, allowBreaking, ...parts], number);
    if (known.told) problems.addAll(known.told);
    Object.assign(reserved, known.reserved);
    return known.one;
  };
  const messages = model.messages.map((one) => {
    const lockedNames = items.has(one.name) ? EMPTY : locked(one.name);
    return numbered(one, [lockedNames], (told, gone) => numberMessage(one, lockedNames, options, told, gone));
  });
  const errors = model.errors.map((one) =>
    numbered(one, [locked(one.name)], (told, gone) => {
      const copy = { ...one, fields: one.fields.map(copyOf) };
      judgeLocked(one.name, locked(one.name), options, told);
      settleFields(one.name, copy.fields, locked(one.name), options, told, gone);
      copy.fields.sort((a, b) => a.number - b.number);
      return copy;
    }),
  );
  const enums = model.enums.map((one) => {
    const lockedNames = lock?.enums.get(one.name) ?? EMPTY;
    return numbered(one, [lockedNames], (told, gone) => numberEnum(one, lockedNames, options, told, gone));
  });
  const services = model.services.map((one) => {
    const messagesOf = rpcMessagesOf(one).flatMap(({ request, response }) => [locked(request), locked(response)]);
    const responses = one.members.flatMap((member) => responseFields(model, member));
    const parts = [...one.errors, lock?.services.get(one.name), ...messagesOf, ...responses];
    return numbered(one.members, parts, (told, gone) => numberService(model, one, options, told, gone));
  });
  return { ...model, messages, errors, enums, services, reserved };
}

/** A union that became one message, or the other way round: its fields have new names, and nobody would notice. */
function judgeUnion(
  message: Message,
  { entries }: LockedNames<LockedField>,
  { allowBreaking }: NumberOptions,
  problems: Diagnostics,
): void {
  if (allowBreaking || entries.size === 0) return;
  const was = [...entries.values()].some((one) => one.isCase);
  const is = message.kind === "union";
  if (was === is) return;
  const [before, now] = was ? ["a union whose members were told apart", "one object"] : ["one object", "a union"];
  const text = `${message.name} was ${before} and is now ${now}: peers that are deployed would misread it`;
  problems.error("PW1502", message.location, text, "give it a new name, or pass --allow-breaking");
}

function copyOf(field: Field): Field {
  return { ...field };
}

/** Numbered by position: tuples and what is ours. */
function isPositional({ kind }: Message): boolean {
  return kind === "tuple" || kind === "box" || kind === "entry";
}

function numberMessage(
  one: Message,
  locked: LockedNames<LockedField>,
  options: NumberOptions,
  told: Diagnostics,
  gone: Record<string, Reserved>,
): Message {
  const copy: Message =
    one.kind === "union"
      ? { ...one, cases: one.cases.map((each) => ({ ...each, field: copyOf(each.field) })) }
      : { ...one, fields: one.fields.map(copyOf) };
  judgeUnion(one, locked, options, told);
  judgeLocked(one.name, locked, options, told);
  const isKnown = locked !== EMPTY;
  if (isKnown && copy.kind === "object") markLateFields(copy.fields, locked);
  if (isPositional(one)) {
    const required = copy.kind !== "tuple" ? [] : copy.rest ? copy.fields.slice(0, -1) : copy.fields;
    numberByPosition(fieldsOf(copy), isKnown ? required : [], locked, one.name, options, told);
  } else settleFields(one.name, fieldsOf(copy), locked, options, told, gone);
  sortByNumber(copy);
  return copy;
}

function settleFields(
  owner: string,
  fields: readonly Field[],
  locked: LockedNames<LockedField>,
  options: NumberOptions,
  told: Diagnostics,
  gone: Record<string, Reserved>,
): void {
  const claims = fields.flatMap((field) => claimsOf(field, owner));
  settle(gone, owner, claims, locked, options, told);
}

function numberEnum(
  one: EnumModel,
  locked: LockedNames<LockedMethod>,
  options: NumberOptions,
  told: Diagnostics,
  gone: Record<string, Reserved>,
): EnumModel {
  const copy = { ...one, values: one.values.map((value) => ({ ...value })) };
  const named = withoutPrefix(locked, enumPrefix(one.name));
  judgeLocked(one.name, named, options, told);
  const claims = copy.values.map((value): Claim => ({
    name: value.name,
    shown: `${one.name}.${value.name}`,
    was: value.was,
    pinned: value.pinned,
    location: value.location,
    assign: (number) => {
      value.number = number;
    },
  }));
  settle(gone, one.name, claims, named, options, told);
  copy.values.sort((a, b) => a.number - b.number);
  return copy;
}

/** Its members, their parameters and results. */
function numberService(
  model: ApiModel,
  one: ServiceModel,
  options: NumberOptions,
  told: Diagnostics,
  gone: Record<string, Reserved>,
): ServiceModel {
  const members = one.members.map((member) => ({
    ...member,
    parameters: member.parameters.map((each) => (each.field ? { ...each, field: copyOf(each.field) } : each)),
    ...(member.result && { result: copyOf(member.result) }),
  }));
  for (const member of members) {
    const { request, response } = rpcMessages(one.name, member.rpcName);
    for (const [i, { field }] of member.parameters.entries()) if (field) field.number = i + 1;
    if (member.result) member.result.number = 1;
    const requests = member.parameters.flatMap((each) => each.field ?? []);
    const required = member.parameters.flatMap((each) => (each.rest ? [] : (each.field ?? [])));
    // The items of a stream are a message of their own, which is numbered there.
    const responses = responseFields(model, member).map((field) => (field === member.result ? field : copyOf(field)));
    for (const [name, fields, mayBeLate] of [
      [request, requests, required],
      [response, responses, member.style === "value" ? responses : []],
    ] as const) {
      const locked = options.lock?.messages.get(name) ?? EMPTY;
      judgeLocked(name, locked, options, told);
      numberByPosition(fields, locked === EMPTY ? [] : mayBeLate, locked, name, options, told);
    }
  }
  const copy: ServiceModel = { ...one, members };
  if (one.kind === "interface") numberMembers(copy, options, told, gone);
  return copy;
}

/** @param mayBeLate  those of the fields that must be there, where the message is known already. */
function numberByPosition(
  fields: readonly Field[],
  mayBeLate: readonly Field[],
  locked: LockedNames<LockedField>,
  owner: string,
  options: NumberOptions,
  told: Diagnostics,
): void {
  for (const [i, field] of fields.entries()) if (field.number === 0) field.number = i + 1;
  markLateByPosition(mayBeLate, locked);
  for (const field of fields) byPosition(field, locked, owner, options, told);
}

function byPosition(
  field: Field,
  locked: LockedNames<LockedField>,
  message: string,
  options: NumberOptions,
  problems: Diagnostics,
): void {
  field.nullNumber = hasNullCompanion(field) ? NULL_BEHIND + field.number : 0;
  field.emptyNumber = hasEmptyCompanion(field) ? EMPTY_BEHIND + field.number : 0;
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

function numberMembers(
  service: ServiceModel,
  options: NumberOptions,
  problems: Diagnostics,
  gone: Record<string, Reserved>,
): void {
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
  for (const { rpcName, name, kind, style, location } of service.members) {
    const before = locked.entries.get(rpcName);
    if (before?.streams === undefined || options.allowBreaking) continue;
    const refuse = (was: string, is: string): void => {
      problems.error(
        "PW1502",
        location,
        `${service.base}.${name} ${was} and now ${is}: peers that are deployed would misread it`,
        "give it a new name, or pass --allow-breaking",
      );
    };
    const streams = style === "stream" || style === "generator" || style === "byteStream";
    const returns = (stream: boolean): string => `returns ${stream ? "a stream" : "one value"}`;
    if (before.kind !== kind)
      refuse(`was ${KIND_WORDS[before.kind ?? "call"] ?? "something else"}`, `is ${KIND_WORDS[kind]!}`);
    else if (before.streams !== streams)
      refuse(returns(before.streams).replace("returns", "returned"), returns(streams));
  }
  settle(gone, service.name, claims, locked, options, problems);
  service.members.sort((a, b) => a.number - b.number);
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  call: "a method",
  get: "a property that is read",
  set: "a property that is written",
  construct: "a class",
};

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
