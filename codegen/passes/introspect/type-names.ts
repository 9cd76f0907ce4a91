/**
 * What a type is called, in TypeScript from the outside and in the schema. Types are never printed by the compiler: it is an
 * exported name, or something simple made of such. What can be called neither is an access path, such as
 * `Parameters<Bank["login"]>[1]`, which its place knows (place.ts).
 */
import { ts } from "ts-morph";
import { type NameRef, type TypeText, text } from "../../model/type-text.js";
import type { LoadedProject } from "../load.js";
import { isFromLibrary, locationOf, namesOf } from "./nodes.js";
import type { NamedType, PackageType, Place } from "./place.js";

export class TypeNames {
  readonly #project: LoadedProject;
  readonly #checker: ts.TypeChecker;
  readonly #exports = new Map<ts.SourceFile, Map<ts.Symbol, string>>();

  constructor(project: LoadedProject) {
    this.#project = project;
    this.#checker = project.checker;
  }

  /** What a type of a package is called by those who import it. */
  packageType(type: ts.Type): PackageType | undefined {
    // A primitive has no symbol, whatever the declaration says.
    const symbol = (type.aliasSymbol ?? type.symbol) as Partial<ts.Symbol> as ts.Symbol | undefined;
    if (!symbol?.declarations || symbol.name.startsWith("__") || this.isLibrary(symbol)) return undefined;
    if (this.homeOf(symbol) !== undefined) return undefined;
    const args = type.aliasSymbol ? (type.aliasTypeArguments ?? []) : this.#typeArguments(type);
    return { owner: namesOf(symbol).join(".") + (args.length > 0 ? "<...>" : ""), path: [] };
  }

  /** What the type at this place is called. */
  nameAt(type: ts.Type, place: Place): NamedType | undefined {
    return place.stripped?.type === type ? place.stripped.named : this.namedType(type);
  }

  isLibrary(symbol: ts.Symbol): boolean {
    return isFromLibrary(symbol, this.#project.program);
  }

  /** How a symbol is called from outside its file; undefined where it is not exported, or belongs to a package. */
  nameRef(symbol: ts.Symbol): NameRef | undefined {
    const file = symbol.declarations?.[0]?.getSourceFile();
    if (!file || file.isDeclarationFile || file.fileName.includes("/node_modules/")) return undefined;
    let exports = this.#exports.get(file);
    if (!exports) {
      const module = this.#checker.getSymbolAtLocation(file);
      exports = new Map();
      for (const one of module ? this.#checker.getExportsOfModule(module) : []) {
        const target = one.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(one) : one;
        if (one.name !== "default") exports.set(target, one.name);
      }
      this.#exports.set(file, exports);
    }
    const name = exports.get(symbol);
    return name === undefined ? undefined : { name, source: this.#project.pathOf(file) };
  }

  /** The source whose .rpc.ts holds what the symbol declares; undefined for what belongs to a package. */
  homeOf(symbol: ts.Symbol): string | undefined {
    const file = symbol.declarations?.[0]?.getSourceFile();
    return !file || file.isDeclarationFile || file.fileName.includes("/node_modules/")
      ? undefined
      : this.#project.pathOf(file);
  }

  /** The name that the author gave a type, as an alias or as an interface. Aliases of the library give none. */
  namedType(type: ts.Type): NamedType | undefined {
    const alias = type.aliasSymbol && !this.isLibrary(type.aliasSymbol) ? type.aliasSymbol : undefined;
    const own = type.symbol as ts.Symbol | undefined;
    const symbol =
      alias ?? (type.flags & ts.TypeFlags.Union && !(type.flags & ts.TypeFlags.EnumLiteral) ? undefined : own);
    const node = symbol?.declarations?.[0];
    if (!symbol || !node || symbol.name.startsWith("__") || this.isLibrary(symbol)) return undefined;
    if (symbol.flags & ts.SymbolFlags.EnumMember) return undefined;
    const args = alias ? (type.aliasTypeArguments ?? []) : this.#typeArguments(type);
    const ref = this.nameRef(symbol);
    const plain = namesOf(symbol).join("");
    const argTexts = args.map((arg) => this.printable(arg));
    const named = ref && (args.length === 0 || argTexts.every((one) => one !== undefined));
    return {
      name: args.length === 0 ? plain : `${plain}Of${args.map((arg) => this.wordFor(arg)).join("And")}`,
      symbol,
      args,
      type: named ? (args.length === 0 ? [ref] : text(ref, "<", join(argTexts as TypeText[], ", "), ">")) : undefined,
      home: this.homeOf(symbol),
      location: locationOf(ts.getNameOfDeclaration(node) ?? node, this.#project),
    };
  }

  /** A type that may be written down as it is: names, and what is made of names simply. */
  printable(type: ts.Type): TypeText | undefined {
    const flags = type.flags;
    const simple = PRIMITIVES.find(([flag]) => flags & flag);
    if (simple) return [simple[1]];
    const named = this.namedType(type);
    if (named) return named.type;
    if (flags & ts.TypeFlags.Literal && !(flags & ts.TypeFlags.EnumLiteral)) return [literalText(type, this.#checker)];
    if (flags & ts.TypeFlags.Union) {
      const types = (type as ts.UnionType).types;
      const members = types.map((one) => this.printable(one));
      return members.length <= 6 && members.every((one) => one !== undefined) ? join(members, " | ") : undefined;
    }
    if (this.#checker.isArrayType(type)) {
      const [element] = this.#checker.getTypeArguments(type as ts.TypeReference);
      const inner = element && this.printable(element);
      const isUnion = element !== undefined && (element.flags & ts.TypeFlags.Union) !== 0;
      const wrap = inner !== undefined && ((isUnion && inner.length > 1) || inner[0] === "readonly ");
      const readonly = type.symbol.name === "ReadonlyArray" ? "readonly " : "";
      return inner && text(readonly, wrap ? "(" : "", inner, wrap ? ")" : "", "[]");
    }
    const record = this.#printableRecord(type);
    if (record) return record;
    const symbol = type.symbol as ts.Symbol | undefined;
    if (symbol && this.isLibrary(symbol) && PRINTABLE_LIBRARY.has(symbol.name)) {
      const args = (this.#typeArguments(type) as ts.Type[]).slice(0, PRINTABLE_LIBRARY.get(symbol.name));
      const inner = args.map((arg) => this.printable(arg));
      if (!inner.every((one) => one !== undefined)) return undefined;
      return inner.length === 0 ? [symbol.name] : text(symbol.name, "<", join(inner, ", "), ">");
    }
    return undefined;
  }

  /** `{ [name: string]: T }`, as its author may have written it too. */
  #printableRecord(type: ts.Type): TypeText | undefined {
    const isAnonymous = type.flags & ts.TypeFlags.Object && !type.isClassOrInterface();
    const [index, ...more] = isAnonymous ? this.#checker.getIndexInfosOfType(type) : [];
    if (!index || more.length > 0 || this.#checker.getPropertiesOfType(type).length > 0) return undefined;
    const key = PRIMITIVES.slice(0, 2).find(([flag]) => index.keyType.flags & flag)?.[1];
    const value = this.printable(index.type);
    return key !== undefined && value ? text(`Record<${key}, `, value, ">") : undefined;
  }

  #typeArguments(type: ts.Type): readonly ts.Type[] {
    const reference = type as ts.TypeReference;
    if (!(type.flags & ts.TypeFlags.Object) || !((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference))
      return [];
    const parameters = (reference.target as ts.InterfaceType | undefined)?.typeParameters ?? [];
    return this.#checker.getTypeArguments(reference).slice(0, parameters.length);
  }

  /** A type argument inside a message's name. */
  wordFor(type: ts.Type): string {
    if (this.#checker.isArrayType(type))
      return `${this.wordFor(this.#checker.getTypeArguments(type as ts.TypeReference)[0]!)}List`;
    const named = this.namedType(type)?.name ?? this.#checker.typeToString(type);
    return named
      .split(/[^A-Za-z0-9]+/)
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
      .join("");
  }
}

const PRIMITIVES: [ts.TypeFlags, string][] = [
  [ts.TypeFlags.String, "string"],
  [ts.TypeFlags.Number, "number"],
  [ts.TypeFlags.Boolean, "boolean"],
  [ts.TypeFlags.BigInt, "bigint"],
  [ts.TypeFlags.Undefined, "undefined"],
  [ts.TypeFlags.Unknown, "unknown"],
  [ts.TypeFlags.NonPrimitive, "object"],
  [ts.TypeFlags.Null, "null"],
];

/** Names of the library that may be printed, and how many of their type arguments matter. */
const PRINTABLE_LIBRARY = new Map<string, number>([
  ["Date", 0],
  ["Uint8Array", 0],
  ...["Int8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"].map(withoutArguments),
  ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"].map(withoutArguments),
  ...["ArrayBuffer", "DataView", "Buffer", "URL", "RegExp", "Error"].map(withoutArguments),
  ["Map", 2],
  ["ReadonlyMap", 2],
  ["Set", 1],
  ["ReadonlySet", 1],
  ["AsyncIterable", 1],
  ["ReadableStream", 1],
]);

function withoutArguments(name: string): [string, number] {
  return [name, 0];
}

export function join(texts: readonly TypeText[], separator: string): TypeText {
  return texts.flatMap((one, i) => (i === 0 ? [...one] : [separator, ...one]));
}

/** The source text of a literal type that is not an enum's. */
export function literalText(type: ts.Type, checker: ts.TypeChecker): string {
  if (type.flags & ts.TypeFlags.StringLiteral) return JSON.stringify((type as ts.StringLiteralType).value);
  if (type.flags & ts.TypeFlags.NumberLiteral) return String((type as ts.NumberLiteralType).value);
  return checker.typeToString(type);
}
