/**
 * Unions whose members are told apart by questions: objects of which one has what another lacks, tuples of several
 * lengths, lists of several things. Members that nothing tells apart are one case, if they agree in what they share.
 */
import { ts } from "ts-morph";
import type { Kind, Test, UnionCase } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { type TypeText, plainText, text } from "../../model/type-text.js";
import { isRepeated } from "../../model/lowering.js";
import { fieldName, typeName } from "../../model/wire-names.js";
import { categoryOf, extractOf } from "./categories.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { join } from "./type-names.js";
import { UNIT, unitValue } from "./enums.js";
import { boxOf, fieldOf } from "./fields.js";
import { arrayElement } from "./nodes.js";
import { canMerge, mergedShape } from "./merge.js";
import { type Group, groupsOf, lengthOf, testsAgainst } from "./separate.js";

/** The cases of a union, each before those that it must be told from; undefined where they cannot be told apart. */
export function matchOf(context: Context, types: readonly ts.Type[], place: Place): Matched | undefined {
  const groups = groupsOf(context, types, place, (group) => canMerge(context, group));
  if (!groups) return undefined;
  const names = groups.map((group) => caseName(context, group, groups, place));
  const isAmbiguous = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name);
  const named = groups
    .map((group, i) => ({ group, name: isAmbiguous(names[i]!) ? longName(context, group, names[i]!) : names[i]! }))
    .sort((a, b) => Number(isList(context, a.group)) - Number(isList(context, b.group)) || (a.name < b.name ? -1 : 1));
  const cases: MatchedCase[] = [];
  while (named.length > 0) {
    const at = named.findIndex(({ group }, i) => {
      const others = named.filter((_, other) => other !== i).map((one) => one.group);
      return testsAgainst(context, group, others, place) !== undefined;
    });
    if (at === -1) return undefined;
    const [{ group, name }] = named.splice(at, 1) as [(typeof named)[number]];
    const behind = named.map((one) => one.group);
    cases.push({
      group,
      name,
      match: testsAgainst(context, group, behind, place)!,
    });
  }
  return { cases };
}

export interface Matched {
  readonly cases: readonly MatchedCase[];
}

interface MatchedCase {
  readonly group: Group;
  /** In the schema. */
  readonly name: string;
  readonly match: readonly Test[];
}

/** Past so many properties, what is written instead of a name is nothing that a reader could take in. */
const MOST_KEYS = 16;

/**
 * Emitted code says of each member which it is by a name to import, or by its properties.
 * @returns how many properties the first member has of which it can say neither.
 */
export function whatCannotBeWritten(context: Context, { cases }: Matched): number | undefined {
  const unnamed = cases.flatMap(({ group }) => group).filter((type) => context.names.printable(type) === undefined);
  return unnamed.map((type) => context.checker.getPropertiesOfType(type).length).find((count) => count > MOST_KEYS);
}

/** @param place `name`, `home` and `path` are those of the union. */
export function matchCases(context: Context, matched: Matched, place: Place): UnionCase[] {
  const all = matched.cases.map((one) => one.group);
  return matched.cases.map(({ group, name, match }) => {
    const [only] = group as [ts.Type];
    const inner: Place = {
      ...place,
      name: place.name + typeName(name),
      path: typeTextOf(context, group, all, place),
      depth: place.depth + 1,
    };
    const field =
      group.length === 1
        ? fieldOf(context, only, inner, { name: "", protoName: name })
        : {
            ...fieldOf(context, context.checker.getStringType(), inner, { name: "", protoName: name }),
            shape: mergedShape(context, group, inner, undefined),
          };
    const boxed: Shape = isRepeated(field.shape)
      ? boxOf(context, { ...field, protoName: "value" }, inner)
      : field.shape;
    return { field: { ...field, shape: boxed }, tests: [], match };
  });
}

/** A list, which may be empty; not a tuple. */
function isList(context: Context, [type]: Group): boolean {
  return arrayElement(type!, context.checker) !== undefined;
}

/** What the case is called: as its type is, or by what only it has. */
function caseName(context: Context, group: Group, all: readonly Group[], place: Place): string {
  const { checker } = context;
  const names = group.map((type) => context.names.namedType(type)?.name);
  if (names.every((one) => one !== undefined)) return fieldName(names.sort().join("_or_"));
  const [type] = group as [ts.Type];
  if (checker.isTupleType(type)) {
    const [first] = checker.getTypeArguments(type as ts.TypeReference);
    if (first && first.flags & UNIT) return fieldName(String(unitValue(context, first)));
    const [least, most] = lengthOf(context, type);
    return least === most ? `of_${least}` : `of_${least}_to_${most ?? "any"}`;
  }
  if (isList(context, group)) return fieldName(context.names.wordFor(type));
  const others = all.filter((one) => one !== group);
  const required = checker
    .getPropertiesOfType(type)
    .filter((one) => !(one.flags & ts.SymbolFlags.Optional))
    .map((one) => one.name)
    .filter((name) => !(name in Object.prototype))
    .sort();
  const own = required.find((name) => others.flat().every((other) => !isRequired(context, other, name)));
  if (own !== undefined) return fieldName(own);
  const [test] = testsAgainst(context, group, others, place) ?? [];
  if (test) return fieldName(wordsOf(test));
  // Last, because an optional property may come or go, and the case must be called the same.
  const any = checker.getPropertiesOfType(type).map((one) => one.name);
  const only = any.sort().find((name) => others.flat().every((other) => !checker.getPropertyOfType(other, name)));
  return fieldName(only ?? (required.join("_") || "empty"));
}

/** Of an object that what it is called by does not say enough of: all that it must have. */
function longName(context: Context, [type]: Group, short: string): string {
  const names = context.checker.getPropertiesOfType(type!).map((one) => one.name);
  const required = names.filter((name) => isRequired(context, type!, name)).sort();
  return categoryOf(context, type!) === "object" ? fieldName(required.join("_")) : short;
}

/** `id_string`, `data`, `error_null`. */
function wordsOf({ path, oneOf }: Test): string {
  const kinds = (oneOf ?? []).map((kind) => (kind.literal ? plainText(kind.literal) : kind.is));
  return [...path, kinds.join("_or_")].join("_");
}

function isRequired(context: Context, type: ts.Type, name: string): boolean {
  const property = context.checker.getPropertyOfType(type, name);
  return property !== undefined && !(property.flags & ts.SymbolFlags.Optional);
}

/** TypeScript for the members of a group: their names, or what is taken from the union by what is true of them. */
function typeTextOf(context: Context, group: Group, all: readonly Group[], place: Place): TypeText {
  const printed = group.map((type) => context.names.printable(type));
  if (printed.every((one) => one !== undefined)) return join(printed, " | ");
  const [type] = group as [ts.Type];
  const element = arrayElement(type, context.checker);
  if (element) return text("Extract<", place.path, ", readonly (", elementText(context, element, place), ")[]>");
  if (context.checker.isTupleType(type)) {
    const tests = testsAgainst(context, group, others(all, group), place) ?? [];
    const pattern = tests.length > 0 ? tests : [{ path: [], length: lengthOf(context, type) }];
    return text("Extract<", place.path, ", ", join(pattern.map(patternOf), " & "), ">");
  }
  const members = [...new Set(group.map((one) => keysText(context, one)))];
  const byKeys = join(
    members.map((keys) => text("MemberOf<", place.path, ", ", keys, ">")),
    " | ",
  );
  // Others may have the very same properties, of other kinds.
  const alike = others(all, group).filter((other) => other.some((one) => members.includes(keysText(context, one))));
  const tests = testsAgainst(context, group, alike, place) ?? [];
  return tests.length === 0 ? byKeys : text("Extract<", byKeys, ", ", join(tests.map(patternOf), " & "), ">");
}

function others(all: readonly Group[], group: Group): readonly Group[] {
  return all.filter((one) => one !== group);
}

/** `"name" | "email"` */
function keysText(context: Context, type: ts.Type): string {
  const names = context.checker
    .getPropertiesOfType(type)
    .map((one) => JSON.stringify(one.name))
    .sort();
  return names.length === 0 ? "never" : names.join(" | ");
}

function elementText(context: Context, type: ts.Type, place: Place): TypeText {
  const printed = context.names.printable(type);
  if (printed) return printed;
  if (type.flags & ts.TypeFlags.Union) {
    return join(
      (type as ts.UnionType).types.map((one) => elementText(context, one, place)),
      " | ",
    );
  }
  const category = categoryOf(context, type);
  if (category !== "object") return [extractOf(category)];
  return text("MemberOf<", place.path, `[number], ${keysText(context, type)}>`);
}

function keyOf(step: string | number): string {
  return /^[A-Za-z_$][\w$]*$/.test(String(step)) ? String(step) : JSON.stringify(step);
}

function patternOf({ path, oneOf, noneOf, length }: Test): TypeText {
  let inner: TypeText;
  let optional = false;
  if (length) {
    const [least, most] = length;
    inner =
      most === undefined
        ? [`readonly [${"unknown, ".repeat(least)}...unknown[]]`]
        : [`{ readonly length: ${Array.from({ length: most - least + 1 }, (_, i) => least + i).join(" | ")} }`];
  } else if (noneOf) {
    optional = noneOf[0]!.is === "null";
    inner = [optional ? "{} | undefined" : "{} | null"];
  } else {
    optional = oneOf!.some((one) => one.is === "undefined");
    inner = join(oneOf!.map(typeOfKind), " | ");
  }
  return path.reduceRight<TypeText>((of, step, i) => {
    const isLast = i === path.length - 1;
    return text(`{ readonly ${keyOf(step)}${optional && isLast ? "?" : ""}: `, of, " }");
  }, inner);
}

function typeOfKind({ is, literal }: Kind): TypeText {
  if (literal) return literal;
  return [is === "undefined" || is === "null" ? is : is === "function" ? "Function" : extractOf(is)];
}
