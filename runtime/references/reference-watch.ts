/**
 * Watches one session's references for the people who look after it: how old each is, where it came from and where it
 * was released, and a warning when there are many. Only what `PeerOptions.references` asks for costs anything.
 */
import type { Clock } from "../base/clock.js";
import { ClosedError } from "../base/errors.js";
import { quietly } from "../base/quietly.js";

export interface ReferenceWatchOptions {
  /**
   * Remembers where each reference was shared, received and released: for `peer.references()`, and for the error of a
   * use after release. A stack for each, so for development.
   */
  readonly trace?: boolean;
  /** How many objects are many, in one direction; by default 1,000. */
  readonly warnAt?: number;
  /** Told when there are many, and again each time that their number has doubled. */
  readonly onWarning?: (warning: ReferenceWarning) => void;
}

export interface ReferenceWarning {
  /** "exports": the other side holds many of ours. "imports": we hold many of the other side's. */
  readonly direction: "exports" | "imports";
  readonly entries: number;
  /** How many of each interface, most first. */
  readonly interfaces: readonly { readonly interface: string; readonly entries: number }[];
  /** The oldest ones: those that were forgotten, where any were. */
  readonly oldest: readonly ReferenceEntry[];
}

/** One object that is held across the connection. */
export interface ReferenceEntry {
  readonly id: number;
  readonly interface: string;
  /** References: how often it crossed and was not given back. */
  readonly count: number;
  /** Who needs it beside those: calls that run on one of ours; other peers that one of theirs was passed on to. */
  readonly inUse: number;
  /** Milliseconds since it crossed first. */
  readonly ageMs: number;
  /** Where that was, with `references: { trace: true }`. */
  readonly created: string | undefined;
}

const DEFAULT_WARN_AT = 1000;
const OLDEST = 5;

export class ReferenceWatch {
  readonly traces: boolean;
  readonly #clock: Clock;
  readonly #start: number;
  readonly #onWarning: ((warning: ReferenceWarning) => void) | undefined;
  readonly #warnAt: { exports: number; imports: number };
  #where: string | undefined;

  constructor(clock: Clock, { trace = false, warnAt = DEFAULT_WARN_AT, onWarning }: ReferenceWatchOptions = {}) {
    this.traces = trace;
    this.#clock = clock;
    this.#start = clock.now();
    this.#onWarning = onWarning && quietly(onWarning);
    this.#warnAt = { exports: warnAt, imports: warnAt };
  }

  /** Whole milliseconds since the session began: a small integer, which costs an entry no memory of its own. */
  now(): number {
    return Math.round(this.#clock.now() - this.#start);
  }

  /** Where a reference comes from; undefined unless that is traced. */
  origin(): string | undefined {
    if (!this.traces) return undefined;
    return this.#where ?? stackHere();
  }

  /** Where references in the answer to `question`, which is asked now, come from; undefined unless that is traced. */
  asked(question: { describe(): string }): (() => string) | undefined {
    if (!this.traces) return undefined;
    const where = stackHere();
    return () => `result of ${question.describe()}\n${where}`;
  }

  /** Runs `action`; references that it makes come from `where`. */
  within<R>(where: (() => string) | undefined, action: () => R): R {
    if (where === undefined || !this.traces) return action();
    const outer = this.#where;
    this.#where = where();
    try {
      return action();
    } finally {
      this.#where = outer;
    }
  }

  /** A table has one more. Its list is made only where somebody is told. */
  grew(direction: "exports" | "imports", entries: number, table: { list(): readonly ReferenceEntry[] }): void {
    if (entries < this.#warnAt[direction] || this.#onWarning === undefined) return;
    this.#warnAt[direction] = Math.max(entries, 1) * 2;
    this.#onWarning(warningOf(direction, table.list()));
  }
}

/** The error of a use of `what` after its release. @param released  where that was, if it was traced. */
export function releasedError(what: string, released: string | undefined): ClosedError {
  const where =
    released === undefined
      ? "ask for it again (PeerOptions.references.trace shows where it was released)"
      : `ask for it again. It was released ${released.split("\n", 1)[0]!}`;
  return new ClosedError("released-reference", `${what} has been released; ${where}`, {
    dispatched: "no",
    ...(released !== undefined && { cause: new Released(released) }),
  });
}

/** The cause of a use after release: its stack is where the reference was given back. */
class Released extends Error {
  override readonly name = "Released";
  constructor(stack: string) {
    super("the reference was given back");
    this.stack = `Released: ${this.message}\n${stack}`;
  }
}

function warningOf(direction: "exports" | "imports", list: readonly ReferenceEntry[]): ReferenceWarning {
  const counts = new Map<string, number>();
  for (const one of list) counts.set(one.interface, (counts.get(one.interface) ?? 0) + 1);
  return {
    direction,
    entries: list.length,
    interfaces: [...counts]
      .map(([name, entries]) => ({ interface: name, entries }))
      .sort((a, b) => b.entries - a.entries),
    oldest: list.toSorted((a, b) => b.ageMs - a.ageMs).slice(0, OLDEST),
  };
}

/** The stack of the caller, without the lines of this library. */
function stackHere(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  const foreign = lines.filter((line) => !line.includes(LIBRARY));
  return (foreign.length > 0 ? foreign : lines).map((line) => line.trim()).join("\n");
}

/** The folder that holds this library's code: ".../runtime/". */
const LIBRARY = new URL("..", import.meta.url).href.replace(/^file:\/\//, "");
