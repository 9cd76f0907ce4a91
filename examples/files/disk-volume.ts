/**
 * A Volume over a real folder of this machine. What a program writes to be called from elsewhere: plain classes that
 * implement the interfaces of volume.ts, with nothing of the network in them.
 * Paths are judged in volume-path.ts, searching is in text-search.ts, watching in folder-watch.ts.
 */
import type { BigIntStats } from "node:fs";
import { lstat, open, readdir, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { CallError, release } from "peerwire";
import { FolderWatch } from "./folder-watch.js";
import { searchText } from "./text-search.js";
import { isUnderWay, writeUpload } from "./upload.js";
import { type Place, locate, refuse } from "./volume-path.js";
import type { Change, Entry, File, Folder, Kind, Match, SearchOptions, Stat, Volume, Watch } from "./volume.js";
import { NotAFolder, NotFound, OutsideVolume } from "./volume.js";

/** What one read takes from a file. */
const READ_BYTES = 64 * 1024;

/**
 * @param options.writable  clients may upload; by default they only read.
 * @throws {NotFound | NotAFolder} where `folder` is none.
 */
export async function openVolume(folder: string, options: { writable?: boolean } = {}): Promise<DiskVolume> {
  const real = await realpath(folder).catch((error: unknown) => refuse(error, folder));
  if (!(await stat(real)).isDirectory()) throw new NotAFolder(folder);
  return new DiskVolume(real, options.writable);
}

export class DiskVolume implements Volume {
  /** The served folder on this machine. */
  readonly top: string;
  readonly isWritable: boolean;
  readonly #root: DiskFolder;

  constructor(top: string, isWritable = false) {
    this.top = top;
    this.isWritable = isWritable;
    this.#root = new DiskFolder(this, { real: top, path: "" });
  }

  async root(): Promise<Folder> {
    return this.#root;
  }

  search(pattern: string, options?: SearchOptions, signal?: AbortSignal): AsyncIterable<Match> {
    return searchText(this.top, pattern, options?.endings, signal);
  }

  async watch(folder: Folder, onChange: (change: Change) => void): Promise<Watch> {
    // A reference that comes home is the object itself, so that this also proves where it is from.
    if (!(folder instanceof DiskFolder) || folder.volume !== this) throw new OutsideVolume(await folder.path());
    return FolderWatch.start(folder.place, onChange);
  }
}

class DiskFolder implements Folder {
  readonly volume: DiskVolume;
  readonly place: Place;

  constructor(volume: DiskVolume, place: Place) {
    this.volume = volume;
    this.place = place;
  }

  async path(): Promise<string> {
    return this.place.path;
  }

  async *entries(): AsyncIterable<Entry> {
    const names = await readdir(this.place.real).catch((error: unknown) => refuse(error, this.place.path));
    for (const name of names.sort()) {
      if (isUnderWay(name)) continue;
      const stats = await describe(join(this.place.real, name), name).catch(onlyIfGone);
      if (stats !== undefined) yield { name, stat: stats };
    }
  }

  async folder(path: string): Promise<Folder> {
    const place = await locate(this.volume.top, this.place, path);
    if (!(await stat(place.real)).isDirectory()) throw new NotAFolder(path);
    return new DiskFolder(this.volume, place);
  }

  async file(path: string): Promise<File> {
    const place = await locate(this.volume.top, this.place, path);
    if ((await stat(place.real)).isDirectory()) {
      throw new CallError("FAILED_PRECONDITION", `${path}: a folder, not a file; ask for it with folder()`);
    }
    return new DiskFile(place);
  }

  async upload(
    name: string,
    bytes: ReadableStream<Uint8Array>,
    onProgress?: (written: number) => void,
    signal?: AbortSignal,
  ): Promise<File> {
    if (!this.volume.isWritable) {
      throw new CallError("PERMISSION_DENIED", `${this.place.path || "this volume"}: only for reading`);
    }
    try {
      return new DiskFile(await writeUpload(this.place, name, bytes, { onProgress, signal }));
    } finally {
      if (onProgress) release(onProgress);
    }
  }

  async isSame(other: Folder): Promise<boolean> {
    return other === this;
  }

  async self(): Promise<Folder> {
    return this;
  }
}

class DiskFile implements File {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  async path(): Promise<string> {
    return this.#place.path;
  }

  async stat(): Promise<Stat> {
    return describe(this.#place.real, this.#place.path);
  }

  read(): ReadableStream<Uint8Array> {
    // A generator runs only as far as it is read, and its `finally` also when the reader leaves early.
    return ReadableStream.from(this.#chunks());
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    const { real, path } = this.#place;
    // A pipe or a device would block, or never end.
    if (!(await stat(real).catch((error: unknown) => refuse(error, path))).isFile()) throw new NotFound(path);
    const handle = await open(real).catch((error: unknown) => refuse(error, path));
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(READ_BYTES), 0, READ_BYTES);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
}

/** @throws {NotFound} */
async function describe(real: string, path: string): Promise<Stat> {
  const stats = await lstat(real, { bigint: true }).catch((error: unknown) => refuse(error, path));
  return { size: stats.size, modified: stats.mtime, created: stats.birthtime, kind: await kindOf(stats, real) };
}

async function kindOf(stats: BigIntStats, real: string): Promise<Kind> {
  if (stats.isFile()) return { type: "file", executable: (stats.mode & 0o111n) !== 0n };
  if (stats.isDirectory()) return { type: "folder" };
  if (stats.isSymbolicLink()) return { type: "link", target: await readlink(real) };
  return { type: "other" };
}

/** An entry that was removed while the folder was listed is none. */
function onlyIfGone(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}
