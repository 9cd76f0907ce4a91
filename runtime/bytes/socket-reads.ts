/**
 * Reads of a socket into memory that is used again. Node gives each read of a socket memory of its own otherwise, which
 * costs more than a small read. It offers this to sockets that dial, and to no others.
 * Source: Node's documentation of net.Socket.connect, `onread`.
 */
import type { OnReadOpts } from "node:net";
import type { Duplex } from "node:stream";
import { rawBytes } from "../base/raw-bytes.js";

/** Of one read. */
const READ_BYTES = 128 * 1024;
/**
 * While a transfer comes in, and for some reads more, each read has memory of its own all the same. Where a program makes
 * no garbage but the large arrays that it puts messages together in, V8 collects those late and the system takes their
 * memory back: each new one is filled with zeros first, page by page (docs/performance.md, "What a large message costs").
 */
const TRANSFER_READ_BYTES = 32 * 1024;
const READS_OF_TRANSFER = 64;
/** Of all sockets: a read, and what is done with it, is over before the next one. */
let memory: Uint8Array | undefined;

export class SocketReads {
  /** The option of `net.connect`. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#memory(),
    callback: (bytes, buffer) => {
      if (bytes >= TRANSFER_READ_BYTES) this.#ownReads = READS_OF_TRANSFER;
      return this.#take(new Uint8Array(buffer.buffer, buffer.byteOffset, bytes));
    },
  };
  #ownReads = 0; // how many reads are to come that have memory of their own
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

  /** For the next read. */
  #memory(): Uint8Array {
    if (this.#ownReads === 0) return (memory ??= new Uint8Array(READ_BYTES));
    this.#ownReads--;
    return rawBytes(READ_BYTES);
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
