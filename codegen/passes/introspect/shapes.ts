/**
 * Types to shapes: the table of docs/codegen.md, row by row. What is made of properties is in objects.ts, what is one
 * of several in unions.ts, what is called in members.ts.
 */
import { ts } from "ts-morph";
import type { Scalar, Shape } from "../../model/shape.js";
import { type TypeText, text } from "../../model/type-text.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { brandOf, isBrandedLiteral, refuseBrandedLiteral } from "./brands.js";
import { functionShape } from "./functions.js";
import { isPlainInterface, libraryShape } from "./library.js";
import { objectShape } from "./objects.js";
import { arrayElement } from "./nodes.js";
import { collectionShape } from "./recursion.js";
import { tupleShape } from "./tuples.js";
import { enumShape, flagsShape } from "./enums.js";
import { elementOf, serviceName } from "./fields.js";
import { literalOf } from "./literals.js";
import { mappingPattern, patternOf } from "./templates.js";
import { unionShape } from "./unions.js";

export function shapeOf(context: Context, type: ts.Type, place: Place): Shape {
  const flags = type.flags;
  const is = (flag: ts.TypeFlags): boolean => (flags & flag) !== 0;
  const written = context.names.printable(type) ?? place.path;
  const scalar = (name: Scalar, cast = false): Shape & { kind: "scalar" } => ({
    kind: "scalar",
    scalar: name,
    type: cast ? place.path : written,
    cast,
  });
  if (context.tooDeep(place)) return { kind: "refused", type: place.path };
  if (is(ts.TypeFlags.Any) && (type as { intrinsicName?: string }).intrinsicName === "error") {
    const name = unresolvedName(context, place.node);
    return context.refuse(
      place,
      "PW1302",
      name === undefined ? "a type that cannot be resolved" : `the type ${name} cannot be resolved`,
      name === undefined || !PLATFORM_TYPES.has(name)
        ? "see what tsc says about this line; is the import right, is the package installed?"
        : `it belongs to the platform: install @types/node, or add "DOM" to lib in tsconfig.json`,
    );
  }
  if (is(ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive)) {
    const only = is(ts.TypeFlags.NonPrimitive) ? "object" : undefined;
    return { kind: "value", only, type: [only ?? "unknown"] };
  }
  if (is(ts.TypeFlags.Never))
    return context.refuse(place, "PW1303", "never has no values", "leave it out, or write undefined");
  if (is(ts.TypeFlags.ESSymbolLike)) {
    return context.refuse(
      place,
      "PW1304",
      "a symbol means nothing in another process",
      "write a literal union of strings",
    );
  }
  if (is(ts.TypeFlags.EnumLike)) {
    const flags = flagsShape(context, type, place);
    if (flags) return flags;
    if (type.symbol.flags & ts.SymbolFlags.Enum && type.symbol.exports?.size === 0)
      return context.refuse(
        place,
        "PW1303",
        `the enum ${type.symbol.name} has no members`,
        "give it some, or leave it out",
      );
  }
  if (is(ts.TypeFlags.EnumLiteral) && is(ts.TypeFlags.Union))
    return enumShape(context, type, (type as ts.UnionType).types, place);
  if (is(ts.TypeFlags.EnumLike) && !is(ts.TypeFlags.Union)) return constantShape(context, type, place);
  if (
    is(
      ts.TypeFlags.StringLiteral |
        ts.TypeFlags.NumberLiteral |
        ts.TypeFlags.BigIntLiteral |
        ts.TypeFlags.BooleanLiteral,
    )
  ) {
    return constantShape(context, type, place);
  }
  if (is(ts.TypeFlags.String)) return scalar("string");
  if (is(ts.TypeFlags.TemplateLiteral | ts.TypeFlags.StringMapping)) {
    const template = patternOf([type]) ?? mappingPattern(type);
    return {
      kind: "scalar",
      scalar: "string",
      type: place.path,
      cast: true,
      ...(template !== undefined && { template }),
    };
  }
  if (is(ts.TypeFlags.Number)) return scalar("double");
  if (is(ts.TypeFlags.BigInt)) return scalar("int64");
  if (is(ts.TypeFlags.Boolean)) return scalar("bool");
  if (is(ts.TypeFlags.Intersection)) {
    if (isBrandedLiteral(type)) return refuseBrandedLiteral(context, type, place);
    const brand = brandOf(context, type as ts.IntersectionType);
    const template = brand?.scalar === "string" ? patternOf([type]) : undefined;
    if (brand) return { ...scalar(brand.scalar, brand.cast), ...(template !== undefined && { template }) };
  }
  if (is(ts.TypeFlags.Union)) return unionShape(context, type as ts.UnionType, place);
  if (is(ts.TypeFlags.TypeParameter)) {
    return context.refuse(
      place,
      "PW1319",
      `the type parameter ${context.checker.typeToString(type)}`,
      "write the type that is meant: what crosses must be known when the code is generated",
    );
  }
  if (is(ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return objectKinds(context, type, place, written);
  return context.refuse(
    place,
    "PW1320",
    `${context.checker.typeToString(type)} cannot cross`,
    "write a type of the table in docs/codegen.md",
  );
}

/** Globals that are there only with the types of a platform. */
const PLATFORM_TYPES: ReadonlySet<string> = new Set(
  "AbortSignal Blob Buffer Event EventTarget File FormData Headers ReadableStream Request Response URL URLSearchParams WritableStream".split(
    " ",
  ),
);

/** The first name in it that means nothing. */
function unresolvedName(context: Context, node: ts.Node): string | undefined {
  if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName)) {
    const type = context.checker.getTypeFromTypeNode(node);
    if ((type as { intrinsicName?: string }).intrinsicName === "error") return node.typeName.text;
  }
  return ts.forEachChild(node, (child) => unresolvedName(context, child));
}

function constantShape(context: Context, type: ts.Type, place: Place): Shape {
  const { parent } = ((type.symbol as ts.Symbol | undefined) ?? {}) as { readonly parent?: ts.Symbol };
  if (type.flags & ts.TypeFlags.Enum && (parent?.exports?.size ?? 0) > 1) {
    return context.refuse(
      place,
      "PW1321",
      `${context.checker.typeToString(type)} alone, whose value is computed when the program starts`,
      "write the value where the enum is declared: A = 3",
    );
  }
  const literal = literalOf(context, type, place);
  return literal ? { kind: "constant", literal, type: literal } : { kind: "refused", type: place.path };
}

function objectKinds(context: Context, type: ts.Type, place: Place, written: TypeText): Shape {
  const { checker } = context;
  const symbol = type.symbol as ts.Symbol | undefined;
  if (symbol && context.isRemote(symbol)) {
    const ref = context.names.nameRef(symbol);
    context.meetRemote(symbol, place.node);
    return { kind: "remote", service: serviceName(symbol.name), type: ref ? [ref] : place.path };
  }
  if (checker.isTupleType(type)) return tupleShape(context, type as ts.TupleTypeReference, place);
  const held = arrayElement(type, checker);
  if (held) {
    return collectionShape(context, type, place, (at) => {
      const item: Place = {
        ...at,
        path: text(at.path, "[number]"),
        name: `${at.name}Item`,
        depth: at.depth + 1,
      };
      const element = elementOf(context, held, item);
      return element.kind === "refused" ? element : { kind: "list", element, type: written };
    });
  }
  if (
    symbol &&
    symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class) &&
    context.names.isLibrary(symbol) &&
    !isPlainInterface(context, type, symbol)
  ) {
    return collectionShape(context, type, place, (at) => libraryShape(context, type, symbol, at, written));
  }
  if (type.getCallSignatures().length > 0) return functionShape(context, type, place);
  if (type.getConstructSignatures().length > 0) {
    return context.refuse(
      place,
      "PW1307",
      "a class itself, as data",
      "write readonly X: new (...) => X in a @remote interface, with X a @remote interface",
    );
  }
  return objectShape(context, type, place);
}
