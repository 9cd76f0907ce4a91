/** Randomness that can be repeated: the same seed, the same run. Name the seed in what a failing test says. */
export interface Seeded {
  readonly seed: number;
  /** At least `least`, at most `most`. */
  int(least: number, most: number): number;
  chance(probability: number): boolean;
  bytes(count: number): Uint8Array;
}

/** Mulberry32: small, and good enough to shuffle a wire. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    seed,
    int,
    chance: (probability) => next() < probability,
    bytes: (count) => Uint8Array.from({ length: count }, () => int(0, 255)),
  };
}

/** Seeds to run: PEERWIRE_SEED alone where it is set, else `count` of them from 1. */
export function seeds(count: number): number[] {
  const chosen = process.env["PEERWIRE_SEED"];
  return chosen === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(chosen)];
}
