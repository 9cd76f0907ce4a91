/**
 * What was numbered in earlier runs: the same messages, enums and services, with the same place in the lock, have the same
 * numbers. They stay the same objects, too, which is how emitters see that nothing has changed.
 */
import { Diagnostics } from "../diagnostics.js";
import type { Reserved } from "../model/api-model.js";

export interface Numbered<T> {
  readonly one: T;
  readonly reserved: Readonly<Record<string, Reserved>>;
  /** Undefined where there was nothing to tell. */
  readonly told: Diagnostics | undefined;
}

interface Remembered {
  readonly parts: readonly unknown[];
  readonly numbered: Numbered<object>;
}

export class NumberMemory {
  readonly #known = new WeakMap<object, Remembered>();

  /** @param parts  what the numbers depend on; the first is what is numbered, as it was before. */
  numbered<T extends object>(
    parts: readonly [object, ...unknown[]],
    number: (told: Diagnostics, reserved: Record<string, Reserved>) => T,
  ): Numbered<T> {
    const [key] = parts;
    const before = this.#known.get(key);
    if (before?.parts.length === parts.length && before.parts.every((part, i) => part === parts[i])) {
      return before.numbered as Numbered<T>;
    }
    const told = new Diagnostics();
    const reserved: Record<string, Reserved> = {};
    const made = number(told, reserved);
    // After the first run, the lock is there: it says what the numbers are already.
    const one = before && JSON.stringify(before.numbered.one) === JSON.stringify(made) ? before.numbered.one : made;
    const numbered: Numbered<T> = { one: one as T, reserved, told: told.all().length > 0 ? told : undefined };
    this.#known.set(key, { parts, numbered });
    return numbered;
  }
}
