/**
 * Objects that we were given. An entry lives while we hold references to it; while anyone holds its stub, every crossing
 * of the object gives that same stub.
 * Each crossing counts one: `loose` until a decoder takes it, then held by the stub. A stub gives its references back
 * one by one with `dispose`, and all that are left when it is garbage-collected. One that was passed on to another peer
 * keeps a reference until that peer has let go.
 */
import { ProtocolError } from "../base/errors.js";
import { IdTable } from "../base/id-table.js";
import { importIdFromWire, type ImportId } from "../base/ids.js";
import type { Limits } from "../base/limits.js";
import { afterThisTurn } from "../bytes/turn.js";
import { Import, type ImportHolder } from "./import.js";
import { type ReferenceEntry, type ReferenceWatch, releasedError } from "./reference-watch.js";
import type { ReleaseQueue } from "./release-queue.js";
import type { ServiceDescriptor } from "./service.js";

export class ImportTable {
  readonly #limits: Limits;
  readonly #releases: ReleaseQueue;
  readonly #watch: ReferenceWatch;
  readonly #makeLink: (held: Import, service: ServiceDescriptor) => ImportHolder;
  readonly #imports = new IdTable<Import>();
  /** Stubs that were collected. Where the object has come again meanwhile, it has another stub, which goes on. */
  readonly #collected = new FinalizationRegistry<Import>((held) => {
    if (held.liveLink === undefined) this.#forgetStub(held);
  });
  /** Stubs that were made in this turn. Most are released in the turn in which they came, and never meet the collector. */
  #fresh: Import[] = [];
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
    for (const held of this.#imports.all) retains += held.owed;
    return { entries: this.#imports.size, retains };
  }

  /** Entries, for `peer.references()`. */
  list(): ReferenceEntry[] {
    const now = this.#watch.now();
    return this.#imports.all.map((held) => ({
      id: held.importId,
      interface: held.liveLink?.service.fullName ?? `interface 0x${(held.interfaceId ?? 0).toString(16)}`,
      count: held.owed,
      inUse: held.details?.forwards ?? 0,
      ageMs: now - held.since,
      created: held.details?.created,
    }));
  }

  /** A reference has arrived. @throws {ProtocolError} "bad-reference" past the limit, or under another interface. */
  receive(wireId: number, interfaceId: number): ImportId {
    const id = importIdFromWire(wireId);
    let held = this.#imports.find(id);
    if (held === undefined) {
      if (this.#imports.size >= this.#limits.maxImports) {
        throw new ProtocolError(
          "bad-reference",
          `the peer shares more than ${this.#limits.maxImports} objects (limits.maxImports)`,
        );
      }
      held = new Import(id, interfaceId, this.#watch.now());
      this.#imports.add(held);
    } else if ((held.interfaceId ?? interfaceId) !== interfaceId) {
      throw new ProtocolError(
        "bad-reference",
        `object ${id} is shared as interface 0x${interfaceId.toString(16)}, and was as 0x${held.interfaceId!.toString(16)}`,
      );
    }
    held.loose++;
    return id;
  }

  /** Turns one loose reference into a hold of the stub. */
  take(id: ImportId, service: ServiceDescriptor): ImportHolder {
    let held = this.#imports.find(id);
    if (held === undefined) {
      // A loose reference keeps its entry, except past the end of the session: what was received then is read, and broken.
      held = new Import(id, service.interfaceId, this.#watch.now());
      held.loose = 1;
    }
    let link = held.liveLink;
    if (link === undefined || held.needed === 0) {
      if (typeof held.link !== "number") held = this.#renew(held, service);
      link = this.#makeLink(held, service);
      held.link = link;
      if (this.#fresh.push(held) === 1) afterThisTurn(this.#leaveToCollector);
      this.#watch.grew("imports", this.#imports.size, this);
    }
    if (this.#watch.traces) held.withDetails().created ??= this.#watch.origin();
    const before = held.owed;
    held.loose--;
    held.count++;
    this.#giveBackRest(held, before);
    return link;
  }

  /** From now on the stubs live as long as somebody else has them. */
  readonly #leaveToCollector = (): void => {
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const held of fresh) {
      const { link } = held;
      if (link === null || typeof link === "number" || link instanceof WeakRef) continue;
      held.link = new WeakRef(link);
      this.#collected.register(link, held);
    }
  };

  /** Gives back a reference that no decoder took. */
  giveBack(id: ImportId): void {
    const held = this.#imports.find(id);
    if (held === undefined) return; // the session ended meanwhile
    const before = held.owed;
    held.loose--;
    this.#giveBackRest(held, before);
  }

  /** The user of a stub gives one reference back. */
  dispose(held: Import): void {
    if (held.count > 1) held.withDetails().disposals++;
    this.releaseOne(held);
    if (this.#watch.traces && held.needed === 0) held.withDetails().released ??= this.#watch.origin();
  }

  /** Gives back one reference of a stub, whose message failed or was passed on. */
  releaseOne(held: Import): void {
    if (held.count === 0) return;
    const before = held.owed;
    held.count--;
    this.#giveBackRest(held, before);
  }

  /** The object is passed on to another peer. @returns lets go of it again; harmless when repeated. */
  forward(held: Import): () => void {
    let isHeld = true;
    const details = held.withDetails();
    details.forwards++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const before = held.owed;
      details.forwards--;
      this.#giveBackRest(held, before);
    };
  }

  /** The error of a use of a stub that was released. */
  releasedError(link: ImportHolder): Error {
    return releasedError(link.describe(), link.held.details?.released);
  }

  /** The session is gone: every stub is broken, and nothing is given back. */
  close(): void {
    this.#closed = true;
    this.#imports.clear();
  }

  /** The object comes again after its stub was disposed of or collected: the new one owes nothing for the old one. */
  #renew(old: Import, { interfaceId }: ServiceDescriptor): Import {
    this.#forgetStub(old);
    const held = new Import(old.importId, interfaceId, old.since);
    held.loose = old.loose;
    if (old.details?.created !== undefined) held.withDetails().created = old.details.created;
    old.loose = 0;
    if (this.#imports.find(old.importId) === old) this.#imports.add(held);
    return held;
  }

  /** The stub was collected: gives back what it still held. */
  #forgetStub(held: Import): void {
    const before = held.owed;
    held.count = 0;
    this.#giveBackRest(held, before);
  }

  /** Gives back what is no longer needed. @param before  what was owed before something changed. */
  #giveBackRest(held: Import, before: number): void {
    const left = held.owed;
    if (!(before > left) || this.#closed) return;
    this.#releases.add(held.importId, before - left);
    if (held.needed === 0) held.link = null;
    if (left === 0) this.#imports.remove(held.importId);
  }
}
