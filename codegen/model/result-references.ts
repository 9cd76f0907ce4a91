/**
 * The references inside a by-value result: what its promise offers before it is known. Only those that are always there
 * and always at the same place: not in lists, maps and unions, and not where the value may be absent.
 */
import type { Field, MemberModel } from "./api-model.js";
import { crosses } from "./lowering.js";
import type { ModelIndex } from "./model-index.js";

export interface ResultReference {
  /** The properties that lead to it; of a tuple, the positions. */
  readonly properties: readonly string[];
  /** The same as field numbers of the response message, from the outside in. */
  readonly path: readonly number[];
  readonly service: string;
}

/** What a promise has already. */
const TAKEN = new Set(["then", "catch", "finally", "constructor", "__proto__"]);
const MAX_DEPTH = 8;

/** Whether the result is itself a reference. */
export function givesReference({ result, style }: MemberModel): boolean {
  return style === "value" && result?.shape.kind === "remote" && !result.absent && !result.nullable;
}

export function referencesInside(index: ModelIndex, { result, style }: MemberModel): ResultReference[] {
  if (style !== "value" || !result || result.shape.kind === "remote") return [];
  const found: ResultReference[] = [];
  const visit = (
    field: Field,
    properties: readonly string[],
    outer: readonly number[],
    seen: readonly string[],
  ): void => {
    const { shape } = field;
    if (field.absent || field.nullable || !crosses(field)) return;
    const path = [...outer, field.number];
    if (shape.kind === "remote") found.push({ properties, path, service: shape.service });
    if (shape.kind !== "message" || seen.includes(shape.name) || path.length > MAX_DEPTH) return;
    const message = index.messages.get(shape.name);
    if (message?.kind !== "object" && message?.kind !== "tuple") return;
    message.fields.forEach((one, i) => {
      const rest = message.kind === "tuple" && message.rest && i === message.fields.length - 1;
      const name = message.kind === "tuple" ? String(i) : one.name;
      if (!rest && !TAKEN.has(name)) visit(one, [...properties, name], path, [...seen, shape.name]);
    });
  };
  visit(result, [], [], []);
  return found;
}
