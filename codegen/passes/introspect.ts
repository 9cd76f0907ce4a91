/**
 * Types to shapes: from the declarations that discover found, everything that can be reached. The last pass to see the
 * compiler. It reports what has no shape and goes on, so that all problems are told at once.
 */
import { ts } from "ts-morph";
import { Diagnostics } from "../diagnostics.js";
import type { ApiModel, EnumModel, ErrorModel, Message, ServiceModel } from "../model/api-model.js";
import { lineageOf } from "../model/inheritance.js";
import type { Sources } from "./discover.js";
import { Context } from "./introspect/context.js";
import type { Place } from "./introspect/place.js";
import { Entries } from "./introspect/entries.js";
import type { Entry, EntryRef, Finding } from "./introspect/entry.js";
import type { EntryMemory } from "./introspect/entry-memory.js";
import { errorOf } from "./introspect/errors.js";
import { fieldOf } from "./introspect/fields.js";
import { declarationKey, symbolOf } from "./introspect/keys.js";
import { serviceOf } from "./introspect/members.js";
import { Reads } from "./introspect/reads.js";
import { shapeOf } from "./introspect/shapes.js";

/** What earlier introspections found: it is not looked at again, unless something of it has changed. */
export interface IntrospectionMemory {
  readonly entries: EntryMemory;
  /** Of those where some inline types leave their names to others. */
  readonly renamed: EntryMemory;
}

export function introspect(
  sources: Sources,
  packageName: string,
  problems: Diagnostics,
  memory?: IntrospectionMemory,
): ApiModel {
  const first = look(sources, packageName, new Set(), memory?.entries);
  const taken = namesOfBoth(first.model);
  const { model, told } = taken.size === 0 ? first : look(sources, packageName, taken, memory?.renamed);
  problems.addAll(told);
  return model;
}

/** @param taken  names that types have of their own: inline types are called otherwise. */
function look(
  sources: Sources,
  packageName: string,
  taken: ReadonlySet<string>,
  memory?: EntryMemory,
): { readonly model: ApiModel; readonly told: Diagnostics } {
  const known = memory?.entriesFor(sources.project, taken);
  const isWhole = known === undefined || known.size === 0;
  const reads = memory && new Reads(sources.project);
  const entries = new Entries(known ?? new Map<string, Entry>());
  const context = new Context(sources, entries, (symbol) => reads?.of(symbol) ?? NOTHING, shapeOf, taken);
  const roots = [...sources.errors, ...sources.remotes].map((one) => rootOf(context, one));
  const told = new Diagnostics();
  const found = new Found(told, new Set(sources.remotes.map(declarationKey)));
  const isFound = roots.every((root) => found.follow(root, (ref) => entries.get(ref) ?? findAgain(context, ref)));
  if (!isFound || context.isExhausted) {
    // What is known and what is new do not fit together: once more, from nothing.
    memory?.forget();
    if (!isWhole) return look(sources, packageName, taken, memory);
    if (!isFound) throw new Error("introspection led to a type, and did not find it again");
  }
  memory?.keep(roots, entries.made);
  return { model: found.model(packageName, throwable(context, sources)), told };
}

/** What an inline type is called that stands at `Schema.type`, and a type of its own, `SchemaType`. */
function namesOfBoth({ messages, enums, errors }: ApiModel): ReadonlySet<string> {
  const types = [...messages, ...enums, ...errors.map((one) => ({ ...one, exported: true }))];
  const own = new Set(types.filter((one) => one.exported).map((one) => one.name));
  return new Set(types.filter((one) => !one.exported && own.has(one.name)).map((one) => one.name));
}

const NOTHING: ReadonlySet<string> = new Set();

/** An interface or error class that is offered: where everything else is reached from. */
function rootOf(context: Context, declaration: ts.InterfaceDeclaration | ts.ClassDeclaration): EntryRef {
  const key = `offered ${declarationKey(declaration)}`;
  const ref: EntryRef = { key, id: key, isDeclared: true };
  const { checker, entries } = context;
  const look = (): void => {
    if (ts.isClassDeclaration(declaration)) {
      const error = errorOf(context, declaration);
      if (error) entries.add({ kind: "error", found: error });
    } else {
      const service = serviceOf(context, declaration);
      if (service) entries.add({ kind: "service", found: service });
    }
  };
  const symbol = checker.getSymbolAtLocation(declaration.name ?? declaration);
  const reads = (): ReadonlySet<string> =>
    symbol ? context.readsOf(symbol) : new Set([declaration.getSourceFile().fileName]);
  entries.offer(ref, { reads, look });
  return ref;
}

/** A declared type that only entries of an earlier run lead to, and that has changed since. */
function findAgain(context: Context, ref: EntryRef): Entry | undefined {
  const symbol = ref.isDeclared ? symbolOf(context.project, ref.key) : undefined;
  const named = symbol && context.names.nameRef(symbol);
  const [node] = symbol?.declarations ?? [];
  if (!symbol || !named || !node) return undefined;
  const type = context.checker.getDeclaredTypeOfSymbol(symbol);
  const place: Place = { path: [named], name: symbol.name, node, home: named.source, depth: 0 };
  context.entries.aside(() => void fieldOf(context, type, place, { name: "" }));
  return context.entries.get(ref);
}

/** What the entries say, one after the other: each where it is first led to. */
class Found {
  readonly #services: ServiceModel[] = [];
  readonly #messages: Message[] = [];
  readonly #enums: EnumModel[] = [];
  readonly #errors: ErrorModel[] = [];
  readonly #problems: Diagnostics;
  readonly #followed = new Set<string>();
  /** The declarations of remote interfaces in the sources. */
  readonly #offered: ReadonlySet<string>;

  constructor(problems: Diagnostics, offered: ReadonlySet<string>) {
    this.#problems = problems;
    this.#offered = offered;
  }

  /** @returns false where an entry is nowhere to be found. */
  follow(ref: EntryRef, find: (ref: EntryRef) => Entry | undefined): boolean {
    if (this.#followed.has(ref.key)) return true;
    this.#followed.add(ref.key);
    const entry = find(ref);
    return (
      entry?.findings.every((one) => {
        if (one.kind === "entry") return this.follow(one.found, find);
        this.#take(one);
        return true;
      }) ?? false
    );
  }

  #take({ kind, found }: Exclude<Finding, { readonly kind: "entry" }>): void {
    switch (kind) {
      case "message":
        this.#messages.push(found);
        return;
      case "enum":
        this.#enums.push(found);
        return;
      case "service":
        this.#services.push(found);
        return;
      case "error":
        this.#errors.push(found);
        return;
      case "problem":
        this.#problems.error(...found);
        return;
      case "remote": {
        const { name, declared, location } = found;
        if (declared.some((one) => this.#offered.has(one))) return;
        const hint = "tag it @remote there, and let the sources of the config match that file";
        const what = `the remote interface ${name} is declared in a file that is no source`;
        this.#problems.error("PW1109", location, what, hint);
      }
    }
  }

  /** @param homes  the sources whose error classes may be thrown by what a source declares. */
  model(packageName: string, homes: (source: string) => ReadonlySet<string>): ApiModel {
    const thrownBy = (within: ReadonlySet<string>): string[] =>
      this.#errors
        .filter((one) => within.has(one.home))
        .map((one) => one.name)
        .sort();
    // A callback may throw what the methods of its file may throw.
    const own = this.#services.map((one) => ({
      ...one,
      errors: thrownBy(one.kind === "function" ? new Set([one.home]) : homes(one.home)),
    }));
    // An object of a derived interface has its bases' members, and may throw what they may.
    const services = new Map(own.map((one) => [one.name, one]));
    const all = own.map((one) => {
      if (one.bases.length === 0) return one;
      const lineage = lineageOf({ services }, one);
      return { ...one, errors: [...new Set(lineage.flatMap((base) => base.errors))].sort() };
    });
    const everything = [...all, ...this.#messages, ...this.#enums, ...this.#errors];
    return {
      package: packageName,
      sources: [...new Set(everything.map((one) => one.home))].sort(),
      services: all.sort(byName),
      messages: this.#messages.sort(byName),
      enums: this.#enums.sort(byName),
      errors: this.#errors.sort(byName),
      reserved: {},
      tombstones: [],
    };
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Of each source: itself, and the files that it imports. */
function throwable({ project }: Context, sources: Sources): (source: string) => ReadonlySet<string> {
  const { program } = project;
  const homes = new Map<string, ReadonlySet<string>>();
  for (const file of new Set(sources.remotes.map((one) => one.getSourceFile()))) {
    const imported = file.statements.filter(ts.isImportDeclaration).flatMap((one) => {
      const target = program.getSourceFile(project.importOf(one.moduleSpecifier) ?? "");
      return target ? [project.pathOf(target)] : [];
    });
    homes.set(project.pathOf(file), new Set([project.pathOf(file), ...imported]));
  }
  return (source) => homes.get(source) ?? new Set([source]);
}
