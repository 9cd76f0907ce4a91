/** Values of any type. */

/** @remote */
export interface Note {
  read(name: string): Promise<unknown>;
}
