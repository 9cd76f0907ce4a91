/**
 * What is wrong with the sources, where, and what to write instead; printed as tsc prints, for people, for scripts and
 * for GitHub. Knows no compiler.
 */
import type { Location } from "./model/api-model.js";

export interface Diagnostic {
  /** `PW` and four digits; docs/codegen.md lists them. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
  readonly location: Location;
}

/** Collects what the passes find. Each problem is told once, in the order of the files. */
export class Diagnostics {
  readonly #found = new Map<string, Diagnostic>();

  /** @param inside where in a type that stands at `location`, if it is a type of a package: several things may be wrong with it. */
  error(code: string, location: Location, message: string, hint: string, inside = ""): void {
    this.#add({ code, severity: "error", message, hint, location }, inside);
  }

  warn(code: string, location: Location, message: string, hint: string): void {
    this.#add({ code, severity: "warning", message, hint, location });
  }

  /** Everything that another one has found. */
  addAll(other: Diagnostics): void {
    for (const [key, diagnostic] of other.#found) if (!this.#found.has(key)) this.#found.set(key, diagnostic);
  }

  get hasErrors(): boolean {
    return this.all().some((one) => one.severity === "error");
  }

  all(): Diagnostic[] {
    return [...this.#found.values()].sort(
      (a, b) =>
        compare(a.location.file, b.location.file) ||
        a.location.line - b.location.line ||
        a.location.column - b.location.column ||
        compare(a.code, b.code),
    );
  }

  #add(diagnostic: Diagnostic, inside = ""): void {
    const { location } = diagnostic;
    const key = [diagnostic.code, location.file, location.line, location.column, inside].join(":");
    if (!this.#found.has(key)) this.#found.set(key, diagnostic);
  }
}

export type Format = "pretty" | "json" | "github";

/** @param readLine gives line `line` (from 1) of a file, or undefined, for the code frame. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  format: Format,
  options: { readonly color: boolean; readonly readLine: (file: string, line: number) => string | undefined },
): string {
  if (format === "json") return `${JSON.stringify(diagnostics, null, 2)}\n`;
  if (format === "github") {
    return diagnostics
      .map((one) => githubAnnotation(one.severity, one.location, one.code, `${one.message}\nhint: ${one.hint}`))
      .join("");
  }
  return diagnostics.map((one) => prettyBlock(one, options.color, options.readLine)).join("");
}

/** A command of GitHub's: a remark beside a line of a pull request. */
export function githubAnnotation(
  level: "error" | "warning" | "notice",
  { file, line, column }: Location,
  title: string,
  text: string,
): string {
  const escaped = (part: string): string => part.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (part: string): string => escaped(part).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return `::${level} file=${property(file)},line=${line},col=${column},title=${property(title)}::${escaped(text)}\n`;
}

function prettyBlock(
  { code, severity, message, hint, location }: Diagnostic,
  color: boolean,
  readLine: (file: string, line: number) => string | undefined,
): string {
  const paint = (style: string, text: string): string => (color ? `\u001b[${style}m${text}\u001b[0m` : text);
  const where = `${paint("96", location.file)}:${paint("93", String(location.line))}:${paint("93", String(location.column))}`;
  const red = severity === "error" ? "91" : "93";
  const lines = [`${where} - ${paint(red, severity)} ${paint("90", `${code}:`)} ${message}`, ""];
  const source = readLine(location.file, location.line);
  if (source !== undefined) {
    const number = String(location.line);
    const room = Math.max(1, source.length - location.column + 1);
    const marks = "~".repeat(Math.max(1, Math.min(location.length, room)));
    lines.push(`${paint("7", number)} ${source}`);
    lines.push(`${paint("7", " ".repeat(number.length))} ${" ".repeat(location.column - 1)}${paint(red, marks)}`, "");
  }
  lines.push(`  hint: ${hint}`, "");
  return `${lines.join("\n")}\n`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
