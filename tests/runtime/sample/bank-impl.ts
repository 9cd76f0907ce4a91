/** An implementation of the sample, and what it remembers for the tests. */
import type { Bank, BankEvent, LoginOptions, Session } from "./bank.js";
import { NoSuchUser } from "./bank.js";

export class SessionImpl implements Session {
  readonly #name: string;
  disposed = 0;
  constructor(name: string) {
    this.#name = name;
  }
  async balance(): Promise<bigint> {
    return BigInt(this.#name.length);
  }
  async child(name: string): Promise<Session> {
    if (name === "") throw new NoSuchUser("child");
    return new SessionImpl(`${this.#name}/${name}`);
  }
  async name(): Promise<string> {
    return this.#name;
  }
  [Symbol.dispose](): void {
    this.disposed++;
  }
}

export class BankImpl implements Bank {
  readonly log: string[] = [];
  readonly listeners: ((event: BankEvent) => void)[] = [];
  readonly sessionsMade: SessionImpl[] = [];
  signals: AbortSignal[] = [];
  stopped = 0;

  async login(user: string, options?: LoginOptions): Promise<Session> {
    this.log.push(`login ${user} ${options?.otp ?? "-"} ${(options?.tags ?? []).join()}`);
    if (user === "nobody") throw new NoSuchUser(user);
    const session = new SessionImpl(user);
    this.sessionsMade.push(session);
    return session;
  }
  async add(a: number, b: number): Promise<number> {
    this.log.push(`add ${a} ${b}`);
    return a + b;
  }
  async echo(blob: Uint8Array): Promise<Uint8Array> {
    this.log.push(`echo ${blob.length}`);
    return blob;
  }
  async same(session: Session): Promise<Session> {
    return session;
  }
  note(text: string): void {
    this.log.push(`note ${text}`);
  }
  async onEvent(listener: (event: BankEvent) => void): Promise<void> {
    this.listeners.push(listener);
  }
  async ask(question: (text: string) => Promise<string>, text: string): Promise<string> {
    return `answer ${await question(text)}`;
  }
  async *count(to: number): AsyncIterable<number> {
    try {
      for (let i = 0; i < to; i++) {
        if (i === 13) throw new Error("thirteen");
        yield i;
      }
    } finally {
      this.stopped++;
    }
  }
  statement(bytes: number): ReadableStream<Uint8Array> {
    let left = bytes;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (left === 0) controller.close();
        else {
          const chunk = new Uint8Array(Math.min(left, 50_000)).fill(left % 251);
          left -= chunk.length;
          controller.enqueue(chunk);
        }
      },
      cancel: () => {
        this.stopped++;
      },
    });
  }
  async *sessions(): AsyncIterable<Session> {
    for (const name of ["a", "b", "c"]) yield new SessionImpl(name);
  }
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) this.signals.push(signal);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
  }
  async fail(how: "declared" | "thrown" | "text"): Promise<void> {
    if (how === "declared") throw new NoSuchUser("declared");
    if (how === "thrown") throw new TypeError("thrown", { cause: new RangeError("deeper") });
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a careless handler does
    throw "text";
  }
}
