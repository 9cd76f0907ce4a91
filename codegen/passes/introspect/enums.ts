/** Literal unions and TypeScript enums: enums of the schema, with numbers of their own. */
import { ts } from "ts-morph";
import type { EnumModel, EnumValue } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { enumValueName, typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import { type Place, ownerKey } from "./place.js";
import { join } from "./type-names.js";
import { firstParagraph, symbolTag } from "./nodes.js";
import { tagOptions } from "./tags.js";
import { literalOf } from "./literals.js";

/** Types with one value. */
export const UNIT: ts.TypeFlags =
  ts.TypeFlags.StringLiteral |
  ts.TypeFlags.NumberLiteral |
  ts.TypeFlags.BigIntLiteral |
  ts.TypeFlags.BooleanLiteral |
  ts.TypeFlags.EnumLiteral |
  // A member whose value is computed when the program starts.
  ts.TypeFlags.Enum;

/** A literal union, or a TypeScript enum: numbers of their own on the wire, never the values. */
export function enumShape(context: Context, type: ts.Type, members: readonly ts.Type[], place: Place): Shape {
  const named = context.names.nameAt(type, place);
  const name = typeName(named?.name ?? place.name);
  const whole = type.flags & ts.TypeFlags.Union || members.length === 1;
  const parts = members.map((one) => context.names.printable(one));
  const joined = whole
    ? context.names.printable(type)
    : parts.every((one) => one !== undefined)
      ? join(parts, " | ")
      : undefined;
  const written = named?.type ?? joined ?? place.path;
  const shape: Shape = { kind: "enum", name, type: written };
  const shapeAt = (at: Place): Shape => {
    const values: EnumValue[] = [];
    for (const member of members) {
      const value = valueOf(context, member, at);
      if (!value) return { kind: "refused", type: written };
      values.push(value);
    }
    const documentation = named && firstParagraph(named.symbol, context.checker);
    const found: EnumModel = {
      name,
      type: written,
      home: at.home,
      exported: named !== undefined,
      ...(documentation !== undefined && { documentation }),
      location: named?.location ?? context.locate(at.node),
      values,
    };
    context.entries.add({ kind: "enum", found });
    return shape;
  };
  if (named) return context.shapeOfNamed(named, place, shapeAt);
  return context.entries.isNew(`enum ${ownerKey(place)}`) ? shapeAt(place) : shape;
}

function valueOf(context: Context, member: ts.Type, place: Place): EnumValue | undefined {
  const literal = literalOf(context, member, place);
  if (!literal) return undefined;
  const isMember = (member.flags & ts.TypeFlags.EnumLike) !== 0;
  const plain = isMember ? member.symbol.name : String(unitValue(context, member));
  const { pinned, was } = isMember ? tagOptions(context, member.symbol) : {};
  const documentation = isMember ? firstParagraph(member.symbol, context.checker) : undefined;
  const declaration = isMember ? member.symbol.valueDeclaration : undefined;
  return {
    name: enumValueName(plain),
    literal,
    ...(documentation !== undefined && { documentation }),
    ...(pinned !== undefined && { pinned }),
    ...(was !== undefined && { was }),
    location: context.locate(declaration ?? place.node),
    number: 0,
  };
}

/** An enum tagged `@flags`: its members are bits, its values any combination of them. */
export function flagsShape(context: Context, type: ts.Type, place: Place): Shape | undefined {
  const symbol = enumOf(type);
  const tag = symbol && symbol.flags & ts.SymbolFlags.Enum ? symbolTag(symbol, "flags") : undefined;
  const ref = tag && symbol && context.names.nameRef(symbol);
  if (!tag || !ref) return undefined;
  let mask = 0;
  for (const declaration of symbol.declarations ?? []) {
    if (!ts.isEnumDeclaration(declaration)) continue;
    for (const member of declaration.members) {
      const value = context.checker.getConstantValue(member);
      if (typeof value !== "number" || value < 0 || value !== (value | 0)) {
        const hint = "write bits: 1 << 0, 1 << 1, to 1 << 30, and combinations of them";
        return context.refuse(
          { ...place, node: member },
          "PW1324",
          "a member of a @flags enum that is no set of bits",
          hint,
        );
      }
      mask |= value;
    }
  }
  return { kind: "scalar", scalar: "uint32", type: [ref], cast: true, mask };
}

/** The enum that is meant, whole: one with a single member is to the compiler that member. */
function enumOf(type: ts.Type): ts.Symbol | undefined {
  const symbol = type.symbol as ts.Symbol | undefined;
  if (!symbol || !(symbol.flags & ts.SymbolFlags.EnumMember)) return symbol;
  const owner = (symbol as { parent?: ts.Symbol }).parent;
  return owner?.exports?.size === 1 ? owner : undefined;
}

export function unitValue(context: Context, type: ts.Type): unknown {
  if (type.flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral)) return (type as ts.LiteralType).value;
  return context.checker.typeToString(type).replace(/n$/, "");
}
