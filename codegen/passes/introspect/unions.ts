/**
 * Unions: literals become an enum, cases that can be told apart at run time a oneof. What cannot be told apart is
 * refused. The order in which the members were written means nothing.
 */
import { ts } from "ts-morph";
import type { Category, Message, UnionBy, UnionCase } from "../../model/api-model.js";
import type { Scalar, Shape } from "../../model/shape.js";
import { text } from "../../model/type-text.js";
import { isRepeated } from "../../model/lowering.js";
import { fieldName, spellSign, typeName } from "../../model/wire-names.js";
import { CASE_NAMES, PRIMITIVES, categoryOf, extractOf } from "./categories.js";
import type { Context } from "./context.js";
import { isBrandedLiteral, refuseBrandedLiteral } from "./brands.js";
import type { NamedType, Place } from "./place.js";
import { join } from "./type-names.js";
import { firstParagraph, symbolTag } from "./nodes.js";
import { partlyTagged, tagProperty, uniqueKeys } from "./distinguish.js";
import { matchCases, matchOf, whatCannotBeWritten } from "./match.js";
import { mergedShape } from "./merge.js";
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
  if (category === "object") return objectUnion(context, type, types, place, context.names.nameAt(type, place));
  if (category === "array") {
    const arrays = arrayUnion(context, type, types, place);
    if (arrays) return arrays;
  }
  return groupShape(context, category, types, place);
}

function categoryUnion(context: Context, type: ts.UnionType, groups: Map<Category, ts.Type[]>, place: Place): Shape {
  if (groups.get("object")?.some((one) => one.flags & ts.TypeFlags.NonPrimitive)) {
    return context.refuse(
      place,
      "PW1301",
      "object beside other types: it says nothing about what crosses",
      "write unknown",
    );
  }
  return unionMessage(context, type, { by: "category" }, place, context.names.nameAt(type, place), (own) => {
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
  if (category === "array") {
    const arrays = arrayUnion(context, undefined, types, place);
    if (arrays) return arrays;
  }
  if (types.every((one) => one.flags & UNIT)) {
    if (category === "boolean") return { kind: "scalar", scalar: "bool", type: ["boolean"], cast: false };
    return enumShape(context, types[0]!, types, place);
  }
  const branded = types.find(isBrandedLiteral);
  if (branded && category !== "boolean" && types.every((one) => one.flags & UNIT || isBrandedLiteral(one)))
    return refuseBrandedLiteral(context, branded, place);
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

const OPEN_SCALARS: Partial<Record<Category, Scalar>> = {
  string: "string",
  number: "double",
  bigint: "int64",
  // `boolean & Brand` is to the compiler `(true & Brand) | (false & Brand)`.
  boolean: "bool",
};

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
        const caseName = fieldName((only && context.names.namedType(only)?.name) ?? key);
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
  const matched = remote ? undefined : matchOf(context, types, place);
  if (matched?.cases.length === 1) return mergedShape(context, types, place, named);
  const unwritable = matched && whatCannotBeWritten(context, matched);
  if (matched && unwritable !== undefined) {
    return context.refuse(
      place,
      "PW1311",
      `a union with a member of ${unwritable} properties that has no name to tell it by`,
      "export an interface or a type for each of its members",
    );
  }
  if (matched) {
    return unionMessage(context, type, { by: "match", of: "objects" }, place, named, (own) =>
      matchCases(context, matched, own),
    );
  }
  return context.refuse(
    place,
    "PW1311",
    "a union of objects that cannot be told apart",
    'give each a property with a literal of its own: kind: "a"',
  );
}

/** Tuples and lists that can be told apart by length, or by what they begin with. */
function arrayUnion(
  context: Context,
  type: ts.UnionType | undefined,
  types: readonly ts.Type[],
  place: Place,
): Shape | undefined {
  const matched = matchOf(context, types, place);
  if (!matched || matched.cases.length === 1) return undefined;
  const named = type && context.names.nameAt(type, place);
  return unionMessage(context, type, { by: "match", of: "arrays" }, place, named, (own) =>
    matchCases(context, matched, own),
  );
}

function tagCase(context: Context, type: ts.Type, property: string, place: Place): UnionCase {
  const tag = context.checker.getTypeOfSymbol(context.checker.getPropertyOfType(type, property)!);
  const units = tag.flags & ts.TypeFlags.Union ? (tag as ts.UnionType).types : [tag];
  const literals = units.map((unit) => literalOf(context, unit, place)).filter((one) => one !== undefined);
  const own = context.names.namedType(type);
  const words = units
    .map((unit) => (unit.flags & ts.TypeFlags.EnumLiteral ? unit.symbol.name : String(unitValue(context, unit))))
    .sort();
  const single = units.length === 1 && /^[A-Za-z]/.test(words[0]!) && !(units[0]!.flags & ts.TypeFlags.BooleanLiteral);
  const caseName = fieldName(
    single ? words[0]! : units.length > 1 && own ? own.name : `${property}_${words.map(spellSign).join("_or_")}`,
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
  const isTaken = !named && type?.types.some((one) => typeName(context.names.namedType(one)?.name ?? "") === own);
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
