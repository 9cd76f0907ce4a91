/**
 * The options of one run: `peerwire.config.json`, or the key "peerwire" of package.json, found beside the project or by
 * walking up; every key has a default. Knows no compiler: the parser of JSON with comments is passed in.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { nearest } from "./base/nearest.js";
import { type Diagnostic, Diagnostics } from "./diagnostics.js";
import type { Location } from "./model/api-model.js";

export const CONFIG_NAME = "peerwire.config.json";

export interface Config {
  /** The folder that holds the config, or the project itself: what every path in it is relative to. Absolute. */
  readonly folder: string;
  /** The same for people: relative to where the command was typed. */
  readonly shownFolder: string;
  /** The file that holds the config; undefined where every key has its default. Absolute. */
  readonly file?: string;
  /** Globs; undefined: every file of the tsconfig that declares a remote interface. */
  readonly sources?: readonly string[];
  /** The protobuf package: `acme.bank.v1`. */
  readonly package: string;
  readonly out?: string;
  readonly proto?: string;
  /** Whether peerwire/v1/{types,options}.proto are put beside the emitted schemas. */
  readonly runtimeProtos: boolean;
  /** Whether `<package>.description.ts` is emitted: what the package declares, for peers that ask for it. */
  readonly description: boolean;
  /** Absolute; undefined where there is none. */
  readonly tsconfig?: string;
}

/** The command or its config is wrong: exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** What is wrong in the file, relative to where the command was typed; empty where the message says all. */
  readonly diagnostics: readonly Diagnostic[];
  constructor(message: string, diagnostics: readonly Diagnostic[] = []) {
    super(message);
    this.diagnostics = diagnostics;
  }
}

/** JSON that still knows where everything in it stands. */
export interface JsonDocument {
  readonly value: unknown;
  /** Of a property's name, or of what it holds. `path` is its keys from the root; `[]` is the root itself. */
  locate(path: readonly string[], part: "key" | "value"): Location;
}

/** @throws {ConfigError} with all that is wrong with the text. */
export type ParseJson = (text: string, shownPath: string) => JsonDocument;

const KEYS = ["sources", "package", "out", "proto", "tsconfig", "runtimeProtos", "description"];

/** The packages that emitted schemas import. */
const TAKEN: readonly string[] = ["peerwire.v1", "google.protobuf"];

/** @param project the folder given on the command line; without it the config is searched upwards from `cwd`. */
export function readConfig(project: string | undefined, cwd: string, parseJson: ParseJson): Config {
  const start = startFolder(project, cwd);
  const found = project === undefined ? findConfigUp(start, cwd, parseJson) : configIn(start, cwd, parseJson);
  const folder = found ? dirname(found.file) : project === undefined ? projectFolder(start) : start;
  const values = new Values(found, folder);

  const sources = values.stringList("sources");
  const packageName = values.string("package") ?? defaultPackage(folder);
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(packageName)) {
    values.refuse(
      "package",
      `${JSON.stringify(packageName)} is no protobuf package`,
      'write small letters, digits and dots: "acme.bank.v1"',
    );
  }
  if (TAKEN.includes(packageName)) {
    values.refuse(
      "package",
      `the package ${packageName} is taken: every emitted schema imports it`,
      'write a name of your own: "acme.bank.v1"',
    );
  }
  const out = values.string("out");
  const proto = values.string("proto");
  const runtimeProtos = values.boolean("runtimeProtos") ?? true;
  const description = values.boolean("description") ?? false;
  const tsconfigKey = values.string("tsconfig");
  const tsconfig = tsconfigKey === undefined ? findUp(folder, "tsconfig.json") : resolve(folder, tsconfigKey);
  if (tsconfigKey !== undefined && !existsSync(resolve(folder, tsconfigKey))) {
    values.refuse("tsconfig", `${tsconfigKey}: no such file`, "write its path from the folder of this file");
  }
  values.throwProblems();
  return {
    folder,
    shownFolder: relative(cwd, folder).split(sep).join("/") || ".",
    package: packageName,
    runtimeProtos,
    description,
    ...(found && { file: found.file }),
    ...(sources && { sources }),
    ...(out !== undefined && { out }),
    ...(proto !== undefined && { proto }),
    ...(tsconfig !== undefined && { tsconfig }),
  };
}

/** The folder that the command line names, or the one it was typed in. */
export function startFolder(project: string | undefined, cwd: string): string {
  const start = resolve(cwd, project ?? ".");
  const stat = statSync(start, { throwIfNoEntry: false });
  if (!stat) throw new ConfigError(`--project ${project ?? "."}: no such folder`);
  if (stat.isDirectory()) return start;
  const folder = relative(cwd, dirname(start)).split(sep).join("/") || ".";
  throw new ConfigError(`--project ${project!}: this is a file; name its folder: --project ${folder}`);
}

/** `@acme/Bank-API` is `acme.bank_api.v1`. */
export function packageNameFrom(npmName: string): string {
  const parts = npmName
    .replace(/^@/, "")
    .split("/")
    .map((part) =>
      part
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "_")
        .replace(/^[_0-9]+|_+$/g, ""),
    )
    .filter((part) => part !== "");
  return `${parts.length === 0 ? "app" : parts.join(".")}.v1`;
}

/** A file that configures, and the path in it to what it says. */
interface Found {
  readonly file: string;
  readonly document: JsonDocument;
  /** `[]`, or `["peerwire"]` in a package.json. */
  readonly path: readonly string[];
}

/** The values of the config, and all that is wrong with them. */
class Values {
  readonly #problems = new Diagnostics();
  readonly #found: Found | undefined;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(found: Found | undefined, folder: string) {
    this.#found = found;
    let raw: unknown = found ? found.document.value : {};
    for (const key of found?.path ?? []) raw = (raw as Record<string, unknown>)[key];
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
      this.#refuseAt([], "value", "PW1603", "expected an object", `write { "package": "${defaultPackage(folder)}" }`);
      raw = {};
    }
    this.#values = raw as Record<string, unknown>;
    for (const key of Object.keys(this.#values)) {
      if (key === "$schema" || KEYS.includes(key)) continue;
      const meant = nearest(key, KEYS);
      const hint = meant === undefined ? `there are ${KEYS.join(", ")}` : `write "${meant}"`;
      this.#refuseAt([key], "key", "PW1602", `unknown key ${JSON.stringify(key)}`, hint);
    }
  }

  string(key: string): string | undefined {
    const value = this.#values[key];
    if (value === undefined || typeof value === "string") return value;
    this.refuse(key, `${key}: expected a string`, 'write it in quotes: "..."');
    return undefined;
  }

  stringList(key: string): string[] | undefined {
    const value = this.#values[key];
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
      this.refuse(key, `${key}: expected a list of strings`, 'write ["src/**/*.ts"]');
    else if (value.length > 0) return value;
    else this.refuse(key, `${key}: the list is empty`, 'write ["src/**/*.ts"], or leave the key out');
    return undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.#values[key];
    if (value === undefined || typeof value === "boolean") return value;
    this.refuse(key, `${key}: expected true or false`, "write it without quotes");
    return undefined;
  }

  refuse(key: string, message: string, hint: string): void {
    this.#refuseAt([key], "value", "PW1603", message, hint);
  }

  throwProblems(): void {
    const problems = this.#problems.all();
    if (problems.length > 0) throw new ConfigError("the config is wrong", problems);
  }

  #refuseAt(path: readonly string[], part: "key" | "value", code: string, message: string, hint: string): void {
    // Without a file every value is a default, and those are right.
    if (!this.#found) throw new ConfigError(`${message}; ${hint}`);
    this.#problems.error(code, this.#found.document.locate([...this.#found.path, ...path], part), message, hint);
  }
}

/** What configures a folder: a file of our own, or a key in its package.json. */
function configIn(folder: string, cwd: string, parseJson: ParseJson): Found | undefined {
  const read = (file: string): JsonDocument =>
    parseJson(readFileSync(file, "utf8"), (relative(cwd, file) || file).split(sep).join("/"));
  const own = fileIn(folder, CONFIG_NAME);
  const manifest = fileIn(folder, "package.json");
  const hasKey = manifest !== undefined && readFileSync(manifest, "utf8").includes('"peerwire"');
  const document = hasKey ? read(manifest) : undefined;
  const isConfigured = Object.hasOwn(Object(document?.value) as object, "peerwire");
  if (own === undefined) return isConfigured ? { file: manifest!, document: document!, path: ["peerwire"] } : undefined;
  if (!isConfigured) return { file: own, document: read(own), path: [] };
  const problems = new Diagnostics();
  problems.error(
    "PW1604",
    document!.locate(["peerwire"], "key"),
    `the config stands in two places: here, and in ${CONFIG_NAME}`,
    "keep one of them",
  );
  throw new ConfigError("the config stands in two places", problems.all());
}

function findConfigUp(start: string, cwd: string, parseJson: ParseJson): Found | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const found = configIn(folder, cwd, parseJson);
    if (found) return found;
    if (folder === dirname(folder)) return undefined;
  }
}

/** The package that a project has by default, from the nearest package.json. */
export function defaultPackage(folder: string): string {
  const path = findUp(folder, "package.json");
  if (path === undefined) return "app.v1";
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    // Another name than before would give everything new numbers.
    const why = (error as Error).message;
    throw new ConfigError(
      `${path} names the protobuf package, and cannot be read: ${why}; mend it, or write "package"`,
    );
  }
  const { name } = Object(manifest) as { name?: unknown };
  return typeof name === "string" ? packageNameFrom(name) : "app.v1";
}

/** Where the project of a folder lies, when nothing configures it. */
export function projectFolder(start: string): string {
  const path = findUp(start, "tsconfig.json") ?? findUp(start, "package.json");
  return path === undefined ? start : dirname(path);
}

function fileIn(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

function findUp(start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = fileIn(folder, name);
    if (path !== undefined) return path;
    if (folder === dirname(folder)) return undefined;
  }
}
