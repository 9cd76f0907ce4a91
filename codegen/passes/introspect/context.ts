/**
 * What one introspection knows so far: the entries that it makes, the problems that it has met, and how far it may go.
 * Handed to everything that looks at types.
 */
import { ts } from "ts-morph";
import type { Diagnostics } from "../../diagnostics.js";
import type { Location } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { plainText } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import type { Sources } from "../discover.js";
import type { LoadedProject } from "../load.js";
import type { Entries, Maker } from "./entries.js";
import { type EntryRef, UNLASTING } from "./entry.js";
import { declarationKey, keyOf } from "./keys.js";
import { isRemoteInterface, locationOf } from "./nodes.js";
import { type NamedType, type PackageType, type Place, ownerKey } from "./place.js";
import { TypeNames } from "./type-names.js";

/** The files that findings in a symbol's declarations depend on (`Reads`). */
export type ReadsOf = (symbol: ts.Symbol) => ReadonlySet<string>;

const MAX_DEPTH = 32;

export class Context {
  readonly project: LoadedProject;
  readonly checker: ts.TypeChecker;
  readonly entries: Entries;
  readonly readsOf: ReadsOf;
  /** What types are called. */
  readonly names: TypeNames;
  #exhausted = false;
  readonly #remotes = new Map<ts.Symbol, boolean>();

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
    this.names = new TypeNames(sources.project);
    this.checker = sources.project.checker;
  }

  /** What a type is on the wire. */
  shapeOf(type: ts.Type, place: Place): Shape {
    const inside = place.inside ?? this.names.packageType(type);
    const name = this.#taken.size === 0 || this.names.nameAt(type, place) ? place.name : this.inlineName(place.name);
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

  /** Whether the symbol is an interface that the author tagged `@remote`, or that extends one. */
  isRemote(symbol: ts.Symbol | undefined): boolean {
    if (symbol === undefined) return false;
    let known = this.#remotes.get(symbol);
    if (known === undefined) this.#remotes.set(symbol, (known = isRemoteInterface(symbol, this.checker)));
    return known;
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
