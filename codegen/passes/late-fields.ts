/**
 * Required fields that deployed peers may leave out: those that are younger than their message, and those that were
 * optional once. Zero must not be what their absence means, or it would be read where nobody wrote it; so absence shows
 * on the wire (`optional`, or a companion), and is refused in words. The committed .proto remembers it.
 */
import type { Field } from "../model/api-model.js";
import { crosses, hasZero, isRepeated } from "../model/lowering.js";
import type { LockedField, LockedNames } from "../proto/proto-reader.js";

/** @param locked  the message as it is committed; the caller knows that it is there. */
export function markLateFields(fields: readonly Field[], locked: LockedNames<LockedField>): void {
  const names = new Set(fields.map((field) => field.protoName));
  for (const field of fields) {
    if (!readsAbsenceAsValue(field)) continue;
    const before = nameBefore(field, locked);
    const suffix = field.nullable ? "_null" : isRepeated(field.shape) ? "_empty" : undefined;
    // A property of that name leaves no room for a companion.
    if (suffix !== undefined && names.has(field.protoName + suffix)) continue;
    const showed = suffix === undefined ? isOptional(locked, before) : locked.entries.has(`${before}${suffix}`);
    if (before === undefined || showed) field.late = true;
  }
}

/** The same where numbers are positions, and names mean nothing. */
export function markLateByPosition(fields: readonly Field[], locked: LockedNames<LockedField>): void {
  const byNumber = new Map([...locked.entries.values()].map((one) => [one.number, one]));
  for (const field of fields) {
    if (!readsAbsenceAsValue(field)) continue;
    const before = byNumber.get(field.number);
    const companion = field.nullable ? NULL_BEHIND : isRepeated(field.shape) ? EMPTY_BEHIND : undefined;
    const showed = companion === undefined ? before?.label === "optional" : byNumber.has(companion + field.number);
    if (before === undefined || showed) field.late = true;
  }
}

/** How far behind a position its companions are: more than positions can reach, less than what protobuf keeps for itself. */
export const NULL_BEHIND = 1000;
export const EMPTY_BEHIND = 2000;

/** Whether a message without the field is read as if it had it. */
function readsAbsenceAsValue(field: Field): boolean {
  const { shape } = field;
  if (!crosses(field) || field.absent || (shape.kind === "value" && !shape.only)) return false;
  return field.nullable || isRepeated(shape) || hasZero(shape);
}

function isOptional({ entries }: LockedNames<LockedField>, name: string | undefined): boolean {
  return name !== undefined && entries.get(name)?.label === "optional";
}

/** What the field is called in the committed schema; undefined: it is not there. */
function nameBefore({ protoName, was }: Field, { entries }: LockedNames<LockedField>): string | undefined {
  if (entries.has(protoName)) return protoName;
  const old = was === undefined ? undefined : snakeOf(was);
  return old !== undefined && entries.has(old) ? old : undefined;
}

/** What a property was called in the schema. */
export function snakeOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
