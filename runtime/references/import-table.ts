/**
 * Objects that we were given. An entry lives while we hold references to it; while anyone holds its stub, every crossing
 * of the object gives that same stub.
 * Each crossing counts one: `loose` until a decoder takes it, then held by the stub. A stub gives its references back
 * one by one with `dispose`, and all that are left when it is garbage-collected.
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
  count: number;
}

/** A link to an import, and the stub that was made of it. */
export interface HoldingLink extends RemoteLink {
  readonly holding: Holding;
  readonly stub: object;
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
    for (const entry of this.#imports.values()) retains += entry.loose + (entry.holding?.count ?? 0);
    return { entries: this.#imports.size, retains };
  }

  /** Entries, for `peer.references()`. */
  list(): { id: number; interface: string; count: number }[] {
    return [...this.#imports].map(([id, entry]) => ({
      id,
      interface: entry.link?.deref()?.service.fullName ?? `interface 0x${entry.interfaceId.toString(16)}`,
      count: entry.loose + (entry.holding?.count ?? 0),
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
    if (entry === undefined) return this.#makeLink({ id, table: this, count: 1 }, service);
    entry.loose--;
    let link = entry.link?.deref();
    if (link === undefined || link.holding.count === 0) {
      const holding: Holding = { id, table: this, count: 0 };
      link = this.#makeLink(holding, service);
      entry.holding = holding;
      entry.link = new WeakRef(link);
      collected.register(link, holding);
    }
    link.holding.count++;
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

  /** Gives back one reference of a stub. */
  releaseOne(holding: Holding): void {
    if (holding.count > 0) this.#release(holding, 1);
  }

  /** Gives back what a collected stub still held. */
  releaseAll(holding: Holding): void {
    if (holding.count > 0) this.#release(holding, holding.count);
  }

  /** A root: held for the session's whole life, and never given back. */
  root(wireId: number, service: ServiceDescriptor): HoldingLink {
    return this.#makeLink({ id: importIdFromWire(wireId), table: this, count: Number.POSITIVE_INFINITY }, service);
  }

  /** The session is gone: every stub is broken, and nothing is given back. */
  close(): void {
    this.#closed = true;
    this.#imports.clear();
  }

  #release(holding: Holding, count: number): void {
    if (holding.count === Number.POSITIVE_INFINITY) return;
    holding.count -= count;
    if (this.#closed) return;
    this.#releases.add(holding.id, count);
    const entry = this.#imports.get(holding.id);
    if (entry === undefined || holding.count > 0 || entry.holding !== holding) return;
    entry.holding = entry.link = undefined;
    this.#forgetIfFree(holding.id, entry);
  }

  #forgetIfFree(id: ImportId, entry: Import): void {
    if (entry.loose === 0 && (entry.holding?.count ?? 0) === 0) this.#imports.delete(id);
  }
}
