/** The contract of the scenarios: what one side offers, in every kind of member that there is. */

/**
 * What the scenarios use.
 * @remote
 */
export interface Fixture {
  get intValue(): Promise<number>;
  get boolValue(): Promise<boolean>;
  get stringValue(): Promise<string>;
  get nullValue(): Promise<string | null>;
  readonly nested: Promise<Nested>;
  readonly deepGraph: Promise<DeepGraph>;
  readonly Greeter: new (prefix: string) => Greeter;

  add(a: number, b: number): Promise<number>;
  runCallback(callback: (value: string) => Promise<string>, value: string): Promise<string>;
  /** Calls back `times` times at once. */
  fanOut(callback: (value: string) => Promise<string>, value: string, times: number): Promise<string[]>;
  useHelper(helper: Helper, name: string): Promise<string>;
  /** Keeps the callback until `forgetCallbacks`. */
  keepCallback(callback: (value: string) => Promise<string>): Promise<void>;
  callKept(value: string): Promise<string[]>;
  forgetCallbacks(): Promise<void>;
  explode(): Promise<void>;
  explodeWith(callback: (value: string) => Promise<string>, helper: Helper): Promise<void>;
  /** Always the same object. */
  getShared(): Promise<Shared>;
  /** A fresh one each time. */
  acquireShared(): Promise<Shared>;
  same(shared: Shared): Promise<Shared>;
  mirror(log: Log): Promise<Log>;
  makeCounter(): Promise<() => Promise<number>>;
  echo(text: string): Promise<string>;
  payload(bytes: number): Promise<Uint8Array>;
  /** Waits until the fixture's gate is opened. */
  block(): Promise<void>;
  /** `bytes` of the canonical payload, as fast as they are read. */
  flow(bytes: number): ReadableStream<Uint8Array>;
}

/** @remote */
export interface Nested {
  get label(): Promise<string>;
  ping(): Promise<string>;
}

/** @remote */
export interface DeepGraph {
  readonly branch: Promise<Branch>;
}

/** @remote */
export interface Branch {
  get label(): Promise<string>;
  readonly node: Promise<Node>;
}

/** @remote */
export interface Node {
  get answer(): Promise<number>;
  echo(text: string): Promise<string>;
}

/** @remote */
export interface Greeter {
  greet(name: string): Promise<string>;
}

/** @remote */
export interface Helper {
  greet(name: string): Promise<string>;
}

/** @remote */
export interface Shared {
  get kind(): Promise<string>;
  get value(): Promise<string>;
  /** Items that come from the object itself. */
  items(): AsyncIterable<number>;
}

/** @remote */
export interface Log {
  note(text: string): void;
  size(): Promise<number>;
}
