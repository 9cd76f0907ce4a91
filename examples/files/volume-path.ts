/**
 * Where things are: turns the paths that clients send into real paths of this machine, and refuses those that leave the
 * served folder, by `..`, as an absolute path, or through a symbolic link.
 * Knows nothing of volumes. A link that another program swaps in after the check is not noticed: serve folders whose
 * writers you trust.
 */
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { CallError } from "peerwire";
import { NotAFolder, NotFound, OutsideVolume } from "./volume.js";

/** A place inside the served folder. */
export interface Place {
  /** On this machine; without symbolic links. */
  readonly real: string;
  /** From the volume's root, with `/` between names; `""` for the root itself. */
  readonly path: string;
}

/**
 * Follows `path` from `base`.
 * @param top  the served folder itself.
 * @throws {OutsideVolume | NotFound | NotAFolder}
 */
export async function locate(top: string, base: Place, path: string): Promise<Place> {
  const asked = resolve(base.real, path);
  // Judged as it is written first: whether something exists out there is no business of the client's.
  if (isAbsolute(path) || !isInside(top, asked)) throw new OutsideVolume(path);
  if (path.includes("\0")) throw new NotFound(path);
  const real = await realpath(asked).catch((error: unknown) => refuse(error, path));
  if (!isInside(top, real)) throw new OutsideVolume(path);
  return { real, path: relative(top, real).split(sep).join("/") };
}

/**
 * What an error of the file system means to a client. Its text stays home: it holds paths of this machine.
 * @throws {NotFound | NotAFolder | CallError} always.
 */
export function refuse(error: unknown, path: string): never {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
    case "ELOOP":
    case "ENAMETOOLONG":
      throw new NotFound(path);
    case "ENOTDIR":
      throw new NotAFolder(path);
    case "EACCES":
    case "EPERM":
      throw new CallError("PERMISSION_DENIED", `${path}: not readable`);
    default:
      throw error;
  }
}

function isInside(top: string, real: string): boolean {
  const way = relative(top, real);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
