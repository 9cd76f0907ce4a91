/** `peerwire breaking`: what has changed since a commit or against a folder, and what each change does to deployed peers. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Change, Verdict } from "../compare/change.js";
import { compareModels } from "../compare/compare-models.js";
import { type Config, readConfig } from "../config.js";
import { type Format, githubAnnotation } from "../diagnostics.js";
import { type Analysed, analyse, parseJson } from "../generate.js";
import { checkOut } from "./git-tree.js";
import { EXIT, type Terminal, UsageError, printDiagnostics, relocate, sayer, shownPath } from "./terminal.js";

export interface BreakingFlags {
  readonly project?: string;
  /** A folder that holds the project as it was, or anything that git takes for a commit. */
  readonly against: string;
  readonly format: Format;
}

/** The worst first. */
const ORDER: readonly Verdict[] = ["changes meaning", "breaks source", "safe"];

export function breakingCommand({ project, against, format }: BreakingFlags, terminal: Terminal): number {
  const config = readConfig(project, terminal.cwd, parseJson);
  const now = analyse(config, { allowBreaking: true });
  if (now.problems.hasErrors) {
    printDiagnostics(relocate(now.problems.all(), config.folder, terminal), format, terminal);
    return EXIT.sources;
  }
  const folder = resolve(terminal.cwd, against);
  const isFolder = existsSync(folder) && statSync(folder).isDirectory();
  const old = isFolder ? { folder, remove: () => {} } : checkOut(against, config.folder);
  try {
    const then = analyseThen(old.folder, config, against);
    const changes = then ? compareModels(then.model, now.model) : [];
    print(sorted(changes), format, config, terminal);
    if (!then || then.model.services.length === 0) {
      sayer(format, terminal)(`${against} has no interface of this project: everything is new.\n`);
    }
    return changes.some((one) => one.verdict !== "safe") ? EXIT.stale : EXIT.ok;
  } finally {
    old.remove();
  }
}

function analyseThen(folder: string, config: Config, against: string): Analysed | undefined {
  if (!existsSync(folder)) return undefined;
  const own = readConfig(folder, folder, parseJson);
  // A project that gets its name from a folder above keeps it: the old tree may lie elsewhere.
  const then = analyse(own.file === undefined ? { ...own, package: config.package } : own, { allowBreaking: true });
  const [error] = then.problems.all().filter((one) => one.severity === "error");
  if (!error) return then;
  const { file, line, column } = error.location;
  throw new UsageError(
    `${against}: its sources have errors themselves, the first at ${file}:${line}:${column}: ${error.message}`,
  );
}

function sorted(changes: readonly Change[]): Change[] {
  return changes.toSorted(
    (a, b) =>
      ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) ||
      (a.location.file < b.location.file ? -1 : a.location.file > b.location.file ? 1 : 0) ||
      a.location.line - b.location.line,
  );
}

const LEVELS: Readonly<Record<Verdict, "error" | "notice">> = {
  "changes meaning": "error",
  "breaks source": "error",
  "safe": "notice",
};

const COLORS: Readonly<Record<Verdict, string>> = { "changes meaning": "91", "breaks source": "93", "safe": "92" };

function print(changes: readonly Change[], format: Format, config: Config, terminal: Terminal): void {
  const shown = changes.map((one) => ({
    ...one,
    location: { ...one.location, file: shownPath(resolve(config.folder, one.location.file), terminal) },
  }));
  if (format === "json") {
    terminal.out(`${JSON.stringify(shown, null, 2)}\n`);
    return;
  }
  for (const { verdict, what, consequence, location } of shown) {
    const why = consequence === "" ? "" : `: ${consequence}`;
    if (format === "github") {
      terminal.out(githubAnnotation(LEVELS[verdict], location, verdict, `${what}${why}`));
    } else {
      const colored = terminal.color ? `\u001b[${COLORS[verdict]}m${verdict}\u001b[0m` : verdict;
      terminal.out(`${location.file}:${location.line}:${location.column} - ${colored}: ${what}\n`);
      if (consequence !== "") terminal.out(`  ${consequence}\n`);
    }
  }
  const counts = ORDER.map((verdict) => `${changes.filter((one) => one.verdict === verdict).length} ${WORDS[verdict]}`);
  terminal.out(changes.length === 0 ? "Nothing has changed.\n" : `${counts.join(", ")}.\n`);
}

const WORDS: Readonly<Record<Verdict, string>> = {
  "changes meaning": "that change the meaning",
  "breaks source": "that break callers' source",
  "safe": "that are safe",
};
