/**
 * One emitted file: what it imports and what the user's types are called in it, while its text is being made. Imports
 * are collected as names are used, so a file imports what it needs and nothing else.
 */
import { posix } from "node:path";
import type { ApiModel, NameRef, TypeText } from "../model/api-model.js";
import { EmittedNames, Scope } from "./names.js";
import { RUNTIME_MODULE, type RuntimeType, type RuntimeValue } from "./runtime-symbols.js";
import { Usage } from "./usage.js";

/** Nested arrays of lines are a level deeper. */
export type Lines = readonly (string | Lines)[];

export interface Layout {
  /** Path of the .rpc.ts of a source, relative to the output folder. */
  outputOf(source: string): string;
  /** Module specifier of a source, seen from the .rpc.ts of `from`. */
  specifierOf(source: string, from: string): string;
}

/** What all files of one run have in common. */
export class Shared {
  readonly model: ApiModel;
  readonly names: EmittedNames;
  readonly usage: Usage;
  /** The source in whose .rpc.ts a thing stands. */
  readonly homes: ReadonlyMap<string, string>;

  constructor(model: ApiModel) {
    this.model = model;
    this.names = new EmittedNames(model);
    this.usage = new Usage(model);
    const all = [...model.services, ...model.messages, ...model.enums, ...model.errors];
    this.homes = new Map(all.map((one) => [one.name, one.home]));
  }
}

export class FileEmitter {
  readonly model: ApiModel;
  readonly names: EmittedNames;
  readonly usage: Usage;
  /** Relative to the base folder. */
  readonly source: string;
  readonly #layout: Layout;
  readonly #types = new Map<string, Set<string>>();
  readonly #values = new Map<string, Set<string>>();
  readonly #aliases = new Map<string, string>();
  readonly #homes: ReadonlyMap<string, string>;

  constructor(source: string, shared: Shared, layout: Layout) {
    const { model, names, usage, homes } = shared;
    this.source = source;
    this.model = model;
    this.names = names;
    this.usage = usage;
    this.#layout = layout;
    this.#homes = homes;
  }

  scope(): Scope {
    return new Scope((name) => this.names.has(name) || this.#aliases.has(name));
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
    const home = this.#homes.get(owner);
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
    for (const name of ["ItemOf", "KeyOf", "ValueOf"] as const) {
      if (part.includes(`${name}<`)) this.runtimeType(name);
    }
    return part;
  }

  #between(home: string): string {
    const from = posix.dirname(this.#layout.outputOf(this.source));
    const path = posix.relative(from, this.#layout.outputOf(home)).replace(/\.ts$/, ".js");
    return path.startsWith(".") ? path : `./${path}`;
  }
}

export function render(lines: Lines, depth: number): string[] {
  return lines.flatMap((line) =>
    typeof line === "string"
      ? line.split("\n").map((one) => (one === "" ? "" : "  ".repeat(depth) + one))
      : render(line, depth + 1),
  );
}

function add(map: Map<string, Set<string>>, module: string, name: string): void {
  const names = map.get(module) ?? new Set<string>();
  map.set(module, names.add(name));
}

function order(module: string): number {
  return module === RUNTIME_MODULE ? 0 : 1;
}
