/** What a command sees of the world it was typed in, and what it answers to the shell. */
import { readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { ConfigError } from "../config.js";
import { type Diagnostic, type Format, formatDiagnostics } from "../diagnostics.js";

export const EXIT = { ok: 0, sources: 1, usage: 2, stale: 3 } as const;

export interface Terminal {
  readonly cwd: string;
  readonly color: boolean;
  /** Ends what would otherwise run on: `--watch`. */
  readonly signal?: AbortSignal;
  out(text: string): void;
  err(text: string): void;
}

/** The command line makes no sense: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A path as it is called from where the command was typed. */
export function shownPath(path: string, terminal: Terminal): string {
  return (relative(terminal.cwd, path) || ".").split(sep).join("/");
}

/** Diagnostics whose files are relative to `folder`, as seen from where the command was typed. */
export function relocate(diagnostics: readonly Diagnostic[], folder: string, terminal: Terminal): Diagnostic[] {
  return diagnostics.map((one) => ({
    ...one,
    location: { ...one.location, file: shownPath(resolve(folder, one.location.file), terminal) },
  }));
}

/** Text for people: not where a program reads. */
export function sayer(format: Format, terminal: Terminal): (text: string) => void {
  return (text) => {
    if (format === "json") terminal.err(text);
    else terminal.out(text);
  };
}

export function printDiagnostics(diagnostics: readonly Diagnostic[], format: Format, terminal: Terminal): void {
  terminal.out(
    formatDiagnostics(diagnostics, format, {
      color: terminal.color,
      readLine: (file, line) => readLine(join(terminal.cwd, file), line),
    }),
  );
}

/**
 * Says what keeps a command from its work, where that is the user's to mend: the config, or a file that cannot be read
 * or written. Throws anything else.
 */
export function printFailure(error: unknown, format: Format, terminal: Terminal): void {
  if (error instanceof ConfigError && error.diagnostics.length > 0) {
    printDiagnostics(relocate(error.diagnostics, terminal.cwd, terminal), format, terminal);
  } else if (error instanceof ConfigError || error instanceof UsageError || isOfFiles(error)) {
    terminal.err(`peerwire: ${error.message}\n`);
    if (error instanceof UsageError) terminal.err("Try peerwire --help.\n");
  } else throw error;
}

/** Whether the system refused to read or write a file, and says which: "EACCES: permission denied, open '/a/b.ts'". */
function isOfFiles(error: unknown): error is Error {
  const { code, syscall, path } = Object(error) as { code?: unknown; syscall?: unknown; path?: unknown };
  return [code, syscall, path].every((one) => typeof one === "string");
}

function readLine(path: string, line: number): string | undefined {
  try {
    return readFileSync(path, "utf8").split(/\r?\n/)[line - 1];
  } catch {
    return undefined;
  }
}
