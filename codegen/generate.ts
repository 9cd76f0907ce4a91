/**
 * The generator on one page: TypeScript interfaces in, .rpc.ts and .proto out. Each pass has a file of its own in
 * passes/; only the first three see the compiler.
 */
import { readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.js";
import { type Diagnostic, Diagnostics } from "./diagnostics.js";
import type { Memory } from "./memory.js";
import { descriptionPath } from "./emit/description-emitter.js";
import type { ApiModel } from "./model/api-model.js";
import { GENERATED, outputOf } from "./model/output-path.js";
import { assignNumbers } from "./passes/assign-numbers.js";
import { discover } from "./passes/discover.js";
import { emit, protoPath } from "./passes/emit.js";
import { introspect } from "./passes/introspect.js";
import { type LoadedProject, ProjectLoader, defaultOut } from "./passes/load.js";
import { judgeModuleFormat } from "./passes/load/module-format.js";
import { judgeSyntax } from "./passes/load/syntax.js";
import { tombstonesOf } from "./passes/tombstones.js";
import { validate } from "./passes/validate.js";
import { type TargetFile, readIfThere } from "./passes/write.js";
import { LockReader } from "./proto/lock-reader.js";
import { type Lock, ProtoSyntaxError } from "./proto/proto-reader.js";

export { parseJson } from "./passes/load/json-document.js";

export interface Generated {
  /** What the files should be; empty where there are errors. */
  readonly files: readonly TargetFile[];
  /** Absolute paths of files that were generated, and would not be now: their source is gone, or the config has changed. */
  readonly obsolete: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly model: ApiModel;
}

export interface GenerateOptions {
  readonly allowBreaking: boolean;
  /** Of earlier runs over the same config: only what has changed since is looked at. */
  readonly memory?: Memory;
}

/** Analyses everything, then emits everything. Writes nothing. */
export function generate(config: Config, options: GenerateOptions): Generated {
  const { project, model, problems, paths, lockText } = analyse(config, options);
  if (problems.hasErrors) return { files: [], obsolete: [], diagnostics: problems.all(), model };

  const { out, proto } = paths;
  const shown = (path: string): string => relative(config.folder, path).split(sep).join("/");
  const emitted = emit(
    model,
    {
      shownPath: (source) => shown(resolve(project.base, source)),
      specifierOf: (source, from) => specifier(project, out, source, from),
      description: config.description,
    },
    options.memory?.emitted,
  );
  const files = emitted.map((one) => ({
    path: join(one.in === "out" ? out : proto, ...one.path.split("/")),
    text: one.text,
  }));
  if (config.runtimeProtos && files.length > 0) files.push(...runtimeProtos(proto));
  const expected = new Set(files.map((one) => one.path));
  const obsolete = sourcesOf(lockText)
    .map((source) => ({ source, path: join(out, outputOf(relative(project.base, resolve(config.folder, source)))) }))
    .filter(({ source, path }) => !expected.has(path) && isGeneratedFrom(source, readIfThere(path)))
    .map(({ path }) => path);
  const description = join(out, descriptionPath(model.package));
  const isOurs = readIfThere(description)?.startsWith(GENERATED) ?? false;
  if (isOurs && !expected.has(description)) obsolete.push(description);
  return { files, obsolete, diagnostics: problems.all(), model };
}

export interface Analysed {
  readonly project: LoadedProject;
  readonly model: ApiModel;
  readonly problems: Diagnostics;
  /** Where emitted files and schemas go. Absolute. */
  readonly paths: { readonly out: string; readonly proto: string; readonly schema: string };
  /** The committed schema; "" where there is none. */
  readonly lockText: string;
}

/** Everything that is known before anything is emitted. */
export function analyse(config: Config, { allowBreaking, memory }: GenerateOptions): Analysed {
  const problems = new Diagnostics();
  const out = config.out === undefined ? defaultOut(config) : resolve(config.folder, config.out);
  const proto = config.proto === undefined ? join(out, "proto") : resolve(config.folder, config.proto);
  const schema = join(proto, ...protoPath(config.package).split("/"));

  const project = (memory?.loader ?? new ProjectLoader(config)).load();
  judgeSyntax(project, problems);
  const sources = discover(project, problems, memory?.discovered);
  const found = introspect(sources, config.package, problems, memory?.introspection);
  validate(found, problems);
  const lockFile = relative(config.folder, schema).split(sep).join("/");
  const lockText = readIfThere(schema) ?? "";
  const lock = readLock(lockText, lockFile, problems, memory?.locks ?? new LockReader());
  const model = assignNumbers(found, { lock, lockFile, allowBreaking }, problems, memory?.numbers);
  if (lock) model.tombstones = tombstonesOf(model, lock);
  const scripts = model.sources.map((source) => outputOf(source)).filter((path) => path.endsWith(".ts"));
  if (scripts.length > 0) judgeModuleFormat(config, project.options, join(out, dirname(scripts[0]!)), problems);
  return { project, model, problems, paths: { out, proto, schema }, lockText };
}

function readLock(text: string, shown: string, problems: Diagnostics, reader: LockReader): Lock | undefined {
  if (text === "") return undefined;
  try {
    return reader.read(text);
  } catch (error) {
    if (!(error instanceof ProtoSyntaxError)) throw error;
    problems.error(
      "PW1506",
      { file: shown, line: error.line, column: 1, length: 1 },
      `cannot read the numbers: ${error.message}`,
      "restore the committed file, or mend it by hand",
    );
    return undefined;
  }
}

/** The sources that the committed schema was made of, as its first line says. */
function sourcesOf(lockText: string): string[] {
  const named = /^\/\/ @generated by peerwire from (.*)\. DO NOT EDIT\.$/m.exec(lockText)?.[1] ?? "";
  return named.split(", ").filter((one) => /\.[cm]?tsx?$/.test(one));
}

/** Whether a file is ours to remove: it says itself that it was made from this very source. */
function isGeneratedFrom(source: string, text: string | undefined): boolean {
  return text?.startsWith(`${GENERATED}${source}. DO NOT EDIT.`) ?? false;
}

/** `../../examples/files/volume.js`, as the .rpc.ts of `from` sees it. */
function specifier(project: LoadedProject, out: string, source: string, from: string): string {
  const folder = dirname(join(out, outputOf(from)));
  const path = relative(folder, resolve(project.base, source)).split(sep).join(posix.sep);
  const js = path.replace(/\.([cm]?)tsx?$/, ".$1js");
  return js.startsWith(".") ? js : `./${js}`;
}

/** The schemas that emitted schemas import, from the package itself. */
function runtimeProtos(proto: string): TargetFile[] {
  const schema = findSchema();
  return ["options.proto", "types.proto"].map((name) => ({
    path: join(proto, "peerwire", "v1", name),
    text: readFileSync(join(schema, "peerwire", "v1", name), "utf8"),
  }));
}

/** `schema/` lies at the root of the package, wherever this file was built to. */
function findSchema(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (readIfThere(join(folder, "schema", "peerwire", "v1", "types.proto")) === undefined) {
    if (folder === dirname(folder)) throw new Error("the package lacks schema/peerwire/v1");
    folder = dirname(folder);
  }
  return join(folder, "schema");
}
