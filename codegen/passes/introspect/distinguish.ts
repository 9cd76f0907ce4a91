/**
 * How the members of a union of objects are told apart at run time: by a property with a literal of its own in each, by
 * a required property that no other member has, or by both, where some members share a tag and the others lack it.
 */
import { ts } from "ts-morph";
import type { Context } from "./context.js";
import { UNIT } from "./enums.js";

/** One case of a union that is told apart by keys: the key, and the members that have it. */
export interface KeyedMembers {
  readonly key: string;
  /** More than one where the key is a tag that they share, and tells them apart in turn. */
  readonly types: readonly ts.Type[];
}

const USUAL_TAGS = ["kind", "type", "_tag", "tag"];

/** The property that has a literal of its own in every member. */
export function tagProperty(context: Context, types: readonly ts.Type[]): string | undefined {
  return requiredNames(context, types[0]!)
    .sort(byUsualTag)
    .find((name) => isTag(context, types, name));
}

/** For each member a required property that no other member has. */
export function uniqueKeys(context: Context, types: readonly ts.Type[]): KeyedMembers[] | undefined {
  return keysOf(
    context,
    types.map((type) => [type]),
  );
}

/** The same, where members with a tag are one case together: `{ kind: "a" } | { kind: "b" } | { edits: Edit[] }`. */
export function partlyTagged(context: Context, types: readonly ts.Type[]): KeyedMembers[] | undefined {
  const names = new Set(types.flatMap((type) => requiredNames(context, type)));
  for (const name of [...names].sort(byUsualTag)) {
    const has = (type: ts.Type): boolean => context.checker.getPropertyOfType(type, name) !== undefined;
    const tagged = types.filter(has);
    if (tagged.length < 2 || tagged.length === types.length || !isTag(context, tagged, name)) continue;
    const others = types.filter((type) => !has(type));
    const rest = keysOf(context, [...others.map((type) => [type]), tagged]);
    if (rest) return [...rest.slice(0, -1), { key: name, types: tagged }];
  }
  return undefined;
}

function isTag(context: Context, types: readonly ts.Type[], name: string): boolean {
  const { checker } = context;
  const seen = new Set<string>();
  return types.every((type) => {
    const property = checker.getPropertyOfType(type, name);
    if (!property || property.flags & ts.SymbolFlags.Optional) return false;
    const tag = checker.getTypeOfSymbol(property);
    const units = tag.flags & ts.TypeFlags.Union ? (tag as ts.UnionType).types : [tag];
    return units.every((unit) => {
      if (!(unit.flags & UNIT)) return false;
      const word = checker.typeToString(unit);
      if (seen.has(word)) return false;
      seen.add(word);
      return true;
    });
  });
}

/** For each group a property that all of it requires, and no member of another group has. */
function keysOf(context: Context, groups: readonly (readonly ts.Type[])[]): KeyedMembers[] | undefined {
  const { checker } = context;
  const keyed: KeyedMembers[] = [];
  for (const types of groups) {
    const [first, ...more] = types.map((type) => requiredNames(context, type));
    const others = groups.filter((one) => one !== types).flat();
    const key = first!
      .filter((name) => more.every((names) => names.includes(name)))
      .sort()
      .find((name) => others.every((other) => checker.getPropertyOfType(other, name) === undefined));
    if (key === undefined) return undefined;
    keyed.push({ key, types });
  }
  return keyed;
}

function requiredNames(context: Context, type: ts.Type): string[] {
  return (
    context.checker
      .getPropertiesOfType(type)
      .filter((one) => !(one.flags & ts.SymbolFlags.Optional))
      .map((one) => one.name)
      // Every object has those of Object.prototype.
      .filter((name) => !(name in Object.prototype))
  );
}

export function byUsualTag(a: string, b: string): number {
  const rank = (name: string): number => (USUAL_TAGS.includes(name) ? USUAL_TAGS.indexOf(name) : USUAL_TAGS.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}
