/** An implementation of the studio, and what it remembers for the tests. */
import {
  type Channel,
  type Device,
  type Input,
  type Mixer,
  type Output,
  type Pair,
  type Rack,
  type Serial,
  type Take,
  type TapeDeck,
  TooLoud,
} from "./studio.js";

export class ChannelImpl implements Channel {
  static made = 0;
  static disposed = 0;
  readonly number: number;
  tags: string[] = [];
  readonly #label: string;
  #gain: number | Promise<number>;
  constructor(label: string, gain = 1) {
    if (label === "") throw new TypeError("a channel needs a label");
    this.number = ++ChannelImpl.made;
    this.#label = label;
    this.#gain = gain;
  }
  get gain(): Promise<number> {
    return Promise.resolve(this.#gain);
  }
  set gain(value: number | Promise<number>) {
    this.#gain = value;
  }
  async label(): Promise<string> {
    return this.#label;
  }
  [Symbol.dispose](): void {
    ChannelImpl.disposed++;
  }
}

class TubeImpl extends ChannelImpl {
  constructor(label: string, warm?: AbortSignal, ...notes: string[]) {
    super(`${label} ${notes.join("+")} ${warm instanceof AbortSignal}`);
  }
}

export class MixerImpl implements Mixer {
  readonly Tube: Mixer["Tube"] = TubeImpl;
  readonly Channel: Mixer["Channel"] = ChannelImpl;
  readonly events: string[] = [];
  #volume = 5;
  #take: Take | undefined | Promise<Take | undefined>;
  #solo: Channel | Promise<Channel> = new ChannelImpl("solo");
  readonly masterChannel: ChannelImpl = new ChannelImpl("master", 2);

  get volume(): Promise<number> {
    this.events.push(`get volume ${this.#volume}`);
    return Promise.resolve(this.#volume);
  }
  set volume(value: number | Promise<number>) {
    const volume = value as number; // a promise never arrives here: its value does
    if (volume > 10) throw new TooLoud(volume);
    this.events.push(`set volume ${volume}`);
    this.#volume = volume;
  }
  get take(): Promise<Take | undefined> {
    return Promise.resolve(this.#take);
  }
  set take(value: Take | undefined | Promise<Take | undefined>) {
    this.#take = value;
  }
  get master(): Promise<Channel> {
    return Promise.resolve(this.masterChannel);
  }
  get solo(): Promise<Channel> {
    return Promise.resolve(this.#solo);
  }
  set solo(value: Channel | Promise<Channel>) {
    this.#solo = value;
  }
  get meters(): AsyncIterable<number> {
    return (async function* () {
      yield* [1, 2, 3];
    })();
  }
  async log(): Promise<string[]> {
    return this.events;
  }
  async label(
    { text, size = 1 }: { text: string; size?: number },
    signal?: AbortSignal,
    ...more: string[]
  ): Promise<string> {
    if (text === "for ever") await new Promise((_, reject) => signal!.addEventListener("abort", reject));
    return [text, size, ...more].join(" ");
  }
  async fader(): Promise<Mixer> {
    return this;
  }
}

export class TapeDeckImpl implements TapeDeck {
  serial: Serial = { maker: "Studer", made: new Date(7) };
  readonly socket = "xlr";
  readonly Channel: TapeDeck["Channel"] = ChannelImpl;
  readonly events: string[] = [];
  disposed = 0;
  #powered = false;

  async model(): Promise<"tape deck"> {
    return "tape deck";
  }
  get powered(): Promise<boolean> {
    return Promise.resolve(this.#powered);
  }
  set powered(value: boolean | Promise<boolean>) {
    this.#powered = value as boolean;
  }
  async self(): Promise<this> {
    return this;
  }
  async isSame(other: this): Promise<boolean> {
    return this === other;
  }
  async record(seconds: number): Promise<Take> {
    if (seconds > 60) throw new TooLoud(seconds);
    return { title: `${seconds} s`, at: new Date(0) };
  }
  async play(take: Take): Promise<void> {
    this.events.push(`play ${take.title}`);
  }
  async rewind(): Promise<void> {
    this.events.push("rewind");
  }
  [Symbol.dispose](): void {
    this.disposed++;
  }
}

export class RackImpl implements Rack {
  name = "left rack";
  readonly slots = 12n;
  readonly tapeDeck: TapeDeckImpl = new TapeDeckImpl();

  async deck(): Promise<TapeDeck> {
    return this.tapeDeck;
  }
  async inspect(device: Device): Promise<string> {
    const powered = await device.powered;
    return `${await device.model()}, ${powered ? "on" : "off"}, ${device === this.tapeDeck ? "ours" : "yours"}`;
  }
  async check(input: Input, output?: Output): Promise<boolean> {
    return (input as object) === output;
  }
  async devices(): Promise<Device[]> {
    return [this.tapeDeck, this.tapeDeck];
  }
  async pair(): Promise<Pair> {
    return { left: new ChannelImpl("left"), count: 2, inner: { right: new ChannelImpl("right") } };
  }
  async both(): Promise<readonly [TapeDeck, number]> {
    return [this.tapeDeck, 1];
  }
}
