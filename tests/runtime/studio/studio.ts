/** What remote interfaces can have besides methods: the sample for properties, classes, bases and snapshots. */
import type { int32 } from "peerwire";

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

  /** One that takes a while to warm up. */
  readonly Tube: new (label: string, warm?: AbortSignal, ...notes: string[]) => Channel;

  /** All that was done, in order. */
  log(): Promise<string[]>;
  fader(): Promise<Mixer>;
  /** With a signal in the middle, parts of an object, and as many words as one likes. */
  label({ text, size }: { text: string; size?: number }, signal?: AbortSignal, ...more: string[]): Promise<string>;
}

export interface Take {
  title: string;
  at: Date;
}

/** @remote */
export interface Channel {
  /** Set when it was made. */
  readonly number: int32;
  readonly tags: readonly string[];
  get gain(): Promise<number>;
  set gain(value: number | Promise<number>);
  label(): Promise<string>;
}

/**
 * What every device has.
 * @remote
 */
export interface Device {
  /** Engraved. */
  readonly serial: Serial;
  /** What is printed on it. */
  model(): Promise<string>;
  get powered(): Promise<boolean>;
  set powered(value: boolean | Promise<boolean>);
  /** This very device. */
  self(): Promise<this>;
  isSame(other: this): Promise<boolean>;
}

/** @remote */
export interface Input extends Device {
  readonly socket: "xlr" | "jack";
  /** @throws {TooLoud} */
  record(seconds: number): Promise<Take>;
}

/** Remote, because a device is. */
export interface Output extends Device {
  play(take: Take): Promise<void>;
  readonly Channel: new (label: string) => Channel;
}

/** Both, and each of them once. */
export interface TapeDeck extends Input, Output, Disposable {
  /** Says more than the device's own. */
  model(): Promise<"tape deck">;
  rewind(): Promise<void>;
}

export interface Serial {
  maker: string;
  made: Date;
}

/** @remote */
export interface Rack {
  readonly name: string;
  readonly slots: bigint;
  deck(): Promise<TapeDeck>;
  /** What the device says, and what it is here. */
  inspect(device: Device): Promise<string>;
  check(input: Input, output?: Output): Promise<boolean>;
  devices(): Promise<Device[]>;
  /** Two at once. */
  pair(): Promise<Pair>;
  both(): Promise<readonly [first: TapeDeck, count: number]>;
}

export interface Pair {
  left: Channel;
  count: number;
  inner: { right: Channel; spare?: Channel };
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
