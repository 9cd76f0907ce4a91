/** Bytes through two ends at once, as fast as they are taken and no faster. */
import { createHash } from "node:crypto";
import type { Transport } from "../../runtime/bytes/transport.js";
import { watch } from "../support/transport-watcher.js";

const CHUNK_BYTES = 64 * 1024;

/** What one end saw of the other. */
export interface Received {
  readonly bytes: number;
  readonly sha256: string;
}

/** Sends `bytes` in both directions at once, ends both, and waits until both are closed. */
export async function exchange(ends: readonly [Transport, Transport], bytes: number): Promise<[Received, Received]> {
  const [first, second] = await Promise.all([transfer(ends[0], bytes, 1), transfer(ends[1], bytes, 2)]);
  return [first, second];
}

/** What `transfer` of `bytes` with `seed` sends. */
export function expected(bytes: number, seed: number): Received {
  const hash = createHash("sha256");
  for (let at = 0; at < bytes; at += CHUNK_BYTES) hash.update(chunkAt(at, bytes, seed));
  return { bytes, sha256: hash.digest("hex") };
}

async function transfer(end: Transport, bytes: number, seed: number): Promise<Received> {
  const hash = createHash("sha256");
  let received = 0;
  let sent = 0;
  const pump = (): void => {
    while (sent < bytes) {
      const chunk = chunkAt(sent, bytes, seed);
      sent += chunk.length;
      if (!end.write(chunk)) return;
    }
    end.end();
  };
  const closed = new Promise<Error | undefined>((resolve) => {
    watch(end, {
      keep: false,
      onData: (chunk) => {
        hash.update(chunk);
        received += chunk.length;
      },
      onDrain: () => pump(),
      onClose: resolve,
    });
  });
  pump();
  const error = await closed;
  if (error) throw error;
  return { bytes: received, sha256: hash.digest("hex") };
}

function chunkAt(at: number, bytes: number, seed: number): Uint8Array {
  return new Uint8Array(Math.min(CHUNK_BYTES, bytes - at)).fill((at / CHUNK_BYTES) * 7 + seed);
}
