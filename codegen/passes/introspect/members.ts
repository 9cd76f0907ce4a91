/** `@remote` interfaces: each method a member. What cannot be done from afar is refused here. */
import { ts } from "ts-morph";
import { type MemberModel, type ServiceModel, text } from "../../model/api-model.js";
import { typeName } from "../../model/wire-names.js";
import type { Context, Place } from "./context.js";
import { firstParagraph, jsdocOf } from "./nodes.js";
import { tagOptions } from "./tags.js";
import { serviceName } from "./fields.js";
import { parametersOf, resultOf } from "./signatures.js";

export function serviceOf(
  context: Context,
  declaration: ts.InterfaceDeclaration,
  errors: readonly string[],
): ServiceModel | undefined {
  const { checker } = context;
  const symbol = checker.getSymbolAtLocation(declaration.name)!;
  const name = symbol.name;
  const home = context.project.pathOf(declaration.getSourceFile());
  const ref = context.nameRef(symbol);
  const place: Place = { path: [ref ?? name], name: typeName(name), node: declaration.name, home, depth: 0 };
  if (!ref) {
    context.refuse(
      place,
      "PW1104",
      `the @remote interface ${name} is not exported`,
      "export it by name: emitted code imports it",
    );
    return undefined;
  }
  if (declaration.typeParameters?.length) {
    context.refuse(
      { ...place, node: declaration.typeParameters[0]! },
      "PW1105",
      `the @remote interface ${name} is generic`,
      "write an interface for each type that is meant",
    );
    return undefined;
  }
  if (declaration.heritageClauses?.length) {
    context.refuse(
      { ...place, node: declaration.heritageClauses[0]! },
      "PW1106",
      `the @remote interface ${name} extends another`,
      "repeat the members, or give it a method that returns the other",
    );
    return undefined;
  }
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  judgeSignatures(context, declaration, place);
  const members: MemberModel[] = [];
  let asyncDispose = false;
  for (const property of checker.getPropertiesOfType(type)) {
    if (property.name.startsWith("__@asyncDispose")) asyncDispose = true;
    if (/^__@(asyncDispose|dispose)/.test(property.name)) continue;
    const member = memberOf(context, property, place);
    if (member) members.push(member);
  }
  const jsdoc = jsdocOf(declaration);
  const documentation = firstParagraph(symbol, checker);
  return {
    kind: "interface",
    name: serviceName(typeName(name)),
    base: name,
    type: [ref],
    home,
    members,
    asyncDispose,
    errors,
    ...(jsdoc !== undefined && { jsdoc }),
    ...(documentation !== undefined && { documentation }),
    location: context.locate(declaration.name),
  };
}

function judgeSignatures(context: Context, declaration: ts.InterfaceDeclaration, place: Place): void {
  for (const member of declaration.members) {
    if (
      ts.isCallSignatureDeclaration(member) ||
      ts.isConstructSignatureDeclaration(member) ||
      ts.isIndexSignatureDeclaration(member)
    ) {
      const what = ts.isIndexSignatureDeclaration(member)
        ? "an index signature"
        : ts.isCallSignatureDeclaration(member)
          ? "a call signature"
          : "a construct signature";
      const hint = ts.isConstructSignatureDeclaration(member)
        ? "write create(...): Promise<X>"
        : "give it a name, and make it a method";
      context.refuse({ ...place, node: member }, "PW1208", `${what} in the @remote interface ${place.name}`, hint);
    }
  }
}

function memberOf(context: Context, symbol: ts.Symbol, owner: Place): MemberModel | undefined {
  const { checker } = context;
  const { name } = symbol;
  const declaration = symbol.valueDeclaration ?? symbol.declarations![0]!;
  const node = ts.getNameOfDeclaration(declaration) ?? declaration;
  const at: Place = { ...owner, node };
  const refuse = (code: string, message: string, hint: string): undefined => {
    context.refuse(at, code, message, hint);
    return undefined;
  };
  if (name.startsWith("__@")) return refuse("PW1209", "a member named by a symbol", "name it by a string");
  if (ts.isAccessor(declaration)) {
    return refuse(
      "PW1207",
      `the accessor ${name}`,
      `write a method: ${name}(): Promise<T>, and set${typeName(name)}(value: T): Promise<void>`,
    );
  }
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  const optional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
  if (optional)
    return refuse(
      "PW1205",
      `the optional method ${name}`,
      "write it without the ?, and let it refuse where it is not there",
    );
  const signatures = type.getCallSignatures();
  if (signatures.length === 0 || checker.getPropertiesOfType(type).length > 0) {
    return refuse("PW1206", `the property ${name} of a @remote interface`, `write a method: ${name}(): Promise<T>`);
  }
  if (signatures.length > 1) {
    return refuse(
      "PW1203",
      `the overloaded method ${name}`,
      "write one signature with a union parameter, or give each overload its own name",
    );
  }
  const [signature] = signatures as [ts.Signature];
  if (signature.typeParameters?.length) {
    return refuse(
      "PW1204",
      `the generic method ${name}`,
      "write the types that are meant: what crosses must be known when the code is generated",
    );
  }
  const key = `[${JSON.stringify(name)}]`;
  const base = owner.name + typeName(name);
  const parameters = parametersOf(context, signature, {
    ...at,
    path: text("Parameters<", owner.path, key, ">"),
    name: base,
    depth: 1,
  });
  const result = resultOf(
    context,
    signature,
    { ...at, path: text("ReturnType<", owner.path, key, ">"), name: `${base}Result`, depth: 1 },
    "method",
  );
  const { documentation, deprecated, pinned, was } = tagOptions(context, symbol);
  const jsdoc = jsdocOf(declaration);
  return {
    name,
    rpcName: typeName(name),
    parameters,
    ...result,
    ...(jsdoc !== undefined && { jsdoc }),
    ...(documentation !== undefined && { documentation }),
    ...(deprecated && { deprecated }),
    ...(pinned !== undefined && { pinned }),
    ...(was !== undefined && { was: typeName(was) }),
    location: context.locate(node),
    number: 0,
  };
}
