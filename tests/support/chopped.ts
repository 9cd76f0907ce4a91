/** A carrier whose every write arrives in pieces, of sizes that a seed chooses. */
import type { Transport } from "../../runtime/bytes/transport.js";
import type { Seeded } from "./seeded.js";

/** @param most  bytes of the largest piece. */
export function chopped(inner: Transport, random: Seeded, most: number): Transport {
  return {
    description: inner.description,
    start: (receiver) => {
      inner.start(receiver);
    },
    write: (chunk) => {
      let hasRoom = true;
      for (let at = 0; at < chunk.length;) {
        const end = at + random.int(1, most);
        hasRoom = inner.write(chunk.subarray(at, end));
        at = end;
      }
      return hasRoom;
    },
    end: () => {
      inner.end();
    },
    destroy: (error) => {
      inner.destroy(error);
    },
  };
}
