/** Unit types as TypeScript: `"opened"`, `Color.Red`. */
import { ts } from "ts-morph";
import { type TypeText, text } from "../../model/type-text.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { literalText } from "./type-names.js";

/** How a unit type is written: `"opened"`, `Color.Red`. */
export function literalOf(context: Context, type: ts.Type, place: Place): TypeText | undefined {
  if (!(type.flags & ts.TypeFlags.EnumLike)) return [literalText(type, context.checker)];
  const member = type.symbol;
  const owner = member.flags & ts.SymbolFlags.EnumMember ? (member as { parent?: ts.Symbol }).parent : member;
  const ref = owner && valueText(context, owner);
  if (!ref) {
    context.refuse(
      place,
      "PW1321",
      `the enum ${owner?.name ?? member.name} cannot be imported`,
      "write an enum of your own in an interface file and export it, or a union of its values",
      // What the package's enum may be assigned to, and needs no import at run time.
      type.flags & ts.TypeFlags.StringLiteral
        ? `write its words, \`\${${owner?.name ?? member.name}}\``
        : "write number",
    );
    return undefined;
  }
  const name = member === owner ? (context.checker.typeToString(type).split(".")[1] ?? member.name) : member.name;
  return text(ref, /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);
}

/** An enum as emitted code reaches it: by its own name, or through the namespaces that it stands in. */
export function valueText(context: Context, symbol: ts.Symbol): TypeText | undefined {
  if (symbol.valueDeclaration && ts.getCombinedModifierFlags(symbol.valueDeclaration) & ts.ModifierFlags.Ambient)
    return undefined;
  const ref = context.names.nameRef(symbol);
  if (ref) return [{ ...ref, value: true }];
  const { parent } = symbol as { parent?: ts.Symbol };
  if (!parent || !(parent.flags & ts.SymbolFlags.Module) || !parent.exports?.has(symbol.escapedName)) return undefined;
  const outer = ts.isSourceFile(parent.declarations![0]!) ? undefined : valueText(context, parent);
  return outer && text(outer, `.${symbol.name}`);
}
