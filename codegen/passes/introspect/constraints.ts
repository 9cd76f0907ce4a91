/**
 * What JSDoc demands of values: `@minimum 1`, `@pattern ^[a-z]+$`, `@minItems 2`. On a collection, the tags for items are
 * about its size and the others about each item. A tag that fits nothing of the type is refused.
 */
import type { ts } from "ts-morph";
import type { Field } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { FORMATS, type Rule } from "../../model/rule.js";
import { CONSTRAINT_TAGS, type ConstraintTag } from "../constraint-tags.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { type Tag, tagsOf } from "./nodes.js";

/** What a value may be at run time, as far as constraints can say something about it. */
interface Kinds {
  readonly number: boolean;
  readonly bigint: boolean;
  readonly string: boolean;
  readonly bytes: boolean;
  readonly items: Kinds | undefined;
}

const NOTHING: Kinds = { number: false, bigint: false, string: false, bytes: false, items: undefined };

/** The field with what its declarations demand of it. */
export function constrained(context: Context, field: Field, declarations: readonly ts.Node[], place: Place): Field {
  const tags = declarations.flatMap(tagsOf).filter((one) => CONSTRAINT_TAGS.includes(one.name));
  if (tags.length === 0 || field.shape.kind === "refused") return field;
  const kinds = kindsOf(context, field.shape);
  const rule: Record<string, unknown> = {};
  const items: Record<string, unknown> = {};
  let itemKinds = kinds;
  while (itemKinds.items !== undefined) itemKinds = itemKinds.items;
  for (const tag of tags) {
    const name = tag.name as ConstraintTag;
    const forSize = name === "minItems" || name === "maxItems";
    const value = valueOf(context, tag, itemKinds);
    if (!(forSize ? kinds.items !== undefined : fits(name, itemKinds))) {
      // What another package demands of its types for tools of its own is not ours to enforce.
      if (!tag.node.getSourceFile().isDeclarationFile) {
        context.report(
          "PW1322",
          context.locate(tag.node),
          `@${name} does not fit ${field.name === "" ? "this type" : field.name}`,
          HINTS[name],
        );
      }
      continue;
    }
    if (value !== undefined) (forSize || kinds.items === undefined ? rule : items)[name] = value;
  }
  judgeRange(context, tags, { ...rule, ...items });
  const whole = nested(rule, items, kinds);
  return Object.keys(whole).length === 0 ? field : { ...field, rule: { name: place.name, rule: whole } };
}

/** A rule about items stands as deep as the items do: those of a list of lists are in the inner lists. */
function nested(rule: Rule, items: Rule, kinds: Kinds): Rule {
  if (Object.keys(items).length === 0) return rule;
  let inner = items;
  for (let at = kinds; at.items?.items !== undefined; at = at.items) inner = { items: inner };
  return { ...rule, items: inner };
}

function fits(name: ConstraintTag, kinds: Kinds): boolean {
  if (name === "minLength" || name === "maxLength") return kinds.string || kinds.bytes;
  if (name === "pattern" || name === "format") return kinds.string;
  return kinds.number || kinds.bigint;
}

function kindsOf(context: Context, shape: Shape, depth = 0): Kinds {
  if (depth > 8) return NOTHING;
  const inner = (one: Shape): Kinds => kindsOf(context, one, depth + 1);
  switch (shape.kind) {
    case "scalar": {
      if (shape.mask !== undefined || shape.scalar === "bool") return NOTHING;
      if (shape.scalar === "string") return { ...NOTHING, string: true };
      if (shape.scalar === "bytes") return { ...NOTHING, bytes: true };
      const big = shape.scalar === "bigint" || shape.scalar.endsWith("64");
      return big ? { ...NOTHING, bigint: true } : { ...NOTHING, number: true };
    }
    case "list":
    case "set":
      return { ...NOTHING, items: inner(shape.element) };
    case "map":
    case "record":
      return { ...NOTHING, items: inner(shape.value) };
    case "message": {
      const message = context.entries.message(shape.name);
      if (message?.kind === "box") return inner(message.fields[0]!.shape);
      if (message?.kind !== "union" || message.distinguished.by !== "category" || message.exported) return NOTHING;
      return message.cases.map((one) => inner(one.field.shape)).reduce(either, NOTHING);
    }
    default:
      return NOTHING;
  }
}

function either(a: Kinds, b: Kinds): Kinds {
  return {
    number: a.number || b.number,
    bigint: a.bigint || b.bigint,
    string: a.string || b.string,
    bytes: a.bytes || b.bytes,
    items: a.items ?? b.items,
  };
}

function valueOf(context: Context, tag: Tag, kinds: Kinds): string | number | undefined {
  const text = lineOf(tag.node);
  const refuse = (hint: string): undefined => {
    context.report("PW1323", context.locate(tag.node), `@${tag.name} ${text}: not understood`, hint);
    return undefined;
  };
  switch (tag.name as ConstraintTag) {
    case "minLength":
    case "maxLength":
    case "minItems":
    case "maxItems":
      return /^\d{1,10}$/.test(text) ? Number(text) : refuse("write a whole number: @maxLength 80");
    case "format":
      return (FORMATS as readonly string[]).includes(text)
        ? text
        : refuse(`write one of ${FORMATS.join(", ")}, or a @pattern`);
    case "pattern":
      try {
        const source = /^\/(.*)\/u?$/.exec(text)?.[1] ?? text;
        if (source === "") return refuse("write a regular expression: @pattern ^[a-z]+$");
        new RegExp(source, "u");
        return source;
      } catch (error) {
        return refuse(`write a regular expression of JavaScript with flag u: ${(error as Error).message}`);
      }
    default: {
      if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return refuse(`write a number: @${tag.name} 1`);
      if (kinds.bigint && !kinds.number)
        return /^[-+]?\d+$/.test(text)
          ? `${BigInt(text.replace(/^\+/, ""))}n`
          : refuse("write a whole number: a bigint is compared");
      return String(Number(text));
    }
  }
}

/** What stands behind the tag on its line: the compiler would take a part of a pattern for another tag. */
function lineOf(tag: ts.JSDocTag): string {
  const { text } = tag.getSourceFile();
  const rest = text.slice(tag.tagName.end, tag.parent.end).split("\n")[0]!;
  const line = rest.replace(/\*\/\s*$/, "").trim();
  return tag.tagName.text === "pattern" ? line : line.split(/\s+@/)[0]!;
}

function judgeRange(context: Context, tags: readonly Tag[], rule: Rule): void {
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text.replace(/n$/, ""));
  const above = (low: number | undefined, high: number | undefined): boolean =>
    low !== undefined && high !== undefined && low > high;
  const low = number(rule.minimum ?? rule.exclusiveMinimum);
  const high = number(rule.maximum ?? rule.exclusiveMaximum);
  if (above(low, high) || above(rule.minLength, rule.maxLength) || above(rule.minItems, rule.maxItems)) {
    const at = context.locate(tags[0]!.node);
    context.report(
      "PW1323",
      at,
      "no value can be that much and that little",
      "raise the maximum, or lower the minimum",
    );
  }
}

const ON_NUMBERS = "it is for numbers and bigints, and for lists of them";
const ON_STRINGS = "it is for strings, and for lists of them";
const ON_LENGTHS = "it is for strings and bytes, and for lists of them; of a list, write @minItems and @maxItems";
const ON_ITEMS = "it is for lists, sets, maps and records; of a string, write @minLength and @maxLength";

const HINTS: Readonly<Record<ConstraintTag, string>> = {
  minimum: ON_NUMBERS,
  exclusiveMinimum: ON_NUMBERS,
  maximum: ON_NUMBERS,
  exclusiveMaximum: ON_NUMBERS,
  minLength: ON_LENGTHS,
  maxLength: ON_LENGTHS,
  pattern: ON_STRINGS,
  format: ON_STRINGS,
  minItems: ON_ITEMS,
  maxItems: ON_ITEMS,
};
