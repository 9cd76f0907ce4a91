/**
 * What the compiler reads to answer questions about a declaration: the files that must stay as they are for the answers
 * to stay. Found in the syntax, because the compiler does not tell. Where a type is only mentioned (`owner: User`), its own
 * file says all that is asked about it there; where it is taken apart (`keyof User`), everything beneath it counts.
 */
import { ts } from "ts-morph";
import type { LoadedProject } from "../load.js";
import { isFromLibrary } from "./nodes.js";
import { Routes } from "./routes.js";

/** How much of a type is looked at where another refers to it. */
const MENTIONED = 0;
/** Its members, and what kinds of things they are: of a base, of what `Partial` is made of. */
const MEMBERS = 1;
/** All that it leads to: of what a conditional type, an intersection or a union is made of. */
const EVERYTHING = 2;
type Depth = typeof MENTIONED | typeof MEMBERS | typeof EVERYTHING;

interface Reference {
  readonly symbol: ts.Symbol;
  readonly depth: Depth;
  /** The declaration stands for it: of an alias, what it names; of an interface, its bases. It is read as deep as that. */
  readonly isItself: boolean;
  /** It counts also where the declaration is only mentioned. */
  readonly always: boolean;
}

type Position = Omit<Reference, "symbol">;

const DEEP: Position = { depth: EVERYTHING, isItself: false, always: true };
const ITSELF: Position = { depth: MENTIONED, isItself: true, always: true };

/** Types of the library that say nothing about what they hold. */
const HOLDERS = new Set(
  (
    "Promise PromiseLike Array ReadonlyArray Set ReadonlySet Map ReadonlyMap Record AsyncIterable AsyncIterableIterator " +
    "AsyncGenerator ReadableStream NonNullable"
  ).split(" "),
);
/** Those that have the members of what they hold. */
const SELECTIONS = new Set(["Partial", "Required", "Readonly", "Pick", "Omit"]);

export class Reads {
  readonly #project: LoadedProject;
  readonly #references = new Map<ts.Symbol, readonly Reference[]>();
  readonly #routes: Routes;

  constructor(project: LoadedProject) {
    this.#project = project;
    this.#routes = new Routes(project);
  }

  /** Names of files, and `exportsOf` files, whose change may change what is found in the declarations of `symbol`. */
  of(symbol: ts.Symbol): ReadonlySet<string> {
    const files = new Set<string>();
    const seen = new Map<ts.Symbol, Depth>();
    const ahead: (readonly [ts.Symbol, Depth])[] = [[symbol, MEMBERS]];
    for (let next = ahead.pop(); next; next = ahead.pop()) {
      const [one, depth] = next;
      const before = seen.get(one);
      if (before !== undefined && before >= depth) continue;
      seen.set(one, depth);
      for (const file of this.#routes.to(one)) files.add(file);
      for (const reference of this.#referencesOf(one)) {
        if (depth === MENTIONED && !reference.always) continue;
        const least = reference.isItself ? deeper(reference.depth, depth) : reference.depth;
        ahead.push([reference.symbol, depth === EVERYTHING ? depth : least]);
      }
    }
    return files;
  }

  #referencesOf(symbol: ts.Symbol): readonly Reference[] {
    let known = this.#references.get(symbol);
    if (!known) {
      const isRoute = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      const all = isRoute ? [] : (symbol.declarations ?? []);
      const declarations = all.filter((one) => !this.#project.isForeign(one.getSourceFile()));
      known = declarations.flatMap((one) => new ReferenceFinder(this.#project).of(one));
      this.#references.set(symbol, known);
    }
    return known;
  }
}

function deeper(a: Depth, b: Depth): Depth {
  return a > b ? a : b;
}

/** The references in one declaration. */
class ReferenceFinder {
  readonly #project: LoadedProject;
  readonly #found: Reference[] = [];

  constructor(project: LoadedProject) {
    this.#project = project;
  }

  of(declaration: ts.Declaration): readonly Reference[] {
    if (ts.isSourceFile(declaration) || ts.isTypeParameterDeclaration(declaration)) return [];
    if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) this.#members(declaration);
    else if (ts.isTypeAliasDeclaration(declaration)) this.#alias(declaration);
    else this.#deep(ts.isEnumMember(declaration) ? declaration.parent : declaration);
    return this.#found;
  }

  #alias({ type, typeParameters }: ts.TypeAliasDeclaration): void {
    typeParameters?.forEach((one) => this.#deep(one));
    if (ts.isTypeLiteralNode(type)) this.#memberTypes(type.members);
    else this.#type(type, ITSELF);
  }

  #members(declaration: ts.InterfaceDeclaration | ts.ClassDeclaration): void {
    declaration.typeParameters?.forEach((one) => this.#deep(one));
    for (const { types } of declaration.heritageClauses ?? []) {
      for (const { expression, typeArguments } of types) {
        const names = namesIn(expression);
        if (names) this.#reference(names, typeArguments, ITSELF);
        else this.#deep(expression);
      }
    }
    this.#memberTypes(declaration.members);
  }

  #memberTypes(members: readonly (ts.TypeElement | ts.ClassElement)[]): void {
    // A record is told apart from a message, and described, wherever it is mentioned.
    const always = members.some((one) => ts.isIndexSignatureDeclaration(one));
    const position: Position = { depth: MENTIONED, isItself: false, always };
    for (const member of members) {
      // What is written is compared with what is read.
      if (ts.isAccessor(member)) this.#deep(member);
      else if (ts.isPropertyDeclaration(member) && !member.type) this.#deep(member);
      else this.#parts(member, position);
    }
  }

  /** The types that stand anywhere in a signature; not the bodies of methods. */
  #parts(node: ts.Node, position: Position): void {
    ts.forEachChild(node, (child) => {
      if (ts.isTypeNode(child)) this.#type(child, position);
      else if (ts.isParameter(child)) this.#parts(child, position);
      else if (ts.isTypeParameterDeclaration(child) || ts.isComputedPropertyName(child)) this.#deep(child);
    });
  }

  #type(node: ts.TypeNode, position: Position): void {
    if (ts.isTypeReferenceNode(node)) {
      this.#reference(namesIn(node.typeName)!, node.typeArguments, position);
    } else if (ts.isUnionTypeNode(node)) {
      const members = node.types.filter((one) => !isNullish(one));
      // Two that may both be objects are compared as deep as they go.
      const among = members.filter((one) => !ts.isToken(one) && !ts.isLiteralTypeNode(one)).length > 1;
      const depth = among ? EVERYTHING : members.length > 1 ? MEMBERS : MENTIONED;
      for (const member of members) this.#type(member, { ...position, depth: deeper(position.depth, depth) });
    } else if (position.depth === EVERYTHING) {
      this.#deep(node);
    } else if (ts.isTypeLiteralNode(node)) {
      const inner: Position = { depth: MENTIONED, isItself: false, always: position.always };
      for (const member of node.members) this.#parts(member, inner);
    } else if (ts.isFunctionTypeNode(node) || ts.isConstructorTypeNode(node)) {
      this.#parts(node, { depth: MENTIONED, isItself: false, always: position.always });
    } else if (isWrapper(node)) {
      ts.forEachChild(node, (child) => {
        if (ts.isTypeNode(child)) this.#type(child, position);
      });
    } else {
      this.#deep(node);
    }
  }

  #reference(names: readonly ts.Identifier[], args: readonly ts.TypeNode[] | undefined, position: Position): void {
    // Of a.b.C, what a and b are counts too.
    for (const outer of names.slice(0, -1)) this.#add(outer, DEEP);
    const symbol = this.#add(names.at(-1)!, args ? DEEP : position);
    const library = symbol && isFromLibrary(symbol, this.#project.program) ? symbol.name : "";
    for (const arg of args ?? []) {
      if (HOLDERS.has(library)) this.#type(arg, position);
      else if (SELECTIONS.has(library)) this.#type(arg, { ...position, depth: deeper(position.depth, MEMBERS) });
      else this.#deep(arg);
    }
  }

  #deep(node: ts.Node): void {
    if (ts.isIdentifier(node) || ts.isStringLiteral(node)) this.#add(node, DEEP);
    else ts.forEachChild(node, (child) => this.#deep(child));
  }

  /** @returns what the name stands for in the end. */
  #add(name: ts.Identifier | ts.StringLiteral, position: Position): ts.Symbol | undefined {
    const { checker } = this.#project;
    let symbol = checker.getSymbolAtLocation(name);
    while (symbol && symbol.flags & ts.SymbolFlags.Alias) {
      this.#found.push({ symbol, ...ITSELF });
      symbol = checker.getImmediateAliasedSymbol(symbol);
    }
    if (symbol) this.#found.push({ symbol, ...position });
    return symbol;
  }
}

/** `a.b.C`, in types and behind `extends`; undefined for any other expression. */
function namesIn(node: ts.EntityName | ts.Expression): ts.Identifier[] | undefined {
  if (ts.isIdentifier(node)) return [node];
  const [outer, name] = ts.isQualifiedName(node)
    ? [node.left, node.right]
    : ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name)
      ? [node.expression, node.name]
      : [];
  const names = outer && namesIn(outer);
  return names && name && [...names, name];
}

/** Types that hold others, and ask nothing about them. */
function isWrapper(node: ts.TypeNode): boolean {
  return (
    ts.isArrayTypeNode(node) ||
    ts.isTupleTypeNode(node) ||
    ts.isNamedTupleMember(node) ||
    ts.isOptionalTypeNode(node) ||
    ts.isRestTypeNode(node) ||
    ts.isParenthesizedTypeNode(node) ||
    (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) ||
    ts.isTypePredicateNode(node) ||
    ts.isToken(node)
  );
}

function isNullish(node: ts.TypeNode): boolean {
  const literal = ts.isLiteralTypeNode(node) ? node.literal : node;
  return literal.kind === ts.SyntaxKind.NullKeyword || literal.kind === ts.SyntaxKind.UndefinedKeyword;
}
