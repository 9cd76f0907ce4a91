/**
 * A stream as a Node Duplex, for `pipe`, `pipeline` and whatever else takes one. Only for Node.
 */
import { Duplex } from "node:stream";
import type { StreamLike } from "./contract.js";
import { StreamEnds } from "./stream-ends.js";

/** Takes both sides of `stream`. Destroying the Duplex before both sides have ended resets the stream. */
export function toNodeDuplex(stream: StreamLike): Duplex {
  let isOver = false;
  const ends = new StreamEnds(stream, (error) => {
    isOver = true;
    const isAllRead = ends.unreadBytes === 0 && duplex.readableLength === 0;
    if (error && isAllRead) duplex.destroy(error); // else reading brings it, after what came before
  });
  const duplex = new Duplex({
    allowHalfOpen: true,
    read() {
      ends.read().then(
        (chunk) => this.push(chunk ?? null),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      ends.write(chunk).then(() => done(), done);
    },
    final(done) {
      ends.end();
      done();
    },
    destroy(error, done) {
      const hasEndedBothWays = duplex.readableEnded && duplex.writableFinished; // our FIN may still wait for its turn
      if (!isOver && !hasEndedBothWays) ends.reset();
      done(error);
    },
  });
  return duplex;
}
