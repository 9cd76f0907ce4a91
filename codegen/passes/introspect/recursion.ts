/**
 * Collections that have a name and hold themselves: `type Nested = (string | Nested)[]`. They need a message to come
 * back to; all others need none.
 */
import { ts } from "ts-morph";
import type { Shape } from "../../model/shape.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { boxOf, fieldOf } from "./fields.js";
import { arrayElement } from "./nodes.js";

/** @param make  the shape of the collection, whose inner types are called after the place that it is given. */
export function collectionShape(context: Context, type: ts.Type, place: Place, make: (place: Place) => Shape): Shape {
  const named = context.names.nameAt(type, place);
  if (!named || !partsOf(context, type).some((part) => leadsTo(context, part, type, new Set()))) return make(place);
  const name = typeName(named.name);
  if (context.isInside(named)) return { kind: "message", name, type: named.type ?? place.path };
  return context.shapeOfNamed(named, place, (own) => {
    const at: Place = { ...own, name };
    const shape = make(at);
    if (shape.kind === "refused") return shape;
    const field = fieldOf(context, context.checker.getStringType(), at, { name: "", protoName: "value" });
    return boxOf(context, { ...field, shape }, at, true);
  });
}

function leadsTo(context: Context, from: ts.Type, to: ts.Type, seen: Set<ts.Type>): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return partsOf(context, from).some((one) => leadsTo(context, one, to, seen));
}

/** What a type without a message of its own is made of: its members, its elements, its keys and values. */
function partsOf(context: Context, type: ts.Type): readonly ts.Type[] {
  const { checker } = context;
  if (type.flags & ts.TypeFlags.Union) return (type as ts.UnionType).types;
  if (!(type.flags & ts.TypeFlags.Object)) return [];
  const element = arrayElement(type, checker);
  if (element) return [element];
  const symbol = type.symbol as ts.Symbol | undefined;
  if (checker.isTupleType(type) || (symbol && context.names.isLibrary(symbol)))
    return checker.getTypeArguments(type as ts.TypeReference);
  const indexed = checker.getIndexInfosOfType(type).map((one) => one.type);
  if (context.names.namedType(type)) return indexed;
  return [...indexed, ...checker.getPropertiesOfType(type).map((one) => checker.getTypeOfSymbol(one))];
}
