/**
 * Types to shapes: the table of docs/codegen.md, row by row. What is made of properties is in objects.ts, what is one
 * of several in unions.ts, what is called in members.ts.
 */
import { ts } from "ts-morph";
import { type Field, type Location, type Scalar, type Shape, type TypeText, text } from "../../model/api-model.js";
import { isMapKey, isRepeated } from "../../model/lowering.js";
import { fieldName } from "../../model/wire-names.js";
import { type Context, type Place, literalText, ownerKey } from "./context.js";
import { brandOf } from "./brands.js";
import { functionShape } from "./functions.js";
import { libraryShape } from "./library.js";
import { objectShape } from "./objects.js";
import { tupleShape } from "./tuples.js";
import { enumShape } from "./enums.js";
import { unionShape } from "./unions.js";

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
  const stripped = stripNullish(context, type);
  const path =
    stripped.absent || stripped.nullable || options.optionalKey ? text("NonNullable<", place.path, ">") : place.path;
  const named = stripped.type && stripped.type !== type && type.aliasSymbol ? context.namedType(type) : undefined;
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
    shape = shapeOf(context, stripped.type, inner);
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
    return context.refuse(place, "PW1320", "a list or map of nothing but null or undefined", "leave it out");
  }
  if (field.absent || field.nullable) return boxOf(context, field, { ...place, name: `${place.name}OrNull` });
  return isRepeated(shape) ? boxOf(context, field, place) : shape;
}

/** A message of its own around a field. */
export function boxOf(context: Context, field: Field, place: Place, exported = false): Shape {
  const type = valueType(field);
  const key = `box ${ownerKey(place)}`;
  const shape: Shape = { kind: "message", name: place.name, type };
  if (context.seen.has(key)) return shape;
  context.seen.set(key, shape);
  const location = context.locate(place.node);
  context.messages.push({ kind: "box", name: place.name, type, home: place.home, exported, location, fields: [field] });
  return shape;
}

/** The TypeScript type of what a field holds, null and undefined included. */
export function valueType(field: Field): TypeText {
  const tail = (field.nullable ? " | null" : "") + (field.absent ? " | undefined" : "");
  return tail === "" ? field.shape.type : text(field.shape.type, tail);
}

export function shapeOf(context: Context, type: ts.Type, place: Place): Shape {
  const flags = type.flags;
  const is = (flag: ts.TypeFlags): boolean => (flags & flag) !== 0;
  const written = context.printable(type) ?? place.path;
  const scalar = (name: Scalar, cast = false): Shape => ({
    kind: "scalar",
    scalar: name,
    type: cast ? place.path : written,
    cast,
  });
  if (context.tooDeep(place)) return { kind: "refused", type: place.path };
  if (is(ts.TypeFlags.Any) && (type as { intrinsicName?: string }).intrinsicName === "error") {
    return context.refuse(
      place,
      "PW1302",
      "a type that cannot be resolved",
      "see what tsc says about this line; is the import right, is the package installed?",
    );
  }
  if (is(ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) {
    const name = context.checker.typeToString(type);
    return context.refuse(
      place,
      "PW1301",
      `${name} says nothing about what crosses`,
      "write the type that it has, or a union of those that it may have",
    );
  }
  if (is(ts.TypeFlags.Never))
    return context.refuse(place, "PW1303", "never has no values", "leave it out, or write undefined");
  if (is(ts.TypeFlags.ESSymbolLike)) {
    return context.refuse(
      place,
      "PW1304",
      "a symbol means nothing in another process",
      "write a literal union of strings",
    );
  }
  if (is(ts.TypeFlags.EnumLiteral) && is(ts.TypeFlags.Union))
    return enumShape(context, type, (type as ts.UnionType).types, place);
  if (is(ts.TypeFlags.EnumLike) && !is(ts.TypeFlags.Union)) return constantShape(context, type, place);
  if (
    is(
      ts.TypeFlags.StringLiteral |
        ts.TypeFlags.NumberLiteral |
        ts.TypeFlags.BigIntLiteral |
        ts.TypeFlags.BooleanLiteral,
    )
  ) {
    return constantShape(context, type, place);
  }
  if (is(ts.TypeFlags.String)) return scalar("string");
  if (is(ts.TypeFlags.TemplateLiteral | ts.TypeFlags.StringMapping)) return scalar("string", true);
  if (is(ts.TypeFlags.Number)) return scalar("double");
  if (is(ts.TypeFlags.BigInt)) return scalar("int64");
  if (is(ts.TypeFlags.Boolean)) return scalar("bool");
  if (is(ts.TypeFlags.Intersection)) {
    const brand = brandOf(context, type as ts.IntersectionType);
    if (brand) return scalar(brand.scalar, brand.cast);
  }
  if (is(ts.TypeFlags.Union)) return unionShape(context, type as ts.UnionType, place);
  if (is(ts.TypeFlags.TypeParameter)) {
    return context.refuse(
      place,
      "PW1319",
      `the type parameter ${context.checker.typeToString(type)}`,
      "write the type that is meant: what crosses must be known when the code is generated",
    );
  }
  if (is(ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return objectKinds(context, type, place, written);
  return context.refuse(
    place,
    "PW1320",
    `${context.checker.typeToString(type)} cannot cross`,
    "write a type of the table in docs/codegen.md",
  );
}

function constantShape(context: Context, type: ts.Type, place: Place): Shape {
  const literal = literalOf(context, type, place);
  return literal ? { kind: "constant", literal, type: literal } : { kind: "refused", type: place.path };
}

/** How a unit type is written: `"opened"`, `Color.Red`. */
export function literalOf(context: Context, type: ts.Type, place: Place): TypeText | undefined {
  if (!(type.flags & ts.TypeFlags.EnumLiteral)) return [literalText(type, context.checker)];
  const member = type.symbol;
  const owner = member.flags & ts.SymbolFlags.EnumMember ? (member as { parent?: ts.Symbol }).parent : member;
  const ref = owner && context.nameRef(owner);
  if (!ref) {
    context.refuse(
      place,
      "PW1321",
      `the enum ${owner?.name ?? member.name} cannot be imported`,
      "export it from the interface file's project",
    );
    return undefined;
  }
  const name = member === owner ? (context.checker.typeToString(type).split(".")[1] ?? member.name) : member.name;
  return [{ ...ref, value: true }, /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`];
}

function objectKinds(context: Context, type: ts.Type, place: Place, written: TypeText): Shape {
  const { checker } = context;
  const symbol = type.symbol as ts.Symbol | undefined;
  const args = (): readonly ts.Type[] => checker.getTypeArguments(type as ts.TypeReference);
  const inner = (suffix: string, path: TypeText): Place => ({
    ...place,
    path,
    name: place.name + suffix,
    depth: place.depth + 1,
  });
  if (symbol && context.isRemote(symbol)) {
    const ref = context.nameRef(symbol);
    return { kind: "remote", service: serviceName(symbol.name), type: ref ? [ref] : place.path };
  }
  if (checker.isTupleType(type)) return tupleShape(context, type as ts.TupleTypeReference, place);
  if (checker.isArrayType(type)) {
    const element = elementOf(context, args()[0]!, inner("Item", text(place.path, "[number]")));
    return element.kind === "refused" ? element : { kind: "list", element, type: written };
  }
  if (symbol && symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class) && context.isLibrary(symbol)) {
    return libraryShape(context, type, symbol, place, written, inner);
  }
  if (type.getCallSignatures().length > 0) return functionShape(context, type, place);
  return objectShape(context, type, place);
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
  const seenKey = `entry ${ownerKey(place)}`;
  if (context.seen.has(seenKey)) return shape;
  context.seen.set(seenKey, shape);
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
  context.messages.push({ kind: "entry", name: entry, type, home: place.home, exported: false, location, fields });
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
