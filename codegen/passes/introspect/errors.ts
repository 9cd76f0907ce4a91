/** `@error` classes: what they carry beyond an Error's own message. */
import { ts } from "ts-morph";
import type { ErrorModel, Field } from "../../model/api-model.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { literalText } from "./type-names.js";
import { firstParagraph, isPrivate } from "./nodes.js";
import { propertyField } from "./objects.js";

const OWN = new Set(["name", "message", "stack", "cause"]);

export function errorOf(context: Context, declaration: ts.ClassDeclaration): ErrorModel | undefined {
  const { checker } = context;
  const symbol = declaration.name && checker.getSymbolAtLocation(declaration.name);
  const home = context.project.pathOf(declaration.getSourceFile());
  const ref = symbol && context.names.nameRef(symbol);
  const node = declaration.name ?? declaration;
  const name = symbol?.name ?? "";
  const place: Place = { path: [ref ?? name], name: typeName(name), node, home, depth: 0 };
  if (!symbol || !ref) {
    context.refuse(
      place,
      "PW1107",
      "an @error class that is not exported by name",
      "export it: emitted code restores its instances",
    );
    return undefined;
  }
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if (!extendsError(context, type)) {
    context.refuse(
      place,
      "PW1107",
      `the @error class ${name} does not extend Error`,
      `write class ${name} extends Error`,
    );
    return undefined;
  }
  const fields: Field[] = [];
  for (const property of checker.getPropertiesOfType(type)) {
    const member = property.valueDeclaration;
    if (OWN.has(property.name) || !member || ts.isMethodDeclaration(member) || ts.isAccessor(member)) continue;
    if (isPrivate(property)) {
      context.refuse(
        { ...place, node: ts.getNameOfDeclaration(member) ?? member },
        "PW1108",
        `the private field ${property.name} of an @error class does not cross`,
        "make it public, or leave it out",
      );
      continue;
    }
    const field = propertyField(context, property, place);
    if (field) fields.push(field);
  }
  const errorName = nameOf(context, type, declaration);
  const documentation = firstParagraph(symbol, checker);
  return {
    name: typeName(name),
    type: [{ ...ref, value: true }],
    home,
    fields,
    ...(errorName !== undefined && { errorName }),
    ...(documentation !== undefined && { documentation }),
    location: context.locate(node),
  };
}

function extendsError(context: Context, type: ts.Type): boolean {
  for (const base of type.getBaseTypes() ?? []) {
    const { symbol } = base;
    if (/Error$/.test(symbol.name) && context.names.isLibrary(symbol)) return true;
    if (extendsError(context, base)) return true;
  }
  return false;
}

/** `override readonly name = "NotFound"`, or `this.name = "NotFound"` in the constructor. */
function nameOf(context: Context, type: ts.Type, declaration: ts.ClassDeclaration): string | undefined {
  const property = context.checker.getPropertyOfType(type, "name");
  const declared = property && context.checker.getTypeOfSymbol(property);
  if (declared && declared.flags & ts.TypeFlags.StringLiteral) return literalText(declared, context.checker);
  const assigned = /this\.name\s*=\s*("[^"\\]*"|'[^'\\]*')/.exec(declaration.getText())?.[1];
  return assigned === undefined ? undefined : JSON.stringify(assigned.slice(1, -1));
}
