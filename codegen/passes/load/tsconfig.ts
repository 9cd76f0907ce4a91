/**
 * The tsconfig of a project: its options and its files. One that only refers to others (`"files": []` and
 * `"references"`, as some templates have it) stands for all of them.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ts } from "ts-morph";
import { type Config, ConfigError } from "../../config.js";
import { parseJson } from "./json-document.js";

export interface ParsedTsconfig {
  readonly options: ts.CompilerOptions;
  readonly fileNames: readonly string[];
}

/**
 * What a tsconfig may say that is no reason to stop: that it names no files (ours may), and options or their values
 * that belong to another version of the compiler than the generator's own.
 */
const HARMLESS = new Set([18002, 18003, 5023, 5025, 5070, 5098, 5101, 5102, 5103, 5107, 5108, 6046]);

export function parseTsconfig(config: Config): ParsedTsconfig {
  const path = config.tsconfig;
  if (path !== undefined) return parseFile(path, new Set());
  const options = { strict: true, target: "es2023", lib: ["es2023", "dom", "dom.asynciterable"] };
  const json = { compilerOptions: options, exclude: ["node_modules", "dist", config.out ?? "generated"] };
  return ts.parseJsonConfigFileContent(json, ts.sys, config.folder);
}

function parseFile(path: string, seen: Set<string>): ParsedTsconfig {
  seen.add(path);
  const text = ts.sys.readFile(path);
  if (text === undefined) throw new ConfigError(`tsconfig ${path}: no such file`);
  const json = parseJson(text, path).value;
  const parsed = ts.parseJsonConfigFileContent(json, ts.sys, dirname(path), undefined, path);
  const fatal = parsed.errors.find((error) => !HARMLESS.has(error.code));
  if (fatal) throw new ConfigError(`${path}: ${ts.flattenDiagnosticMessageText(fatal.messageText, "\n")}`);
  if (parsed.fileNames.length > 0 || !parsed.projectReferences) return parsed;
  const others = parsed.projectReferences
    .map((one) => (one.path.endsWith(".json") ? one.path : join(one.path, "tsconfig.json")))
    .filter((one) => existsSync(one) && !seen.has(one))
    .map((one) => parseFile(one, seen));
  const [first] = others.filter((one) => one.fileNames.length > 0);
  return first ? { options: first.options, fileNames: others.flatMap((one) => one.fileNames) } : parsed;
}
