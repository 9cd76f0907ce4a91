/**
 * The tsconfig of a project: its options and its files. One that only refers to others (`"files": []` and
 * `"references"`, as some templates have it) stands for all of them.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { ts } from "ts-morph";
import { type Config, ConfigError } from "../../config.js";
import { Diagnostics } from "../../diagnostics.js";
import type { Location } from "../../model/api-model.js";

export interface ParsedTsconfig {
  readonly options: ts.CompilerOptions;
  readonly fileNames: readonly string[];
}

/**
 * What a tsconfig may say that is no reason to stop: that it names no files (ours may), and options or their values
 * that belong to another version of the compiler than the generator's own.
 */
const HARMLESS = new Set([18002, 18003, 5023, 5025, 5070, 5098, 5101, 5102, 5103, 5107, 5108, 6046]);

/** @throws {ConfigError} with everything that the compiler minds. */
export function parseTsconfig(config: Config): ParsedTsconfig {
  const path = config.tsconfig;
  if (path !== undefined) return parseFile(path, new Set());
  const options = { strict: true, target: "es2023", lib: ["es2023", "dom", "dom.asynciterable"] };
  const json = { compilerOptions: options, exclude: ["node_modules", "dist", config.out ?? "generated"] };
  return ts.parseJsonConfigFileContent(json, ts.sys, config.folder);
}

function parseFile(path: string, seen: Set<string>): ParsedTsconfig {
  seen.add(path);
  const file = ts.readJsonConfigFile(path, (name) => ts.sys.readFile(name));
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] };
  refuse(parseDiagnostics, path);
  const parsed = ts.parseJsonSourceFileConfigFileContent(file, ts.sys, dirname(path), undefined, path);
  const fatal = parsed.errors.filter((one) => !HARMLESS.has(one.code));
  refuse(fatal, path);
  if (parsed.fileNames.length > 0 || !parsed.projectReferences) return parsed;
  const others = parsed.projectReferences
    .map((one) => (one.path.endsWith(".json") ? one.path : join(one.path, "tsconfig.json")))
    .filter((one) => existsSync(one) && !seen.has(one))
    .map((one) => parseFile(one, seen));
  const [first] = others.filter((one) => one.fileNames.length > 0);
  return first ? { options: first.options, fileNames: others.flatMap((one) => one.fileNames) } : parsed;
}

function refuse(errors: readonly ts.Diagnostic[], path: string): void {
  const problems = new Diagnostics();
  for (const error of errors) {
    const message = ts.flattenDiagnosticMessageText(error.messageText, " ").replace(/\.$/, "");
    problems.error("PW1605", locationOf(error, path), message, "tsc says the same; mend it for both");
  }
  if (problems.hasErrors) throw new ConfigError(`${path} is wrong`, problems.all());
}

/** Where the compiler minds something: in the tsconfig itself, or in one that it extends. */
function locationOf({ file, start = 0, length = 1 }: ts.Diagnostic, path: string): Location {
  if (!file) return { file: path, line: 1, column: 1, length: 1 };
  const { line, character } = ts.getLineAndCharacterOfPosition(file, start);
  return { file: file.fileName, line: line + 1, column: character + 1, length };
}
