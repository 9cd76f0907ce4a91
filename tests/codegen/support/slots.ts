/** References, functions and streams while a test passes values through codecs: slots are indices into what was written. */
export class Slots {
  readonly values: unknown[] = [];
  object(_service: unknown, value: object): number {
    return this.values.push(value) - 1;
  }
  stream(_items: unknown, source: unknown): number {
    return this.values.push(source) - 1;
  }
  byteStream(source: unknown): number {
    return this.values.push(source) - 1;
  }
  readonly source = {
    object: (_service: unknown, slot: number): object => this.values[slot] as object,
    stream: <T>(_items: unknown, slot: number): AsyncIterable<T> => this.values[slot] as AsyncIterable<T>,
    byteStream: (slot: number): ReadableStream<Uint8Array> => this.values[slot] as ReadableStream<Uint8Array>,
  };
}
