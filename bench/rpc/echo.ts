/** What the benchmark calls. */

/** @remote */
export interface Echo {
  echo(bytes: Uint8Array): Promise<Uint8Array>;
  add(a: number, b: number): Promise<number>;
}
