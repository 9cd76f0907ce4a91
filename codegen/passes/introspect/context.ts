/**
 * What one introspection knows so far: the entries that it makes, and how to name a type in TypeScript from the outside. Types are never printed by the compiler: an exported name, a simple shape, or an access
 * path such as `Parameters<Bank["login"]>[1]`.
 */
import { ts } from "ts-morph";
import type { Diagnostics } from "../../diagnostics.js";
import { type Location, type NameRef, type Shape, type TypeText, plainText, text } from "../../model/api-model.js";
import { typeName } from "../../model/wire-names.js";
import type { Sources } from "../discover.js";
import type { LoadedProject } from "../load.js";
import type { Entries, Maker } from "./entries.js";
import { type EntryRef, UNLASTING } from "./entry.js";
import { declarationKey, keyOf } from "./keys.js";
import { isFromLibrary, isRemoteInterface, locationOf, namesOf } from "./nodes.js";

/** Where a type was met. */
export interface Place {
  /** TypeScript for the type that is meant, without undefined and null. */
  readonly path: TypeText;
  /** What an anonymous type here is called on the wire: its owner's path. Type identity would not do: the compiler
   * interns anonymous types, and two properties that have nothing to do with each other may share one. */
  readonly name: string;
  /** What a diagnostic points at. */
  readonly node: ts.Node;
  /** The source in whose .rpc.ts anonymous types are emitted. */
  readonly home: string;
  readonly depth: number;
  /** Inside a type of a package, which the author cannot edit. `node` then is where that type is used. */
  readonly inside?: PackageType;
  /** The type that was left when null was taken from an alias (`type Json = null | ...`), and the alias's name for it. */
  readonly stripped?: { readonly type: ts.Type; readonly named: NamedType };
}

/** A type of a package, and the way from it to the place. */
export interface PackageType {
  /** As the author would write it: `Stripe.Charge`, `WithId<...>`. */
  readonly owner: string;
  readonly path: readonly string[];
}

/** A type that has a name of its own. */
export interface NamedType {
  /** On the wire: `PageOfUser`. */
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly args: readonly ts.Type[];
  /** TypeScript, where it can be named from outside. */
  readonly type: TypeText | undefined;
  readonly home: string | undefined;
  readonly location: Location;
}

/** The files that findings in a symbol's declarations depend on (`Reads`). */
export type ReadsOf = (symbol: ts.Symbol) => ReadonlySet<string>;

const MAX_DEPTH = 32;

export class Context {
  readonly project: LoadedProject;
  readonly checker: ts.TypeChecker;
  readonly entries: Entries;
  readonly readsOf: ReadsOf;
  #exhausted = false;
  readonly #remotes = new Map<ts.Symbol, boolean>();
  readonly #exports = new Map<ts.SourceFile, Map<ts.Symbol, string>>();

  readonly #shapeOf: (context: Context, type: ts.Type, place: Place) => Shape;

  readonly #taken: ReadonlySet<string>;

  /**
   * @param shapeOf  the table of types (shapes.ts): passed in, because everything that it leads to leads back to it.
   * @param taken    names that types have of their own, and that inline types leave to them.
   */
  constructor(
    sources: Sources,
    entries: Entries,
    readsOf: ReadsOf,
    shapeOf: (context: Context, type: ts.Type, place: Place) => Shape,
    taken: ReadonlySet<string>,
  ) {
    this.#shapeOf = shapeOf;
    this.#taken = taken;
    this.entries = entries;
    this.readsOf = readsOf;
    this.project = sources.project;
    this.checker = sources.project.checker;
  }

  /** What a type is on the wire. */
  shapeOf(type: ts.Type, place: Place): Shape {
    const inside = place.inside ?? this.packageType(type);
    const name = this.#taken.size === 0 || this.nameAt(type, place) ? place.name : this.inlineName(place.name);
    return this.#shapeOf(this, type, { ...place, name, ...(inside && { inside }) });
  }

  /** What something without a name of its own is called, where another thing has that name. */
  inlineName(name: string): string {
    return this.#taken.size > 0 && this.#taken.has(typeName(name)) ? `${name}Inline` : name;
  }

  locate(node: ts.Node): Location {
    return locationOf(node, this.project);
  }

  /** Something that is wrong, other than a type at its place (`refuse`). */
  report(...found: Parameters<Diagnostics["error"]>): void {
    this.entries.add({ kind: "problem", found });
  }

  /** @param instead what to write in its place where it belongs to a package, if anything is as good: "write number". */
  refuse(place: Place, code: string, message: string, hint: string, instead = ""): Shape {
    const { inside } = place;
    if (inside) {
      const where = [inside.owner, ...inside.path].join(".");
      this.report(code, this.locate(place.node), `${where}: ${message}`, packageHint(inside, code, instead), where);
    } else {
      this.report(code, this.locate(place.node), message, hint);
    }
    return { kind: "refused", type: place.path };
  }

  /**
   * Whether introspection is over: once one type has grown without end, no other is followed. It would be the same one
   * again, many times over.
   */
  tooDeep(place: Place): boolean {
    if (!this.#exhausted && place.depth > MAX_DEPTH) {
      this.#exhausted = true;
      const hint = "give the inner type a name of its own, without a type argument that grows";
      this.refuse(place, "PW1314", "a type that grows without end", hint);
    }
    return this.#exhausted;
  }

  /** Whether a type grew without end. What was found then depends on where one began. */
  get isExhausted(): boolean {
    return this.#exhausted;
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

  /**
   * A type that is a thing of its own in the schema. One that has a name is looked at once, wherever it was met; one that
   * has none belongs to what it stands in.
   * @param look  finds what the type is made of, from its own place.
   */
  introduce(named: NamedType | undefined, shape: Shape, place: Place, look: (own: Place) => void): Shape {
    if (named) this.entries.leadTo(...this.#entryOf(named, place, look));
    else if (this.entries.isNew(ownerKey(place))) look(place);
    return shape;
  }

  /** The same where only a look says what its shape is. */
  shapeOfNamed(named: NamedType, place: Place, look: (own: Place) => Shape): Shape {
    return this.entries.shapeOf(...this.#entryOf(named, place, look));
  }

  /** Whether the type is being looked at, and was met inside itself. */
  isInside(named: NamedType): boolean {
    return this.entries.isInside(keyOf(this, named).key);
  }

  #entryOf<T>(named: NamedType, place: Place, look: (own: Place) => T): [EntryRef, Maker<T>] {
    const { key, isLasting } = keyOf(this, named);
    const maker: Maker<T> = {
      reads: () => (isLasting ? this.readsOf(named.symbol) : new Set([...this.readsOf(named.symbol), UNLASTING])),
      look: () => look(ownPlace(named, place)),
    };
    if (isNameable(named)) return [{ key, id: key, isDeclared: isLasting && named.args.length === 0 }, maker];
    // What is emitted for it depends on who met it: its types are written as a way from there.
    const { file, line, column } = this.locate(place.node);
    const id = `${key} at ${plainText(place.path)} ${place.home} ${file}:${line}:${column}`;
    return [{ key, id, isDeclared: false }, maker];
  }

  /** Something refers to a remote interface, which must be declared in a source. */
  meetRemote(symbol: ts.Symbol, node: ts.Node): void {
    if (!this.entries.isNew(symbol)) return;
    const declared = (symbol.declarations ?? []).map(declarationKey);
    this.entries.add({ kind: "remote", found: { name: symbol.name, declared, location: this.locate(node) } });
  }

  /** What the type at this place is called. */
  nameAt(type: ts.Type, place: Place): NamedType | undefined {
    return place.stripped?.type === type ? place.stripped.named : this.namedType(type);
  }

  isLibrary(symbol: ts.Symbol): boolean {
    return isFromLibrary(symbol, this.project.program);
  }

  /** Whether the symbol is an interface that the author tagged `@remote`, or that extends one. */
  isRemote(symbol: ts.Symbol | undefined): boolean {
    if (symbol === undefined) return false;
    let known = this.#remotes.get(symbol);
    if (known === undefined) this.#remotes.set(symbol, (known = isRemoteInterface(symbol, this.checker)));
    return known;
  }

  /** How a symbol is called from outside its file; undefined where it is not exported, or belongs to a package. */
  nameRef(symbol: ts.Symbol): NameRef | undefined {
    const file = symbol.declarations?.[0]?.getSourceFile();
    if (!file || file.isDeclarationFile || file.fileName.includes("/node_modules/")) return undefined;
    let exports = this.#exports.get(file);
    if (!exports) {
      const module = this.checker.getSymbolAtLocation(file);
      exports = new Map();
      for (const one of module ? this.checker.getExportsOfModule(module) : []) {
        const target = one.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(one) : one;
        if (one.name !== "default") exports.set(target, one.name);
      }
      this.#exports.set(file, exports);
    }
    const name = exports.get(symbol);
    return name === undefined ? undefined : { name, source: this.project.pathOf(file) };
  }

  /** The source whose .rpc.ts holds what the symbol declares; undefined for what belongs to a package. */
  homeOf(symbol: ts.Symbol): string | undefined {
    const file = symbol.declarations?.[0]?.getSourceFile();
    return !file || file.isDeclarationFile || file.fileName.includes("/node_modules/")
      ? undefined
      : this.project.pathOf(file);
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
      location: this.locate(ts.getNameOfDeclaration(node) ?? node),
    };
  }

  /** A type that may be written down as it is: names, and what is made of names simply. */
  printable(type: ts.Type): TypeText | undefined {
    const flags = type.flags;
    const simple = PRIMITIVES.find(([flag]) => flags & flag);
    if (simple) return [simple[1]];
    const named = this.namedType(type);
    if (named) return named.type;
    if (flags & ts.TypeFlags.Literal && !(flags & ts.TypeFlags.EnumLiteral)) return [literalText(type, this.checker)];
    if (flags & ts.TypeFlags.Union) {
      const types = (type as ts.UnionType).types;
      const members = types.map((one) => this.printable(one));
      return members.length <= 6 && members.every((one) => one !== undefined) ? join(members, " | ") : undefined;
    }
    if (this.checker.isArrayType(type)) {
      const [element] = this.checker.getTypeArguments(type as ts.TypeReference);
      const inner = element && this.printable(element);
      const wrap =
        element !== undefined && (element.flags & ts.TypeFlags.Union) !== 0 && inner !== undefined && inner.length > 1;
      const readonly = type.symbol.name === "ReadonlyArray" ? "readonly " : "";
      return inner && text(readonly, wrap ? "(" : "", inner, wrap ? ")" : "", "[]");
    }
    const symbol = type.symbol as ts.Symbol | undefined;
    if (symbol && this.isLibrary(symbol) && PRINTABLE_LIBRARY.has(symbol.name)) {
      const args = (this.#typeArguments(type) as ts.Type[]).slice(0, PRINTABLE_LIBRARY.get(symbol.name));
      const inner = args.map((arg) => this.printable(arg));
      if (!inner.every((one) => one !== undefined)) return undefined;
      return inner.length === 0 ? [symbol.name] : text(symbol.name, "<", join(inner, ", "), ">");
    }
    return undefined;
  }

  #typeArguments(type: ts.Type): readonly ts.Type[] {
    const reference = type as ts.TypeReference;
    if (!(type.flags & ts.TypeFlags.Object) || !((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference))
      return [];
    const parameters = (reference.target as ts.InterfaceType | undefined)?.typeParameters ?? [];
    return this.checker.getTypeArguments(reference).slice(0, parameters.length);
  }

  /** A type argument inside a message's name. */
  wordFor(type: ts.Type): string {
    if (this.checker.isArrayType(type))
      return `${this.wordFor(this.checker.getTypeArguments(type as ts.TypeReference)[0]!)}List`;
    const named = this.namedType(type)?.name ?? this.checker.typeToString(type);
    return named
      .split(/[^A-Za-z0-9]+/)
      .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
      .join("");
  }
}

/** Whether it can be called by its name from anywhere, and has a file of the author's that its codecs belong to. */
function isNameable({ type, home }: NamedType): boolean {
  return type !== undefined && home !== undefined;
}

/** Where a type with a name is looked at: where it is declared, whoever met it. */
function ownPlace(named: NamedType, place: Place): Place {
  const [declaration] = named.symbol.declarations ?? [];
  const path = named.type ?? place.path;
  // Each instance of a generic type leads to the next: such a type may grow without end.
  const depth = named.args.length === 0 ? 0 : place.depth;
  if (!declaration || named.home === undefined) return { ...place, path, depth };
  const node = ts.isTypeAliasDeclaration(declaration)
    ? declaration.type
    : (ts.getNameOfDeclaration(declaration) ?? declaration);
  const { stripped } = place;
  const own: Place = { path, depth, node, home: named.home, name: place.name };
  return stripped?.named.symbol === named.symbol ? { ...own, stripped } : own;
}

/** What the author can do about a type that is not theirs. */
function packageHint({ owner, path: [property, ...further] }: PackageType, code: string, instead: string): string {
  const omit = property === undefined ? "" : `Omit<${owner}, ${JSON.stringify(property)}>`;
  if (instead !== "" && further.length === 0) {
    const where = omit === "" ? "in its place" : `for it beside ${omit}`;
    return `it belongs to a package: ${instead} ${where}, or an enum of your own with its members`;
  }
  const methods = code === "PW1307" || code === "PW1308" ? ", or a @remote interface with its methods" : "";
  const leave = omit === "" ? "" : `leave it out with ${omit}, or `;
  return `it belongs to a package: ${leave}write an interface of your own with what is needed${methods}`;
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

/** What an anonymous type is known by. Two owners may come to one name; then both messages exist, and validate says so. */
export function ownerKey(place: Place): string {
  return `${place.name} at ${plainText(place.path)}`;
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
