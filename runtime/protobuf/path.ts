/**
 * Where in a value the codec is: the names and indices of the messages around it, so that a refusal can say
 * `order.lines[3].price`. Kept while encoding and decoding, printed only when something is refused.
 */
import { CallError } from "../base/errors.js";

export type PathKey = number | string | bigint | boolean;

/** What is kept of each message: its name, its key, its tag. */
type Step = string | PathKey | undefined;
const STEP = 3;

export class ValuePath {
  /** All steps in one array: one for each part would cost a message a third of what it takes to enter it. */
  readonly #trail: Step[] = [];
  #length = 0;
  readonly #maxLength: number;

  constructor(maxDepth: number) {
    this.#maxLength = maxDepth * STEP;
  }

  get depth(): number {
    return this.#length / STEP;
  }

  /** @throws {CallError} INVALID_ARGUMENT past the nesting limit: a cyclic value, or a hostile message. */
  enter(name: string, key: PathKey | undefined, tag: number = 0): void {
    const at = this.#length;
    if (at >= this.#maxLength) throw this.#tooDeep(name);
    const trail = this.#trail;
    trail[at] = name;
    trail[at + 1] = key;
    trail[at + 2] = tag;
    this.#length = at + STEP;
  }

  #tooDeep(name: string): CallError {
    return new CallError(
      "INVALID_ARGUMENT",
      `${String(this.#trail[0] ?? name)}: nested deeper than ${this.#maxLength / STEP} (limits.maxNesting); does the value contain itself?`,
    );
  }

  leave(): void {
    this.#length -= STEP;
  }

  reset(): void {
    this.#length = 0;
  }

  /** The tag and the key of a message around this one, from the outside in. */
  tagAt(depth: number): number {
    return this.#trail[depth * STEP + 2] as number;
  }
  keyAt(depth: number): PathKey | undefined {
    return this.#trail[depth * STEP + 1];
  }

  /** The path to `name` here, as one would write it: `lines[3].price`, `balances["EUR"]`. */
  to(name: string, key?: PathKey): string {
    let path = "";
    for (let at = 0; at < this.#length; at += STEP) path = append(path, this.#trail[at] as string, this.#trail[at + 1]);
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
