/**
 * Streams of items and of bytes, as emitted code writes and reads them; and what a session needs to carry them, which it
 * has from its first one on. Programs whose interfaces have no streams do not carry it.
 */
import type { PathKey } from "../protobuf/path.js";
import { IncomingStreams } from "./incoming-stream.js";
import { OutgoingStreamTable } from "./outgoing-stream.js";
import { references } from "./receiving.js";
import type { ReferenceContext } from "./reference-context.js";
import type { StreamDescriptor } from "./service.js";
import type { ValueReader } from "./value-reader.js";
import type { ValueWriter } from "./value-writer.js";

export class Streams {
  readonly incoming: IncomingStreams;
  readonly outgoing: OutgoingStreamTable;

  constructor(context: ReferenceContext) {
    context.useReferences(references); // messages name streams as they name objects
    const onEnded = (): void => context.onStreamEnded?.();
    this.incoming = new IncomingStreams(context, onEnded);
    this.outgoing = new OutgoingStreamTable(context, onEnded);
  }
}

/** What the members bring whose results hold streams. */
export type StreamsPart = (context: ReferenceContext) => Streams;

export const streams: StreamsPart = (context) => new Streams(context);

/** @throws {CallError} INVALID_ARGUMENT where it is no AsyncIterable. */
export function writeStream<T>(
  w: ValueWriter,
  tag: number,
  items: StreamDescriptor<T>,
  source: AsyncIterable<T>,
  name: string,
  key?: PathKey,
): void {
  if (typeof (source as Partial<AsyncIterable<T>> | null | undefined)?.[Symbol.asyncIterator] !== "function")
    throw w.invalid(name, "an AsyncIterable", source, key);
  w.stream(tag, { source, part: streams, start: (outgoing, of) => outgoing.items(of, items, source) }, name, key);
}

/** @throws {CallError} INVALID_ARGUMENT where it is no ReadableStream. */
export function writeByteStream(
  w: ValueWriter,
  tag: number,
  source: ReadableStream<Uint8Array>,
  name: string,
  key?: PathKey,
): void {
  if (typeof (source as Partial<ReadableStream> | null | undefined)?.getReader !== "function")
    throw w.invalid(name, "a ReadableStream of Uint8Array", source, key);
  w.stream(tag, { source, part: streams, start: (outgoing, of) => outgoing.bytes(of, source) }, name, key);
}

export function readStream<T>(
  r: ValueReader,
  items: StreamDescriptor<T>,
  name: string,
  key?: PathKey,
): AsyncIterable<T> {
  return r.stream(name, key).items(items);
}

export function readByteStream(r: ValueReader, name: string, key?: PathKey): ReadableStream<Uint8Array> {
  return r.stream(name, key).bytes();
}
