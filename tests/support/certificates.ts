/** What tests/support/tls/make.sh made, as node:tls takes it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

type Name = "server" | "elsewhere" | "expired" | "unknown" | "client" | "rogue";

/** The authority that signed all but `unknown` and `rogue`. */
export const authority: Buffer = read("authority.crt");

export function certificate(name: Name): { key: Buffer; cert: Buffer } {
  return { key: read(`${name}.key`), cert: read(`${name}.crt`) };
}

function read(file: string): Buffer {
  return readFileSync(join(import.meta.dirname, "tls", file));
}
