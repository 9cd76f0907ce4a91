/**
 * `@remote` interfaces: each method a member, each property one or two. What cannot be done from afar is refused here.
 * What a property is: properties.ts.
 */
import { ts } from "ts-morph";
import type { Field, MemberModel, ServiceModel } from "../../model/api-model.js";
import { text } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { basesOf, firstParagraph, jsdocOf } from "./nodes.js";
import { memberTags, schemaName } from "./tags.js";
import { serviceName } from "./fields.js";
import { propertyField } from "./objects.js";
import { accessorMembers, constructorMember, getterMember, isSnapshot } from "./properties.js";
import { givesThis, namesThis, parametersOf, resultOf } from "./signatures.js";

export function serviceOf(context: Context, declaration: ts.InterfaceDeclaration): ServiceModel | undefined {
  const { checker } = context;
  const symbol = checker.getSymbolAtLocation(declaration.name)!;
  const name = symbol.name;
  const home = context.project.pathOf(declaration.getSourceFile());
  const ref = context.names.nameRef(symbol);
  const place: Place = { path: [ref ?? name], name: typeName(name), node: declaration.name, home, depth: 0 };
  if (!ref) {
    context.refuse(
      place,
      "PW1104",
      `the @remote interface ${declaration.name.text} ${whyNotImportable(declaration, name)}`,
      "export it by name, at the top level of its file: emitted code imports it",
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
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  judgeSignatures(context, declaration, place);
  const members: MemberModel[] = [];
  const bases = basesOf(symbol, checker).filter((base) => context.isRemote(base.symbol as ts.Symbol | undefined));
  for (const base of bases) context.meetRemote(base.symbol, declaration.name);
  const inherited = new Set(bases.flatMap((base) => checker.getPropertiesOfType(base).map((one) => one.name)));
  const snapshot: Field[] = [];
  let asyncDispose = false;
  for (const property of checker.getPropertiesOfType(type)) {
    if (property.name.startsWith("__@asyncDispose")) asyncDispose = true;
    if (/^__@(asyncDispose|dispose)/.test(property.name)) continue;
    if (isSnapshot(context, property)) {
      const field = propertyField(context, property, { ...place, depth: 1 });
      if (field) snapshot.push(field);
      continue;
    }
    const isOwn = symbol.members?.has(property.escapedName) === true || !inherited.has(property.name);
    if (isOwn || isOfThis(property)) members.push(...membersOf(context, property, place));
  }
  const jsdoc = jsdocOf(declaration);
  const documentation = firstParagraph(symbol, checker);
  const snapshotName = `${serviceName(typeName(name))}Snapshot`;
  if (snapshot.length > 0) {
    const keys = snapshot.map((field) => JSON.stringify(field.name)).join(" | ");
    context.entries.add({
      kind: "message",
      found: {
        kind: "object",
        name: snapshotName,
        type: text("Pick<", place.path, `, ${keys}>`),
        home,
        exported: false,
        location: context.locate(declaration.name),
        fields: snapshot,
      },
    });
  }
  return {
    kind: "interface",
    name: serviceName(typeName(name)),
    base: name,
    type: [ref],
    home,
    members,
    ...(snapshot.length > 0 && { snapshot: snapshotName }),
    bases: bases.map((base) => serviceName(typeName(base.symbol.name))),
    asyncDispose,
    errors: [],
    ...(jsdoc !== undefined && { jsdoc }),
    ...(documentation !== undefined && { documentation }),
    location: context.locate(declaration.name),
  };
}

/** A member of a base that gives or takes `this` is another one in each interface: its type is. */
function isOfThis(property: ts.Symbol): boolean {
  return (property.declarations ?? []).some(namesThis);
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
        ? "give it a name: readonly Greeter: new (prefix: string) => Greeter"
        : "give it a name, and make it a method";
      context.refuse({ ...place, node: member }, "PW1208", `${what} in the @remote interface ${place.name}`, hint);
    }
  }
}

/** The members of one property of the interface: one, two where it can be read and written, none where it is refused. */
function membersOf(context: Context, symbol: ts.Symbol, owner: Place): MemberModel[] {
  const { checker } = context;
  const { name } = symbol;
  const declaration = symbol.valueDeclaration ?? symbol.declarations![0]!;
  const node = ts.getNameOfDeclaration(declaration) ?? declaration;
  const at: Place = { ...owner, node };
  const refuse = (code: string, message: string, hint: string): MemberModel[] => {
    context.refuse(at, code, message, hint);
    return [];
  };
  if (name.startsWith("__@")) return refuse("PW1209", "a member named by a symbol", "name it by a string");
  if (symbol.flags & ts.SymbolFlags.Optional)
    return refuse(
      "PW1205",
      `the optional member ${name}`,
      "write it without the ?, and let it refuse where it is not there; of data, write T | undefined",
    );
  if (symbol.flags & ts.SymbolFlags.Accessor) return accessorMembers(context, symbol, at);
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  if (type.getConstructSignatures().length > 0) return constructorMember(context, symbol, type, at);
  const signatures = type.getCallSignatures();
  if (signatures.length === 0) return getterMember(context, symbol, type, at);
  if (checker.getPropertiesOfType(type).length > 0)
    return refuse("PW1206", `${name} is a function with properties`, `write a method: ${name}(): Promise<T>`);
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
  const base = owner.name + schemaName(symbol);
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
  const tags = memberTags(context, symbol, declaration, "call");
  const own = result.result !== undefined && givesThis(context, (declaration as { type?: ts.TypeNode }).type, at);
  const location = context.locate(node);
  return [{ name, kind: "call", parameters, ...result, ...(own && { givesThis: true }), ...tags, location, number: 0 }];
}

function whyNotImportable(declaration: ts.InterfaceDeclaration, name: string): string {
  if (!ts.isSourceFile(declaration.parent)) return "stands inside a namespace, a module or a block";
  return name === "default" ? "is not exported by name" : "is not exported";
}
