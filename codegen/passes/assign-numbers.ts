/**
 * Gives fields, enum values and members their numbers. The committed .proto is the lock file: what has a number there
 * keeps it, what is gone is reserved, what is new gets the next one. Parameters, tuples and boxes are numbered by
 * position.
 */
import type { Diagnostics } from "../diagnostics.js";
import { type ApiModel, type EnumModel, type Message, type Reserved, fieldsOf } from "../model/api-model.js";
import { responseFields, streamedItems } from "../model/lowering.js";
import { rpcMessagesOf } from "../model/rpc-messages.js";
import { enumPrefix } from "../model/wire-names.js";
import { NOTHING_LOCKED, type LockedField, type LockedMethod, type LockedNames } from "../proto/proto-reader.js";
import { markLateFields } from "./late-fields.js";
import { copyOf, numberByPosition, settleFields } from "./number-fields.js";
import { NumberMemory } from "./number-memory.js";
import { numberService } from "./number-services.js";
import { type Claim, type NumberOptions, judgeLocked, settle } from "./settle-numbers.js";

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
  const locked = (name: string): LockedNames<LockedField> => lock?.messages.get(name) ?? NOTHING_LOCKED;
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
    const lockedNames = items.has(one.name) ? NOTHING_LOCKED : locked(one.name);
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
    const lockedNames = lock?.enums.get(one.name) ?? NOTHING_LOCKED;
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
  const isKnown = locked !== NOTHING_LOCKED;
  if (isKnown && copy.kind === "object") markLateFields(copy.fields, locked);
  if (isPositional(one)) {
    const required = copy.kind !== "tuple" ? [] : copy.rest ? copy.fields.slice(0, -1) : copy.fields;
    numberByPosition(fieldsOf(copy), isKnown ? required : [], locked, one.name, options, told);
  } else settleFields(one.name, fieldsOf(copy), locked, options, told, gone);
  sortByNumber(copy);
  return copy;
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
