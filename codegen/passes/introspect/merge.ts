/**
 * Members of a union that nothing tells apart: `{ text: string; bold?: boolean } | { text: string; italic?: boolean }`.
 * Where they agree in what they share, one message has the properties of all, and a value is what it was.
 */
import { ts } from "ts-morph";
import type { Field, Message } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { text } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import { CONSTRAINT_TAGS } from "../constraint-tags.js";
import type { Context } from "./context.js";
import type { NamedType, Place } from "./place.js";
import { stripNullish } from "./fields.js";
import { firstParagraph, tagsOf } from "./nodes.js";
import { propertyField } from "./objects.js";

/** Whether every property is of one type in all members that have it, and under the same demands. */
export function canMerge(context: Context, types: readonly ts.Type[]): boolean {
  const { checker } = context;
  if (types.some((type) => !isPlain(context, type))) return false;
  const seen = new Map<string, ts.Symbol>();
  for (const type of types) {
    for (const property of checker.getPropertiesOfType(type)) {
      const other = seen.get(property.name);
      if (other && other !== property && !isSame(context, other, property)) return false;
      seen.set(property.name, property);
    }
  }
  // A key that one member must have, though undefined, says something that cannot be told from its absence.
  return [...seen.keys()].every((name) => {
    const kept = types.filter((type) => mayHoldUndefined(context, checker.getPropertyOfType(type, name)));
    return kept.length === 0 || kept.length === types.length;
  });
}

function mayHoldUndefined(context: Context, property: ts.Symbol | undefined): boolean {
  return property !== undefined && !(property.flags & ts.SymbolFlags.Optional) && !isRequired(context, property);
}

function isPlain({ checker }: Context, type: ts.Type): boolean {
  if (checker.getIndexInfosOfType(type).length > 0 || type.getConstructSignatures().length > 0) return false;
  const declaration = (type.symbol as ts.Symbol | undefined)?.valueDeclaration;
  return !declaration || !ts.isClassLike(declaration);
}

function isSame(context: Context, a: ts.Symbol, b: ts.Symbol): boolean {
  const { checker } = context;
  const [one, two] = [a, b].map((symbol) => stripNullish(context, checker.getTypeOfSymbol(symbol)));
  if (one!.nullable !== two!.nullable || demands(a) !== demands(b)) return false;
  if (!one!.type || !two!.type) return one!.type === two!.type;
  return checker.isTypeAssignableTo(one!.type, two!.type) && checker.isTypeAssignableTo(two!.type, one!.type);
}

/** What the author's tags demand of the property's values. */
function demands(symbol: ts.Symbol): string {
  const tags = (symbol.declarations ?? []).flatMap(tagsOf).filter((one) => CONSTRAINT_TAGS.includes(one.name));
  return tags.map((one) => `${one.name} ${one.text}`).join("\n");
}

/** One message for all of them. */
export function mergedShape(
  context: Context,
  types: readonly ts.Type[],
  place: Place,
  named: NamedType | undefined,
): Shape {
  const name = typeName(named?.name ?? place.name);
  const shape: Shape = { kind: "message", name, type: named?.type ?? place.path };
  return context.introduce(named, shape, place, (own) => {
    merge(context, types, { ...own, name }, named);
  });
}

function merge(context: Context, types: readonly ts.Type[], own: Place, named: NamedType | undefined): void {
  const { checker } = context;
  const { name, home } = own;
  const sets = types.map((one) =>
    checker
      .getPropertiesOfType(one)
      .filter((property) => isRequired(context, property))
      .map((property) => property.name),
  );
  const always = sets.reduce((common, set) => common.filter((one) => set.includes(one)));
  const fields: Field[] = [];
  const documentation = named && firstParagraph(named.symbol, checker);
  const oneOfSets = fewest(sets.map((set) => set.filter((one) => !always.includes(one))));
  const found: Message = {
    kind: "object",
    name,
    type: own.path,
    home,
    exported: named !== undefined,
    ...(documentation !== undefined && { documentation }),
    location: named?.location ?? context.locate(own.node),
    fields,
    oneOfSets,
  };
  context.entries.add({ kind: "message", found });
  const owner: Place = { ...own, path: text("Merged<", own.path, ">") };
  const properties = new Map(
    types.flatMap((one) => checker.getPropertiesOfType(one)).map((property) => [property.name, property]),
  );
  for (const property of properties.values()) {
    const field = propertyField(context, property, owner);
    const isKept = types.every((one) => !isOptional(context, one, property.name));
    if (field) fields.push(isKept ? field : { ...field, absent: true, optionalKey: true });
  }
}

function isOptional({ checker }: Context, type: ts.Type, name: string): boolean {
  const property = checker.getPropertyOfType(type, name);
  return property === undefined || (property.flags & ts.SymbolFlags.Optional) !== 0;
}

function isRequired({ checker }: Context, property: ts.Symbol): boolean {
  if (property.flags & ts.SymbolFlags.Optional) return false;
  const type = checker.getTypeOfSymbol(property);
  const parts = type.flags & ts.TypeFlags.Union ? (type as ts.UnionType).types : [type];
  return !parts.some((one) => one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void));
}

/** Without those that hold another one: who has `a` and `b` has `a`. */
function fewest(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const unique = [...new Map(sets.map((set) => [[...set].sort().join(), [...set].sort()])).values()];
  const least = unique.filter(
    (set) => !unique.some((other) => other !== set && other.every((one) => set.includes(one))),
  );
  return least.some((set) => set.length === 0) ? [] : least;
}
