/**
 * Opens the user's program: a ts-morph Project with the options of the tsconfig, and only the files that the config
 * names. Two options are overridden. Module resolution: ts-morph knows nothing of package.json's "type", and under
 * nodenext the types of ESM packages silently become `any`. Type ordering: union members otherwise come in the order in
 * which any file happened to mention them.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Project, ts } from "ts-morph";
import { type Config, ConfigError } from "../config.js";

export interface LoadedProject {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  /** The files that may declare remote interfaces, sorted by path. */
  readonly sources: readonly ts.SourceFile[];
  /** What paths of sources are relative to, in the output too. */
  readonly base: string;
  /** Relative to `base`, with `/`. */
  pathOf(file: ts.SourceFile): string;
  /** Relative to the folder of the config, with `/`: what diagnostics show. */
  shownPathOf(file: ts.SourceFile): string;
}

export function load(config: Config): LoadedProject {
  const parsed = parseTsconfig(config);
  const out = resolve(config.folder, config.out ?? "generated") + sep;
  const names = config.sources
    ? matchSources(config.folder, config.sources)
    : parsed.fileNames.filter((name) => !/\.d\.[cm]?ts$/.test(name) && /@remote\b/.test(readFileSync(name, "utf8")));
  const paths = names.filter((name) => !resolve(name).startsWith(out) && !name.endsWith(".rpc.ts")).sort();
  if (config.sources && paths.length === 0) {
    throw new ConfigError(`sources ${JSON.stringify(config.sources)} match no file beneath ${config.shownFolder}`);
  }

  const project = new Project({
    compilerOptions: {
      ...parsed.options,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      stableTypeOrdering: true,
      strictNullChecks: true,
      noEmit: true,
      composite: false,
      incremental: false,
    },
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: false,
  });
  for (const path of paths) project.addSourceFileAtPath(path);
  const program = project.getProgram().compilerObject;
  const base = baseFolder(config, parsed.options);
  const pathFrom = (folder: string, file: ts.SourceFile): string =>
    relative(folder, file.fileName).split(sep).join("/");
  const sources = paths
    .map((path) => program.getSourceFile(path.split(sep).join("/")))
    .filter((file) => file !== undefined);
  return {
    program,
    checker: program.getTypeChecker(),
    sources,
    base,
    pathOf: (file) => pathFrom(base, file),
    shownPathOf: (file) => pathFrom(config.folder, file),
  };
}

/** JSON with comments and trailing commas, by TypeScript's own parser. @throws {ConfigError} with line and column. */
export function parseJsonc(text: string, path: string): unknown {
  const parsed: { config?: unknown; error?: ts.Diagnostic } = ts.parseConfigFileTextToJson(path, text);
  const { error } = parsed;
  if (!error) return parsed.config;
  const at =
    error.file && error.start !== undefined ? error.file.getLineAndCharacterOfPosition(error.start) : undefined;
  const where = at ? `${path}:${at.line + 1}:${at.character + 1}` : path;
  throw new ConfigError(`${where}: ${ts.flattenDiagnosticMessageText(error.messageText, "\n")}`);
}

/** Where emitted files go by default: beneath the tsconfig's rootDir, so that tsc finds them inside it. */
export function defaultOut(config: Config): string {
  const base = baseFolder(config, parseTsconfig(config).options);
  return join(base, "generated");
}

function baseFolder(config: Config, options: ts.CompilerOptions): string {
  const { rootDir } = options;
  if (config.sources || !rootDir) return config.folder;
  return resolve(rootDir).startsWith(config.folder) ? resolve(rootDir) : config.folder;
}

function parseTsconfig(config: Config): ts.ParsedCommandLine {
  const path = config.tsconfig;
  const host = ts.sys;
  if (path === undefined) {
    const options = { strict: true, target: "es2023", lib: ["es2023", "dom", "dom.asynciterable"] };
    const json = { compilerOptions: options, exclude: ["node_modules", "dist", config.out ?? "generated"] };
    return ts.parseJsonConfigFileContent(json, host, config.folder);
  }
  const text = host.readFile(path);
  if (text === undefined) throw new ConfigError(`tsconfig ${path}: no such file`);
  const parsed = ts.parseJsonConfigFileContent(parseJsonc(text, path), host, dirname(path), undefined, path);
  // 18003: no inputs. The sources may be named by our own config.
  const fatal = parsed.errors.find((error) => error.code !== 18003);
  if (fatal) throw new ConfigError(`${path}: ${ts.flattenDiagnosticMessageText(fatal.messageText, "\n")}`);
  return parsed;
}

function matchSources(folder: string, globs: readonly string[]): string[] {
  return ts.sys.readDirectory(folder, [".ts", ".mts", ".cts", ".tsx"], ["**/node_modules/**"], [...globs]);
}
