/** The smallest app of scripts/test-bundle.mjs: one interface, one method, scalars. Its neighbours add one thing each. */

/** @remote */
export interface Clock {
  now(zone: string): Promise<number>;
}
