/**
 * Unions: literals become an enum, cases that can be told apart at run time a oneof. What cannot be told apart is
 * refused. The order in which the members were written means nothing.
 */
import { ts } from "ts-morph";
import {
  type Category,
  type Message,
  type Scalar,
  type Shape,
  type UnionBy,
  type UnionCase,
  text,
} from "../../model/api-model.js";
import { isRepeated } from "../../model/lowering.js";
import { fieldName, typeName } from "../../model/wire-names.js";
import { type Context, type NamedType, type Place, join } from "./context.js";
import { firstParagraph, symbolTag } from "./nodes.js";
import { partlyTagged, tagProperty, uniqueKeys } from "./distinguish.js";
import { UNIT, enumShape, unitValue } from "./enums.js";
import { boxOf, fieldOf } from "./fields.js";
import { literalOf } from "./literals.js";
import { patternOf } from "./templates.js";

export function unionShape(context: Context, type: ts.UnionType, place: Place): Shape {
  const members = type.types;
  if (members.every((one) => one.flags & UNIT)) return enumShape(context, type, members, place);
  const groups = new Map<Category, ts.Type[]>();
  for (const member of members) {
    const category = categoryOf(context, member);
    groups.set(category, [...(groups.get(category) ?? []), member]);
  }
  if (groups.size > 1) return categoryUnion(context, type, groups, place);
  const [[category, types]] = [...groups] as [[Category, ts.Type[]]];
  if (category === "object") return objectUnion(context, type, types, place, context.nameAt(type, place));
  return groupShape(context, category, types, place);
}

/** What `typeof` and its kin can tell at run time. */
function categoryOf(context: Context, type: ts.Type): Category {
  const flags = type.flags;
  const primitive = flags & ts.TypeFlags.Intersection ? (type as ts.IntersectionType).types : [type];
  for (const one of primitive) {
    if (one.flags & ts.TypeFlags.StringLike) return "string";
    if (one.flags & ts.TypeFlags.NumberLike) return "number";
    if (one.flags & ts.TypeFlags.BigIntLike) return "bigint";
    if (one.flags & ts.TypeFlags.BooleanLike) return "boolean";
  }
  const symbol = type.symbol as ts.Symbol | undefined;
  if (context.checker.isArrayType(type) || context.checker.isTupleType(type)) return "array";
  if (symbol && context.isLibrary(symbol)) {
    const category = LIBRARY_CATEGORIES.get(symbol.name);
    if (category !== undefined) return category;
  }
  return type.getCallSignatures().length > 0 ? "function" : "object";
}

const MEMORY = [
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "ArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8ClampedArray",
] as const satisfies readonly Category[];

/** Of a Buffer, the category is that of Uint8Array: it is one. */
const LIBRARY_CATEGORIES: ReadonlyMap<string, Category> = new Map<string, Category>([
  ["Date", "date"],
  ["Uint8Array", "bytes"],
  ["Buffer", "bytes"],
  ["Map", "map"],
  ["ReadonlyMap", "map"],
  ["Set", "set"],
  ["ReadonlySet", "set"],
  ["URL", "url"],
  ["RegExp", "regexp"],
  ["Error", "error"],
  ...MEMORY.map((name): [string, Category] => [name, name]),
]);

const CASE_NAMES: Record<Category, string> = {
  string: "string_value",
  number: "number_value",
  bigint: "bigint_value",
  boolean: "bool_value",
  date: "date_value",
  bytes: "bytes_value",
  url: "url_value",
  regexp: "regexp_value",
  error: "error_value",
  array: "array_value",
  set: "set_value",
  map: "map_value",
  object: "object_value",
  function: "function_value",
  Int16Array: "int16_array_value",
  Uint16Array: "uint16_array_value",
  Int32Array: "int32_array_value",
  Uint32Array: "uint32_array_value",
  Float32Array: "float32_array_value",
  Float64Array: "float64_array_value",
  BigInt64Array: "big_int64_array_value",
  BigUint64Array: "big_uint64_array_value",
  ArrayBuffer: "array_buffer_value",
  DataView: "data_view_value",
  Int8Array: "int8_array_value",
  Uint8ClampedArray: "uint8_clamped_array_value",
};

const EXTRACTS: Record<Exclude<Category, (typeof MEMORY)[number]>, string> = {
  string: "string",
  number: "number",
  bigint: "bigint",
  boolean: "boolean",
  date: "Date",
  bytes: "Uint8Array",
  url: "URL",
  regexp: "RegExp",
  error: "Error",
  array: "readonly unknown[]",
  set: "ReadonlySet<unknown>",
  map: "ReadonlyMap<unknown, unknown>",
  object: "object",
  function: "(...args: never[]) => unknown",
};

function extractOf(category: Category): string {
  return Object.hasOwn(EXTRACTS, category) ? EXTRACTS[category as keyof typeof EXTRACTS] : category;
}

/** What TypeScript does not call an object. */
const PRIMITIVES: ReadonlySet<Category> = new Set(["string", "number", "bigint", "boolean"]);

function categoryUnion(context: Context, type: ts.UnionType, groups: Map<Category, ts.Type[]>, place: Place): Shape {
  if (groups.get("object")?.some((one) => one.flags & ts.TypeFlags.NonPrimitive)) {
    return context.refuse(
      place,
      "PW1301",
      "object beside other types: it says nothing about what crosses",
      "write unknown",
    );
  }
  return unionMessage(context, type, { by: "category" }, place, context.nameAt(type, place), (own) => {
    const categories = (Object.keys(CASE_NAMES) as Category[]).filter((one) => groups.has(one));
    const others = categories.filter((one) => one !== "object" && !PRIMITIVES.has(one)).map(extractOf);
    return categories.map((category) => {
      const extract = text("Extract<", own.path, `, ${extractOf(category)}>`);
      const narrow = category === "object" && others.length > 0;
      const inner: Place = {
        ...own,
        name: own.name + typeName(CASE_NAMES[category].replace("_value", "")),
        path: narrow ? text("Exclude<", extract, `, ${others.join(" | ")}>`) : extract,
        depth: own.depth + 1,
      };
      let shape = groupShape(context, category, groups.get(category)!, inner);
      // Of a remote object nothing is known but that it is no primitive.
      if (shape.kind === "remote" && others.length > 0) {
        shape = context.refuse(
          own,
          "PW1311",
          "a remote object among other objects",
          'wrap it: { kind: "object"; object: T }',
        );
      }
      const field = {
        ...fieldOf(context, context.checker.getStringType(), inner, { name: "", protoName: CASE_NAMES[category] }),
        shape,
      };
      const boxed = isRepeated(shape)
        ? { ...field, shape: boxOf(context, { ...field, protoName: "value" }, inner) }
        : field;
      return { field: boxed, tests: [[JSON.stringify(category)]] };
    });
  });
}

/** The members of one category, as one shape. */
function groupShape(context: Context, category: Category, types: ts.Type[], place: Place): Shape {
  if (types.length === 1) {
    const [only] = types as [ts.Type];
    return only.flags & UNIT ? enumShape(context, only, types, place) : context.shapeOf(only, place);
  }
  if (category === "object") return objectUnion(context, undefined, types, place, undefined);
  if (types.every((one) => one.flags & UNIT)) {
    if (category === "boolean") return { kind: "scalar", scalar: "bool", type: ["boolean"], cast: false };
    return enumShape(context, types[0]!, types, place);
  }
  // `(string & {}) | "a"`: open; any string is a value of it.
  const open = OPEN_SCALARS[category];
  const template = category === "string" ? patternOf(types) : undefined;
  if (open !== undefined)
    return { kind: "scalar", scalar: open, type: place.path, cast: true, ...(template !== undefined && { template }) };
  return context.refuse(
    place,
    "PW1311",
    `several members of one kind (${category}) that cannot be told apart`,
    'wrap each: { kind: "a"; value: T }',
  );
}

const OPEN_SCALARS: Partial<Record<Category, Scalar>> = { string: "string", number: "double", bigint: "int64" };

function objectUnion(
  context: Context,
  type: ts.UnionType | undefined,
  types: ts.Type[],
  place: Place,
  named: NamedType | undefined,
): Shape {
  const remote = types.find((one) => context.isRemote(one.symbol as ts.Symbol | undefined));
  const property = remote ? undefined : tagProperty(context, types);
  if (property !== undefined) {
    return unionMessage(context, type, { by: "tag", property }, place, named, (own) =>
      types.map((one) => tagCase(context, one, property, own)),
    );
  }
  const keyed = remote ? undefined : (uniqueKeys(context, types) ?? partlyTagged(context, types));
  if (keyed) {
    return unionMessage(context, type, { by: "key" }, place, named, (own) =>
      keyed.map(({ key, types: members }) => {
        const [only] = members.length === 1 ? members : [];
        const caseName = fieldName((only && context.namedType(only)?.name) ?? key);
        const inner = {
          ...own,
          name: own.name + typeName(caseName),
          path: text("Extract<", own.path, `, { ${JSON.stringify(key)}: unknown }>`),
          depth: own.depth + 1,
        };
        const options = { name: "", protoName: caseName };
        const field = only
          ? fieldOf(context, only, inner, options)
          : {
              ...fieldOf(context, context.checker.getStringType(), inner, options),
              shape: objectUnion(context, undefined, [...members], inner, undefined),
            };
        return { field, tests: [[JSON.stringify(key)]] };
      }),
    );
  }
  return context.refuse(
    place,
    "PW1311",
    "a union of objects that cannot be told apart",
    'give each a property with a literal of its own: kind: "a"',
  );
}

function tagCase(context: Context, type: ts.Type, property: string, place: Place): UnionCase {
  const tag = context.checker.getTypeOfSymbol(context.checker.getPropertyOfType(type, property)!);
  const units = tag.flags & ts.TypeFlags.Union ? (tag as ts.UnionType).types : [tag];
  const literals = units.map((unit) => literalOf(context, unit, place)).filter((one) => one !== undefined);
  const own = context.namedType(type);
  const words = units
    .map((unit) => (unit.flags & ts.TypeFlags.EnumLiteral ? unit.symbol.name : String(unitValue(context, unit))))
    .sort();
  const single = units.length === 1 && /^[A-Za-z]/.test(words[0]!) && !(units[0]!.flags & ts.TypeFlags.BooleanLiteral);
  const caseName = fieldName(
    single ? words[0]! : units.length > 1 && own ? own.name : `${property}_${words.join("_or_")}`,
  );
  const symbol = context.checker.getPropertyOfType(type, property)!;
  const was = symbolTag(symbol, "was")?.text;
  const inner: Place = {
    ...place,
    name: place.name + typeName(was ?? caseName),
    path: text("Extract<", place.path, `, { ${JSON.stringify(property)}: `, join(literals, " | "), " }>"),
    depth: place.depth + 1,
  };
  return { field: fieldOf(context, type, inner, { name: "", protoName: caseName, was }), tests: literals };
}

function unionMessage(
  context: Context,
  type: ts.UnionType | undefined,
  distinguished: UnionBy,
  place: Place,
  named: NamedType | undefined,
  makeCases: (own: Place) => UnionCase[],
): Shape {
  const own = typeName(named?.name ?? place.name);
  // `interface Charge { outcome: string | ChargeOutcome }`: the union is not the one that it may be.
  const isTaken = !named && type?.types.some((one) => typeName(context.namedType(one)?.name ?? "") === own);
  const name = isTaken ? `${own}Union` : own;
  const shape: Shape = { kind: "message", name, type: named?.type ?? place.path };
  return context.introduce(named, shape, place, (at) => {
    const cases: UnionCase[] = [];
    const documentation = named && firstParagraph(named.symbol, context.checker);
    const found: Message = {
      kind: "union",
      name,
      type: at.path,
      home: at.home,
      exported: named !== undefined,
      ...(documentation !== undefined && { documentation }),
      location: named?.location ?? context.locate(place.node),
      distinguished,
      cases,
    };
    context.entries.add({ kind: "message", found });
    cases.push(...makeCases({ ...at, name }));
  });
}
