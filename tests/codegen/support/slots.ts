import type { IncomingStreamHandle } from "../../../runtime/references/reference-context.js";

/** References, functions and streams while a test passes values through codecs: slots are indices into what was written. */
export class Slots {
  readonly values: unknown[] = [];
  object(_service: unknown, value: object): number {
    return this.values.push(value) - 1;
  }
  stream({ source }: { readonly source: object }): number {
    return this.values.push(source) - 1;
  }
  readonly source = {
    object: (_service: unknown, slot: number): object => this.values[slot] as object,
    stream: (slot: number): IncomingStreamHandle => ({
      items: <T>() => this.values[slot] as AsyncIterable<T>,
      bytes: () => this.values[slot] as ReadableStream<Uint8Array>,
      cancel: () => undefined,
      passOn: () => undefined,
      endWith: () => undefined,
    }),
  };
}
