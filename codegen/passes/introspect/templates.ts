/** Template literal types as regular expressions: `id-${string}` is ^id-[^]*$. */
import { ts } from "ts-morph";

/** What strings of these types match, together; undefined where one of them is any string. */
export function patternOf(types: readonly ts.Type[]): string | undefined {
  const parts = types.map(partOf);
  return parts.every((one) => one !== undefined) ? `^(?:${[...new Set(parts)].sort().join("|")})$` : undefined;
}

function partOf(type: ts.Type): string | undefined {
  // A brand adds nothing that could be seen.
  if (type.flags & ts.TypeFlags.Intersection)
    return (type as ts.IntersectionType).types.map(partOf).find((one) => one !== undefined);
  if (type.flags & ts.TypeFlags.StringLiteral) return escaped((type as ts.StringLiteralType).value);
  if (!(type.flags & ts.TypeFlags.TemplateLiteral)) return undefined;
  const { texts, types } = type as ts.TemplateLiteralType;
  return texts.map((text, i) => escaped(text) + (i < types.length ? placeholder(types[i]!) : "")).join("");
}

function placeholder(type: ts.Type): string {
  if (type.flags & ts.TypeFlags.Number)
    return String.raw`(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)`;
  if (type.flags & ts.TypeFlags.BigInt) return String.raw`-?\d+`;
  if (type.flags & ts.TypeFlags.BooleanLike) return "(?:true|false)";
  if (type.flags & ts.TypeFlags.StringMapping) return mapped(type as ts.StringMappingType);
  if (type.flags & ts.TypeFlags.Union) {
    const parts = (type as ts.UnionType).types.map(placeholder);
    return `(?:${parts.join("|")})`;
  }
  return partOf(type) ?? String.raw`[^]*`;
}

/** `Uppercase<string>` and its kin. */
function mapped(type: ts.StringMappingType): string {
  switch (type.symbol.name) {
    case "Uppercase":
      return String.raw`[^\p{Ll}]*`;
    case "Lowercase":
      return String.raw`[^\p{Lu}]*`;
    case "Capitalize":
      return String.raw`(?:[^\p{Ll}][^]*)?`;
    default:
      return String.raw`(?:[^\p{Lu}][^]*)?`;
  }
}

export function mappingPattern(type: ts.Type): string | undefined {
  return type.flags & ts.TypeFlags.StringMapping ? `^${mapped(type as ts.StringMappingType)}$` : undefined;
}

function escaped(text: string): string {
  return text
    .replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
    .replace(/\n/g, String.raw`\n`)
    .replace(/\r/g, String.raw`\r`);
}
