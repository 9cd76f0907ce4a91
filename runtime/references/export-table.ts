/**
 * Objects that we gave away. An entry lives from its first `share` until the peer has given it back as often as it was
 * shared; counting on both sides closes the race between a Release coming in and the same object going out.
 * When its last holder, in whatever session, has let go, and no call runs on it any more, an object that has
 * [Symbol.dispose] or [Symbol.asyncDispose] is disposed, once. One that belongs to another peer is let go of there.
 */
import { LimitError, ProtocolError } from "../base/errors.js";
import { IdTable } from "../base/id-table.js";
import type { ExportId } from "../base/ids.js";
import type { Limits } from "../base/limits.js";
import { CallQueue } from "./call-queue.js";
import { linkOf } from "./link-of.js";
import type { ReferenceEntry, ReferenceWatch } from "./reference-watch.js";
import type { ServiceDescriptor } from "./service.js";

/** How many entries, of all sessions of this process, hold an object that is to be disposed of; those of roots too. */
const holders = new WeakMap<object, number>();

export class Export {
  readonly id: ExportId;
  readonly object: object;
  readonly service: ServiceDescriptor;
  /** A root is served for the session's whole life, and never disposed with it. */
  readonly isRoot: boolean;
  /** References that the peer holds. */
  count = 0;
  /** Calls that use the object now. */
  running = 0;
  /** When it was shared, on the watch's clock, and where. */
  readonly since: number;
  readonly created: string | undefined;
  #queue: CallQueue | undefined;
  /** Set where the object belongs to another peer: it is forwarded, and kept alive there, until this is called. */
  readonly unhold: (() => void) | undefined;
  /** Whether anything is to be done when its last holder, in whatever session, has let go: see `holders`. */
  readonly isCounted: boolean;

  constructor(id: ExportId, object: object, service: ServiceDescriptor, isRoot: boolean, watch: ReferenceWatch) {
    this.id = id;
    this.object = object;
    this.service = service;
    this.isRoot = isRoot;
    this.unhold = linkOf(object)?.hold();
    this.isCounted = isRoot || isDisposable(object);
    this.since = watch.now();
    this.created = watch.origin();
  }

  /** The order of calls on the object. Most objects are shared and never called at once: nothing is allocated for those. */
  get queue(): CallQueue {
    return (this.#queue ??= new CallQueue());
  }
}

export class ExportTable {
  readonly #limits: Limits;
  readonly #watch: ReferenceWatch;
  readonly #byId = new IdTable<Export>();
  readonly #byObject = new Map<ServiceDescriptor, WeakMap<object, Export>>(); // not a Map: see id-table.ts
  #lastId = 0;
  #retains = 0;
  #roots = 0;

  constructor(limits: Limits, watch: ReferenceWatch) {
    this.#limits = limits;
    this.#watch = watch;
  }

  /** What the peer holds: entries and references; roots do not count. */
  get stats(): { entries: number; retains: number } {
    return { entries: this.#entries, retains: this.#retains };
  }

  get #entries(): number {
    return this.#byId.size - this.#roots;
  }

  /** Entries, for `peer.references()`. */
  list(): ReferenceEntry[] {
    const now = this.#watch.now();
    return this.#byId.all
      .filter((entry) => !entry.isRoot)
      .map(({ id, service, count, running, since, created }) => ({
        id,
        interface: service.fullName,
        count,
        inUse: running,
        ageMs: now - since,
        created,
      }));
  }

  addRoot(service: ServiceDescriptor, object: object, id?: ExportId): Export {
    const entry = this.#add(service, object, id ?? (++this.#lastId as ExportId), true);
    this.#roots++;
    return entry;
  }

  /** Counts one reference to `object`. @throws {LimitError} "too-many-references" */
  share(service: ServiceDescriptor, object: object): Export {
    let entry = this.#byObject.get(service)?.get(object);
    if (entry === undefined) {
      const entries = this.#entries;
      if (entries >= this.#limits.maxExports) {
        throw new LimitError(
          "too-many-references",
          `${entries} objects are shared with this peer, and the limit is ${this.#limits.maxExports} (limits.maxExports); dispose of some first`,
        );
      }
      entry = this.#add(service, object, ++this.#lastId as ExportId, false);
    }
    entry.count++;
    this.#retains++;
    if (entry.count === 1) this.#watch.grew("exports", this.#entries, this);
    return entry;
  }

  find(id: ExportId): Export | undefined {
    return this.#byId.find(id);
  }

  /** The entry under which an object is shared. */
  findObject(service: ServiceDescriptor, object: object): Export | undefined {
    return this.#byObject.get(service)?.get(object);
  }

  /** The peer gives back. @throws {ProtocolError} "bad-release" */
  release(id: ExportId, count: number): void {
    const entry = this.#byId.find(id);
    if (entry === undefined || count < 1 || count > entry.count) {
      throw new ProtocolError(
        "bad-release",
        `release of ${count} references to object ${id}, of which ${entry?.count ?? 0} are held`,
      );
    }
    this.#drop(entry, count);
  }

  /** One reference was not sent after all. */
  unshare(entry: Export): void {
    this.#drop(entry, 1);
  }

  /** A call begins to use the object: it is not disposed until `unpin`. */
  pin(entry: Export): void {
    entry.running++;
  }

  unpin(entry: Export): void {
    entry.running--;
    if (entry.running === 0 && entry.count === 0 && !entry.isRoot && this.#byId.find(entry.id) !== entry) letGo(entry);
  }

  /** The session is gone: everything comes back, and each object is disposed once. */
  close(): void {
    const entries = this.#byId.all;
    this.#byId.clear();
    this.#byObject.clear();
    this.#retains = 0;
    this.#roots = 0;
    for (const entry of entries) {
      entry.count = 0;
      if (entry.running === 0 || entry.isRoot) letGo(entry);
    }
  }

  #add(service: ServiceDescriptor, object: object, id: ExportId, isRoot: boolean): Export {
    const entry = new Export(id, object, service, isRoot, this.#watch);
    this.#byId.add(entry);
    let objects = this.#byObject.get(service);
    if (objects === undefined) this.#byObject.set(service, (objects = new WeakMap<object, Export>()));
    objects.set(object, entry);
    if (entry.isCounted) holders.set(object, (holders.get(object) ?? 0) + 1);
    return entry;
  }

  #drop(entry: Export, count: number): void {
    if (this.#byId.find(entry.id) !== entry) return; // the session ended meanwhile
    entry.count -= count;
    this.#retains -= count;
    if (entry.count > 0 || entry.isRoot) return;
    this.#byId.remove(entry.id);
    this.#byObject.get(entry.service)?.delete(entry.object);
    if (entry.running === 0) letGo(entry);
  }
}

/** The object is disposed where this was its last entry. */
function letGo({ object, isRoot, isCounted, unhold }: Export): void {
  if (unhold !== undefined) {
    unhold();
    return;
  }
  if (!isCounted) return;
  const left = (holders.get(object) ?? 1) - 1;
  if (left > 0) {
    holders.set(object, left);
    return;
  }
  holders.delete(object);
  if (isRoot) return;
  const disposable = object as Partial<Disposable & AsyncDisposable>;
  try {
    const hook = disposable[Symbol.dispose] ?? disposable[Symbol.asyncDispose];
    // Either may turn out to be async.
    Promise.resolve(hook?.call(object)).catch(() => undefined);
  } catch {
    // A hook that throws must not keep the other objects' hooks from running, and nobody is there to be told.
  }
}

function isDisposable(object: object): boolean {
  return Symbol.dispose in object || Symbol.asyncDispose in object;
}
