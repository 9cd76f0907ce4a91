/** Intersections of a primitive with a brand: the brand may name the wire type, as those of peerwire do. */
import { ts } from "ts-morph";
import type { Scalar, Shape } from "../../model/shape.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";

const NUMBER_BRANDS: readonly string[] = ["int32", "uint32", "sint32", "fixed32", "sfixed32", "float", "int53"];
const BIGINT_BRANDS: readonly string[] = ["bigint", "int64", "uint64", "sint64", "fixed64", "sfixed64"];

/** `1 & Brand`, where nothing would check the 1: strings have patterns for it (templates.ts), others have nothing. */
export function isBrandedLiteral(type: ts.Type): boolean {
  const literals = ts.TypeFlags.NumberLiteral | ts.TypeFlags.BigIntLiteral | ts.TypeFlags.BooleanLiteral;
  return (
    (type.flags & ts.TypeFlags.Intersection) !== 0 &&
    (type as ts.IntersectionType).types.some((one) => one.flags & literals)
  );
}

export function refuseBrandedLiteral(context: Context, type: ts.Type, place: Place): Shape {
  return context.refuse(
    place,
    "PW1320",
    `${context.checker.typeToString(type)}, a literal with a brand, cannot cross`,
    "write the literals without the brand, or brand number, bigint or boolean",
  );
}

/** `string & { readonly __brand: "UserId" }`, `number & { readonly __rpcType?: "int32" }`. */
export function brandOf(context: Context, type: ts.IntersectionType): { scalar: Scalar; cast: boolean } | undefined {
  const primitive = type.types.find(
    (one) =>
      one.flags &
      (ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike | ts.TypeFlags.BooleanLike),
  );
  if (!primitive) return undefined;
  const wire = context.checker.getPropertyOfType(type, "__rpcType");
  const wireType = wire && context.checker.getNonNullableType(context.checker.getTypeOfSymbol(wire));
  const word = wireType && wireType.flags & ts.TypeFlags.StringLiteral ? (wireType as ts.StringLiteralType).value : "";
  if (primitive.flags & ts.TypeFlags.NumberLike) {
    return NUMBER_BRANDS.includes(word) ? { scalar: word as Scalar, cast: false } : { scalar: "double", cast: true };
  }
  if (primitive.flags & ts.TypeFlags.BigIntLike) {
    return BIGINT_BRANDS.includes(word) ? { scalar: word as Scalar, cast: false } : { scalar: "int64", cast: true };
  }
  return { scalar: primitive.flags & ts.TypeFlags.StringLike ? "string" : "bool", cast: true };
}
