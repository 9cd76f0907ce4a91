/** One object that we were given, and what we owe for it. Those of a session are in import-table.ts; its roots in no table. */
import { importIdFromWire, type ImportId } from "../base/ids.js";
import type { OneWayFlow } from "./one-way-flow.js";
import type { RemoteLink } from "./remote-link.js";
import type { ServiceDescriptor } from "./service.js";

/** A link to an import, and the stub that was made of it. */
export interface ImportHolder extends RemoteLink {
  readonly held: Import;
  stub: object;
  /** The newest snapshot that has arrived. */
  snapshot: object | undefined;
}

/** What few imports have. */
interface ImportDetails {
  /** Exports that lead here: other peers to whom the object was passed on. They keep one reference, whatever users do. */
  forwards: number;
  /** Awaited calls under way, where their number is bounded (import-link.ts). */
  unanswered: number;
  /** How often users gave one back. */
  disposals: number;
  /** Where it came from, and where its last reference was given back: where that is traced. */
  created: string | undefined;
  released: string | undefined;
  /** Of the one-way calls on it (one-way-flow.ts). */
  flow: OneWayFlow | undefined;
  /** The read-only properties that came with it last. */
  snapshot: object | undefined;
}

/**
 * One object of the peer, and what we owe for it: `loose` references, and those that `needed` counts.
 * A program may hold 100,000 of these, so their fields are few and small (bench/references).
 */
export class Import {
  /** So named, for an import is the target of calls (instruction.ts) as it stands. */
  readonly importId: ImportId;
  /** References that no decoder has taken yet. */
  loose = 0;
  /** References that users of the stub may give back. */
  count = 0;
  /**
   * A number: the id of the interface, until a stub is made. Then its link, held weakly from the next turn on
   * (import-table.ts). Null: the stub is of no use any more.
   */
  link: WeakRef<ImportHolder> | ImportHolder | number | null;
  /** When it came, on the watch's clock. */
  readonly since: number;
  details: ImportDetails | undefined = undefined;

  constructor(importId: ImportId, interfaceId: number, since: number) {
    this.importId = importId;
    this.link = interfaceId;
    this.since = since;
  }

  get id(): ImportId {
    return this.importId;
  }

  /** The link, while anybody has it or its stub. */
  get liveLink(): ImportHolder | undefined {
    const { link } = this;
    if (link === null || typeof link === "number") return undefined;
    return link instanceof WeakRef ? link.deref() : link;
  }

  /** Undefined where that is forgotten, together with the stub. */
  get interfaceId(): number | undefined {
    return typeof this.link === "number" ? this.link : this.liveLink?.service.interfaceId;
  }

  /** References that keep the stub usable. */
  get needed(): number {
    return this.details === undefined || this.details.forwards === 0 ? this.count : Math.max(this.count, 1);
  }

  /** References that this side holds, of either kind. */
  get owed(): number {
    return this.loose + this.needed;
  }

  get disposals(): number {
    return this.details?.disposals ?? 0;
  }

  withDetails(): ImportDetails {
    return (this.details ??= {
      forwards: 0,
      unanswered: 0,
      disposals: 0,
      created: undefined,
      released: undefined,
      flow: undefined,
      snapshot: undefined,
    });
  }

  /** A root: held for the session's whole life, and never given back. */
  static root(wireId: number, { interfaceId }: ServiceDescriptor, since: number): Import {
    const held = new Import(importIdFromWire(wireId), interfaceId, since);
    held.count = Number.POSITIVE_INFINITY;
    return held;
  }
}
