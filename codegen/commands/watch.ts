/**
 * Waits for files to change. Each folder is watched by itself, not recursively: on Linux a recursive watch loses a file
 * after its first atomic save. What an event says is not trusted either; after any, the files themselves are looked at.
 */
import { type FSWatcher, type Dirent, readdirSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";

export interface WatchOptions {
  readonly signal: AbortSignal | undefined;
  /** The files that matter; asked again after each run. Absolute. */
  files(): readonly string[];
  /** Folders in which files that matter may appear. Their folders count too, except hidden ones and node_modules. */
  folders(): readonly string[];
  /** Called once at the beginning, and after every change. @returns the files that it wrote itself. */
  run(): readonly string[];
}

/** Editors write in several steps: what comes within this time is one change. */
const SETTLE_MS = 20;

/** Resolves when `signal` fires; rejects with what `run` throws. */
export async function watchSources(options: WatchOptions): Promise<void> {
  const { signal } = options;
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let before: ReadonlyMap<string, string> = new Map();
  const changed = (look: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(look, SETTLE_MS);
  };
  const follow = (look: () => void): ReadonlyMap<string, string> => {
    const folders = foldersOf(options);
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of folders) {
      if (!watchers.has(folder))
        watchers.set(
          folder,
          watchFolder(folder, () => changed(look)),
        );
    }
    return snapshot(options, folders);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        try {
          const now = follow(look);
          if (isSame(before, now)) return;
          const written = options.run();
          // What the run wrote is as it should be; what others wrote meanwhile is not yet seen.
          const after = follow(look);
          const seen = new Map([...after].map(([path, stamp]) => [path, now.get(path) ?? stamp]));
          for (const path of written) seen.set(path, after.get(path) ?? "");
          before = seen;
          if (!isSame(before, after)) changed(look);
        } catch (error) {
          reject(error);
        }
      };
      look();
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  } finally {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  }
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return (
    [...one].every(([path, stamp]) => (other.get(path) ?? "") === stamp) &&
    [...other.keys()].every((path) => one.has(path))
  );
}

function watchFolder(folder: string, changed: () => void): FSWatcher {
  const watcher = watch(folder, changed);
  // A folder that is removed ends its own watch; its parent tells of it.
  watcher.on("error", changed);
  return watcher;
}

function foldersOf(options: WatchOptions): Set<string> {
  const folders = new Set(options.files().map((file) => dirname(file)));
  const visit = (folder: string): void => {
    folders.add(folder);
    for (const entry of entriesOf(folder)) {
      if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) {
        visit(join(folder, entry.name));
      }
    }
  };
  for (const folder of options.folders()) visit(folder);
  return new Set([...folders].filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory()));
}

/** When each file that matters was last written. */
function snapshot(options: WatchOptions, folders: ReadonlySet<string>): ReadonlyMap<string, string> {
  const files = new Set(options.files());
  for (const folder of folders) {
    for (const entry of entriesOf(folder)) {
      if (/\.([cm]?tsx?|proto)$/.test(entry.name)) files.add(join(folder, entry.name));
    }
  }
  return new Map(
    [...files].map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return [path, stat ? `${stat.mtimeMs} ${stat.size}` : ""];
    }),
  );
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
