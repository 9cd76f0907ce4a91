/**
 * What the example prints: a title, a few lines, and a check for each fact, which is held against the truth before it is
 * shown. Colours only on a terminal that has them, and not where NO_COLOR asks for none.
 */
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** What a report needs of process.stdout. */
export interface Output {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
  write(text: string): unknown;
}

export class Report {
  readonly #out: Output;
  readonly #hasColours: boolean;
  #failures = 0;

  constructor(out: Output) {
    this.#out = out;
    this.#hasColours = out.isTTY === true && out.hasColors?.() === true; // which reads NO_COLOR and TERM
  }

  /** Whether every fact held. */
  get isTrue(): boolean {
    return this.#failures === 0;
  }

  title(text: string): void {
    this.#out.write(`\n${this.#style("bold", text)}\n`);
  }

  line(text: string): void {
    this.#out.write(`  ${this.#style("dim", text)}\n`);
  }

  /** Shows `fact` as true where `actual` is `expected`, and otherwise what both are. */
  check(fact: string, actual: unknown, expected: unknown = true): void {
    if (Object.is(actual, expected)) {
      this.#out.write(`  ${this.#style("green", "✓")} ${fact}\n`);
      return;
    }
    this.#failures++;
    this.#out.write(`  ${this.#style("red", `✗ ${fact}`)}: expected ${show(expected)}, got ${show(actual)}\n`);
  }

  /** Part of a line, for what grows while one looks. */
  progress(text: string): void {
    this.#out.write(this.#style("dim", text));
  }

  #style(style: Style, text: string): string {
    return this.#hasColours ? styleText(style, text, { validateStream: false }) : text;
  }
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
