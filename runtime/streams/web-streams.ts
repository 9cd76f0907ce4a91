/**
 * A stream as a pair of web streams, with back-pressure both ways. The classes are globals of Node and of every browser.
 */
import type { StreamLike } from "./contract.js";
import { StreamEnds } from "./stream-ends.js";

export interface WebStreamPair {
  /** Cancelling it resets the stream. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Closing it half-closes the stream; aborting it resets the stream. */
  readonly writable: WritableStream<Uint8Array>;
}

/** Takes both sides of `stream`. */
export function toWebStreams(stream: StreamLike): WebStreamPair {
  let fail: ((error: Error) => void) | undefined;
  const ends = new StreamEnds(stream, (error) => {
    if (error) fail?.(error);
  });
  const readable = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = await ends.read();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: () => ends.reset(),
    },
    { highWaterMark: 0 }, // what is not asked for stays in the stream's own window
  );
  const writable = new WritableStream<Uint8Array>({
    start: (controller) => {
      fail = (error) => controller.error(error);
    },
    write: (chunk) => ends.write(chunk),
    close: () => ends.end(),
    abort: () => ends.reset(),
  });
  return { readable, writable };
}
