/**
 * What introspection finds, entry by entry: one for each interface, error class and type that has a name. An entry is plain
 * data. It says of other entries only that it leads to them, so it stays what it is when they change. Put together into a
 * model by passes/introspect.ts, in the order in which one entry leads to the next.
 */
import type { Diagnostics } from "../../diagnostics.js";
import type { EnumModel, ErrorModel, Location, Message, ServiceModel } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";

export type Finding =
  | { readonly kind: "message"; readonly found: Message }
  | { readonly kind: "enum"; readonly found: EnumModel }
  | { readonly kind: "service"; readonly found: ServiceModel }
  | { readonly kind: "error"; readonly found: ErrorModel }
  | { readonly kind: "problem"; readonly found: Parameters<Diagnostics["error"]> }
  | { readonly kind: "remote"; readonly found: RemoteMet }
  | { readonly kind: "entry"; readonly found: EntryRef };

/** A remote interface that something refers to. */
export interface RemoteMet {
  readonly name: string;
  /** Keys of its declarations: one of them must be in a source. */
  readonly declared: readonly string[];
  readonly location: Location;
}

/** Of several entries with one `key`, the one that is led to first stands in the model. */
export interface EntryRef {
  /** The type: where it is declared, its name, its type arguments. */
  readonly key: string;
  /** The same, and where it was met, if what is emitted for it depends on that. */
  readonly id: string;
  /** Whether the key is enough to find the type again: it is declared, has no type arguments, and can be imported. */
  readonly isDeclared: boolean;
}

export interface Entry extends EntryRef {
  /** In the order in which they were found. */
  readonly findings: readonly Finding[];
  /** What values of the type are, where its name alone does not say it. */
  readonly shape?: Shape;
  /** Names of files, and of what else the findings depend on (`Reads`). */
  readonly reads: ReadonlySet<string>;
}

/** What an entry reads that no later run would find again. */
export const UNLASTING = "a type without a name";

/** The findings of one entry, while they are being made. */
export class Recording {
  readonly findings: Finding[] = [];
  readonly #once = new Set<unknown>();

  /** Whether this is the first time that `key` is asked about. */
  isNew(key: unknown): boolean {
    if (this.#once.has(key)) return false;
    this.#once.add(key);
    return true;
  }
}
