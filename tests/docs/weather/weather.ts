/** The interface that docs/calls.md speaks of. */

/** @remote */
export interface Weather {
  /** @idempotent */
  forecast(place: string): Promise<number>;
  /** Degrees, whenever they change. */
  watch(place: string): AsyncIterable<number>;
  average(samples: AsyncIterable<number>): Promise<number>;
}

/** @error */
export class UnknownPlace extends Error {
  override readonly name = "UnknownPlace";
  readonly place: string;
  constructor(place: string) {
    super(`no weather for ${place}`);
    this.place = place;
  }
}
