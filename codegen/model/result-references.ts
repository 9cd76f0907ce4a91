/**
 * The references and lists inside a by-value result: what its promise offers before it is known. Only those that are
 * always there and always at the same place: not in maps and unions, and not where the value may be absent; what is in a
 * list is reached through the list.
 */
import type { Field, MemberModel } from "./api-model.js";
import type { Shape } from "./shape.js";
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

/** A list whose items are or hold references: what can be mapped over. */
export interface ResultList {
  readonly properties: readonly string[];
  readonly path: readonly number[];
  readonly element: Shape;
  /** Those of each item, from the item on. */
  readonly items: readonly ResultReference[];
}

export interface ResultInside {
  readonly references: readonly ResultReference[];
  readonly lists: readonly ResultList[];
}

const NOTHING: ResultInside = { references: [], lists: [] };

export function insideResult(index: ModelIndex, { result, style }: MemberModel): ResultInside {
  if (style !== "value" || !result || result.shape.kind === "remote") return NOTHING;
  const found = { references: [] as ResultReference[], lists: [] as ResultList[] };
  visitField(index, result, { properties: [], path: [], seen: [] }, found);
  return found;
}

interface Place {
  readonly properties: readonly string[];
  readonly path: readonly number[];
  /** The messages around it, so that one that holds itself is visited once. */
  readonly seen: readonly string[];
}

interface Found {
  readonly references: ResultReference[];
  readonly lists?: ResultList[];
}

function visitField(index: ModelIndex, field: Field, outer: Place, found: Found): void {
  if (field.absent || field.nullable || !crosses(field)) return;
  visitShape(index, field.shape, { ...outer, path: [...outer.path, field.number] }, found);
}

function visitShape(index: ModelIndex, shape: Shape, place: Place, found: Found): void {
  const { properties, path, seen } = place;
  if (shape.kind === "remote") found.references.push({ properties, path, service: shape.service });
  if (shape.kind === "list" && found.lists !== undefined) {
    const items: ResultReference[] = [];
    visitShape(index, shape.element, { properties: [], path: [], seen }, { references: items });
    if (items.length > 0) found.lists.push({ properties, path, element: shape.element, items });
  }
  if (shape.kind !== "message" || seen.includes(shape.name) || path.length > MAX_DEPTH) return;
  const message = index.messages.get(shape.name);
  if (message?.kind !== "object" && message?.kind !== "tuple") return;
  message.fields.forEach((one, i) => {
    const rest = message.kind === "tuple" && message.rest && i === message.fields.length - 1;
    const name = message.kind === "tuple" ? String(i) : one.name;
    const inner = { properties: [...properties, name], path, seen: [...seen, shape.name] };
    if (!rest && !TAKEN.has(name)) visitField(index, one, inner, found);
  });
}
