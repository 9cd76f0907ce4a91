/**
 * The numbers of fields: by name, as objects and unions have them, or by position, as parameters, tuples and boxes do.
 * What a field has beside it in the message, its companions, is numbered with it. The rule itself is in settle-numbers.ts.
 */
import type { Diagnostics } from "../diagnostics.js";
import type { Field, Reserved } from "../model/api-model.js";
import { crosses, hasEmptyCompanion, hasNullCompanion, protoLabel, protoType } from "../model/lowering.js";
import type { LockedField, LockedNames } from "../proto/proto-reader.js";
import { EMPTY_BEHIND, NULL_BEHIND, markLateByPosition, snakeOf } from "./late-fields.js";
import { type Claim, type NumberOptions, judgeType, settle } from "./settle-numbers.js";

export function copyOf(field: Field): Field {
  return { ...field };
}

/** By name. */
export function settleFields(
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

/**
 * By position.
 * @param mayBeLate  those of the fields that must be there, where the message is known already.
 */
export function numberByPosition(
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

function typeOf(field: Field): { type: string; label: string } {
  return { type: protoType(field.shape), label: protoLabel(field) };
}
