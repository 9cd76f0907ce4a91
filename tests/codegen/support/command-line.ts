/** The command line, as it is typed: what it prints, and its exit code. Runs in this process. */
import { run } from "../../../codegen/cli.js";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function peerwire(cwd: string, ...argv: string[]): Promise<Ran> {
  let out = "";
  let err = "";
  const code = await run(argv, {
    cwd,
    color: false,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

/** `peerwire generate --watch`, running. */
export class Watching {
  #seen = "";
  #wake = (): void => {};
  readonly #ended = new AbortController();
  readonly #running: Promise<number>;

  constructor(cwd: string) {
    const print = (text: string): void => {
      this.#seen += text;
      this.#wake();
    };
    const terminal = { cwd, color: false, signal: this.#ended.signal, out: print, err: print };
    this.#running = run(["generate", "--watch"], terminal);
  }

  /** Resolves once `text` has been printed, and a run has ended after it. Each text is seen once. */
  async until(text: string): Promise<void> {
    for (const part of [text, " ms);"]) {
      while (!this.#seen.includes(part)) await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#seen = this.#seen.slice(this.#seen.indexOf(part) + part.length);
    }
  }

  /** Ctrl+C. @returns the exit code. */
  async end(): Promise<number> {
    this.#ended.abort();
    return this.#running;
  }
}
