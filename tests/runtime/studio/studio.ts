/** What remote interfaces can have besides methods: the sample for properties, classes, bases and snapshots. */

/**
 * A mixing desk.
 * @remote
 */
export interface Mixer {
  /** From 0 to 10. */
  get volume(): Promise<number>;
  set volume(value: number | Promise<number>);

  /** What is being recorded. */
  get take(): Promise<Take | undefined>;
  set take(value: Take | undefined | Promise<Take | undefined>);

  /** The channel that everything ends in. */
  readonly master: Promise<Channel>;

  get solo(): Promise<Channel>;
  set solo(value: Channel | Promise<Channel>);

  readonly meters: AsyncIterable<number>;

  /** A new channel. */
  readonly Channel: new (label: string, gain?: number) => Channel;

  /** All that was done, in order. */
  log(): Promise<string[]>;
  fader(): Promise<Mixer>;
}

export interface Take {
  title: string;
  at: Date;
}

/** @remote */
export interface Channel {
  get gain(): Promise<number>;
  set gain(value: number | Promise<number>);
  label(): Promise<string>;
}

/** @error */
export class TooLoud extends Error {
  override readonly name = "TooLoud";
  readonly volume: number;
  constructor(volume: number) {
    super(`${volume} is too loud`);
    this.volume = volume;
  }
}
