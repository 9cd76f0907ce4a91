/**
 * Properties of `@remote` interfaces: what is read (`get volume(): Promise<number>`), what is written
 * (`set volume(v: number)`), and classes (`readonly Greeter: new (prefix: string) => Greeter`).
 */
import { ts } from "ts-morph";
import type { Field, MemberModel, Parameter } from "../../model/api-model.js";
import { text } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { fieldOf, valueType } from "./fields.js";
import { type Result, givesThis, libraryName, parametersOf, resultOfType } from "./signatures.js";
import { memberTags, schemaName } from "./tags.js";

/**
 * Whether the property is data that travels inside references: `readonly id: string`. What is read by a call says so by its
 * type: a promise, a stream, a class, a function.
 */
export function isSnapshot(context: Context, symbol: ts.Symbol): boolean {
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  if (!declaration || !(symbol.flags & ts.SymbolFlags.Property) || symbol.flags & ts.SymbolFlags.Optional) return false;
  if (!(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly)) return false;
  const type = context.checker.getTypeOfSymbolAtLocation(symbol, declaration);
  const library = libraryName(context, type);
  return (
    type.getCallSignatures().length === 0 &&
    type.getConstructSignatures().length === 0 &&
    (library === undefined || !REMOTE_READS.has(library))
  );
}

/** @param owner  the interface; `node` is the member's name. */
export function getterMember(context: Context, symbol: ts.Symbol, type: ts.Type, owner: Place): MemberModel[] {
  const { name } = symbol;
  const declaration = symbol.valueDeclaration ?? symbol.declarations![0]!;
  if (!(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly)) {
    const written = context.checker.typeToString(type);
    const isRead = REMOTE_READS.has(libraryName(context, type) ?? "");
    const hint = isRead
      ? `write readonly ${name}, or get ${name}(): Promise<T> and set ${name}(value: T)`
      : `write readonly ${name}: ${written}, which travels inside the reference, or get ${name}(): Promise<${written}> and set ${name}(value: ${written})`;
    context.refuse(owner, "PW1206", `the property ${name} of a @remote interface can be assigned`, hint);
    return [];
  }
  return [readMember(context, symbol, declaration, type, owner)];
}

/** `get volume()` and `set volume()`, in whatever order. */
export function accessorMembers(context: Context, symbol: ts.Symbol, owner: Place): MemberModel[] {
  const { checker } = context;
  const { name } = symbol;
  const declarations = symbol.declarations ?? [];
  const getter = declarations.find((one) => ts.isGetAccessor(one));
  const setter = declarations.find((one) => ts.isSetAccessor(one));
  const refuse = (node: ts.Node, message: string, hint: string): MemberModel[] => {
    context.refuse({ ...owner, node }, "PW1207", message, hint);
    return [];
  };
  if (!getter) {
    const hint = `add get ${name}(): Promise<T>, or write a method: set${typeName(name)}(value: T): Promise<void>`;
    return refuse(owner.node, `the property ${name} can be written, and not read`, hint);
  }
  const type = checker.getTypeOfSymbolAtLocation(symbol, getter);
  const library = libraryName(context, type);
  if (library === undefined || !REMOTE_READS.has(library)) {
    const hint = `write get ${name}(): Promise<${checker.typeToString(type)}>`;
    return refuse(getter.type ?? getter.name, "a property that is read at once, and the other side is far away", hint);
  }
  const read = readMember(context, symbol, getter, type, { ...owner, node: getter.name });
  const parameter = setter?.parameters[0];
  if (!setter || !parameter) return [read];
  const at = { ...owner, node: setter.name };
  if (read.style !== "value" || !read.result)
    return refuse(setter.name, `the property ${name} is written, and what it reads is no value`, "write a method");
  const written = checker.getTypeAtLocation(parameter);
  const value = checker.getTypeArguments(type as ts.TypeReference)[0]!;
  if (!isSameValue(context, written, value)) {
    const shown = checker.typeToString(value);
    return refuse(
      parameter.type ?? parameter,
      `the property ${name} is written with another type than it is read with`,
      `write set ${name}(value: ${shown} | Promise<${shown}>)`,
    );
  }
  const field: Field = { ...read.result, name: "value", location: context.locate(setter.name) };
  const tags = memberTags(context, symbol, setter, "set");
  const location = context.locate(at.node);
  const parameters: Parameter[] = [{ name: "value", type: valueType(field), optional: false, rest: false, field }];
  return [
    read,
    { name, kind: "set", parameters, style: "nothing", resultType: ["Promise<void>"], ...tags, location, number: 0 },
  ];
}

/** `readonly Greeter: new (prefix: string) => Greeter`. */
export function constructorMember(context: Context, symbol: ts.Symbol, type: ts.Type, owner: Place): MemberModel[] {
  const { checker } = context;
  const { name } = symbol;
  const declaration = symbol.valueDeclaration ?? symbol.declarations![0]!;
  const refuse = (node: ts.Node, message: string, hint: string): MemberModel[] => {
    context.refuse({ ...owner, node }, "PW1208", message, hint);
    return [];
  };
  const [signature, ...more] = type.getConstructSignatures() as [ts.Signature, ...ts.Signature[]];
  const hint = `write readonly ${name}: new (...) => X, with X a @remote interface`;
  if (more.length > 0 || type.getCallSignatures().length > 0 || signature.typeParameters?.length)
    return refuse(owner.node, `the class ${name} can be constructed in several ways`, hint);
  if (!(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly))
    return refuse(owner.node, `the class ${name} can be assigned`, hint);
  const made = checker.getReturnTypeOfSignature(signature);
  const node = signature.declaration?.type ?? owner.node;
  if (!context.isRemote(made.symbol))
    return refuse(node, `the class ${name} makes something that is not a @remote interface`, hint);
  const key = `[${JSON.stringify(name)}]`;
  const base = owner.name + typeName(name);
  const parameters = parametersOf(context, signature, {
    ...owner,
    path: text("ConstructorParameters<", owner.path, key, ">"),
    name: base,
    depth: 1,
  });
  const place: Place = { ...owner, node, path: text("InstanceType<", owner.path, key, ">"), name: base, depth: 1 };
  const result = fieldOf(context, made, place, { name: "", protoName: "value" });
  const tags = memberTags(context, symbol, declaration, "construct");
  return [
    {
      name,
      kind: "construct",
      parameters,
      style: "value",
      resultType: result.shape.type,
      result,
      ...tags,
      location: context.locate(owner.node),
      number: 0,
    },
  ];
}

const REMOTE_READS = new Set(["Promise", "AsyncIterable", "ReadableStream"]);

function readMember(
  context: Context,
  symbol: ts.Symbol,
  declaration: ts.Declaration,
  type: ts.Type,
  owner: Place,
): MemberModel {
  const { name } = symbol;
  const annotation = (declaration as { type?: ts.TypeNode }).type;
  const result: Result = resultOfType(
    context,
    type,
    {
      ...owner,
      node: annotation ?? owner.node,
      path: text(owner.path, `[${JSON.stringify(name)}]`),
      // Of a stream, the items are called by it.
      name: `${owner.name}${schemaName(symbol)}${libraryName(context, type) === "Promise" ? "" : "Result"}`,
      depth: 1,
    },
    "method",
  );
  const tags = memberTags(context, symbol, declaration, "get");
  const own = result.result !== undefined && givesThis(context, annotation, owner) && { givesThis: true };
  const location = context.locate(owner.node);
  return { name, kind: "get", parameters: [], ...result, ...own, ...tags, location, number: 0 };
}

/** Whether `written` is `value`, a promise of it, or either. */
function isSameValue(context: Context, written: ts.Type, value: ts.Type): boolean {
  const { checker } = context;
  const parts = written.flags & ts.TypeFlags.Union ? (written as ts.UnionType).types : [written];
  const plain = parts.map((part) => {
    const library = libraryName(context, part);
    return library === "Promise" || library === "PromiseLike"
      ? checker.getTypeArguments(part as ts.TypeReference)[0]!
      : part;
  });
  return plain.every((part) => checker.isTypeAssignableTo(part, value)) && checker.isTypeAssignableTo(value, written);
}
