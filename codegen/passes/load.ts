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
import { GENERATED } from "../model/output-path.js";
import { type ParsedTsconfig, parseTsconfig } from "./load/tsconfig.js";
import { readIfThere } from "./write.js";

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
  /** The author's own files, sources or imported by them. */
  readonly ownFiles: readonly ts.SourceFile[];
  /** What the tsconfig says, before anything of it is overridden. */
  readonly options: ts.CompilerOptions;
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
    const ownFiles = files.filter((file) => !isForeign(file));
    this.#isUnresolved = ownFiles.some((file) => importsOf(program, file).includes(undefined));
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
      ownFiles,
      options: parsed.options,
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
  const names = config.sources
    ? matchSources(config, config.sources)
    : parsed.fileNames.filter((name) => !/\.d\.[cm]?ts$/.test(name) && /@remote\b/.test(readFileSync(name, "utf8")));
  return names.filter((name) => !isEmitted(name)).sort();
}

/** The folder of the config; the rootDir, `out` or the folder around it, where that lies beneath it and holds every source. */
function baseFolder(config: Config, { rootDir }: ts.CompilerOptions, paths: readonly string[] = []): string {
  const out = config.out === undefined ? undefined : resolve(config.folder, config.out);
  const nearer = out !== undefined ? [out, dirname(out)] : config.sources ? [] : [rootDir ?? config.folder];
  const holdsAll = (folder: string): boolean =>
    folder.startsWith(config.folder + sep) && paths.every((path) => resolve(path).startsWith(folder + sep));
  return nearer.map((one) => resolve(one)).find(holdsAll) ?? config.folder;
}

/** @throws {ConfigError} where nothing is matched, or a file is named that is not there: all in it would be taken for removed. */
function matchSources({ folder, shownFolder }: Config, globs: readonly string[]): string[] {
  const match = (...some: string[]): string[] =>
    ts.sys.readDirectory(folder, [".ts", ".mts", ".cts", ".tsx"], ["**/node_modules/**"], some);
  const found = match(...globs);
  const named = globs.filter((glob) => !/[*?]/.test(glob) && match(glob).length === 0);
  const missing = named.length > 0 ? named : found.some((name) => !isEmitted(name)) ? [] : globs;
  if (missing.length === 0) return found;
  const shown = missing.map((glob) => JSON.stringify(glob)).join(", ");
  throw new ConfigError(`sources: no TypeScript file in the folder ${shownFolder} is ${shown}`);
}

/** Whether a file is the generator's own, wherever it lies. */
export function isEmitted(path: string): boolean {
  if (/\.rpc\.m?ts$/.test(path)) return true;
  return path.endsWith(".description.ts") && (readIfThere(path)?.startsWith(GENERATED) ?? false);
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
