/** One scenario: its number and name, what it does in a world, and whether it also runs through two bridges. */
import type { World } from "./world.js";

export interface Scenario {
  readonly number: number;
  readonly name: string;
  /** The profile m: also through two bridges that pass live references on. */
  readonly isMultihop: boolean;
  run(world: World): Promise<void>;
}

export function scenario(
  number: number,
  name: string,
  profiles: string,
  run: (world: World) => Promise<void>,
): Scenario {
  return { number, name, isMultihop: profiles.includes("m"), run };
}
