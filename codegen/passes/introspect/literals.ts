/** Unit types as TypeScript: `"opened"`, `Color.Red`. */
import { ts } from "ts-morph";
import type { TypeText } from "../../model/api-model.js";
import { type Context, type Place, literalText } from "./context.js";

/** How a unit type is written: `"opened"`, `Color.Red`. */
export function literalOf(context: Context, type: ts.Type, place: Place): TypeText | undefined {
  if (!(type.flags & ts.TypeFlags.EnumLiteral)) return [literalText(type, context.checker)];
  const member = type.symbol;
  const owner = member.flags & ts.SymbolFlags.EnumMember ? (member as { parent?: ts.Symbol }).parent : member;
  const ref = owner && context.nameRef(owner);
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
  return [{ ...ref, value: true }, /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`];
}
