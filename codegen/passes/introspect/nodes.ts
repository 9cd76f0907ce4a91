/** What introspection asks of syntax: where a node is, what its JSDoc says. */
import { ts } from "ts-morph";
import type { Location } from "../../model/api-model.js";
import type { LoadedProject } from "../load.js";

export interface Tag {
  readonly name: string;
  readonly text: string;
  readonly node: ts.JSDocTag;
}

/** The tags that stand on this very node. */
export function tagsOf(node: ts.Node): Tag[] {
  return ((node as { jsDoc?: ts.JSDoc[] }).jsDoc ?? []).flatMap((doc) =>
    (doc.tags ?? []).map((tag) => ({
      name: tag.tagName.text,
      text: (ts.getTextOfJSDocComment(tag.comment) ?? "").trim(),
      node: tag,
    })),
  );
}

export function locationOf(node: ts.Node, project: LoadedProject): Location {
  const file = node.getSourceFile();
  const start = node.getStart(file);
  const tag = (node as { tagName?: ts.Identifier }).tagName;
  const end = tag ? tag.end : node.end;
  return locationOfSpan(file, start, end - start, project);
}

export function locationOfSpan(file: ts.SourceFile, start: number, length: number, project: LoadedProject): Location {
  const at = file.getLineAndCharacterOfPosition(start);
  return { file: project.shownPathOf(file), line: at.line + 1, column: at.character + 1, length };
}

/** The author's JSDoc of a declaration, without the generator's own tags, dedented: lines between `/**` and its end. */
export function jsdocOf(node: ts.Node): string | undefined {
  const doc = (node as { jsDoc?: ts.JSDoc[] }).jsDoc?.at(-1);
  if (!doc) return undefined;
  const lines = doc
    .getText()
    .replace(/^\/\*\*|\*\/$/g, "")
    .split("\n")
    .map((line, i) => (i === 0 ? line : line.replace(/^\s*\* ?/, "")).trimEnd())
    .map((line, i) => (i === 0 ? line.trimStart() : line))
    .filter((line) => !/^\s*@(remote|error|field|was|flags)\b/.test(line));
  while (lines[0]?.trim() === "") lines.shift();
  while (lines.at(-1)?.trim() === "") lines.pop();
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** The first paragraph of the documentation, on one line. */
export function firstParagraph(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): string | undefined {
  if (!symbol) return undefined;
  const whole = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const first = whole
    .split(/\n\s*\n/)[0]!
    .replace(/\s+/g, " ")
    .trim();
  return first === "" ? undefined : first;
}

/** A tag of a property or method, wherever the checker found its declarations. */
export function tagIn(declarations: readonly ts.Declaration[], name: string): Tag | undefined {
  for (const declaration of declarations) {
    const tag = tagsOf(declaration).find((one) => one.name === name);
    if (tag) return tag;
  }
  return undefined;
}

export function symbolTag(symbol: ts.Symbol, name: string): Tag | undefined {
  return tagIn(symbol.declarations ?? [], name);
}

/** Whether only its class sees it: `private`, `protected`, or `#name`. */
export function isPrivate({ valueDeclaration }: ts.Symbol): boolean {
  if (!valueDeclaration) return false;
  const name = ts.getNameOfDeclaration(valueDeclaration);
  const flags = ts.getCombinedModifierFlags(valueDeclaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected);
  return flags !== 0 || (name !== undefined && ts.isPrivateIdentifier(name));
}

export function isFromLibrary(symbol: ts.Symbol, program: ts.Program): boolean {
  const declarations = symbol.declarations ?? [];
  return (
    declarations.length > 0 &&
    declarations.every((one) => {
      const file = one.getSourceFile();
      return (
        program.isSourceFileDefaultLibrary(file) || /node_modules\/(@types\/node|undici-types)\//.test(file.fileName)
      );
    })
  );
}

/** Whether the symbol is an interface that the author tagged `@remote`, or that extends one. */
export function isRemoteInterface(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): boolean {
  if (!symbol || !(symbol.flags & ts.SymbolFlags.Interface)) return false;
  const declarations = (symbol.declarations ?? []).filter((one) => ts.isInterfaceDeclaration(one));
  if (declarations.some((one) => ts.getJSDocTags(one).some((tag) => tag.tagName.text === "remote"))) return true;
  return (
    declarations.some((one) => one.heritageClauses !== undefined) &&
    basesOf(symbol, checker).some((base) => isRemoteInterface(base.symbol, checker))
  );
}

/** What an array holds; also one that is an interface: `interface JsonArray extends Array<Json> {}`. */
export function arrayElement(type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined {
  if (checker.isTupleType(type)) return undefined;
  if (checker.isArrayType(type)) return checker.getTypeArguments(type as ts.TypeReference)[0];
  const symbol = type.symbol as ts.Symbol | undefined;
  if (!symbol || !(symbol.flags & ts.SymbolFlags.Interface) || (symbol.members?.size ?? 0) > 0) return undefined;
  const [base, ...more] = checker.getBaseTypes(type as ts.InterfaceType);
  return base && more.length === 0 ? arrayElement(base, checker) : undefined;
}

/** The types that an interface extends. */
export function basesOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.BaseType[] {
  return checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType);
}

/** The namespaces that a symbol is declared in, and its own name: packages have many an `Outcome`. */
export function namesOf(symbol: ts.Symbol): string[] {
  const names = [symbol.name];
  for (let node = symbol.declarations?.[0]?.parent; node; node = node.parent) {
    if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && node.name.text !== "global") {
      names.unshift(node.name.text);
    }
  }
  return names;
}
