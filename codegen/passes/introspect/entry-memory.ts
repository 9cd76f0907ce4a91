/**
 * The entries of the last introspection, for the next: all that read nothing which has changed since. A file has changed if
 * its text has, or what its imports lead to.
 */
import { ts } from "ts-morph";
import type { LoadedProject } from "../load.js";
import { type Entry, type EntryRef, UNLASTING } from "./entry.js";
import { exportsOf } from "./routes.js";

interface FileState {
  readonly file: ts.SourceFile;
  readonly imports: string;
  readonly exports: string;
}

export class EntryMemory {
  #entries: Map<string, Entry> = new Map<string, Entry>();
  #files: ReadonlyMap<string, FileState> = new Map();
  #made = 0;
  /** What changes everything: options, packages, where the project begins. */
  #ground: ReadonlySet<unknown> = new Set();

  /**
   * What is still so. What is found anew may be added to it.
   * @param taken  names that inline types leave to others.
   */
  entriesFor(project: LoadedProject, taken: ReadonlySet<string>): Map<string, Entry> {
    const before = this.#files;
    const ground = groundOf(project, taken);
    const isSameGround = ground.size === this.#ground.size && [...ground].every((one) => this.#ground.has(one));
    this.#ground = ground;
    this.#files = statesOf(project);
    const changed = isSameGround ? changesBetween(before, this.#files) : undefined;
    if (changed) this.#drop(changed);
    else this.forget();
    return this.#entries;
  }

  /** How many entries were made for the last model: the others were known. */
  get made(): number {
    return this.#made;
  }

  /** Keeps what can be reached from `roots`. */
  keep(roots: readonly EntryRef[], made: number): void {
    this.#made = made;
    const kept = new Map<string, Entry>();
    const visit = ({ id }: EntryRef): void => {
      const entry = this.#entries.get(id);
      if (!entry || kept.has(id)) return;
      kept.set(id, entry);
      for (const { kind, found } of entry.findings) if (kind === "entry") visit(found);
    };
    roots.forEach(visit);
    this.#entries = kept;
  }

  forget(): void {
    this.#entries = new Map<string, Entry>();
  }

  #drop(changed: ReadonlySet<string>): void {
    const dropped = [...this.#entries.values()].filter(({ reads }) => [...reads].some((one) => changed.has(one)));
    const parents = parentsIn(this.#entries);
    for (let entry = dropped.pop(); entry; entry = dropped.pop()) {
      if (!this.#entries.delete(entry.id) || entry.isDeclared) continue;
      // It can be found again only from where it was met.
      dropped.push(...(parents.get(entry.id) ?? []));
    }
  }
}

/** Who leads to the entries that cannot be found by themselves. */
function parentsIn(entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, readonly Entry[]> {
  const parents = new Map<string, Entry[]>();
  for (const entry of entries.values()) {
    for (const { kind, found } of entry.findings) {
      if (kind !== "entry" || found.isDeclared) continue;
      const known = parents.get(found.id);
      if (known) known.push(entry);
      else parents.set(found.id, [entry]);
    }
  }
  return parents;
}

/** The files of packages and of the library come in no order. */
function groundOf({ program, base, isForeign }: LoadedProject, taken: ReadonlySet<string>): ReadonlySet<unknown> {
  const rest = JSON.stringify([base, [...taken].sort(), program.getCompilerOptions()]);
  return new Set<unknown>([rest, ...program.getSourceFiles().filter(isForeign)]);
}

function statesOf(project: LoadedProject): ReadonlyMap<string, FileState> {
  const own = project.program.getSourceFiles().filter((file) => !project.isForeign(file));
  return new Map(
    own.map((file) => {
      const imports = project.importsOf(file).join();
      return [file.fileName, { file, imports, exports: exportedBy(file) }];
    }),
  );
}

/** @returns names of files, and of their exports; undefined where something global has changed. */
function changesBetween(
  before: ReadonlyMap<string, FileState>,
  after: ReadonlyMap<string, FileState>,
): ReadonlySet<string> | undefined {
  const changed = new Set([UNLASTING]);
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [then, now] = [before.get(name), after.get(name)];
    if (then && now && then.file.text === now.file.text && then.imports === now.imports) continue;
    if ([then, now].some((one) => one && declaresGlobals(one.file))) return undefined;
    changed.add(name);
    if (then?.exports !== now?.exports) changed.add(exportsOf(name));
  }
  return changed;
}

/** What every other file may see without importing it. */
function declaresGlobals(file: ts.SourceFile): boolean {
  const { moduleAugmentations = [] } = file as unknown as { moduleAugmentations?: readonly unknown[] };
  return moduleAugmentations.length > 0 || (!ts.isExternalModule(file) && !file.fileName.endsWith(".json"));
}

function exportedBy(file: ts.SourceFile): string {
  const { symbol } = file as unknown as { symbol?: ts.Symbol };
  const stars = file.statements
    .filter(ts.isExportDeclaration)
    .filter((one) => !one.exportClause)
    .map((one) => one.moduleSpecifier?.getText(file) ?? "");
  return [...(symbol?.exports?.keys() ?? []), ...stars].join();
}
