/**
 * Lines of text files that contain a pattern, found as they are asked for: whoever stops listening stops the search.
 * Skips what nobody wants to search: links, folders of tools, files that are large or not text.
 */
import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CallError } from "peerwire";
import type { Match } from "./volume.js";

const SKIPPED_FOLDERS = new Set(["node_modules", ".git", "dist", "coverage"]);
const MAX_FILE_BYTES = 1024 * 1024;
/** A file with a zero byte up to here is not text. */
const PROBED_BYTES = 8192;
const MAX_LINE_LENGTH = 300;

/**
 * @param endings  only files whose names end so.
 * @throws {CallError} INVALID_ARGUMENT for an empty pattern, which every line would contain.
 */
export async function* searchText(
  top: string,
  pattern: string,
  endings: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Match> {
  if (pattern === "") throw new CallError("INVALID_ARGUMENT", "pattern: expected at least one character");
  for await (const path of filesBeneath(top, "")) {
    signal?.throwIfAborted();
    if (endings !== undefined && !endings.some((ending) => path.endsWith(ending))) continue;
    const text = await readText(join(top, path));
    if (text === undefined || !text.includes(pattern)) continue;
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.includes(pattern)) yield { path, line: index + 1, text: line.trim().slice(0, MAX_LINE_LENGTH) };
    }
  }
}

/** Paths from `top`, with `/` between names; what is in a folder in the order of its names. */
async function* filesBeneath(top: string, folder: string): AsyncGenerator<string> {
  const entries = await readdir(join(top, folder), { withFileTypes: true }).catch(() => []); // gone, or not ours to read
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) yield path;
    else if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) yield* filesBeneath(top, path);
  }
}

/** undefined: too large, not text, or not readable. */
async function readText(real: string): Promise<string | undefined> {
  try {
    if ((await stat(real)).size > MAX_FILE_BYTES) return undefined;
    const bytes = await readFile(real);
    return bytes.subarray(0, PROBED_BYTES).includes(0) ? undefined : bytes.toString("utf8");
  } catch {
    return undefined;
  }
}
