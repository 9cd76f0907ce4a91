/**
 * What a stream is for: four bytes that its opener writes first, big-endian. They are also the magic number of the
 * protocol: whoever speaks something else over yamux is found out by its first stream.
 */
import { ProtocolError } from "../base/errors.js";
import type { StreamLike, StreamReceiver } from "../streams/contract.js";

/** "pw", the protocol's version, the kind. */
export const StreamKind = { instructions: 0x70770101, payloads: 0x70770102 } as const;

const KIND_BYTES = 4;

export function writeStreamKind(stream: StreamLike, kind: number): void {
  const bytes = new Uint8Array(KIND_BYTES);
  new DataView(bytes.buffer).setUint32(0, kind);
  stream.write(bytes);
}

/**
 * Reads the kind of a stream that the peer opened, then leaves it to the receiver that `route` names for it.
 * Streams are read side by side: one that says nothing holds up nobody.
 */
export class KindReader implements StreamReceiver {
  readonly #stream: StreamLike;
  readonly #route: (kind: number) => StreamReceiver;
  #receiver: StreamReceiver | undefined;
  #kind = 0;
  #read = 0;

  /** @param route  throws ProtocolError for a kind that it does not know. */
  constructor(stream: StreamLike, route: (kind: number) => StreamReceiver) {
    this.#stream = stream;
    this.#route = route;
  }

  onData(chunk: Uint8Array): void {
    if (this.#receiver !== undefined) {
      this.#receiver.onData(chunk);
      return;
    }
    let at = 0;
    while (this.#read < KIND_BYTES && at < chunk.length) {
      this.#kind = this.#kind * 256 + chunk[at++]!;
      this.#read++;
    }
    this.#stream.consume(at);
    if (this.#read < KIND_BYTES) return;
    this.#receiver = this.#route(this.#kind);
    if (at < chunk.length) this.#receiver.onData(chunk.subarray(at));
  }

  onEnd(): void {
    if (this.#receiver === undefined) this.#stream.reset();
    else this.#receiver.onEnd();
  }

  onDrain(): void {
    this.#receiver?.onDrain();
  }

  onClose(error: Error | undefined): void {
    this.#receiver?.onClose(error);
  }
}

export function unknownKind(kind: number): ProtocolError {
  return new ProtocolError(
    "bad-stream-kind",
    `a stream of kind 0x${kind.toString(16).padStart(8, "0")}; peerwire 1 has 0x${StreamKind.instructions.toString(16)} and 0x${StreamKind.payloads.toString(16)}. Does the peer speak another protocol over yamux?`,
  );
}
