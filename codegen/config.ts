/**
 * The options of one run: `peerwire.config.json`, found beside the project or by walking up, every key with a default.
 * Knows no compiler: the parser of JSON with comments is passed in.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

export const CONFIG_NAME = "peerwire.config.json";

export interface Config {
  /** The folder that holds the config, or the project itself: what every path in it is relative to. Absolute. */
  readonly folder: string;
  /** The same for people: relative to where the command was typed. */
  readonly shownFolder: string;
  /** Globs; undefined: every file of the tsconfig that declares a remote interface. */
  readonly sources?: readonly string[];
  /** The protobuf package: `acme.bank.v1`. */
  readonly package: string;
  readonly out?: string;
  readonly proto?: string;
  /** Whether peerwire/v1/{types,options}.proto are put beside the emitted schemas. */
  readonly runtimeProtos: boolean;
  /** Absolute; undefined where there is none. */
  readonly tsconfig?: string;
}

/** The command or its config is wrong: exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const KEYS = ["sources", "package", "out", "proto", "tsconfig", "runtimeProtos"];

/** @param project the folder given on the command line; without it the config is searched upwards from `cwd`. */
export function readConfig(
  project: string | undefined,
  cwd: string,
  parseJsonc: (text: string, path: string) => unknown,
): Config {
  const start = resolve(cwd, project ?? ".");
  if (!existsSync(start)) throw new ConfigError(`--project ${project ?? "."}: no such folder`);
  const found = project === undefined ? findUp(start, CONFIG_NAME) : own(start, CONFIG_NAME);
  const folder = found === undefined ? (project === undefined ? projectFolder(start) : start) : dirname(found);
  const shown = found === undefined ? CONFIG_NAME : relative(cwd, found) || CONFIG_NAME;
  const raw = found === undefined ? {} : parseJsonc(readFileSync(found, "utf8"), shown);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new ConfigError(`${shown}: expected an object`);
  const values = raw as Record<string, unknown>;
  for (const key of Object.keys(values)) {
    if (key !== "$schema" && !KEYS.includes(key)) {
      throw new ConfigError(`${shown}: unknown key ${JSON.stringify(key)}; there are ${KEYS.join(", ")}`);
    }
  }
  const sources = stringList(values, "sources", shown);
  const packageName = string(values, "package", shown) ?? defaultPackage(folder);
  if (!/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/.test(packageName)) {
    throw new ConfigError(
      `${shown}: package ${JSON.stringify(packageName)} is no protobuf package; write small letters, digits and dots: "acme.bank.v1"`,
    );
  }
  const out = string(values, "out", shown);
  const proto = string(values, "proto", shown);
  const runtimeProtos = values["runtimeProtos"] ?? true;
  if (typeof runtimeProtos !== "boolean") throw new ConfigError(`${shown}: runtimeProtos: expected true or false`);
  const tsconfigKey = string(values, "tsconfig", shown);
  const tsconfig = tsconfigKey === undefined ? findUp(folder, "tsconfig.json") : resolve(folder, tsconfigKey);
  return {
    folder,
    shownFolder: relative(cwd, folder).split(sep).join("/") || ".",
    package: packageName,
    runtimeProtos,
    ...(sources && { sources }),
    ...(out !== undefined && { out }),
    ...(proto !== undefined && { proto }),
    ...(tsconfig !== undefined && { tsconfig }),
  };
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

function defaultPackage(folder: string): string {
  const path = findUp(folder, "package.json");
  if (path === undefined) return "app.v1";
  try {
    const { name } = JSON.parse(readFileSync(path, "utf8")) as { name?: unknown };
    return typeof name === "string" ? packageNameFrom(name) : "app.v1";
  } catch {
    return "app.v1";
  }
}

function projectFolder(start: string): string {
  const path = findUp(start, "tsconfig.json") ?? findUp(start, "package.json");
  return path === undefined ? start : dirname(path);
}

function own(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

function findUp(start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = own(folder, name);
    if (path !== undefined) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

function string(values: Record<string, unknown>, key: string, shown: string): string | undefined {
  const value = values[key];
  if (value === undefined || typeof value === "string") return value;
  throw new ConfigError(`${shown}: ${key}: expected a string`);
}

function stringList(values: Record<string, unknown>, key: string, shown: string): string[] | undefined {
  const value = values[key];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw new ConfigError(`${shown}: ${key}: expected a list of strings`);
}
