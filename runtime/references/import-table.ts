/**
 * Objects that we were given. An entry lives while we hold references to it; while anyone holds its stub, every crossing
 * of the object gives that same stub.
 * Each crossing counts one: `loose` until a decoder takes it, then held by the stub. A stub gives its references back
 * one by one with `dispose`, and all that are left when it is garbage-collected. One that was passed on to another peer
 * keeps a reference until that peer has let go.
 */
import { ProtocolError } from "../base/errors.js";
import { importIdFromWire, type ImportId } from "../base/ids.js";
import type { Limits } from "../base/limits.js";
import type { ReleaseQueue } from "./release-queue.js";
import type { RemoteLink } from "./remote-link.js";
import type { ServiceDescriptor } from "./service.js";

/** What one link owes the peer. Apart from the link, so that it outlives it. */
export interface Holding {
  readonly id: ImportId;
  readonly table: ImportTable;
  /** References that users of the stub may give back. */
  count: number;
  /** Exports that lead here: other peers to whom the object was passed on. They keep one reference, whatever users do. */
  forwards: number;
  /** How often users gave one back. */
  disposals: number;
  /** References that the peer has been owed: `count`, but at least one while there are forwards. */
  owed: number;
}

/** A link to an import, and the stub that was made of it. */
export interface HoldingLink extends RemoteLink {
  readonly holding: Holding;
  stub: object;
}

interface Import {
  readonly interfaceId: number;
  loose: number;
  holding: Holding | undefined;
  link: WeakRef<HoldingLink> | undefined;
}

const collected = new FinalizationRegistry<Holding>((holding) => {
  holding.table.releaseAll(holding);
});

export class ImportTable {
  readonly #limits: Limits;
  readonly #releases: ReleaseQueue;
  readonly #makeLink: (holding: Holding, service: ServiceDescriptor) => HoldingLink;
  readonly #imports = new Map<ImportId, Import>();
  #closed = false;

  constructor(
    limits: Limits,
    releases: ReleaseQueue,
    makeLink: (holding: Holding, service: ServiceDescriptor) => HoldingLink,
  ) {
    this.#limits = limits;
    this.#releases = releases;
    this.#makeLink = makeLink;
  }

  /** What we hold of the peer: objects and references. */
  get stats(): { entries: number; retains: number } {
    let retains = 0;
    for (const entry of this.#imports.values()) retains += entry.loose + (entry.holding?.owed ?? 0);
    return { entries: this.#imports.size, retains };
  }

  /** Entries, for `peer.references()`. */
  list(): { id: number; interface: string; count: number }[] {
    return [...this.#imports].map(([id, entry]) => ({
      id,
      interface: entry.link?.deref()?.service.fullName ?? `interface 0x${entry.interfaceId.toString(16)}`,
      count: entry.loose + (entry.holding?.owed ?? 0),
    }));
  }

  /** A reference has arrived. @throws {ProtocolError} "bad-reference" past the limit, or under another interface. */
  receive(wireId: number, interfaceId: number): ImportId {
    const id = importIdFromWire(wireId);
    let entry = this.#imports.get(id);
    if (entry === undefined) {
      if (this.#imports.size >= this.#limits.maxImports) {
        throw new ProtocolError(
          "bad-reference",
          `the peer shares more than ${this.#limits.maxImports} objects (limits.maxImports)`,
        );
      }
      entry = { interfaceId, loose: 0, holding: undefined, link: undefined };
      this.#imports.set(id, entry);
    } else if (entry.interfaceId !== interfaceId) {
      throw new ProtocolError(
        "bad-reference",
        `object ${id} is shared as interface 0x${interfaceId.toString(16)}, and was as 0x${entry.interfaceId.toString(16)}`,
      );
    }
    entry.loose++;
    return id;
  }

  /** Turns one loose reference into a hold of the stub. */
  take(id: ImportId, service: ServiceDescriptor): HoldingLink {
    const entry = this.#imports.get(id);
    // A loose reference keeps its entry, except past the end of the session: what was received then is read, and broken.
    if (entry === undefined) return this.#makeLink(holdingOf(id, this, 1), service);
    entry.loose--;
    let link = entry.link?.deref();
    if (link === undefined || link.holding.owed === 0) {
      const holding = holdingOf(id, this, 0);
      link = this.#makeLink(holding, service);
      entry.holding = holding;
      entry.link = new WeakRef(link);
      collected.register(link, holding);
    }
    link.holding.count++;
    link.holding.owed++;
    return link;
  }

  /** Gives back a reference that no decoder took. */
  giveBack(id: ImportId): void {
    const entry = this.#imports.get(id);
    if (entry === undefined) return; // the session ended meanwhile
    entry.loose--;
    this.#releases.add(id, 1);
    this.#forgetIfFree(id, entry);
  }

  /** The user of a stub gives one reference back. */
  dispose(holding: Holding): void {
    holding.disposals++;
    this.releaseOne(holding);
  }

  /** Gives back one reference of a stub, whose message failed. */
  releaseOne(holding: Holding): void {
    if (holding.count === 0 || holding.count === Number.POSITIVE_INFINITY) return;
    holding.count--;
    this.#settle(holding);
  }

  /** Gives back what a collected stub still held. */
  releaseAll(holding: Holding): void {
    if (holding.count === Number.POSITIVE_INFINITY) return;
    holding.count = 0;
    this.#settle(holding);
  }

  /** The object is passed on to another peer. @returns lets go of it again; harmless when repeated. */
  forward(holding: Holding): () => void {
    let isHeld = true;
    holding.forwards++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      holding.forwards--;
      this.#settle(holding);
    };
  }

  /** A root: held for the session's whole life, and never given back. */
  root(wireId: number, service: ServiceDescriptor): HoldingLink {
    return this.#makeLink(holdingOf(importIdFromWire(wireId), this, Number.POSITIVE_INFINITY), service);
  }

  /** The session is gone: every stub is broken, and nothing is given back. */
  close(): void {
    this.#closed = true;
    this.#imports.clear();
  }

  /** Gives back what nobody needs any more. */
  #settle(holding: Holding): void {
    const needed = Math.max(holding.count, holding.forwards > 0 ? 1 : 0);
    const surplus = holding.owed - needed;
    if (!(surplus > 0)) return;
    holding.owed = needed;
    if (this.#closed) return;
    this.#releases.add(holding.id, surplus);
    const entry = this.#imports.get(holding.id);
    if (entry === undefined || needed > 0 || entry.holding !== holding) return;
    entry.holding = entry.link = undefined;
    this.#forgetIfFree(holding.id, entry);
  }

  #forgetIfFree(id: ImportId, entry: Import): void {
    if (entry.loose === 0 && (entry.holding?.owed ?? 0) === 0) this.#imports.delete(id);
  }
}

function holdingOf(id: ImportId, table: ImportTable, count: number): Holding {
  return { id, table, count, forwards: 0, disposals: 0, owed: count };
}
