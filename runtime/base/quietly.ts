/** Hooks for logs and statistics: what they throw is theirs, and ends nothing. */

/** @returns `hook`, which throws nothing any more: a library writes no log of its own, so there is nobody to tell. */
export function quietly<A extends readonly unknown[]>(hook: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      hook(...args);
    } catch {
      // Nothing depends on it.
    }
  };
}
