/**
 * What the text of one file depends on: questions about all that lies beyond it, each with its answer. As long as all
 * answers are the same, so is the text.
 */
import type { Shared } from "./shared.js";

/** What is asked about many things, each called by a string. Must be a constant: it is known by its identity. */
export type Question<T> = (shared: Shared, about: string) => T;

export class Trace {
  readonly #shared: Shared;
  readonly #asked = new Map<Question<unknown>, Map<string, unknown>>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  ask<T>(question: Question<T>, about: string): T {
    let answers = this.#asked.get(question);
    if (!answers) this.#asked.set(question, (answers = new Map<string, unknown>()));
    let answer = answers.get(about);
    if (answer === undefined && !answers.has(about)) answers.set(about, (answer = question(this.#shared, about)));
    return answer as T;
  }

  /** Whether everything is answered as it was. */
  holds(shared: Shared): boolean {
    for (const [question, answers] of this.#asked) {
      for (const [about, answer] of answers) if (!isSame(question(shared, about), answer)) return false;
    }
    return true;
  }
}

/** Lists are the same if they have the same things in them. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => one === b[i]);
}
