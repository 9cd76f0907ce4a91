/**
 * The command line: arguments, exit codes, what is printed. The generator itself is loaded when it is needed: it brings
 * a compiler, which is an optional dependency of the package.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ConfigError, readConfig } from "./config.js";
import { type Diagnostic, type Format, formatDiagnostics } from "./diagnostics.js";
import type { generate, parseJsonc } from "./generate.js";
import { staleFiles, writeFiles } from "./passes/write.js";

export const EXIT = { ok: 0, sources: 1, usage: 2, stale: 3 } as const;

export interface Terminal {
  readonly cwd: string;
  readonly color: boolean;
  out(text: string): void;
  err(text: string): void;
}

const HELP = `peerwire generate   turns TypeScript interfaces into typed stubs, codecs and a .proto

  --project DIR       where peerwire.config.json (or tsconfig.json) is; without it, found by walking up
  --check             write nothing; fail where a generated file is not what it should be
  --allow-breaking    let a field change its type or number, though deployed peers would misread it
  --format FORMAT     how problems are printed: pretty, json or github

  --help, --version

Exit codes: 0 done, 1 errors in the sources, 2 wrong usage or config, 3 stale files (--check).
`;

class UsageError extends Error {
  override readonly name = "UsageError";
}

export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { command, options } = readArguments(argv);
    if (command === "help") terminal.out(HELP);
    else if (command === "version") terminal.out(`${packageVersion()}\n`);
    else return await generateCommand(options, terminal);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigError) {
      terminal.err(`peerwire: ${error.message}\n`);
      if (error instanceof UsageError) terminal.err("Try peerwire --help.\n");
      return EXIT.usage;
    }
    throw error;
  }
}

/** What the command needs of generate.ts, which is loaded late. */
interface Generator {
  readonly generate: typeof generate;
  readonly parseJsonc: typeof parseJsonc;
}

interface Options {
  readonly project?: string;
  readonly check: boolean;
  readonly allowBreaking: boolean;
  readonly format: Format;
}

function readArguments(argv: readonly string[]): { command: "generate" | "help" | "version"; options: Options } {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        "project": { type: "string" },
        "check": { type: "boolean" },
        "allow-breaking": { type: "boolean" },
        "format": { type: "string" },
        "help": { type: "boolean", short: "h" },
        "version": { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = parsed;
  const format = values.format ?? "pretty";
  if (format !== "pretty" && format !== "json" && format !== "github") {
    throw new UsageError(`--format ${format}: there are pretty, json and github`);
  }
  const options: Options = {
    check: values.check ?? false,
    allowBreaking: values["allow-breaking"] ?? false,
    format,
    ...(values.project !== undefined && { project: values.project }),
  };
  if (values.version) return { command: "version", options };
  if (values.help || positionals.length === 0) return { command: "help", options };
  if (positionals[0] !== "generate" || positionals.length > 1)
    throw new UsageError(`no such command: ${positionals.join(" ")}`);
  return { command: "generate", options };
}

async function generateCommand(options: Options, terminal: Terminal): Promise<number> {
  const generator = await loadGenerator();
  const config = readConfig(options.project, terminal.cwd, generator.parseJsonc);
  const { files, diagnostics } = generator.generate(config, options);
  const shown = (path: string): string => relative(terminal.cwd, path).split(sep).join("/");
  const located = diagnostics.map((one): Diagnostic => ({
    ...one,
    location: { ...one.location, file: shown(resolve(config.folder, one.location.file)) },
  }));
  if (located.length > 0 || options.format === "json") {
    terminal.out(
      formatDiagnostics(located, options.format, {
        color: terminal.color,
        readLine: (file, line) => readLine(join(terminal.cwd, file), line),
      }),
    );
  }
  const errors = located.filter((one) => one.severity === "error").length;
  const say =
    options.format === "json"
      ? (text: string) => {
          terminal.err(text);
        }
      : (text: string) => {
          terminal.out(text);
        };
  if (errors > 0) {
    say(`Found ${errors} ${errors === 1 ? "error" : "errors"}; nothing was written.\n`);
    return EXIT.sources;
  }
  if (files.length === 0) {
    say("peerwire: no interface is tagged /** @remote */; nothing to do.\n");
    return EXIT.ok;
  }
  const stale = staleFiles(files);
  if (options.check) {
    for (const file of stale) say(`stale: ${shown(file.path)}\n`);
    say(
      stale.length === 0
        ? `${count(files.length)} as they should be.\n`
        : `${count(stale.length)} stale: run peerwire generate.\n`,
    );
    return stale.length === 0 ? EXIT.ok : EXIT.stale;
  }
  writeFiles(stale);
  for (const file of stale) say(`wrote ${shown(file.path)}\n`);
  say(`${count(files.length)} generated, ${stale.length} changed.\n`);
  return EXIT.ok;
}

function count(files: number): string {
  return `${files} ${files === 1 ? "file" : "files"}`;
}

async function loadGenerator(): Promise<Generator> {
  try {
    return await import("./generate.js");
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (code === "ERR_MODULE_NOT_FOUND" && String(message).includes("'ts-morph'")) {
      throw new UsageError("generating needs ts-morph, which reads TypeScript: npm i -D ts-morph");
    }
    throw error;
  }
}

function readLine(path: string, line: number): string | undefined {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/)[line - 1];
  } catch {
    return undefined;
  }
}

function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (name === "peerwire") return version ?? "0.0.0";
    } catch {
      // Not here.
    }
    if (folder === dirname(folder)) return "0.0.0";
  }
}
