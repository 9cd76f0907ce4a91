/** What was emitted in earlier runs, and what it depends on. */
import { Fingerprints } from "../model/fingerprint.js";
import type { Shared } from "./shared.js";
import { Trace } from "./trace.js";

interface Emitted {
  readonly trace: Trace;
  readonly text: string;
}

export class EmitMemory {
  readonly fingerprints: Fingerprints = new Fingerprints();
  /** Of the schema. */
  readonly blocks: Blocks = new Blocks();
  /** Of the description. */
  readonly described: Blocks = new Blocks();
  readonly #files = new Map<string, Emitted>();

  /** The text of the file that is emitted for a source. */
  textOf(source: string, shared: Shared, emit: (trace: Trace) => string): string {
    const known = this.#files.get(source);
    if (known?.trace.holds(shared)) return known.text;
    const trace = new Trace(shared);
    const text = emit(trace);
    this.#files.set(source, { trace, text });
    return text;
  }
}

interface Block {
  readonly parts: readonly unknown[];
  readonly text: readonly string[];
}

/** Pieces of a text, by what they are made of. */
export class Blocks {
  readonly #blocks = new WeakMap<object, Block>();

  /** @param parts  what the text depends on beside `of`. */
  textOf(of: object, parts: readonly unknown[], make: () => readonly string[]): readonly string[] {
    const known = this.#blocks.get(of);
    if (known?.parts.length === parts.length && known.parts.every((one, i) => one === parts[i])) return known.text;
    const text = make();
    this.#blocks.set(of, { parts, text });
    return text;
  }
}
