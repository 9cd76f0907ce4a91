/**
 * One emitted file: what it imports and what the user's types are called in it, while its text is being made. Imports
 * are collected as names are used, so a file imports what it needs and nothing else.
 */
import { posix } from "node:path";
import type { ErrorModel, NameRef, ServiceModel, TypeText } from "../model/api-model.js";
import type { ModelIndex } from "../model/model-index.js";
import { EmittedNames, Scope } from "./names.js";
import { RUNTIME_MODULE, type RuntimeType, type RuntimeValue } from "./runtime-symbols.js";
import type { Part } from "./shared.js";
import type { Trace } from "./trace.js";
import type { UsageAnswers } from "./usage.js";

/** Nested arrays of lines are a level deeper. */
export type Lines = readonly (string | Lines)[];

export interface Layout {
  /** Path of the .rpc.ts of a source, relative to the output folder. */
  outputOf(source: string): string;
  /** Module specifier of a source, seen from the .rpc.ts of `from`. */
  specifierOf(source: string, from: string): string;
}

export class FileEmitter {
  readonly packageName: string;
  /** The parts of the model, by name. */
  readonly index: ModelIndex;
  readonly names: EmittedNames;
  readonly usage: UsageAnswers;
  /** Relative to the base folder. */
  readonly source: string;
  readonly #layout: Layout;
  readonly #trace: Trace;
  readonly #types = new Map<string, Set<string>>();
  readonly #values = new Map<string, Set<string>>();
  readonly #aliases = new Map<string, string>();
  readonly #constants = new Map<string, { readonly name: string; readonly type: string }>();
  readonly #own = new Set<string>();

  /** @param trace  everything beyond this file is asked through it. */
  constructor(source: string, trace: Trace, layout: Layout) {
    this.source = source;
    this.#trace = trace;
    this.#layout = layout;
    this.packageName = trace.ask("package", ({ model }) => model.package);
    this.index = {
      services: { get: (name) => trace.ask(`service ${name}`, ({ index }) => index.services.get(name)) },
      messages: { get: (name) => trace.ask(`message ${name}`, ({ index }) => index.messages.get(name)) },
      enums: { get: (name) => trace.ask(`enum ${name}`, ({ index }) => index.enums.get(name)) },
    };
    this.names = new EmittedNames({
      find: (key) => trace.ask(`name of ${key}`, ({ names }) => names.find(key)),
      has: (name) => trace.ask(`name ${name}`, ({ names }) => names.has(name)),
    });
    this.usage = {
      isUsedBeyond: (home, name) => trace.ask(`use of ${name}`, ({ usage }) => usage.isUsedBeyond(home, name)),
      isBase: ({ name }) => trace.ask(`base ${name}`, ({ usage }) => usage.isBase({ name })),
      isBaseBeyond: ({ name, home }) =>
        trace.ask(`base ${name} beyond`, ({ usage }) => usage.isBaseBeyond({ name, home })),
      isStreamItem: (name) => trace.ask(`item ${name}`, ({ usage }) => usage.isStreamItem(name)),
      isResult: ({ name }) => trace.ask(`result ${name}`, ({ usage }) => usage.isResult({ name })),
      isArgument: ({ name }) => trace.ask(`argument ${name}`, ({ usage }) => usage.isArgument({ name })),
    };
  }

  /** What stands in this file. */
  here(): Part {
    const { source } = this;
    return {
      services: this.#trace.ask("services here", (shared) => shared.part(source).services),
      messages: this.#trace.ask("messages here", (shared) => shared.part(source).messages),
      enums: this.#trace.ask("enums here", (shared) => shared.part(source).enums),
      errors: this.#trace.ask("errors here", (shared) => shared.part(source).errors),
    };
  }

  fingerprintOf({ name }: ServiceModel): bigint {
    return this.#trace.ask(`fingerprint of ${name}`, (shared) => shared.fingerprintOf(name));
  }

  /** The sources whose interfaces may throw it. */
  throwersOf({ name }: ErrorModel): readonly string[] {
    return this.#trace.ask(`throwers of ${name}`, (shared) => shared.throwersOf(name));
  }

  /** A constant of this file, with that value. @returns its name; the same for the same value. */
  constant(wanted: string, type: string, value: string): string {
    const known = this.#constants.get(value);
    if (known) return known.name;
    let name = wanted;
    for (let i = 2; this.names.has(name) || this.#own.has(name); i++) name = `${wanted}${i}`;
    this.#own.add(name);
    this.#constants.set(value, { name, type });
    return name;
  }

  /** The constants that what was emitted uses. */
  constants(): Lines[] {
    return [...this.#constants].map(([value, { name, type }]) => [`const ${name}: ${type} = ${value};`]);
  }

  scope(): Scope {
    return new Scope((name) => this.names.has(name) || this.#own.has(name) || this.#aliases.has(name));
  }

  /** A type as this file writes it. */
  type(text: TypeText): string {
    return text.map((part) => (typeof part === "string" ? this.#helpers(part) : this.#user(part))).join("");
  }

  runtime(name: RuntimeValue): RuntimeValue {
    add(this.#values, RUNTIME_MODULE, name);
    return name;
  }

  runtimeType(name: RuntimeType): RuntimeType {
    add(this.#types, RUNTIME_MODULE, name);
    return name;
  }

  /** Something emitted for `owner` (a message, an enum, a service), perhaps into another file. */
  emitted(owner: string, name: string, kind: "type" | "value" = "value"): string {
    const home = this.#trace.ask(`home of ${owner}`, ({ homes }) => homes.get(owner));
    if (home !== undefined && home !== this.source) {
      add(kind === "type" ? this.#types : this.#values, this.#between(home), name);
    }
    return name;
  }

  /** The whole file: header, imports, body. */
  file(sections: readonly Lines[], header: string): string {
    const body = sections.filter((one) => one.length > 0).map((one) => render(one, 0).join("\n"));
    const imports = [...this.#imports("import type", this.#types), ...this.#imports("import", this.#values)];
    const head = imports.length === 0 ? [header] : [header, ...imports];
    return `${[head.join("\n"), ...body].join("\n\n")}\n`;
  }

  #imports(keyword: string, from: ReadonlyMap<string, ReadonlySet<string>>): string[] {
    return [...from]
      .sort(([a], [b]) => order(a) - order(b) || (a < b ? -1 : 1))
      .map(([module, names]) => {
        const list = [...names].sort((a, b) => (a < b ? -1 : 1));
        const line = `${keyword} { ${list.join(", ")} } from ${JSON.stringify(module)};`;
        return line.length <= 120
          ? line
          : `${keyword} {\n${list.map((name) => `  ${name},\n`).join("")}} from ${JSON.stringify(module)};`;
      });
  }

  #user(ref: NameRef): string {
    const local = this.names.has(ref.name) ? `Api${ref.name}` : ref.name;
    this.#aliases.set(local, ref.name);
    const module = this.#layout.specifierOf(ref.source, this.source);
    const name = local === ref.name ? local : `${ref.name} as ${local}`;
    if (ref.value) {
      add(this.#values, module, name);
      this.#types.get(module)?.delete(name);
      if (this.#types.get(module)?.size === 0) this.#types.delete(module);
    } else if (!this.#values.get(module)?.has(name)) {
      add(this.#types, module, name);
    }
    return local;
  }

  #helpers(part: string): string {
    for (const name of ["ItemOf", "KeyOf", "MemberOf", "Merged", "ValueOf"] as const) {
      if (part.includes(`${name}<`)) this.runtimeType(name);
    }
    return part;
  }

  #between(home: string): string {
    const from = posix.dirname(this.#layout.outputOf(this.source));
    const path = posix.relative(from, this.#layout.outputOf(home)).replace(/\.(m?)ts$/, ".$1js");
    return path.startsWith(".") ? path : `./${path}`;
  }
}

export function render(lines: Lines, depth: number): string[] {
  const rendered: string[] = [];
  const indents: string[] = [];
  const visit = (nested: Lines, level: number): void => {
    const indent = (indents[level] ??= "  ".repeat(level));
    for (const line of nested) {
      if (typeof line !== "string") visit(line, level + 1);
      else if (line.includes("\n")) for (const one of line.split("\n")) rendered.push(one === "" ? "" : indent + one);
      else rendered.push(line === "" ? "" : indent + line);
    }
  };
  visit(lines, depth);
  return rendered;
}

function add(map: Map<string, Set<string>>, module: string, name: string): void {
  const names = map.get(module) ?? new Set<string>();
  map.set(module, names.add(name));
}

function order(module: string): number {
  return module === RUNTIME_MODULE ? 0 : 1;
}
