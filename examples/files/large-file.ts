/** A file with content that no compression helps with, the same in each run, and its SHA-256 as it was written. */
import { createCipheriv, createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";

export interface LargeFile {
  readonly name: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

const PIECE = new Uint8Array(1024 * 1024);

/** @param bytes  a multiple of 1 MiB. */
export async function writeLargeFile(folder: string, name: string, bytes: number): Promise<LargeFile> {
  // The key stream of a cipher: pseudo-random, and as fast as the disk.
  const noise = createCipheriv("aes-128-ctr", new Uint8Array(16), new Uint8Array(16));
  const hash = createHash("sha256");
  await using file = await open(join(folder, name), "wx");
  for (let written = 0; written < bytes; written += PIECE.length) {
    const piece = noise.update(PIECE);
    hash.update(piece);
    await file.writeFile(piece);
  }
  return { name, bytes, sha256: hash.digest("hex") };
}
