/** Writes what a client uploads: beside its place first, so that nobody sees half a file. */
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CallError } from "peerwire";
import { type Place, refuse } from "./volume-path.js";
import { OutsideVolume } from "./volume.js";

export interface UploadOptions {
  readonly onProgress?: ((written: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether a file is an upload under way, which nobody is to see. */
export function isUnderWay(name: string): boolean {
  return /^\..*\.part$/.test(name);
}

/** @throws {OutsideVolume} for a name that is a path; {CallError} ALREADY_EXISTS. */
export async function writeUpload(
  folder: Place,
  name: string,
  bytes: ReadableStream<Uint8Array>,
  { onProgress, signal }: UploadOptions,
): Promise<Place> {
  if (name === "" || /^\.{1,2}$|[/\\\0]/.test(name)) throw new OutsideVolume(name);
  const place: Place = { real: join(folder.real, name), path: folder.path === "" ? name : `${folder.path}/${name}` };
  await assertFree(place);
  const part = join(folder.real, `.${name}.${process.pid}-${Date.now()}.part`);
  const handle = await open(part, "wx").catch((error: unknown) => refuse(error, place.path));
  try {
    let written = 0;
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      await handle.writeFile(chunk); // at the end of what is there
      written += chunk.length;
      onProgress?.(written);
    }
    await handle.close();
    await assertFree(place);
    await rename(part, place.real);
    return place;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

async function assertFree({ real, path }: Place): Promise<void> {
  const isTaken = await stat(real).then(
    () => true,
    () => false,
  );
  if (isTaken) throw new CallError("ALREADY_EXISTS", `${path}: there is a file of this name`);
}
