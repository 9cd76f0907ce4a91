/**
 * The entries of one introspection: those that are known from an earlier one, and those that it makes. A type that has a
 * name is looked at when something leads to it for the first time, and what is found belongs to it, whoever led there.
 */
import type { Message } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { type Entry, type EntryRef, type Finding, Recording } from "./entry.js";

/** An entry that is being made. */
interface Open {
  readonly key: string;
  readonly recording: Recording;
  readonly reads: ReadonlySet<string>;
  /** It was met inside itself. */
  isRecursive: boolean;
}

/** How an entry is made. */
export interface Maker<T> {
  /** What its findings depend on. */
  readonly reads: () => ReadonlySet<string>;
  readonly look: () => T;
}

const NOTHING: ReadonlySet<string> = new Set();

export class Entries {
  readonly #entries: Map<string, Entry>;
  readonly #ahead = new Map<string, () => Entry>();
  readonly #open: Open[] = [];
  #made = 0;

  /** @param known  what an earlier introspection found, and still is so. New entries are added to it. */
  constructor(known: Map<string, Entry>) {
    this.#entries = known;
  }

  /** Adds to the entry that is being made. */
  add(finding: Finding): void {
    this.#current.recording.findings.push(finding);
  }

  /** Whether the entry that is being made asks for the first time about something that is part of it. */
  isNew(key: unknown): boolean {
    return this.#current.recording.isNew(key);
  }

  /** Leads to an entry. It is made when it is asked for (`get`), unless it is known. */
  leadTo(ref: EntryRef, maker: Maker<void>): void {
    if (this.isNew(ref.id)) this.add({ kind: "entry", found: ref });
    if (this.#entries.has(ref.id) || this.#ahead.has(ref.id)) return;
    const { reads } = this.#current;
    this.#ahead.set(ref.id, () => this.make(ref, maker, reads));
  }

  /** The same, for what nothing leads to. */
  offer(ref: EntryRef, maker: Maker<void>): void {
    this.#ahead.set(ref.id, () => this.make(ref, maker));
  }

  /** The same where the shape is not known before it has been looked at. */
  shapeOf(ref: EntryRef, maker: Maker<Shape>): Shape {
    const entry = this.#entries.get(ref.id) ?? this.make(ref, maker, this.#current.reads);
    if (this.isNew(ref.id)) this.add({ kind: "entry", found: ref });
    return entry.shape!;
  }

  /** @param outer  what was read to come here: it matters to what is not declared. */
  make(ref: EntryRef, { reads, look }: Maker<Shape | void>, outer: ReadonlySet<string> = NOTHING): Entry {
    const all = ref.isDeclared ? reads() : new Set([...reads(), ...outer]);
    const { findings, shape } = this.aside(look, ref.key, all);
    const entry: Entry = { ...ref, findings, reads: all, ...(shape && { shape }) };
    this.#entries.set(ref.id, entry);
    this.#made++;
    return entry;
  }

  /** What `look` finds, which belongs to no entry. */
  aside(
    look: () => Shape | void,
    key = "",
    reads: ReadonlySet<string> = NOTHING,
  ): { readonly findings: readonly Finding[]; readonly shape: Shape | void } {
    const recording = new Recording();
    this.#open.push({ key, recording, reads, isRecursive: false });
    const shape = look();
    this.#open.pop();
    return { findings: recording.findings, shape };
  }

  /** How many entries were made, rather than known. */
  get made(): number {
    return this.#made;
  }

  /** Undefined where it is neither known, nor has anything led to it. */
  get({ id }: EntryRef): Entry | undefined {
    const known = this.#entries.get(id);
    if (known) return known;
    const make = this.#ahead.get(id);
    this.#ahead.delete(id);
    return make?.();
  }

  /** Whether the entry is being made. Then it, and all that are made inside it, are recursive. */
  isInside(key: string): boolean {
    const at = this.#open.findIndex((one) => one.key === key);
    for (const one of at === -1 ? [] : this.#open.slice(at)) one.isRecursive = true;
    return at !== -1;
  }

  /** Whether the entry that is being made was met inside itself. */
  get isRecursive(): boolean {
    return this.#current.isRecursive;
  }

  /** A message that the entry that is being made found, itself or in what it had to look at. */
  message(name: string): Message | undefined {
    return this.#messageIn(this.#current.recording.findings, name);
  }

  #messageIn(findings: readonly Finding[], name: string): Message | undefined {
    for (const { kind, found } of findings) {
      if (kind === "message" && found.name === name) return found;
      const inner = kind === "entry" ? this.#entries.get(found.id) : undefined;
      const message = inner?.shape && this.#messageIn(inner.findings, name);
      if (message) return message;
    }
    return undefined;
  }

  get #current(): Open {
    return this.#open.at(-1)!;
  }
}
