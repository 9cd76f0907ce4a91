/** The interfaces of the hand-written sample: what a user writes. */

/** @remote */
export interface Bank {
  /** Opens a session. */
  login(user: string, options?: LoginOptions): Promise<Session>;
  /** @idempotent */
  add(a: number, b: number): Promise<number>;
  echo(blob: Uint8Array): Promise<Uint8Array>;
  /** The session that is passed in, back. */
  same(session: Session): Promise<Session>;
  note(text: string): void;
  onEvent(listener: (event: BankEvent) => void): Promise<void>;
  ask(question: (text: string) => Promise<string>, text: string): Promise<string>;
  count(to: number): AsyncIterable<number>;
  statement(bytes: number): ReadableStream<Uint8Array>;
  sessions(): AsyncIterable<Session>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  fail(how: "declared" | "thrown" | "text"): Promise<void>;
}

/** @remote */
export interface Session {
  balance(): Promise<bigint>;
  child(name: string): Promise<Session>;
  name(): Promise<string>;
}

export interface LoginOptions {
  otp?: string;
  tags: string[];
}

export type BankEvent = { kind: "opened"; at: Date } | { kind: "moved"; amounts: Map<string, bigint> };

/** @error */
export class NoSuchUser extends Error {
  override readonly name = "NoSuchUser";
  readonly user: string;
  constructor(user: string) {
    super(`no user ${user}`);
    this.user = user;
  }
}
