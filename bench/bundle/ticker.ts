/** Streams of items and of bytes. */

/** @remote */
export interface Ticker {
  ticks(): AsyncIterable<number>;
  tape(): ReadableStream<Uint8Array>;
}
