// Messages behind four bytes of length over a socket, all of one turn of the event loop in one write: what raw and every
// rival without a TCP carrier of its own stands on, so that they differ in what they carry and not in how.
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";

const HEAD_BYTES = 4;

export class FramedSocket {
  #socket;
  #chunks = [];
  #waiting = [];
  #have = 0;
  #need = HEAD_BYTES;

  /** `onMessage` gets each message as a view of what was received. */
  constructor(socket, onMessage) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk, onMessage));
    socket.on("error", () => undefined);
  }

  /** Sends the parts as one message. */
  send(...parts) {
    if (this.#chunks.length === 0) setImmediate(this.#flush);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32BE(
      parts.reduce((sum, part) => sum + part.length, 0),
      0,
    );
    this.#chunks.push(head, ...parts);
  }

  #flush = () => {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#socket.write(Buffer.concat(chunks));
  };

  #receive(chunk, onMessage) {
    this.#waiting.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    let all = this.#waiting.length === 1 ? chunk : Buffer.concat(this.#waiting);
    for (;;) {
      this.#need = all.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + all.readUInt32BE(0);
      if (all.length < this.#need) break;
      onMessage(all.subarray(HEAD_BYTES, this.#need));
      all = all.subarray(this.#need);
    }
    this.#waiting = all.length > 0 ? [all] : [];
    this.#have = all.length;
  }
}

/** @returns the port that `server` listens on. */
export function listening(server) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}
