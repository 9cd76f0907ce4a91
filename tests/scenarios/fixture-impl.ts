/** The fixture itself: real objects, whose ends can be seen, and a gate that tests open. */
import { createHash } from "node:crypto";
import { gate } from "../runtime/references/at-rest.js";
import type { Branch, DeepGraph, Fixture, Greeter, Helper, Log, Nested, Node, Shared } from "./fixture.js";

const PATTERN = "proxyables:0123456789:abcdefghijklmnopqrstuvwxyz:";

/** The first `length` characters of the pattern, repeated. */
export function canonicalPayload(length: number): string {
  return PATTERN.repeat(Math.ceil(length / PATTERN.length)).slice(0, length);
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** What has been let go of, by the last of its holders. */
export class SharedImpl implements Shared {
  disposed = 0;
  readonly hold: ReturnType<typeof gate> = gate();
  get kind(): Promise<string> {
    return Promise.resolve("shared");
  }
  get value(): Promise<string> {
    return Promise.resolve("shared");
  }
  async *items(): AsyncIterable<number> {
    yield this.disposed;
    await this.hold.opened;
    yield this.disposed;
  }
  [Symbol.dispose](): void {
    this.disposed++;
  }
}

class GreeterImpl implements Greeter {
  readonly #prefix: string;
  constructor(prefix: string) {
    this.#prefix = prefix;
  }
  async greet(name: string): Promise<string> {
    return `${this.#prefix} ${name}`;
  }
}

const nested: Nested = {
  get label() {
    return Promise.resolve("nested");
  },
  ping: async () => "pong",
};

const node: Node = {
  get answer() {
    return Promise.resolve(42);
  },
  echo: async (text) => `echo ${text}`,
};

const branch: Branch = {
  get label() {
    return Promise.resolve("deep");
  },
  node: Promise.resolve(node),
};

const deepGraph: DeepGraph = { branch: Promise.resolve(branch) };

type Callback = (value: string) => Promise<string>;

export class FixtureImpl implements Fixture {
  readonly intValue: Promise<number> = Promise.resolve(42);
  readonly boolValue: Promise<boolean> = Promise.resolve(true);
  readonly stringValue: Promise<string> = Promise.resolve("hello");
  readonly nullValue: Promise<string | null> = Promise.resolve(null);
  readonly nested: Promise<Nested> = Promise.resolve(nested);
  readonly deepGraph: Promise<DeepGraph> = Promise.resolve(deepGraph);
  readonly Greeter: new (prefix: string) => Greeter = GreeterImpl;
  readonly shared: SharedImpl = new SharedImpl();
  readonly acquired: SharedImpl[] = [];
  readonly hold: ReturnType<typeof gate> = gate();
  /** Bytes that `flow` has produced. */
  produced = 0;
  #kept: Callback[] = [];

  async add(a: number, b: number): Promise<number> {
    return a + b;
  }
  async runCallback(callback: Callback, value: string): Promise<string> {
    return callback(value);
  }
  async fanOut(callback: Callback, value: string, times: number): Promise<string[]> {
    return Promise.all(Array.from({ length: times }, () => callback(value)));
  }
  async useHelper(helper: Helper, name: string): Promise<string> {
    return helper.greet(name);
  }
  async keepCallback(callback: Callback): Promise<void> {
    this.#kept.push(callback);
  }
  async callKept(value: string): Promise<string[]> {
    return Promise.all(this.#kept.map((callback) => callback(value)));
  }
  async forgetCallbacks(): Promise<void> {
    this.#kept = [];
  }
  async explode(): Promise<void> {
    throw new Error("Boom");
  }
  async explodeWith(): Promise<void> {
    throw new Error("Boom");
  }
  async getShared(): Promise<Shared> {
    return this.shared;
  }
  async acquireShared(): Promise<Shared> {
    const shared = new SharedImpl();
    this.acquired.push(shared);
    return shared;
  }
  async same(shared: Shared): Promise<Shared> {
    return shared;
  }
  async mirror(log: Log): Promise<Log> {
    return log;
  }
  async makeCounter(): Promise<() => Promise<number>> {
    let count = 0;
    return async () => ++count;
  }
  async echo(text: string): Promise<string> {
    return text;
  }
  async payload(bytes: number): Promise<Uint8Array> {
    return new TextEncoder().encode(canonicalPayload(bytes));
  }
  async block(): Promise<void> {
    await this.hold.opened;
  }
  flow(bytes: number): ReadableStream<Uint8Array> {
    const payload = new TextEncoder().encode(canonicalPayload(bytes));
    let at = 0;
    return new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const chunk = payload.subarray(at, at + 16_384);
          at += chunk.length;
          this.produced += chunk.length;
          if (chunk.length > 0) controller.enqueue(chunk);
          if (at === payload.length) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }
}
