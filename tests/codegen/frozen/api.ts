/** A little of everything, for code that was emitted for it in its first version, and must go on running: see emitted-v1.test.ts. */
import type { bigint_, int32 } from "peerwire";

/** @flags */
export declare enum Rights {
  None = 0,
  Read = 1,
  Write = 2,
}

export interface Everything {
  text: string;
  count: int32;
  size: bigint;
  huge: bigint_;
  at: Date;
  where: URL;
  rule: RegExp;
  why: Error;
  any: unknown;
  thing: object;
  bytes: Uint8Array;
  buffer: ArrayBuffer;
  node: Buffer;
  points: Float32Array;
  rights: Rights;
  id: `id-${string}`;
  state: "open" | "closed";
  tags?: string[];
  flags: boolean[];
  names: Set<string>;
  ages: Map<string, number>;
  dates: Map<Date, string>;
  record: Record<string, int32>;
  grid: number[][];
  pair: [string, number?];
  note?: string | null;
  __proto__: string;
  /** @maxLength 8 */
  short: string;
}

export type Event = { type: "made"; id: string } | { type: "gone" };
export type Answer = string | number | Date;
export type Part = { data: string; error: null } | { data: null; error: string };
export type Styled = { text: string; bold?: boolean } | { text: string; italic?: boolean };

/** @error */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`refused: ${code}`);
    this.code = code;
  }
}

/** @remote */
export interface Named {
  readonly title: string;
  name(): Promise<string>;
}

/** @remote */
export interface Door extends Named {
  knock(times: int32): Promise<int32>;
}

/** @remote */
export interface House {
  echo(value: Everything): Promise<Everything>;
  events(list: Event[]): Promise<Event[]>;
  answer(value: Answer): Promise<Answer>;
  part(value: Part): Promise<Part>;
  styled(value: Styled): Promise<Styled>;
  door(title: string): Promise<Door>;
  doors(titles: string[]): Promise<Door[]>;
  pair(): Promise<{ left: Door; right: Door }>;
  open(door: Door): Promise<string>;
  each(list: string[], use: (one: string) => Promise<string>): Promise<string[]>;
  count(to: int32): AsyncIterable<int32>;
  steps(to: int32): AsyncGenerator<int32>;
  sum(values: AsyncIterable<int32>): Promise<int32>;
  bytes(data: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
  /** @throws {Refused} */
  refuse(code: string): Promise<void>;
  tell(text: string): void;
  readonly told: Promise<string>;
  get volume(): Promise<number>;
  set volume(value: number | Promise<number>);
  readonly Door: new (title: string) => Door;
}
