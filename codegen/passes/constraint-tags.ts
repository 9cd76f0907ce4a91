/** The tags that demand something of values; introspect/constraints.ts knows what. */
const TAGS = [
  "minimum",
  "exclusiveMinimum",
  "maximum",
  "exclusiveMaximum",
  "minLength",
  "maxLength",
  "pattern",
  "format",
  "minItems",
  "maxItems",
] as const;

export type ConstraintTag = (typeof TAGS)[number];
export const CONSTRAINT_TAGS: readonly string[] = TAGS;
