/**
 * What a named type is known by, from one run of the compiler to the next: the file that declares it, its name there, and
 * the same of its type arguments. The compiler's own identities last as long as one program does.
 */
import { ts } from "ts-morph";
import type { LoadedProject } from "../load.js";
import type { Context } from "./context.js";
import type { NamedType } from "./place.js";
import { namesOf } from "./nodes.js";

export interface TypeKey {
  readonly key: string;
  /** Whether another run comes to the same key: it does not where a type argument has no name itself. */
  readonly isLasting: boolean;
}

export function keyOf(context: Context, { symbol, args }: Pick<NamedType, "symbol" | "args">): TypeKey {
  const own = symbolKey(symbol);
  if (args.length === 0) return { key: own, isLasting: isTopLevel(symbol) };
  const keys = args.map((arg) => argumentKey(context, arg));
  return {
    key: `${own}<${keys.map((one) => one.key).join(", ")}>`,
    isLasting: isTopLevel(symbol) && keys.every((one) => one.isLasting),
  };
}

/** `/acme/src/bank.ts#Bank` */
export function symbolKey(symbol: ts.Symbol): string {
  const [declaration] = symbol.declarations ?? [];
  return `${declaration?.getSourceFile().fileName ?? ""}#${namesOf(symbol).join(".")}${isTopLevel(symbol) ? "" : `@${declaration?.pos ?? 0}`}`;
}

/** What `symbolKey` made the key of, if the file still declares it. */
export function symbolOf({ program, checker }: LoadedProject, key: string): ts.Symbol | undefined {
  const [fileName, path] = [key.slice(0, key.lastIndexOf("#")), key.slice(key.lastIndexOf("#") + 1)];
  const file = program.getSourceFile(fileName) as SourceFileWithLocals | undefined;
  const [first, ...inner] = path.split(".");
  const local = file?.locals?.get(ts.escapeLeadingUnderscores(first!));
  let symbol = local && checker.getMergedSymbol(checker.getExportSymbolOfSymbol(local));
  for (const name of inner) symbol = symbol?.exports?.get(ts.escapeLeadingUnderscores(name));
  return symbol;
}

type SourceFileWithLocals = ts.SourceFile & { readonly locals?: ts.SymbolTable };

/** A declaration of several that one symbol may have. */
export function declarationKey(declaration: ts.Declaration): string {
  return `${declaration.getSourceFile().fileName}:${declaration.pos}`;
}

/** Whether a file, or namespaces of one, declare it: there is no other of its name then. */
function isTopLevel(symbol: ts.Symbol): boolean {
  let node: ts.Node | undefined = symbol.declarations?.[0]?.parent;
  while (node && (ts.isModuleBlock(node) || ts.isModuleDeclaration(node))) node = node.parent;
  return node !== undefined && ts.isSourceFile(node);
}

const PRINTED: ts.TypeFlags =
  ts.TypeFlags.String |
  ts.TypeFlags.Number |
  ts.TypeFlags.Boolean |
  ts.TypeFlags.BigInt |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.Null |
  ts.TypeFlags.Unknown |
  ts.TypeFlags.Any |
  ts.TypeFlags.Void |
  ts.TypeFlags.Never |
  ts.TypeFlags.NonPrimitive |
  ts.TypeFlags.StringLiteral |
  ts.TypeFlags.NumberLiteral |
  ts.TypeFlags.BooleanLiteral |
  ts.TypeFlags.BigIntLiteral;

function argumentKey(context: Context, type: ts.Type, level = 0): TypeKey {
  const { checker } = context;
  const parts = (head: string, types: readonly ts.Type[]): TypeKey => {
    const keys = types.map((one) => argumentKey(context, one, level));
    return {
      key: `${head}(${keys.map((one) => one.key).join(" ")})`,
      isLasting: keys.every((one) => one.isLasting),
    };
  };
  const symbol = type.symbol as ts.Symbol | undefined;
  if (type.flags & ts.TypeFlags.EnumLiteral && !(type.flags & ts.TypeFlags.Union)) {
    const owner = (symbol as { parent?: ts.Symbol } | undefined)?.parent;
    return { key: `${owner ? symbolKey(owner) : ""}.${symbol!.name}`, isLasting: true };
  }
  if (type.flags & PRINTED) return { key: checker.typeToString(type), isLasting: true };
  const named = context.names.namedType(type);
  if (named) return keyOf(context, named);
  if (type.flags & ts.TypeFlags.Union) return parts("or", (type as ts.UnionType).types);
  const isReference = (type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference;
  if (isReference && symbol && context.names.isLibrary(symbol) && !checker.isTupleType(type)) {
    return parts(symbol.name, checker.getTypeArguments(type as ts.TypeReference));
  }
  return { key: structureOf(context, type, level) ?? idOf(type), isLasting: false };
}

function idOf(type: ts.Type): string {
  return `type ${(type as { id?: number }).id ?? 0}`;
}

/** Past so many levels, two types that are written alike are two. */
const MAX_LEVELS = 4;

/** What an object type without a name is made of: `Page<{ id: string }>` is one type, wherever it is written. */
function structureOf(context: Context, type: ts.Type, level: number): string | undefined {
  const { checker } = context;
  const isPlain =
    type.flags & ts.TypeFlags.Object && type.getCallSignatures().length === 0 && !checker.isTupleType(type);
  if (!isPlain || level > MAX_LEVELS || checker.getIndexInfosOfType(type).length > 0) return undefined;
  const parts = checker.getPropertiesOfType(type).map((property) => {
    const mayMiss = (property.flags & ts.SymbolFlags.Optional) !== 0 ? "?" : "";
    const { key } = argumentKey(context, checker.getTypeOfSymbol(property), level + 1);
    const demands = property.getJsDocTags(checker).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`);
    return `${[...demands, property.name].join(" ")}${mayMiss}: ${key}`;
  });
  return `{ ${parts.sort().join("; ")} }`;
}
