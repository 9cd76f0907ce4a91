/**
 * Which question about a value tells the members of a union apart: whether a property is there, what it may be, how long
 * a tuple is. Members that no question tells apart are one group.
 */
import { ts } from "ts-morph";
import type { Kind, Test } from "../../model/api-model.js";
import { plainText } from "../../model/type-text.js";
import { categoryOf } from "./categories.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { byUsualTag } from "./distinguish.js";
import { UNIT } from "./enums.js";
import { literalOf, valueText } from "./literals.js";
import { arrayElement } from "./nodes.js";

/** Members that are one case together. */
export type Group = readonly ts.Type[];

/** What a value may be at run time; undefined: anything. */
type Kinds = readonly Kind[] | undefined;

const MISSING: Kind = { is: "undefined" };

/**
 * Groups that can be told apart, each as small as it can be.
 * @param canJoin  whether members may be one case; where they cannot, there are no groups.
 */
export function groupsOf(
  context: Context,
  types: readonly ts.Type[],
  place: Place,
  canJoin: (group: Group) => boolean,
): Group[] | undefined {
  const groups: Group[] = [];
  const left: Group[] = types.map((type) => [type]);
  for (let next = left.pop(); next; next = left.pop()) {
    const one = next;
    const at = groups.findIndex((group) => !areApart(context, one, group, place));
    if (at === -1) {
      groups.push(next);
      continue;
    }
    const joined = [...groups.splice(at, 1)[0]!, ...next];
    if (!canJoin(joined)) return undefined;
    left.push(joined);
  }
  return groups;
}

function areApart(context: Context, a: Group, b: Group, place: Place): boolean {
  const isObject = categoryOf(context, a[0]!) !== "array";
  const byKey = (key: string): boolean => {
    const own = kindsAt(context, a, key, place);
    return own !== undefined && isDisjoint(own, kindsAt(context, b, key, place));
  };
  if (isObject && [...a, ...b].some((type) => namesOf(context, type).some(byKey))) return true;
  return (testsAgainst(context, a, [b], place) ?? testsAgainst(context, b, [a], place)) !== undefined;
}

/** Questions that every value of `group` answers with yes, and no value of one of the others all of them. */
export function testsAgainst(
  context: Context,
  group: Group,
  others: readonly Group[],
  place: Place,
): readonly Test[] | undefined {
  const tests: Test[] = [];
  let left = others;
  while (left.length > 0) {
    const best = bestOf(candidates(context, group, left, place));
    if (!best) return undefined;
    tests.push(best.test);
    left = left.filter((one) => !best.covers.has(one));
  }
  return tests;
}

function bestOf(found: readonly Candidate[]): Candidate | undefined {
  const isBetter = (a: Candidate, b: Candidate): boolean =>
    a.covers.size > b.covers.size || (a.covers.size === b.covers.size && a.rank < b.rank);
  return found.reduce<Candidate | undefined>((best, one) => (best && !isBetter(one, best) ? best : one), undefined);
}

interface Candidate {
  readonly test: Test;
  readonly covers: ReadonlySet<Group>;
  readonly rank: number;
}

function candidates(context: Context, group: Group, others: readonly Group[], place: Place): Candidate[] {
  const isArray = (one: Group): boolean => categoryOf(context, one[0]!) === "array";
  if (isArray(group)) return arrayCandidates(context, group, others, place);
  const byKeys = (types: readonly ts.Type[]): Candidate[] =>
    keysOf(context, types).flatMap((key) => keyCandidate(context, group, others, key, place) ?? []);
  const own = byKeys(group);
  if (own.length > 0) return own;
  const theirs = byKeys(others.flat());
  return theirs.length > 0 ? theirs : nestedCandidates(context, group, others, place);
}

function keyCandidate(
  context: Context,
  group: Group,
  others: readonly Group[],
  key: string,
  place: Place,
): Candidate | undefined {
  const own = kindsAt(context, group, key, place);
  const covers = own && others.filter((one) => isDisjoint(own, kindsAt(context, one, key, place)));
  if (!covers || covers.length === 0) return undefined;
  const theirs = covers.flatMap((one) => kindsAt(context, one, key, place) ?? []);
  const test = testOf([key], own, theirs);
  return { test, covers: new Set(covers), rank: rankOf(test) };
}

/** `{ value: { a: string } } | { value: { b: string } }`: by what one of their properties holds. */
function nestedCandidates(context: Context, group: Group, others: readonly Group[], place: Place): Candidate[] {
  if (place.depth > 40 || group.length > 1) return [];
  const found: Candidate[] = [];
  for (const key of keysOf(context, group)) {
    const inner = innerObject(context, group, key);
    if (!inner) continue;
    for (const other of others) {
      const theirs = innerObject(context, other, key);
      const tests = theirs && testsAgainst(context, [inner], [[theirs]], { ...place, depth: 41 });
      if (tests?.length === 1) found.push({ test: within(key, tests[0]!), covers: new Set([other]), rank: 4 });
    }
  }
  return found;
}

function innerObject(context: Context, [type, ...more]: Group, key: string): ts.Type | undefined {
  const property = more.length === 0 && type ? context.checker.getPropertyOfType(type, key) : undefined;
  if (!property || property.flags & ts.SymbolFlags.Optional) return undefined;
  const inner = context.checker.getTypeOfSymbol(property);
  if (inner.flags & ts.TypeFlags.Union || !(inner.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)))
    return undefined;
  return categoryOf(context, inner) === "object" ? inner : undefined;
}

function arrayCandidates(context: Context, group: Group, others: readonly Group[], place: Place): Candidate[] {
  const [own] = group as [ts.Type];
  const found: Candidate[] = [];
  if (group.length > 1 || others.some((one) => one.length > 1)) return found;
  const [least, most] = lengthOf(context, own);
  const apart = others.filter(([other]) => {
    const [min, max] = lengthOf(context, other!);
    return (most !== undefined && most < min) || (max !== undefined && max < least);
  });
  if (apart.length > 0) found.push({ test: { path: [], length: [least, most] }, covers: new Set(apart), rank: 2 });
  for (let i = 0; i < Math.max(1, least); i++) {
    // Two lists may both be empty: then they are the same value, and any case is right.
    const isList = least === 0 && most === undefined;
    const at = elementAt(context, own, i);
    const kinds = at ? kindsOf(context, at, place) : [];
    if (kinds === undefined) continue;
    const mine = isList ? kinds : i < least ? kinds : [...kinds, MISSING];
    const theirs = (other: Group): Kinds => {
      const [min, max] = lengthOf(context, other[0]!);
      const element = elementAt(context, other[0]!, i);
      const inner = element ? kindsOf(context, element, place) : [];
      const mayEnd = i >= min && !(isList && min === 0 && max === undefined);
      return inner && (mayEnd ? [...inner, MISSING] : inner);
    };
    const covers = others.filter((one) => isDisjoint(mine, theirs(one)));
    if (covers.length > 0) {
      const test = testOf(
        [i],
        mine,
        covers.flatMap((one) => theirs(one) ?? []),
      );
      found.push({ test, covers: new Set(covers), rank: rankOf(test) });
    }
    for (const other of others) {
      const element = elementAt(context, other[0]!, i);
      if (!at || !element || covers.includes(other) || place.depth > 40 || (!isList && i >= least)) continue;
      if (categoryOf(context, at) !== "object" || categoryOf(context, element) !== "object") continue;
      if ((at.flags | element.flags) & ts.TypeFlags.Union) continue;
      const tests = testsAgainst(context, [at], [[element]], { ...place, depth: 41 });
      if (tests?.length === 1) found.push({ test: within(i, tests[0]!), covers: new Set([other]), rank: 4 });
    }
  }
  return found;
}

function within(step: string | number, test: Test): Test {
  return { ...test, path: [step, ...test.path] };
}

/** How many elements it has: at least, and at most. */
export function lengthOf(context: Context, type: ts.Type): readonly [least: number, most: number | undefined] {
  if (!context.checker.isTupleType(type)) return [0, undefined];
  const { elementFlags, minLength } = (type as ts.TupleTypeReference).target;
  const isOpen = elementFlags.some((flag) => flag & ts.ElementFlags.Variable);
  return [minLength, isOpen ? undefined : elementFlags.length];
}

function elementAt(context: Context, type: ts.Type, index: number): ts.Type | undefined {
  if (!context.checker.isTupleType(type)) return arrayElement(type, context.checker);
  const args = context.checker.getTypeArguments(type as ts.TypeReference);
  const rest = (type as ts.TupleTypeReference).target.elementFlags.findIndex((flag) => flag & ts.ElementFlags.Variable);
  return args[rest !== -1 && index > rest ? rest : index];
}

/** The fewest words that say it: what is never there in the others need only be there. */
function testOf(path: Test["path"], own: readonly Kind[], others: readonly Kind[]): Test {
  for (const word of ["undefined", "null"] as const) {
    if (others.length > 0 && others.every((one) => one.is === word)) return { path, noneOf: [{ is: word }] };
  }
  return { path, oneOf: unique(own) };
}

function rankOf({ path, oneOf, noneOf }: Test): number {
  if (oneOf?.every((one) => one.literal !== undefined)) return path[0] === "kind" || path[0] === "type" ? 0 : 1;
  return noneOf ? 2 : 3;
}

const names = new WeakMap<ts.Type, readonly string[]>();

/** Names of properties that may be asked about. Every object has those of Object.prototype. */
function namesOf(context: Context, type: ts.Type): readonly string[] {
  let known = names.get(type);
  if (!known) {
    const all = context.checker.getPropertiesOfType(type).map((one) => one.name);
    names.set(type, (known = all.filter((name) => !(name in Object.prototype) && !name.startsWith("__@"))));
  }
  return known;
}

function keysOf(context: Context, types: readonly ts.Type[]): string[] {
  return [...new Set(types.flatMap((type) => namesOf(context, type)))].sort(byUsualTag);
}

function kindsAt(context: Context, group: Group, key: string, place: Place): Kinds {
  if (group.length === 1) return kindsOfProperty(context, group[0]!, key, place);
  const all = group.map((type) => kindsOfProperty(context, type, key, place));
  return all.every((one) => one !== undefined) ? unique(all.flat()) : undefined;
}

// A union of n members is asked about each of its properties n times n times.
const properties = new WeakMap<ts.Type, Map<string, Kinds>>();

function kindsOfProperty(context: Context, type: ts.Type, key: string, place: Place): Kinds {
  let known = properties.get(type);
  if (!known) properties.set(type, (known = new Map<string, Kinds>()));
  if (!known.has(key)) known.set(key, findKinds(context, type, key, place));
  return known.get(key);
}

function findKinds(context: Context, type: ts.Type, key: string, place: Place): Kinds {
  const property = context.checker.getPropertyOfType(type, key);
  const values = property
    ? [context.checker.getTypeOfSymbol(property)]
    : context.checker.getIndexInfosOfType(type).map((one) => one.type);
  const kinds = values.map((value) => kindsOf(context, value, place));
  const mayMiss = !property || (property.flags & ts.SymbolFlags.Optional) !== 0;
  return kinds.every((one) => one !== undefined) ? unique([...kinds.flat(), ...(mayMiss ? [MISSING] : [])]) : undefined;
}

function kindsOf(context: Context, type: ts.Type, place: Place): Kinds {
  const { flags } = type;
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive | ts.TypeFlags.TypeParameter))
    return undefined;
  if (flags & ts.TypeFlags.Never) return [];
  if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return [MISSING];
  if (flags & ts.TypeFlags.Null) return [{ is: "null" }];
  if (flags & ts.TypeFlags.Union) {
    const parts = (type as ts.UnionType).types.map((one) => kindsOf(context, one, place));
    return parts.every((one) => one !== undefined) ? parts.flat() : undefined;
  }
  const is = categoryOf(context, type);
  // An enum that cannot be imported is refused where it is read, and only its category is known here.
  const isOwn = !(flags & ts.TypeFlags.EnumLiteral) || valueText(context, enumOf(type)) !== undefined;
  const literal = flags & UNIT && isOwn ? literalOf(context, type, place) : undefined;
  return [literal ? { is, literal } : { is }];
}

function enumOf(type: ts.Type): ts.Symbol {
  const { symbol } = type;
  return symbol.flags & ts.SymbolFlags.EnumMember ? ((symbol as { parent?: ts.Symbol }).parent ?? symbol) : symbol;
}

function isDisjoint(own: readonly Kind[], others: Kinds): boolean {
  return others !== undefined && !own.some((a) => others.some((b) => overlaps(a, b)));
}

function overlaps(a: Kind, b: Kind): boolean {
  if (a.is !== b.is) return false;
  return !a.literal || !b.literal || plainText(a.literal) === plainText(b.literal);
}

function unique(kinds: readonly Kind[]): Kind[] {
  const whole = new Set(kinds.filter((one) => !one.literal).map((one) => one.is));
  const seen = new Map<string, Kind>();
  for (const one of kinds) {
    if (one.literal && whole.has(one.is)) continue;
    seen.set(`${one.is} ${one.literal ? plainText(one.literal) : ""}`, one);
  }
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
