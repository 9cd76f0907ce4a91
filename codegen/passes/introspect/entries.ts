/**
 * The entries of one introspection: those that are known from an earlier one, and those that it makes. A type that has a
 * name is looked at when something leads to it for the first time, and what is found belongs to it, whoever led there.
 */
import type { Message, Shape } from "../../model/api-model.js";
import { type Entry, type EntryRef, type Finding, Recording } from "./entry.js";

/** An entry that is being made. */
interface Open {
  readonly key: string;
  readonly recording: Recording;
  /** It was met inside itself. */
  isRecursive: boolean;
}

/** Something leads to an entry that nobody can make: what is known does not fit together. */
export class LostEntryError extends Error {
  override readonly name = "LostEntryError";
}

export class Entries {
  readonly #entries: Map<string, Entry>;
  readonly #ahead = new Map<string, () => Entry>();
  readonly #open: Open[] = [];

  /** @param known  what an earlier introspection found, and still is so. New entries are added to it. */
  constructor(known: Map<string, Entry>) {
    this.#entries = known;
  }

  /** Adds to the entry that is being made. */
  add(finding: Finding): void {
    this.#recording.findings.push(finding);
  }

  /** Whether the entry that is being made asks for the first time about something that is part of it. */
  isNew(key: unknown): boolean {
    return this.#recording.isNew(key);
  }

  /** Leads to an entry. It is made when it is asked for (`get`), unless it is known. */
  leadTo(ref: EntryRef, look: () => void): void {
    if (this.isNew(ref.id)) this.add({ kind: "entry", found: ref });
    if (this.#entries.has(ref.id) || this.#ahead.has(ref.id)) return;
    this.#ahead.set(ref.id, () => this.make(ref, look));
  }

  /** The same where the shape is not known before it has been looked at. */
  shapeOf(ref: EntryRef, look: () => Shape): Shape {
    const entry = this.#entries.get(ref.id) ?? this.make(ref, look);
    if (this.isNew(ref.id)) this.add({ kind: "entry", found: ref });
    return entry.shape!;
  }

  /** @param look  finds something; what it returns is the entry's shape. */
  make(ref: EntryRef, look: () => Shape | void): Entry {
    const recording = new Recording();
    this.#open.push({ key: ref.key, recording, isRecursive: false });
    const shape = look();
    this.#open.pop();
    const entry: Entry = { ...ref, findings: recording.findings, ...(shape && { shape }) };
    this.#entries.set(ref.id, entry);
    return entry;
  }

  /** @throws {LostEntryError} where it is neither known nor led to. */
  get({ id, key }: EntryRef): Entry {
    const known = this.#entries.get(id);
    if (known) return known;
    const make = this.#ahead.get(id);
    if (!make) throw new LostEntryError(key);
    this.#ahead.delete(id);
    return make();
  }

  /** Whether the entry is being made. Then it, and all that are made inside it, are recursive. */
  isInside(key: string): boolean {
    const at = this.#open.findIndex((one) => one.key === key);
    for (const one of at === -1 ? [] : this.#open.slice(at)) one.isRecursive = true;
    return at !== -1;
  }

  /** Whether the entry that is being made was met inside itself. */
  get isRecursive(): boolean {
    return this.#open.at(-1)!.isRecursive;
  }

  /** A message that the entry that is being made found, itself or in what it had to look at. */
  message(name: string): Message | undefined {
    return this.#messageIn(this.#recording.findings, name);
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

  get #recording(): Recording {
    return this.#open.at(-1)!.recording;
  }
}
