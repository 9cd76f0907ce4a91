/** Interfaces, type literals, intersections, mapped types, records: everything that is made of properties. */
import { ts } from "ts-morph";
import type { Field, Message } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { type TypeText, text } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import { isCarried } from "./categories.js";
import type { Context } from "./context.js";
import type { NamedType, PackageType, Place } from "./place.js";
import { firstParagraph, isPrivate } from "./nodes.js";
import { boxOf, elementOf, fieldOf } from "./fields.js";
import { constrained } from "./constraints.js";
import { schemaName, tagOptions } from "./tags.js";

export function objectShape(context: Context, type: ts.Type, place: Place): Shape {
  const { checker } = context;
  if (isError(context, type)) {
    return context.refuse(
      place,
      "PW1307",
      "an error class as data would arrive as a plain object, with its stack",
      "write Error: its name, message, cause and own properties cross; or throw it",
    );
  }
  const properties = checker.getPropertiesOfType(type);
  const refused = classProblem(context, type, place);
  if (refused) return refused;
  const lender = properties.map((one) => lenderOf(context, one)).find((one) => one !== undefined);
  if (lender !== undefined) {
    const [what, instead] = /Array$/.test(lender) ? ["a list", "T[]"] : [lender, lender];
    return context.refuse(
      place,
      "PW1308",
      `something with the methods of ${what}`,
      isCarried(lender)
        ? `write ${instead} itself; where it has properties beside, an interface with both`
        : "write an interface with its data, or a @remote interface with its methods",
    );
  }
  const indexes = checker.getIndexInfosOfType(type);
  if (indexes.length > 0) return recordShape(context, type, properties, indexes, place);

  const named = context.names.nameAt(type, place);
  const name = named?.name ?? place.name;
  const shape: Shape = { kind: "message", name: typeName(name), type: named?.type ?? place.path };
  return context.introduce(named, shape, place, (own) => {
    const fields: Field[] = [];
    const documentation = named && firstParagraph(named.symbol, checker);
    const message: Message = {
      kind: "object",
      name: typeName(name),
      type: own.path,
      home: own.home,
      exported: named !== undefined,
      ...(documentation !== undefined && { documentation }),
      location: named?.location ?? context.locate(place.node),
      fields,
    };
    context.entries.add({ kind: "message", found: message });
    const inside = context.names.packageType(type);
    const owner: Place = { ...own, name, ...(inside && { inside }) };
    for (const property of properties) {
      const field = propertyField(context, property, owner);
      if (field) fields.push(field);
    }
  });
}

function within(context: Context, owner: Place, property: ts.Symbol): PackageType {
  const inside = owner.inside ?? { owner: writtenOwner(context, owner.node, property) ?? owner.name, path: [] };
  return { ...inside, path: [...inside.path, property.name.replace(/^__@(.*)@\d+$/, "[$1]")] };
}

/** The type as its author wrote it, whose property this is: `components["schemas"]["issue"]`. */
function writtenOwner(context: Context, node: ts.Node, property: ts.Symbol): string | undefined {
  const { checker } = context;
  if (ts.isTypeNode(node)) {
    const type = checker.getTypeFromTypeNode(node);
    const owner = type.flags & ts.TypeFlags.Union ? checker.getNonNullableType(type) : type;
    if (checker.getPropertyOfType(owner, property.name) === property) return node.getText().replace(/\s+/g, " ");
  }
  return ts.forEachChild(node, (child) => writtenOwner(context, child, property));
}

/** @param owner the place of the object: `path` is its type, `name` its name. */
export function propertyField(context: Context, property: ts.Symbol, owner: Place): Field | undefined {
  const { checker } = context;
  const declaration = property.valueDeclaration ?? property.declarations?.[0];
  const isOwn = declaration && !declaration.getSourceFile().isDeclarationFile;
  const node = isOwn ? (ts.getNameOfDeclaration(declaration) ?? declaration) : owner.node;
  const name = property.name;
  const place: Place = {
    path: text(owner.path, `[${JSON.stringify(name)}]`),
    name: owner.name + schemaName(property),
    node,
    home: owner.home,
    depth: owner.depth + 1,
    ...(!isOwn && { inside: within(context, owner, property) }),
  };
  if (name.startsWith("__@")) {
    context.refuse(place, "PW1304", "a property named by a symbol", "name it by a string");
    return undefined;
  }
  if (declaration && (ts.isMethodSignature(declaration) || ts.isMethodDeclaration(declaration))) {
    const remote = context.isRemote((declaration.parent as { symbol?: ts.Symbol }).symbol);
    if (remote) {
      context.refuse(
        { ...place, node: owner.node },
        "PW1316",
        `a selection of members of a @remote interface (${name})`,
        "pass the whole interface, or declare a smaller @remote interface",
      );
    } else {
      context.refuse(
        place,
        "PW1308",
        `the method ${name} in an interface that is not @remote`,
        `tag the interface @remote, or write a callback: ${name}: (...) => Promise<T>`,
      );
    }
    return undefined;
  }
  // An inline annotation is the more precise place for what is wrong with the type.
  const annotation = isOwn && "type" in declaration ? (declaration as { type?: ts.TypeNode }).type : undefined;
  const type = checker.getTypeOfSymbolAtLocation(property, declaration ?? owner.node);
  const modifiers = ts.getCombinedModifierFlags((declaration ?? owner.node) as ts.Declaration);
  const options = tagOptions(context, property);
  const field = fieldOf(
    context,
    type,
    { ...place, node: annotation ?? node },
    {
      name,
      optionalKey: (property.flags & ts.SymbolFlags.Optional) !== 0,
      readonly: (modifiers & ts.ModifierFlags.Readonly) !== 0 || isReadonlyMapped(property),
      location: context.locate(node),
      ...options,
    },
  );
  return constrained(context, field, property.declarations ?? [], place);
}

function recordShape(
  context: Context,
  type: ts.Type,
  properties: readonly ts.Symbol[],
  indexes: readonly ts.IndexInfo[],
  place: Place,
): Shape {
  if (properties.length > 0) {
    return context.refuse(
      place,
      "PW1310",
      "an index signature beside named properties",
      "put the open part into a property of its own: extra: Record<string, T>",
    );
  }
  const [index] = indexes;
  const key = keyKind(index!.keyType);
  if (indexes.length > 1 || key === undefined) {
    return context.refuse(
      place,
      "PW1310",
      indexes.length > 1 ? "several index signatures" : "an index signature that is neither of string nor of number",
      "write Record<string, T>, or a Map",
    );
  }
  const named = context.names.nameAt(type, place);
  const written = named?.type ?? context.names.printable(type) ?? place.path;
  if (index!.type.flags & ts.TypeFlags.Never) return emptyRecord(context, named, written, place);
  const shapeAt = (at: Place): Shape => {
    const name = `${named?.name ?? place.name}Value`;
    const inner: Place = { ...at, path: text(written, `[${key}]`), name, depth: at.depth + 1 };
    const value = elementOf(context, index!.type, inner);
    return value.kind === "refused" ? value : { kind: "record", key, value, type: written };
  };
  if (!named) return shapeAt(place);
  const name = typeName(named.name);
  if (context.isInside(named)) return { kind: "message", name, type: written };
  // Its values have a message of their own, perhaps: there is one of it, wherever the record is used.
  return context.shapeOfNamed(named, place, (own) => {
    const shape = shapeAt(own);
    if (!context.entries.isRecursive) return shape;
    // type Tree = { [name: string]: Tree } needs a message to come back to.
    const field = {
      ...fieldOf(context, context.checker.getStringType(), own, { name: "", protoName: "value" }),
      shape,
    };
    return boxOf(context, field, { ...own, path: written, name }, true);
  });
}

/** What an index signature is of; `Record<UserId, User>` of strings, where UserId is a branded one. */
function keyKind(type: ts.Type): "string" | "number" | undefined {
  const primitives = type.flags & ts.TypeFlags.Intersection ? (type as ts.IntersectionType).types : [type];
  if (primitives.some((one) => one.flags & ts.TypeFlags.String)) return "string";
  return primitives.some((one) => one.flags & ts.TypeFlags.Number) ? "number" : undefined;
}

/** `Record<string, never>`: an object of which nothing is known but that it has no properties. */
function emptyRecord(context: Context, named: NamedType | undefined, type: TypeText, place: Place): Shape {
  const name = typeName(named?.name ?? place.name);
  const location = named?.location ?? context.locate(place.node);
  return context.introduce(named, { kind: "message", name, type }, place, ({ home }) => {
    const found: Message = { kind: "object", name, type, home, exported: named !== undefined, location, fields: [] };
    context.entries.add({ kind: "message", found });
  });
}

/** Instances of classes arrive as plain objects: what only their class can do would be lost. */
function classProblem(context: Context, type: ts.Type, place: Place): Shape | undefined {
  const declaration = (type.symbol as ts.Symbol | undefined)?.valueDeclaration;
  if (!declaration || !ts.isClassLike(declaration)) return undefined;
  const name = type.symbol.name;
  for (const member of context.checker.getPropertiesOfType(type)) {
    const at = member.valueDeclaration;
    const isHidden = isPrivate(member);
    if (isHidden || (at && (ts.isMethodDeclaration(at) || ts.isAccessor(at)))) {
      const what = isHidden ? "private members" : "methods";
      return context.refuse(
        place,
        "PW1307",
        `the class ${name} has ${what}, and arrives as a plain object`,
        "write an interface with its data, or a @remote interface with its methods",
      );
    }
  }
  return undefined;
}

/** Which class of the library has this for a method: `Date & { zone: string }` has all of Date's. */
function lenderOf(context: Context, property: ts.Symbol): string | undefined {
  const declaration = property.declarations?.[0];
  if (!declaration || !ts.isMethodSignature(declaration) || !ts.isInterfaceDeclaration(declaration.parent))
    return undefined;
  const { symbol } = declaration.parent as { readonly symbol?: ts.Symbol };
  return symbol && context.names.isLibrary(symbol) ? symbol.name : undefined;
}

/** Whether it extends the library's Error, or is one and something more. */
function isError(context: Context, type: ts.Type): boolean {
  if (type.flags & ts.TypeFlags.Intersection)
    return (type as ts.IntersectionType).types.some(
      (one) => isLibraryError(context, one.symbol) || isError(context, one),
    );
  if (!type.isClassOrInterface()) return false;
  return context.checker
    .getBaseTypes(type)
    .some((base) => isLibraryError(context, base.symbol) || isError(context, base));
}

// A base that is an intersection has no symbol.
function isLibraryError(context: Context, symbol: ts.Symbol | undefined): boolean {
  return symbol?.name === "Error" && context.names.isLibrary(symbol);
}

function isReadonlyMapped(property: ts.Symbol): boolean {
  // CheckFlags.Readonly, as mapped types set it.
  const links = (property as { links?: { checkFlags?: number } }).links;
  return ((links?.checkFlags ?? 0) & 8) !== 0;
}
