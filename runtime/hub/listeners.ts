/** Listeners of the application, several for each thing that they are told. */

/** What a listener throws is the application's: the process sees it, as of any event listener, and we go on. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

export class Listeners<A extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: A) => void>();

  /** @returns what ends it. */
  add(listener: (...args: A) => void): () => void {
    const own = (...args: A): void => listener(...args); // the same function may listen twice
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  tell(...args: A): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(...args);
      } catch (error) {
        rethrowLater(error);
      }
    }
  }
}
