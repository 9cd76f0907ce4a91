/** The sample for streams: in and out, both at once, of items, bytes and references. Sizes as in gRPC's interop tests. */

/** @remote */
export interface Relay {
  /** How many bytes all items hold together. */
  sum(items: AsyncIterable<Uint8Array>): Promise<number>;
  /** An item of each size. */
  make(sizes: number[]): AsyncIterable<Uint8Array>;
  /** For each item that comes, one of the size that it asks for. */
  exchange(requests: AsyncIterable<Request>): AsyncIterable<Uint8Array>;
  /** Bytes there and back. */
  pass(bytes: ReadableStream<Uint8Array>): ReadableStream<Uint8Array>;
  count(from: number): AsyncIterable<number>;
  probes(count: number): AsyncIterable<Probe>;
  /** Touches every probe that comes. */
  touch(probes: AsyncIterable<Probe>): Promise<number>;
}

export interface Request {
  size: number;
  body: Uint8Array;
}

/** @remote */
export interface Probe {
  touch(): Promise<number>;
}
