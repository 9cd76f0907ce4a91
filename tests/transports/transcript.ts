/** One conversation, whose record must be the same whatever carries it. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "peerwire";
import type { Change } from "../../examples/files/volume.js";
import { VolumeService } from "../../generated/examples/files/volume.rpc.js";

const LARGE_BYTES = 3_000_000;

export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "peerwire-transcript-"));
  await mkdir(join(folder, "inside"));
  await writeFile(join(folder, "inside", "note.txt"), "needle\nhay\nneedle again\n");
  await utimes(join(folder, "inside", "note.txt"), 1_000, 1_000);
  await writeFile(join(folder, "large.bin"), Buffer.alloc(LARGE_BYTES, "peerwire "));
  return folder;
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}

/** What `hold` records for a folder of `makeFolder`. */
export const TRANSCRIPT: readonly string[] = [
  "entries: inside large.bin",
  "a chain: note.txt has 24 bytes of 1970-01-01T00:16:40.000Z",
  "a stream of items: inside/note.txt:1 inside/note.txt:3",
  `a stream of bytes: ${LARGE_BYTES} ${createHash("sha256").update(Buffer.alloc(LARGE_BYTES, "peerwire ")).digest("hex").slice(0, 16)}`,
  "an error: NotFound nothing: no such file or folder",
  "home again: true",
  "called back: inside/new.txt created",
  "100 calls at once: 100 × 24",
  "given back: our function, with the watch that called it",
];

export async function hold(peer: Peer, folder: string): Promise<string[]> {
  const record: string[] = [];
  const volume = await peer.root(VolumeService);
  const names: string[] = [];
  for await (const { name } of volume.root().entries()) names.push(name);
  record.push(`entries: ${names.join(" ")}`);
  const { size, modified } = await volume.root().folder("inside").file("note.txt").stat();
  record.push(`a chain: note.txt has ${size} bytes of ${modified.toISOString()}`);
  const matches: string[] = [];
  for await (const { path, line } of volume.search("needle", { endings: [".txt"] })) matches.push(`${path}:${line}`);
  record.push(`a stream of items: ${matches.join(" ")}`);
  record.push(`a stream of bytes: ${await digest(volume.root().file("large.bin").read())}`);
  const missing = (await volume
    .root()
    .file("nothing")
    .catch((error: unknown) => error)) as Error;
  record.push(`an error: ${missing.name} ${missing.message}`);

  const inside = await volume.root().folder("inside");
  record.push(`home again: ${await inside.isSame(inside)}`);
  let onChange!: (change: Change) => void;
  const told = new Promise<Change>((resolve) => (onChange = resolve));
  const watch = await volume.watch(inside, onChange);
  await writeFile(join(folder, "inside", "new.txt"), "");
  const change = await told;
  await rm(join(folder, "inside", "new.txt"));
  record.push(`called back: ${change.path} ${change.what}`);
  const note = await inside.file("note.txt");
  const sizes = await Promise.all(Array.from({ length: 100 }, async () => (await note.stat()).size));
  record.push(`100 calls at once: ${sizes.length} × ${new Set(sizes).size === 1 ? sizes[0] : "different"}`);
  for (const held of [watch, inside, note]) held.dispose();
  while (peer.references().exports.entries > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  record.push("given back: our function, with the watch that called it");
  return record;
}

async function digest(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    count += chunk.length;
  }
  return `${count} ${hash.digest("hex").slice(0, 16)}`;
}
