/**
 * What the example serves: a folder of this machine, explored from another process.
 * `npm run generate` turns this file into generated/examples/files.
 */

/**
 * The root: one folder and everything beneath it.
 * @remote
 */
export interface Volume {
  /** The served folder itself. */
  root(): Promise<Folder>;

  /** Lines of text files that contain `pattern`, as they are found. */
  search(pattern: string, options?: SearchOptions, signal?: AbortSignal): AsyncIterable<Match>;

  /**
   * Calls `onChange` for each change to what lies directly in `folder`, until the result is disposed.
   * @throws {OutsideVolume} for a folder of another volume.
   */
  watch(folder: Folder, onChange: (change: Change) => void): Promise<Watch>;
}

/**
 * A folder inside the volume.
 * @remote
 */
export interface Folder {
  /** Its path from the volume's root, with `/` between names; `""` for the root itself. */
  path(): Promise<string>;

  /** What it holds, by name. */
  entries(): AsyncIterable<Entry>;

  /**
   * A folder beneath this one.
   * @throws {NotFound}
   * @throws {NotAFolder}
   * @throws {OutsideVolume} for a path that leaves the served folder.
   */
  folder(path: string): Promise<Folder>;

  /**
   * A file beneath this one.
   * @throws {NotFound}
   * @throws {OutsideVolume} for a path that leaves the served folder.
   */
  file(path: string): Promise<File>;

  /**
   * Writes a new file, read from here as fast as it is written there. It appears once it is whole.
   * @param onProgress  is told how many bytes have been written so far.
   * Fails with ALREADY_EXISTS, and with PERMISSION_DENIED where the volume is only for reading.
   */
  upload(
    name: string,
    bytes: ReadableStream<Uint8Array>,
    onProgress?: (written: number) => void,
    signal?: AbortSignal,
  ): Promise<File>;

  /** Whether `other` is this very object. */
  isSame(other: Folder): Promise<boolean>;

  /** This folder, back. */
  self(): Promise<Folder>;
}

/**
 * A file inside the volume.
 * @remote
 */
export interface File {
  path(): Promise<string>;

  /** @throws {NotFound} where it has been removed since. */
  stat(): Promise<Stat>;

  /** Its bytes, read as fast as they are consumed. */
  read(): ReadableStream<Uint8Array>;
}

/**
 * A change feed under way.
 * @remote
 */
export interface Watch {
  /** How many changes it has told so far. */
  count(): Promise<number>;

  /** Waits for the next change. */
  next(signal?: AbortSignal): Promise<Change>;
}

export interface Stat {
  size: bigint;
  modified: Date;
  created: Date;
  kind: Kind;
}

export type Kind =
  { type: "file"; executable: boolean } | { type: "folder" } | { type: "link"; target: string } | { type: "other" };

export interface Entry {
  name: string;
  stat: Stat;
}

export interface SearchOptions {
  /** Only files whose names end so; every file where it is left out. */
  endings?: string[];
}

export interface Match {
  path: string;
  /** From 1. */
  line: number;
  text: string;
}

export interface Change {
  path: string;
  what: "created" | "changed" | "removed";
}

/**
 * Nothing is there.
 * @error
 */
export class NotFound extends Error {
  override readonly name = "NotFound";
  readonly path: string;
  constructor(path: string) {
    super(`${path}: no such file or folder`);
    this.path = path;
  }
}

/**
 * Something is there, but not a folder.
 * @error
 */
export class NotAFolder extends Error {
  override readonly name = "NotAFolder";
  readonly path: string;
  constructor(path: string) {
    super(`${path}: not a folder`);
    this.path = path;
  }
}

/**
 * The path leads out of the served folder.
 * @error
 */
export class OutsideVolume extends Error {
  override readonly name = "OutsideVolume";
  readonly path: string;
  constructor(path: string) {
    super(`${path}: outside the served folder`);
    this.path = path;
  }
}
