/**
 * The files through which a name leads to what it stands for: imports, re-exports, `export *`. The compiler resolves names
 * without saying which way it went.
 */
import { ts } from "ts-morph";
import type { LoadedProject } from "../load.js";

/** What counts of a file beside what it declares: which names it exports, and which files it exports all of. */
export function exportsOf(fileName: string): string {
  return `exports of ${fileName}`;
}

export class Routes {
  readonly #project: LoadedProject;
  readonly #routes = new Map<ts.Symbol, ReadonlySet<string>>();
  readonly #exporters = new Map<string, ReadonlySet<string>>();

  constructor(project: LoadedProject) {
    this.#project = project;
  }

  /** The files that say what `symbol` is, if it is an import or a re-export: the next step only. */
  to(symbol: ts.Symbol): ReadonlySet<string> {
    const known = this.#routes.get(symbol);
    if (known) return known;
    const files = new Set<string>();
    for (const declaration of symbol.declarations ?? []) {
      const file = declaration.getSourceFile();
      if (this.#project.isForeign(file)) continue;
      files.add(file.fileName);
      const specifier = specifierOf(declaration);
      const module = ts.isSourceFile(declaration) ? file.fileName : specifier && this.#project.importOf(specifier);
      for (const one of module === undefined ? [] : this.#exportersOf(module)) files.add(one);
    }
    this.#routes.set(symbol, files);
    return files;
  }

  /** The exports of a file, and of those that it exports all of. */
  #exportersOf(fileName: string): ReadonlySet<string> {
    const known = this.#exporters.get(fileName);
    if (known) return known;
    const names = new Set<string>();
    this.#exporters.set(fileName, names);
    const visit = (name: string): void => {
      const file = this.#project.program.getSourceFile(name);
      if (!file || this.#project.isForeign(file) || names.has(exportsOf(name))) return;
      names.add(exportsOf(name));
      for (const statement of file.statements) {
        if (!ts.isExportDeclaration(statement) || statement.exportClause || !statement.moduleSpecifier) continue;
        const target = this.#project.importOf(statement.moduleSpecifier);
        if (target !== undefined) visit(target);
      }
    };
    visit(fileName);
    return names;
  }
}

/** Where the module is named that an alias comes from; undefined where it comes from its own file. */
function specifierOf(alias: ts.Declaration): ts.Expression | undefined {
  let node: ts.Node = alias;
  while (ts.isImportSpecifier(node) || ts.isNamedImports(node) || ts.isNamespaceImport(node) || ts.isImportClause(node))
    node = node.parent;
  while (ts.isExportSpecifier(node) || ts.isNamedExports(node) || ts.isNamespaceExport(node)) node = node.parent;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return node.moduleReference.expression;
  return undefined;
}
