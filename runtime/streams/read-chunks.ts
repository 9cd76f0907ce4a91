/**
 * A stream as an async iterable of chunks. A slow loop holds the sender back; leaving it early resets the stream.
 */
import type { StreamLike } from "./contract.js";
import { StreamEnds } from "./stream-ends.js";

/** Takes the reading side of `stream` from this call on. The loop throws what closed the stream, after all that came before. */
export function readChunks(stream: StreamLike): AsyncGenerator<Uint8Array, void, undefined> {
  return chunksOf(new StreamEnds(stream));
}

async function* chunksOf(ends: StreamEnds): AsyncGenerator<Uint8Array, void, undefined> {
  let isComplete = false;
  try {
    for (let chunk = await ends.read(); chunk; chunk = await ends.read()) yield chunk;
    isComplete = true;
  } finally {
    if (!isComplete) ends.reset();
  }
}
