/**
 * One emitted file: what it imports and what the user's types are called in it, while its text is being made. Imports
 * are collected as names are used, so a file imports what it needs and nothing else.
 */
import { posix } from "node:path";
import type { EnumModel, ErrorModel, Message, ServiceModel } from "../model/api-model.js";
import type { NameRef, TypeText } from "../model/type-text.js";
import type { ModelIndex } from "../model/model-index.js";
import { EmittedNames, Scope } from "./names.js";
import { RUNTIME_MODULE, type RuntimeType, type RuntimeValue } from "./runtime-symbols.js";
import type { Part, Shared } from "./shared.js";
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

/** Everything that is asked about what lies beyond a file. */
const ASK = {
  packageName: ({ model }: Shared): string => model.package,
  service: ({ index }: Shared, name: string): ServiceModel | undefined => index.services.get(name),
  message: ({ index }: Shared, name: string): Message | undefined => index.messages.get(name),
  enumeration: ({ index }: Shared, name: string): EnumModel | undefined => index.enums.get(name),
  nameOf: ({ names }: Shared, key: string): string | undefined => names.find(key),
  isName: ({ names }: Shared, name: string): boolean => names.has(name),
  isUsedBeyond: ({ usage }: Shared, name: string): boolean => usage.isUsedBeyond(name),
  isBase: ({ usage }: Shared, name: string): boolean => usage.isBase(name),
  isBaseBeyond: ({ usage }: Shared, name: string): boolean => usage.isBaseBeyond(name),
  isStreamItem: ({ usage }: Shared, name: string): boolean => usage.isStreamItem(name),
  isArgument: ({ usage }: Shared, name: string): boolean => usage.isArgument(name),
  isResult: ({ usage }: Shared, name: string): boolean => usage.isResult(name),
  homeOf: ({ homes }: Shared, name: string): string | undefined => homes.get(name),
  servicesIn: (shared: Shared, source: string): readonly ServiceModel[] => shared.part(source).services,
  messagesIn: (shared: Shared, source: string): readonly Message[] => shared.part(source).messages,
  enumsIn: (shared: Shared, source: string): readonly EnumModel[] => shared.part(source).enums,
  errorsIn: (shared: Shared, source: string): readonly ErrorModel[] => shared.part(source).errors,
  fingerprintOf: (shared: Shared, name: string): bigint => shared.fingerprintOf(name),
  throwersOf: (shared: Shared, name: string): readonly string[] => shared.throwersOf(name),
} as const;

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
  /** The modules of sources, as this file imports them. */
  readonly #modules = new Map<string, string>();
  /** Their .rpc.ts. */
  readonly #outputs = new Map<string, string>();

  /** @param trace  everything beyond this file is asked through it. */
  constructor(source: string, trace: Trace, layout: Layout) {
    this.source = source;
    this.#trace = trace;
    this.#layout = layout;
    this.packageName = trace.ask(ASK.packageName, "");
    this.index = {
      services: { get: (name) => trace.ask(ASK.service, name) },
      messages: { get: (name) => trace.ask(ASK.message, name) },
      enums: { get: (name) => trace.ask(ASK.enumeration, name) },
    };
    this.names = new EmittedNames({
      find: (key) => trace.ask(ASK.nameOf, key),
      has: (name) => trace.ask(ASK.isName, name),
    });
    this.usage = {
      isUsedBeyond: (name) => trace.ask(ASK.isUsedBeyond, name),
      isBase: (name) => trace.ask(ASK.isBase, name),
      isBaseBeyond: (name) => trace.ask(ASK.isBaseBeyond, name),
      isStreamItem: (name) => trace.ask(ASK.isStreamItem, name),
      isArgument: (name) => trace.ask(ASK.isArgument, name),
      isResult: (name) => trace.ask(ASK.isResult, name),
    };
  }

  /** What stands in this file. */
  here(): Part {
    const { source } = this;
    return {
      services: this.#trace.ask(ASK.servicesIn, source),
      messages: this.#trace.ask(ASK.messagesIn, source),
      enums: this.#trace.ask(ASK.enumsIn, source),
      errors: this.#trace.ask(ASK.errorsIn, source),
    };
  }

  fingerprintOf({ name }: ServiceModel): bigint {
    return this.#trace.ask(ASK.fingerprintOf, name);
  }

  /** The sources whose interfaces may throw it. */
  throwersOf({ name }: ErrorModel): readonly string[] {
    return this.#trace.ask(ASK.throwersOf, name);
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
    const home = this.#trace.ask(ASK.homeOf, owner);
    if (home !== undefined && home !== this.source) {
      add(kind === "type" ? this.#types : this.#values, this.#between(home), name);
    }
    return name;
  }

  /** The whole file: header, imports, body. */
  file(sections: readonly Lines[], header: string): string {
    const body = sections.filter((one) => one.length > 0).map((one) => render(one));
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
    const module = this.#moduleOf(ref.source);
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

  #moduleOf(source: string): string {
    let module = this.#modules.get(source);
    if (module === undefined) this.#modules.set(source, (module = this.#layout.specifierOf(source, this.source)));
    return module;
  }

  #helpers(part: string): string {
    for (const name of HELPER_TYPES) if (part.includes(`${name}<`)) this.runtimeType(name);
    return part;
  }

  #between(home: string): string {
    const known = this.#outputs.get(home);
    if (known !== undefined) return known;
    const from = posix.dirname(this.#layout.outputOf(this.source));
    const path = posix.relative(from, this.#layout.outputOf(home)).replace(/\.(m?)ts$/, ".$1js");
    const module = path.startsWith(".") ? path : `./${path}`;
    this.#outputs.set(home, module);
    return module;
  }
}

const HELPER_TYPES = ["ItemOf", "KeyOf", "MemberOf", "Merged", "ValueOf"] as const;

/** The text of the lines, without a line break at its end. */
export function render(lines: Lines): string {
  // One long text: pieces that are looked into are copied once more each.
  let whole = "";
  let between = "";
  const visit = (nested: Lines, indent: string): void => {
    for (const line of nested) {
      if (typeof line !== "string") {
        visit(line, `${indent}  `);
        continue;
      }
      whole += between;
      if (line !== "") whole += indent + (line.includes("\n") ? line.replace(/\n(?=[^\n])/g, `\n${indent}`) : line);
      between = "\n";
    }
  };
  visit(lines, "");
  return whole;
}

function add(map: Map<string, Set<string>>, module: string, name: string): void {
  const names = map.get(module) ?? new Set<string>();
  map.set(module, names.add(name));
}

function order(module: string): number {
  return module === RUNTIME_MODULE ? 0 : 1;
}
