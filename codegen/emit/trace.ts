/**
 * What the text of one file depends on: questions about all that lies beyond it, each with its answer. As long as all
 * answers are the same, so is the text.
 */
import type { Shared } from "./shared.js";

interface Asked {
  readonly question: (shared: Shared) => unknown;
  readonly answer: unknown;
}

export class Trace {
  readonly #shared: Shared;
  readonly #asked = new Map<string, Asked>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** @param key  another one for each question. */
  ask<T>(key: string, question: (shared: Shared) => T): T {
    let asked = this.#asked.get(key);
    if (!asked) this.#asked.set(key, (asked = { question, answer: question(this.#shared) }));
    return asked.answer as T;
  }

  /** Whether everything is answered as it was. */
  holds(shared: Shared): boolean {
    for (const { question, answer } of this.#asked.values()) if (!isSame(question(shared), answer)) return false;
    return true;
  }
}

/** Lists are the same if they have the same things in them. */
function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
