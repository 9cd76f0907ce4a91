/**
 * Tells what changes in one folder. The operating system only says that something happened there, at times twice or
 * under another name; what it was is found by listing the folder again. Folders inside it are not followed.
 */
import { type FSWatcher, watch } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { CallError, release } from "peerwire";
import { isUnderWay } from "./upload.js";
import { type Place, refuse } from "./volume-path.js";
import type { Change, Watch } from "./volume.js";

/** By name: something that is another text after a change. */
type Listing = ReadonlyMap<string, string>;

interface Waiter {
  resolve(change: Change): void;
  reject(error: Error): void;
}

export class FolderWatch implements Watch {
  readonly #place: Place;
  readonly #onChange: (change: Change) => void;
  readonly #watcher: FSWatcher;
  readonly #waiting = new Set<Waiter>();
  #listing: Listing = new Map();
  #scans: Promise<void>;
  #scanIsDue = false;
  #count = 0;
  #stopped = false;

  /** @throws {NotFound} where the folder has been removed. */
  static async start(place: Place, onChange: (change: Change) => void): Promise<FolderWatch> {
    try {
      const started = new FolderWatch(place, onChange);
      await started.#scans;
      return started;
    } catch (error) {
      return refuse(error, place.path);
    }
  }

  private constructor(place: Place, onChange: (change: Change) => void) {
    this.#place = place;
    this.#onChange = onChange;
    // Watched before it is listed, so that nothing falls between the two.
    this.#watcher = watch(place.real, () => this.#scanSoon());
    this.#watcher.on("error", () => this[Symbol.dispose]());
    this.#scans = list(place.real).then((listing) => {
      this.#listing = listing;
    });
    this.#scans.catch(() => this[Symbol.dispose]());
  }

  async count(): Promise<number> {
    return this.#count;
  }

  next(signal?: AbortSignal): Promise<Change> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#stopped) throw stopped(this.#place);
      const waiter: Waiter = { resolve, reject };
      this.#waiting.add(waiter);
      // The caller's disconnect aborts too: a call without end would keep this object from being disposed.
      signal?.addEventListener("abort", () => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
      });
    });
  }

  /** Called by peerwire once nobody holds the watch any more: its last reference was released, or its holder is gone. */
  [Symbol.dispose](): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#watcher.close();
    for (const waiter of this.#waiting) waiter.reject(stopped(this.#place));
    this.#waiting.clear();
    release(this.#onChange); // the client's function, held for as long as the watch
  }

  #scanSoon(): void {
    if (this.#scanIsDue || this.#stopped) return;
    this.#scanIsDue = true;
    this.#scans = this.#scans.then(() => this.#scan());
  }

  async #scan(): Promise<void> {
    this.#scanIsDue = false; // what happens from here on needs another look
    const before = this.#listing;
    const after = await list(this.#place.real).catch((): Listing => new Map()); // the folder itself was removed
    this.#listing = after;
    for (const [name, state] of after) {
      if (!before.has(name)) this.#tell(name, "created");
      else if (before.get(name) !== state) this.#tell(name, "changed");
    }
    for (const name of before.keys()) if (!after.has(name)) this.#tell(name, "removed");
  }

  #tell(name: string, what: Change["what"]): void {
    if (this.#stopped) return;
    const { path } = this.#place;
    const change: Change = { path: path === "" ? name : `${path}/${name}`, what };
    this.#count++;
    for (const waiter of this.#waiting) waiter.resolve(change);
    this.#waiting.clear();
    try {
      this.#onChange(change);
    } catch {
      this[Symbol.dispose](); // whoever listened cannot be reached any more
    }
  }
}

async function list(real: string): Promise<Listing> {
  const listing = new Map<string, string>();
  for (const name of (await readdir(real)).sort()) {
    if (isUnderWay(name)) continue;
    const stats = await lstat(join(real, name), { bigint: true }).catch(() => undefined);
    if (stats === undefined) continue; // removed since
    listing.set(name, stats.isDirectory() ? "folder" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`);
  }
  return listing;
}

function stopped(place: Place): CallError {
  return new CallError("ABORTED", `the watch of "${place.path}" has ended`);
}
