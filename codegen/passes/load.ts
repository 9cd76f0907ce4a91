/**
 * Opens the user's program: a ts-morph Project with the options of the tsconfig, and only the files that the config
 * names. Two options are overridden. Module resolution: ts-morph knows nothing of package.json's "type", and under
 * nodenext the types of ESM packages silently become `any`. Type ordering: union members otherwise come in the order in
 * which any file happened to mention them.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Project, ts } from "ts-morph";
import { type Config, ConfigError } from "../config.js";
import { type ParsedTsconfig, parseTsconfig } from "./load/tsconfig.js";

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
  /** Whether a file belongs to a package, or to the library. */
  readonly isForeign: (file: ts.SourceFile) => boolean;
  /** The name of the file that a module specifier means; undefined where there is none. */
  readonly importOf: (specifier: ts.Expression) => string | undefined;
  /** The same of everything that a file imports. */
  readonly importsOf: (file: ts.SourceFile) => readonly (string | undefined)[];
}

/** Loads one project, perhaps many times: what has not changed on the disk is not read again. */
export class ProjectLoader {
  readonly #config: Config;
  #options = "";
  #project: Project | undefined;
  #isUnresolved = false;
  /** When each file of the program was last changed, as the disk says. */
  #stamps: ReadonlyMap<string, string> = new Map();

  constructor(config: Config) {
    this.#config = config;
  }

  load(): LoadedProject {
    const config = this.#config;
    const parsed = parseTsconfig(config);
    const paths = sourcePaths(config, parsed);
    const project = this.#refresh(paths, parsed.options);
    const program = project.getProgram().compilerObject;
    const files = program.getSourceFiles().filter((file) => !program.isSourceFileDefaultLibrary(file));
    this.#stamps = new Map(files.map(({ fileName }) => [fileName, stampOf(fileName)]));
    const isForeign = (file: ts.SourceFile): boolean =>
      file.fileName.includes("/node_modules/") || program.isSourceFileDefaultLibrary(file);
    this.#isUnresolved = files.some((file) => !isForeign(file) && importsOf(program, file).includes(undefined));
    const base = baseFolder(config, parsed.options, paths);
    const sources = paths
      .map((path) => program.getSourceFile(path.split(sep).join("/")))
      .filter((file) => file !== undefined);
    return {
      program,
      checker: program.getTypeChecker(),
      sources,
      base,
      pathOf: pathsFrom(base),
      shownPathOf: pathsFrom(config.folder),
      isForeign,
      importOf: (specifier) => importOf(program, specifier),
      importsOf: (file) => importsOf(program, file),
    };
  }

  /** Every file that the program was made of, but those of the library. */
  get files(): readonly string[] {
    return [...this.#stamps.keys()];
  }

  #refresh(paths: readonly string[], options: ts.CompilerOptions): Project {
    const key = JSON.stringify(options);
    // An import that led nowhere may lead somewhere by now; only a new program looks again.
    if (key !== this.#options || this.#isUnresolved) this.#project = undefined;
    this.#options = key;
    const project = this.#project ?? createProject(options);
    if (this.#project) {
      for (const [path, stamp] of this.#stamps) {
        if (stampOf(path) === stamp) continue;
        const file = project.getSourceFile(path);
        if (!file) return this.#again(paths, options);
        file.refreshFromFileSystemSync();
      }
    }
    const wanted = new Set(paths.map((path) => path.split(sep).join("/")));
    for (const file of project.getSourceFiles()) {
      const path: string = file.getFilePath();
      if (!wanted.has(path) && !this.#stamps.has(path)) project.removeSourceFile(file);
    }
    for (const path of paths) project.addSourceFileAtPathIfExists(path);
    this.#project = project;
    return project;
  }

  #again(paths: readonly string[], options: ts.CompilerOptions): Project {
    this.#project = undefined;
    return this.#refresh(paths, options);
  }
}

/** Where emitted files go by default: beneath the tsconfig's rootDir, so that tsc finds them inside it. */
export function defaultOut(config: Config): string {
  return join(baseFolder(config, parseTsconfig(config).options), "generated");
}

function createProject(options: ts.CompilerOptions): Project {
  return new Project({
    compilerOptions: {
      ...options,
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
}

function sourcePaths(config: Config, parsed: ParsedTsconfig): string[] {
  const out = resolve(config.folder, config.out ?? "generated") + sep;
  const names = config.sources
    ? matchSources(config.folder, config.sources)
    : parsed.fileNames.filter((name) => !/\.d\.[cm]?ts$/.test(name) && /@remote\b/.test(readFileSync(name, "utf8")));
  const paths = names.filter((name) => !resolve(name).startsWith(out) && !name.endsWith(".rpc.ts")).sort();
  if (config.sources && paths.length === 0) {
    throw new ConfigError(`sources ${JSON.stringify(config.sources)} match no file beneath ${config.shownFolder}`);
  }
  return paths;
}

/** The folder of the config; the rootDir, or the folder around `out`, where that lies beneath it and holds every source. */
function baseFolder(config: Config, { rootDir }: ts.CompilerOptions, paths: readonly string[] = []): string {
  const nearer = config.out === undefined ? rootDir : dirname(resolve(config.folder, config.out));
  if (nearer === undefined || (config.out === undefined && config.sources)) return config.folder;
  const folder = resolve(nearer);
  const isBeneath = folder.startsWith(config.folder + sep);
  return isBeneath && paths.every((path) => resolve(path).startsWith(folder + sep)) ? folder : config.folder;
}

function matchSources(folder: string, globs: readonly string[]): string[] {
  return ts.sys.readDirectory(folder, [".ts", ".mts", ".cts", ".tsx"], ["**/node_modules/**"], [...globs]);
}

function importOf(program: ts.Program, specifier: ts.Expression): string | undefined {
  const resolver = program as unknown as {
    getResolvedModuleFromModuleSpecifier(
      specifier: ts.Expression,
    ): { resolvedModule?: { resolvedFileName: string } } | undefined;
  };
  return resolver.getResolvedModuleFromModuleSpecifier(specifier)?.resolvedModule?.resolvedFileName;
}

function importsOf(program: ts.Program, file: ts.SourceFile): (string | undefined)[] {
  const { imports = [] } = file as unknown as { imports?: readonly ts.StringLiteralLike[] };
  return imports.map((one) => importOf(program, one));
}

/** A file's path relative to a folder, found once. */
function pathsFrom(folder: string): (file: ts.SourceFile) => string {
  const known = new Map<string, string>();
  return ({ fileName }) => {
    let path = known.get(fileName);
    if (path === undefined) known.set(fileName, (path = relative(folder, fileName).split(sep).join("/")));
    return path;
  };
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs} ${stat.size}` : "";
}
