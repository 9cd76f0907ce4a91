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
import { Entries } from "./introspect/entries.js";
import type { Entry, EntryRef, Finding } from "./introspect/entry.js";
import { errorOf } from "./introspect/errors.js";
import { declarationKey } from "./introspect/keys.js";
import { serviceOf } from "./introspect/members.js";
import { shapeOf } from "./introspect/shapes.js";

export function introspect(sources: Sources, packageName: string, problems: Diagnostics): ApiModel {
  const first = look(sources, packageName, new Set());
  const taken = namesOfBoth(first.model);
  const { model, told } = taken.size === 0 ? first : look(sources, packageName, taken);
  problems.addAll(told);
  return model;
}

/** @param taken  names that types have of their own: inline types are called otherwise. */
function look(
  sources: Sources,
  packageName: string,
  taken: ReadonlySet<string>,
): { readonly model: ApiModel; readonly told: Diagnostics } {
  const told = new Diagnostics();
  const context = new Context(sources, new Entries(new Map<string, Entry>()), shapeOf, taken);
  const found = new Found(context.entries, told, new Set(sources.remotes.map(declarationKey)));
  for (const declaration of sources.errors) found.follow(rootOf(context, declaration));
  for (const declaration of sources.remotes) found.follow(rootOf(context, declaration));
  return { model: found.model(packageName, throwable(context, sources)), told };
}

/** What an inline type is called that stands at `Schema.type`, and a type of its own, `SchemaType`. */
function namesOfBoth({ messages, enums, errors }: ApiModel): ReadonlySet<string> {
  const types = [...messages, ...enums, ...errors.map((one) => ({ ...one, exported: true }))];
  const own = new Set(types.filter((one) => one.exported).map((one) => one.name));
  return new Set(types.filter((one) => !one.exported && own.has(one.name)).map((one) => one.name));
}

/** An interface or error class that is offered: where everything else is reached from. */
function rootOf(context: Context, declaration: ts.InterfaceDeclaration | ts.ClassDeclaration): EntryRef {
  const id = `offered ${declarationKey(declaration)}`;
  const ref: EntryRef = { key: id, id };
  context.entries.make(ref, () => {
    if (ts.isClassDeclaration(declaration)) {
      const error = errorOf(context, declaration);
      if (error) context.entries.add({ kind: "error", found: error });
    } else {
      const service = serviceOf(context, declaration);
      if (service) context.entries.add({ kind: "service", found: service });
    }
  });
  return ref;
}

/** What the entries say, one after the other: each where it is first led to. */
class Found {
  readonly #services: ServiceModel[] = [];
  readonly #messages: Message[] = [];
  readonly #enums: EnumModel[] = [];
  readonly #errors: ErrorModel[] = [];
  readonly #followed = new Set<string>();
  readonly #entries: Entries;
  readonly #problems: Diagnostics;
  /** The declarations of remote interfaces in the sources. */
  readonly #offered: ReadonlySet<string>;

  constructor(entries: Entries, problems: Diagnostics, offered: ReadonlySet<string>) {
    this.#entries = entries;
    this.#problems = problems;
    this.#offered = offered;
  }

  follow(ref: EntryRef): void {
    if (this.#followed.has(ref.key)) return;
    this.#followed.add(ref.key);
    for (const finding of this.#entries.get(ref).findings) this.#take(finding);
  }

  #take({ kind, found }: Finding): void {
    switch (kind) {
      case "entry":
        this.follow(found);
        return;
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
function throwable({ project, checker }: Context, sources: Sources): (source: string) => ReadonlySet<string> {
  const homes = new Map<string, ReadonlySet<string>>();
  for (const file of new Set(sources.remotes.map((one) => one.getSourceFile()))) {
    const imported = file.statements.filter(ts.isImportDeclaration).flatMap((one) => {
      const target = checker.getSymbolAtLocation(one.moduleSpecifier)?.declarations?.[0]?.getSourceFile();
      return target ? [project.pathOf(target)] : [];
    });
    homes.set(project.pathOf(file), new Set([project.pathOf(file), ...imported]));
  }
  return (source) => homes.get(source) ?? new Set([source]);
}
