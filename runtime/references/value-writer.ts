/**
 * The writer that emitted codecs are given: protobuf, and slots for what crosses by reference. What a slot means is
 * decided by the scope of the message (reference-scope.ts).
 */
import type { Limits } from "../base/limits.js";
import type { PathKey, ValuePath } from "../protobuf/path.js";
import { part } from "../protobuf/values.js";
import { ProtobufWriter } from "../protobuf/writer.js";
import type { OutgoingStreamTable } from "./outgoing-stream.js";
import type { StreamOwner } from "./reference-context.js";
import type { ServiceDescriptor } from "./service.js";
import type { StreamsPart } from "./streams.js";

/** Takes what crosses by reference during one encode. @returns the slot. */
export interface ReferenceSink {
  object(service: ServiceDescriptor, value: object): number;
  stream(stream: SentStream): number;
}

/** A stream that a message names (streams.ts). */
export interface SentStream {
  readonly source: object;
  readonly part: StreamsPart;
  /** Lets it flow, once the message is on its way. */
  readonly start: (outgoing: OutgoingStreamTable, owner: StreamOwner) => void;
}

/** Remembers where in a message each object stands (result-paths.ts). */
export interface ObjectPaths {
  /** @param path  of the message whose field it is. */
  note(path: ValuePath, tag: number, key: PathKey | undefined, service: ServiceDescriptor, object: object): void;
}

export class ValueWriter extends ProtobufWriter {
  #references: ReferenceSink;
  #paths: ObjectPaths | undefined;

  constructor(references: ReferenceSink, limits?: Limits) {
    super(limits);
    this.#references = references;
  }

  /** Starts over for another message. */
  startOver(references: ReferenceSink): void {
    this.reset();
    this.#references = references;
    this.#paths = undefined;
  }

  /** `paths` is told where in this message each object stands. */
  noteObjects(paths: ObjectPaths): void {
    this.#paths = paths;
  }

  /** That an object has, of the properties that a union knows, those of its own member and no others: they would be lost. */
  only(value: object, known: readonly string[], own: readonly string[]): void {
    for (const name of known) {
      if (own.includes(name)) continue;
      const foreign = part(value, name);
      if (foreign !== undefined) throw this.invalid(name, "nothing, beside another member of the union", foreign);
    }
  }

  /** An object of a remote interface, a stub of one, or the promise of one; or a function. */
  object<T extends object>(
    tag: number,
    service: ServiceDescriptor<T>,
    value: T | PromiseLike<T>,
    name: string,
    key?: PathKey,
  ): void {
    if ((typeof value !== "object" && typeof value !== "function") || (value as unknown) === null) {
      throw this.invalid(name, `an object or function of ${service.fullName}`, value, key);
    }
    this.#slot(tag, this.#references.object(service, value), name, key);
    this.#paths?.note(this.path, tag, key, service, value);
  }

  /** What a stream's own functions write (streams.ts). */
  stream(tag: number, stream: SentStream, name: string, key?: PathKey): void {
    this.#slot(tag, this.#references.stream(stream), name, key);
  }

  #slot(tag: number, slot: number, name: string, key: PathKey | undefined): void {
    const start = this.begin(tag, name, key);
    if (slot !== 0) this.uint32(8, slot, "slot");
    this.end(start);
  }
}
