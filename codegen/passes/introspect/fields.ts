/**
 * Places that hold values: a property, a parameter, an element. Whether undefined and null may stand there, and the
 * messages of their own that some values need around them. What the value itself is: shapes.ts, through the context.
 */
import { ts } from "ts-morph";
import type { Field, Location, Message } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { type TypeText, text } from "../../model/type-text.js";
import { isMapKey, isRepeated } from "../../model/lowering.js";
import { fieldName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import { type Place, ownerKey } from "./place.js";
import { enumShape } from "./enums.js";

export interface FieldOptions {
  readonly name: string;
  readonly protoName?: string;
  readonly optionalKey?: boolean;
  readonly readonly?: boolean;
  readonly documentation?: string | undefined;
  readonly deprecated?: boolean;
  readonly pinned?: number | undefined;
  readonly was?: string | undefined;
  readonly location?: Location;
}

/** A place that holds a value: its shape, and whether undefined and null are values of it. */
export function fieldOf(context: Context, type: ts.Type, place: Place, options: FieldOptions): Field {
  let stripped = stripNullish(context, type);
  // `b?: never` says that it is not there.
  if (options.optionalKey && stripped.type && stripped.type.flags & ts.TypeFlags.Never)
    stripped = { type: undefined, absent: true, nullable: stripped.nullable };
  const path =
    stripped.absent || stripped.nullable || options.optionalKey ? text("NonNullable<", place.path, ">") : place.path;
  const named = stripped.type && stripped.type !== type && type.aliasSymbol ? context.names.namedType(type) : undefined;
  const inner: Place = { ...place, path };
  if (named && stripped.type) {
    const written = named.type && text("NonNullable<", named.type, ">");
    Object.assign(inner, { stripped: { type: stripped.type, named: { ...named, type: written } } });
  }
  let shape: Shape;
  if (stripped.type === undefined) {
    const literal = stripped.nullable ? "null" : "undefined";
    shape = { kind: "constant", literal: [literal], type: [literal] };
    if (stripped.nullable && (stripped.absent || options.optionalKey)) {
      shape = context.refuse(place, "PW1320", "null or undefined, and nothing else", "write boolean, or leave it out");
    }
  } else {
    shape = context.shapeOf(stripped.type, inner);
  }
  const absent = stripped.absent || (options.optionalKey ?? false);
  // A constant that may be missing is one bit, which has to cross.
  if (shape.kind === "constant" && stripped.type !== undefined && (absent || stripped.nullable)) {
    shape = enumShape(context, stripped.type, [stripped.type], inner);
  }
  return {
    name: options.name,
    protoName: options.protoName ?? fieldName(options.name),
    shape,
    absent: absent && stripped.type !== undefined,
    nullable: stripped.nullable && stripped.type !== undefined,
    optionalKey: options.optionalKey ?? false,
    readonly: options.readonly ?? false,
    ...(options.documentation !== undefined && { documentation: options.documentation }),
    ...(options.deprecated && { deprecated: true }),
    ...(options.pinned !== undefined && { pinned: options.pinned }),
    ...(options.was !== undefined && { was: options.was }),
    location: options.location ?? context.locate(place.node),
    number: 0,
    nullNumber: 0,
    emptyNumber: 0,
  };
}

/** The shape of something that protobuf puts into a list or a map: what does not fit there goes into a box. */
export function elementOf(context: Context, type: ts.Type, place: Place): Shape {
  const field = fieldOf(context, type, place, { name: "", protoName: "value" });
  const { shape } = field;
  if (shape.kind === "refused") return shape;
  if (shape.kind === "constant") {
    const literal = stripNullish(context, type).type;
    if (literal) return enumShape(context, literal, [literal], place);
    return context.refuse(
      place,
      "PW1320",
      "a list or map of nothing but null or undefined",
      "write a Set of its keys, or leave it out",
    );
  }
  if (field.absent || field.nullable) return boxOf(context, field, { ...place, name: `${place.name}OrNull` });
  return isRepeated(shape) ? boxOf(context, field, place) : shape;
}

/** A message of its own around a field. */
export function boxOf(context: Context, field: Field, place: Place, exported = false): Shape {
  const type = valueType(field);
  const name = exported ? place.name : context.inlineName(place.name);
  const shape: Shape = { kind: "message", name, type };
  if (!context.entries.isNew(`box ${ownerKey(place)}`)) return shape;
  const { home } = place;
  const location = context.locate(place.node);
  const found: Message = { kind: "box", name, type, home, exported, location, fields: [field] };
  context.entries.add({ kind: "message", found });
  return shape;
}

/** The TypeScript type of what a field holds, null and undefined included. */
export function valueType(field: Field): TypeText {
  const tail = (field.nullable ? " | null" : "") + (field.absent ? " | undefined" : "");
  return tail === "" ? field.shape.type : text(field.shape.type, tail);
}

/** The items of a stream, each in a box of its own. */
export function streamShape(context: Context, item: ts.Type, place: Place, written: TypeText): Shape {
  const field = fieldOf(context, item, { ...place, name: `${place.name}Value` }, { name: "", protoName: "value" });
  if (field.shape.kind === "refused") return field.shape;
  boxOf(context, field, place);
  return { kind: "stream", items: place.name, type: written };
}

export function mapShape(context: Context, key: Shape, value: Shape, type: TypeText, place: Place): Shape {
  if (isMapKey(key)) return { kind: "map", key, value, type };
  const entry = `${place.name}Entry`;
  const shape: Shape = { kind: "map", key, value, entry, type };
  if (!context.entries.isNew(`entry ${ownerKey(place)}`)) return shape;
  const location = context.locate(place.node);
  const part = (protoName: string, shape: Shape): Field => ({
    name: "",
    protoName,
    shape,
    absent: false,
    nullable: false,
    optionalKey: false,
    readonly: false,
    location,
    number: 0,
    nullNumber: 0,
    emptyNumber: 0,
  });
  const fields = [part("key", key), part("value", value)];
  const { home } = place;
  const found: Message = { kind: "entry", name: entry, type, home, exported: false, location, fields };
  context.entries.add({ kind: "message", found });
  return shape;
}

/** Without undefined and null; the alias of what remains is kept where the compiler remembers it. */
export function stripNullish(
  context: Context,
  type: ts.Type,
): { type: ts.Type | undefined; absent: boolean; nullable: boolean } {
  const nullish = ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void;
  if (!(type.flags & ts.TypeFlags.Union)) {
    if (!(type.flags & nullish)) return { type, absent: false, nullable: false };
    return {
      type: undefined,
      absent: !(type.flags & ts.TypeFlags.Null),
      nullable: (type.flags & ts.TypeFlags.Null) !== 0,
    };
  }
  const { types } = type as ts.UnionType;
  const absent = types.some((one) => one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void));
  const nullable = types.some((one) => one.flags & ts.TypeFlags.Null);
  if (!absent && !nullable) return { type, absent, nullable };
  const origin = (type as { origin?: ts.Type }).origin;
  const written = origin && origin.flags & ts.TypeFlags.Union ? (origin as ts.UnionType).types : [];
  const kept = written.filter((one) => !(one.flags & nullish));
  if (kept.length === 1) return { type: stripNullish(context, kept[0]!).type, absent, nullable };
  const rest = context.checker.getNonNullableType(type);
  return { type: rest.flags & ts.TypeFlags.Never ? undefined : rest, absent, nullable };
}

/** An interface that already ends in Service keeps its name. */
export function serviceName(name: string): string {
  return name.endsWith("Service") ? name : `${name}Service`;
}
