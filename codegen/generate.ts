/**
 * The generator on one page: TypeScript interfaces in, .rpc.ts and .proto out. Each pass has a file of its own in
 * passes/; only the first three see the compiler.
 */
import { readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.js";
import { type Diagnostic, Diagnostics } from "./diagnostics.js";
import type { ApiModel } from "./model/api-model.js";
import { assignNumbers } from "./passes/assign-numbers.js";
import { discover } from "./passes/discover.js";
import { emit, outputOf, protoPath } from "./passes/emit.js";
import { introspect } from "./passes/introspect.js";
import { type LoadedProject, defaultOut, load } from "./passes/load.js";
import { validate } from "./passes/validate.js";
import { type TargetFile, readIfThere } from "./passes/write.js";
import { type Lock, ProtoSyntaxError, readProto } from "./proto/proto-reader.js";

export { parseJsonc } from "./passes/load.js";

export interface Generated {
  /** What the files should be; empty where there are errors. */
  readonly files: readonly TargetFile[];
  readonly diagnostics: readonly Diagnostic[];
  readonly model: ApiModel;
}

/** Analyses everything, then emits everything. Writes nothing. */
export function generate(config: Config, options: { readonly allowBreaking: boolean }): Generated {
  const problems = new Diagnostics();
  const out = config.out === undefined ? defaultOut(config) : resolve(config.folder, config.out);
  const proto = config.proto === undefined ? join(out, "proto") : resolve(config.folder, config.proto);
  const schema = join(proto, ...protoPath(config.package).split("/"));

  const project = load(config);
  const sources = discover(project, problems);
  const model = introspect(sources, config.package, problems);
  validate(model, problems);
  const lockFile = relative(config.folder, schema).split(sep).join("/");
  assignNumbers(
    model,
    { lock: readLock(schema, lockFile, problems), lockFile, allowBreaking: options.allowBreaking },
    problems,
  );
  if (problems.hasErrors) return { files: [], diagnostics: problems.all(), model };

  const emitted = emit(model, {
    shownPath: (source) => relative(config.folder, resolve(project.base, source)).split(sep).join("/"),
    specifierOf: (source, from) => specifier(project, out, source, from),
  });
  const files = emitted.map((one) => ({
    path: join(one.in === "out" ? out : proto, ...one.path.split("/")),
    text: one.text,
  }));
  if (config.runtimeProtos && files.length > 0) files.push(...runtimeProtos(proto));
  return { files, diagnostics: problems.all(), model };
}

function readLock(path: string, shown: string, problems: Diagnostics): Lock | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return readProto(text);
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
