/** What became of what the author's tags and types demand of a value: whether more is refused than before, or less. */
import type { Field } from "../model/api-model.js";
import { type Rule, ruleInWords } from "../model/rule.js";

export interface RuleChange {
  /** Something that was allowed may be refused now. */
  readonly isTighter: boolean;
  readonly what: string;
}

/** Undefined where the same values are allowed as before. */
export function ruleChange(before: Field, after: Field): RuleChange | undefined {
  const [old, now] = [demandOf(before), demandOf(after)];
  const turns = turnsOf(old, now);
  if (turns.size === 0) return undefined;
  return { isTighter: turns.has("tighter"), what: `demanded ${inWords(old)} and now demands ${inWords(now)}` };
}

/** A template literal type is a pattern that its strings must match. */
interface Demand {
  readonly rule: Rule;
  readonly template?: string;
}

function demandOf({ shape, rule }: Field): Demand {
  const template = shape.kind === "scalar" ? shape.template : undefined;
  return { rule: rule?.rule ?? {}, ...(template !== undefined && { template }) };
}

function inWords({ rule, template }: Demand): string {
  const words = [...(template === undefined ? [] : [`a match of ${template}`]), ruleInWords(rule)];
  return words.filter((one) => one !== "").join(", ") || "nothing";
}

type Turn = "tighter" | "looser";

function turnsOf(old: Demand, now: Demand): ReadonlySet<Turn> {
  const turns = new Set<Turn>();
  const turn = (before: Bound | undefined, after: Bound | undefined): void => {
    const by = compareBounds(after, before);
    if (by !== 0) turns.add(by > 0 ? "tighter" : "looser");
  };
  const same = (a: string | undefined, b: string | undefined): void => {
    if (a === b) return;
    // Of two patterns, nobody can say what only one of them allows.
    turns.add(b === undefined ? "looser" : "tighter");
  };
  const visit = (a: Rule, b: Rule): void => {
    turn(boundOf(a.minimum, a.exclusiveMinimum, 1), boundOf(b.minimum, b.exclusiveMinimum, 1));
    turn(boundOf(a.maximum, a.exclusiveMaximum, -1), boundOf(b.maximum, b.exclusiveMaximum, -1));
    for (const name of ["minLength", "minItems"] as const) turn(countOf(a[name], 1), countOf(b[name], 1));
    for (const name of ["maxLength", "maxItems"] as const) turn(countOf(a[name], -1), countOf(b[name], -1));
    same(a.pattern, b.pattern);
    same(a.format, b.format);
    if (a.items || b.items) visit(a.items ?? {}, b.items ?? {});
  };
  visit(old.rule, now.rule);
  same(old.template, now.template);
  return turns;
}

/** A bound of either side, turned so that the greater one allows less. */
interface Bound {
  readonly value: number | bigint;
  readonly isExclusive: boolean;
}

function boundOf(inclusive: string | undefined, exclusive: string | undefined, sign: 1 | -1): Bound | undefined {
  const bounds = [
    ...(inclusive === undefined ? [] : [{ value: numberOf(inclusive, sign), isExclusive: false }]),
    ...(exclusive === undefined ? [] : [{ value: numberOf(exclusive, sign), isExclusive: true }]),
  ];
  return bounds.reduce<Bound | undefined>((a, b) => (compareBounds(a, b) > 0 ? a : b), undefined);
}

function countOf(count: number | undefined, sign: 1 | -1): Bound | undefined {
  return count === undefined ? undefined : { value: count * sign, isExclusive: false };
}

function numberOf(text: string, sign: 1 | -1): number | bigint {
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) * BigInt(sign) : Number(text) * sign;
}

/** More than 0 where `a` allows less. */
function compareBounds(a: Bound | undefined, b: Bound | undefined): number {
  if (!a || !b) return Number(a !== undefined) - Number(b !== undefined);
  // 1 and 1n are the same bound.
  if (a.value > b.value) return 1;
  if (a.value < b.value) return -1;
  return Number(a.isExclusive) - Number(b.isExclusive);
}
