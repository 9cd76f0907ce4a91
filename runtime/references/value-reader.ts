/**
 * The reader that emitted codecs are given: protobuf, and slots resolved to stubs, functions and streams by the scope of
 * the message (reference-scope.ts).
 */
import type { Limits } from "../base/limits.js";
import type { PathKey } from "../protobuf/path.js";
import { ProtobufReader } from "../protobuf/reader.js";
import type { IncomingStreamHandle } from "./reference-context.js";
import type { ResultObject } from "./result-paths.js";
import type { ServiceDescriptor } from "./service.js";

/** Gives what the slots of one message mean. Each method throws a string-free Error for a slot that does not fit. */
export interface ReferenceSource {
  object(service: ServiceDescriptor, slot: number): object;
  stream(slot: number): IncomingStreamHandle;
  /** What is in the slot, where this side knows it: an object of its own, or a result that it has given. */
  own?(slot: number): ResultObject | undefined;
}

/** A reference whose interface is known later. */
export interface UntypedReference {
  object(service: ServiceDescriptor): object;
  own(): ResultObject | undefined;
}

export class ValueReader extends ProtobufReader {
  #references: ReferenceSource;

  constructor(buffer: Uint8Array, references: ReferenceSource, limits?: Limits) {
    super(buffer, limits);
    this.#references = references;
  }

  /** Starts over with another message. */
  startOver(buffer: Uint8Array, references: ReferenceSource): void {
    this.restart(buffer);
    this.#references = references;
  }

  object<T extends object, Stub extends T>(service: ServiceDescriptor<T, Stub>, name: string, key?: PathKey): Stub {
    const slot = this.#slot(name, key);
    return this.#resolve(name, key, () => this.#references.object(service, slot) as Stub);
  }

  /** Of use after this reader has gone on to other messages. */
  untyped(name: string, key?: PathKey): UntypedReference {
    const slot = this.#slot(name, key);
    const references = this.#references;
    return {
      object: (service) => references.object(service, slot),
      own: () => references.own?.(slot),
    };
  }

  /** What a stream's own functions read (streams.ts). */
  stream(name: string, key?: PathKey): IncomingStreamHandle {
    const slot = this.#slot(name, key);
    return this.#resolve(name, key, () => this.#references.stream(slot));
  }

  #slot(name: string, key: PathKey | undefined): number {
    const outer = this.enter(name, key);
    let slot = 0;
    while (this.more()) {
      const tag = this.tag();
      if (tag === 8) slot = this.uint32("slot");
      else this.skip(tag);
    }
    this.leave(outer);
    return slot;
  }

  #resolve<V>(name: string, key: PathKey | undefined, resolve: () => V): V {
    try {
      return resolve();
    } catch (error) {
      throw this.refuse(name, (error as Error).message, key);
    }
  }
}
