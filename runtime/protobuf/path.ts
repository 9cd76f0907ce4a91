/**
 * Where in a value the codec is: the names and indices of the messages around it, so that a refusal can say
 * `order.lines[3].price`. Kept while encoding and decoding, printed only when something is refused.
 */
import { CallError } from "../base/errors.js";

export type PathKey = number | string | bigint | boolean;

export class ValuePath {
  readonly #names: string[] = [];
  readonly #keys: (PathKey | undefined)[] = [];
  readonly #tags: number[] = [];
  #depth = 0;
  readonly #maxDepth: number;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  get depth(): number {
    return this.#depth;
  }

  /** @throws {CallError} INVALID_ARGUMENT past the nesting limit: a cyclic value, or a hostile message. */
  enter(name: string, key: PathKey | undefined, tag: number = 0): void {
    const depth = this.#depth;
    if (depth >= this.#maxDepth) throw this.#tooDeep(name);
    this.#names[depth] = name;
    this.#keys[depth] = key;
    this.#tags[depth] = tag;
    this.#depth = depth + 1;
  }

  #tooDeep(name: string): CallError {
    return new CallError(
      "INVALID_ARGUMENT",
      `${this.#names[0] ?? name}: nested deeper than ${this.#maxDepth} (limits.maxNesting); does the value contain itself?`,
    );
  }

  leave(): void {
    this.#depth--;
  }

  reset(): void {
    this.#depth = 0;
  }

  /** The tag and the key of a message around this one, from the outside in. */
  tagAt(depth: number): number {
    return this.#tags[depth]!;
  }
  keyAt(depth: number): PathKey | undefined {
    return this.#keys[depth];
  }

  /** The path to `name` here, as one would write it: `lines[3].price`, `balances["EUR"]`. */
  to(name: string, key?: PathKey): string {
    let path = "";
    for (let i = 0; i < this.#depth; i++) path = append(path, this.#names[i] ?? "", this.#keys[i]);
    return append(path, name, key);
  }
}

function append(path: string, name: string, key: PathKey | undefined): string {
  const named = name === "" ? path : path === "" ? name : `${path}.${name}`;
  if (key === undefined) return named;
  return `${named}[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`;
}

/** A value in words, short and without its content where that may be private or long. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "string":
      return value.length <= 32 ? `the string ${JSON.stringify(value)}` : `a string of ${value.length} characters`;
    case "number":
    case "boolean":
      return `the ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
    case "bigint":
      return `the bigint ${value.toString().length <= 32 ? `${value}n` : `of ${value.toString().length} digits`}`;
    case "object":
      return Array.isArray(value)
        ? `an array of ${value.length}`
        : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
    default:
      return `a ${typeof value}`;
  }
}
