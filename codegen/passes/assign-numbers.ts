/**
 * Gives fields, enum values and members their numbers. The committed .proto is the lock file: what has a number there
 * keeps it, what is gone is reserved, what is new gets the next one. Parameters, tuples and boxes are numbered by
 * position.
 */
import type { Diagnostics } from "../diagnostics.js";
import { type ApiModel, type Field, type Message, type ServiceModel, fieldsOf } from "../model/api-model.js";
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
import type { LockedField, LockedMethod, LockedNames } from "../proto/proto-reader.js";
import { type Claim, type NumberOptions, judgeLocked, judgeType, settle } from "./settle-numbers.js";

const EMPTY: LockedNames<never> = {
  entries: new Map<string, never>(),
  reservedNumbers: new Set(),
  reservedNames: new Set(),
};

export function assignNumbers(model: ApiModel, options: NumberOptions, problems: Diagnostics): void {
  const { lock } = options;
  for (const message of model.messages)
    judgeUnion(message, lock?.messages.get(message.name) ?? EMPTY, options, problems);
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
  settle(model, service.name, claims, locked, options, problems);
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

function snakeOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
