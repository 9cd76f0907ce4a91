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
import type { ReferenceEntry, ReferenceWatch } from "./reference-watch.js";
import type { ReleaseQueue } from "./release-queue.js";
import type { RemoteLink } from "./remote-link.js";
import type { ServiceDescriptor } from "./service.js";

/** A link to an import, and the stub that was made of it. */
export interface ImportHolder extends RemoteLink {
  readonly held: Import;
  stub: object;
  /** The newest snapshot that has arrived. */
  snapshot: object | undefined;
}

/** One object of the peer, and what we owe for it: `loose` references, and those that `needed` counts. */
export class Import {
  readonly importId: ImportId;
  readonly table: ImportTable;
  readonly interfaceId: number;
  /** References that no decoder has taken yet. */
  loose = 0;
  /** References that users of the stub may give back. */
  count = 0;
  /** Exports that lead here: other peers to whom the object was passed on. They keep one reference, whatever users do. */
  forwards = 0;
  /** How often users gave one back. */
  disposals = 0;
  link: WeakRef<ImportHolder> | undefined;
  hadLink = false;
  /** When it came, on the watch's clock, and where. */
  since: number;
  created: string | undefined;
  /** Where its last reference was given back, where that is traced. */
  released: string | undefined;

  constructor(importId: ImportId, table: ImportTable, interfaceId: number, watch: ReferenceWatch) {
    this.importId = importId;
    this.table = table;
    this.interfaceId = interfaceId;
    this.since = watch.now();
  }

  /** References that keep the stub usable. */
  get needed(): number {
    return Math.max(this.count, this.forwards > 0 ? 1 : 0);
  }
}

export class ImportTable {
  readonly #limits: Limits;
  readonly #releases: ReleaseQueue;
  readonly #watch: ReferenceWatch;
  readonly #makeLink: (held: Import, service: ServiceDescriptor) => ImportHolder;
  readonly #imports = new Map<ImportId, Import>();
  /** Stubs that were collected. Where the object has come again meanwhile, it has another stub, which goes on. */
  readonly #collected = new FinalizationRegistry<Import>((held) => {
    if (held.link?.deref() === undefined) this.#forgetStub(held);
  });
  #closed = false;

  constructor(
    limits: Limits,
    releases: ReleaseQueue,
    watch: ReferenceWatch,
    makeLink: (held: Import, service: ServiceDescriptor) => ImportHolder,
  ) {
    this.#limits = limits;
    this.#releases = releases;
    this.#watch = watch;
    this.#makeLink = makeLink;
  }

  /** What we hold of the peer: objects and references. */
  get stats(): { entries: number; retains: number } {
    let retains = 0;
    for (const held of this.#imports.values()) retains += held.loose + held.needed;
    return { entries: this.#imports.size, retains };
  }

  /** Entries, for `peer.references()`. */
  list(): ReferenceEntry[] {
    const now = this.#watch.now();
    return [...this.#imports.values()].map((held) => ({
      id: held.importId,
      interface: held.link?.deref()?.service.fullName ?? `interface 0x${held.interfaceId.toString(16)}`,
      count: held.loose + held.needed,
      inUse: held.forwards,
      ageMs: now - held.since,
      created: held.created,
    }));
  }

  /** A reference has arrived. @throws {ProtocolError} "bad-reference" past the limit, or under another interface. */
  receive(wireId: number, interfaceId: number): ImportId {
    const id = importIdFromWire(wireId);
    let held = this.#imports.get(id);
    if (held === undefined) {
      if (this.#imports.size >= this.#limits.maxImports) {
        throw new ProtocolError(
          "bad-reference",
          `the peer shares more than ${this.#limits.maxImports} objects (limits.maxImports)`,
        );
      }
      held = new Import(id, this, interfaceId, this.#watch);
      this.#imports.set(id, held);
    } else if (held.interfaceId !== interfaceId) {
      throw new ProtocolError(
        "bad-reference",
        `object ${id} is shared as interface 0x${interfaceId.toString(16)}, and was as 0x${held.interfaceId.toString(16)}`,
      );
    }
    held.loose++;
    return id;
  }

  /** Turns one loose reference into a hold of the stub. */
  take(id: ImportId, service: ServiceDescriptor): ImportHolder {
    let held = this.#imports.get(id);
    if (held === undefined) {
      // A loose reference keeps its entry, except past the end of the session: what was received then is read, and broken.
      held = new Import(id, this, service.interfaceId, this.#watch);
      held.loose = 1;
    }
    let link = held.link?.deref();
    if (link === undefined || held.needed === 0) {
      if (held.hadLink) held = this.#renew(held);
      link = this.#makeLink(held, service);
      held.hadLink = true;
      held.link = new WeakRef(link);
      this.#collected.register(link, held);
      this.#watch.grew("imports", this.#imports.size, () => this.list());
    }
    held.created ??= this.#watch.origin();
    const taken = held;
    this.#change(taken, () => {
      taken.loose--;
      taken.count++;
    });
    return link;
  }

  /** Gives back a reference that no decoder took. */
  giveBack(id: ImportId): void {
    const held = this.#imports.get(id);
    if (held === undefined) return; // the session ended meanwhile
    this.#change(held, () => {
      held.loose--;
    });
  }

  /** The user of a stub gives one reference back. */
  dispose(held: Import): void {
    held.disposals++;
    this.releaseOne(held);
    if (held.needed === 0) held.released ??= this.#watch.origin();
  }

  /** Gives back one reference of a stub, whose message failed or was passed on. */
  releaseOne(held: Import): void {
    if (held.count === 0) return;
    this.#change(held, () => {
      held.count--;
    });
  }

  /** The object is passed on to another peer. @returns lets go of it again; harmless when repeated. */
  forward(held: Import): () => void {
    let isHeld = true;
    held.forwards++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#change(held, () => {
        held.forwards--;
      });
    };
  }

  /** A root: held for the session's whole life, and never given back. */
  root(wireId: number, service: ServiceDescriptor): ImportHolder {
    const held = new Import(importIdFromWire(wireId), this, service.interfaceId, this.#watch);
    held.count = Number.POSITIVE_INFINITY;
    return this.#makeLink(held, service);
  }

  /** The session is gone: every stub is broken, and nothing is given back. */
  close(): void {
    this.#closed = true;
    this.#imports.clear();
  }

  /** The object comes again after its stub was disposed of or collected: the new one owes nothing for the old one. */
  #renew(old: Import): Import {
    this.#forgetStub(old);
    const held = new Import(old.importId, this, old.interfaceId, this.#watch);
    held.loose = old.loose;
    held.since = old.since;
    held.created = old.created;
    old.loose = 0;
    if (this.#imports.get(old.importId) === old) this.#imports.set(old.importId, held);
    return held;
  }

  /** The stub was collected: gives back what it still held. */
  #forgetStub(held: Import): void {
    this.#change(held, () => {
      held.count = 0;
    });
  }

  /** Gives back what is no longer needed after `change`. */
  #change(held: Import, change: () => void): void {
    const before = held.loose + held.needed;
    change();
    const left = held.loose + held.needed;
    if (!(before > left) || this.#closed) return;
    this.#releases.add(held.importId, before - left);
    if (held.needed === 0) held.link = undefined;
    if (left === 0) this.#imports.delete(held.importId);
  }
}
