/** To disk: only what changed, each file at once, so that nobody ever reads half of one. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface TargetFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** The files whose text on disk is another, or that are not there. Git may end their lines as Windows does. */
export function staleFiles(files: readonly TargetFile[]): TargetFile[] {
  return files.filter((file) => readIfThere(file.path)?.replaceAll("\r\n", "\n") !== file.text);
}

export function writeFiles(files: readonly TargetFile[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  }
}

/** Removes files of sources that are gone. */
export function removeFiles(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}
