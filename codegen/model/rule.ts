/** What the author's tags demand of a value: `@minimum 1`, `@maxLength 20`, `@format uuid`. Plain data, printable as JSON. */

export const FORMATS = ["uuid", "email", "uri"] as const;
export type Format = (typeof FORMATS)[number];

export interface Rule {
  /** Of numbers and bigints, as TypeScript writes them: `1`, `0.5`, `10n`. */
  readonly minimum?: string;
  readonly exclusiveMinimum?: string;
  readonly maximum?: string;
  readonly exclusiveMaximum?: string;
  /** Of strings, in UTF-16 units, as `length` counts them; of bytes. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Source of a regular expression with flag `u`, which must match somewhere. */
  readonly pattern?: string;
  readonly format?: Format;
  /** Of lists, sets, maps and records. */
  readonly minItems?: number;
  readonly maxItems?: number;
  /** What each item must be; of a map or record, each value. */
  readonly items?: Rule;
}

/** "minimum 1, maxLength 20", for the schema. */
export function ruleInWords(rule: Rule): string {
  const { items, ...own } = rule;
  const words = Object.entries(own).map(([name, value]) => `${name} ${String(value).replace(/n$/, "")}`);
  return [...words, ...(items ? [`of each item: ${ruleInWords(items)}`] : [])].join(", ");
}

/** The rule as a TypeScript object literal. */
export function ruleLiteral(rule: Rule): string {
  const parts = Object.entries(rule).map(([name, value]) => {
    if (name === "items") return `items: ${ruleLiteral(value as Rule)}`;
    if (name === "pattern") return `pattern: ${regexLiteral(value as string)}`;
    return `${name}: ${name === "format" ? JSON.stringify(value) : String(value)}`;
  });
  return `{ ${parts.join(", ")} }`;
}

/** A regular expression literal with flag `u`. */
export function regexLiteral(source: string): string {
  return new RegExp(source, "u").toString();
}
