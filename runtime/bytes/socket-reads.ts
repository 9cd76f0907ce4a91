/**
 * Reads of a socket into memory that is used again. Node gives each read of a socket memory of its own otherwise, which
 * costs more than the read. It offers this to sockets that dial, and to no others.
 * Source: Node's documentation of net.Socket.connect, `onread`.
 */
import type { OnReadOpts } from "node:net";
import type { Duplex } from "node:stream";

/** Of one read. */
const READ_BYTES = 256 * 1024;
/** Of all sockets: a read, and what is done with it, is over before the next one. */
let memory: Uint8Array | undefined;

export class SocketReads {
  /** The option of `net.connect`. */
  readonly onread: OnReadOpts = {
    buffer: (memory ??= new Uint8Array(READ_BYTES)),
    callback: (bytes, buffer) => this.#take(new Uint8Array(buffer.buffer, buffer.byteOffset, bytes)),
  };
  #onData: ((chunk: Uint8Array) => void) | undefined;
  #early: Uint8Array | undefined; // arrived before start

  /** @param onData  its chunk is valid until it returns. */
  start(socket: Duplex, onData: (chunk: Uint8Array) => void): void {
    this.#onData = onData;
    setImmediate(() => {
      const early = this.#early;
      this.#early = undefined;
      if (early) onData(early);
      socket.resume();
    });
  }

  /** @returns whether to read on. */
  #take(chunk: Uint8Array): boolean {
    if (this.#onData && !this.#early) {
      this.#onData(chunk);
      return true;
    }
    this.#early = chunk.slice();
    return false;
  }
}
