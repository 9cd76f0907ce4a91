// Gives yamux-js what it can read: each chunk is exactly one frame, header and payload.
import { Buffer } from "node:buffer";
import { Transform } from "node:stream";

const HEADER_BYTES = 12;

export class FrameAligner extends Transform {
  #chunks = [];
  #bytes = 0;
  #needed = HEADER_BYTES;

  _transform(chunk, _encoding, done) {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= this.#needed) this.#passOn();
    done();
  }

  #passOn() {
    let all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#bytes);
    for (;;) {
      this.#needed = frameBytes(all);
      if (all.length < this.#needed) break;
      this.push(all.subarray(0, this.#needed));
      all = all.subarray(this.#needed);
    }
    this.#chunks = all.length > 0 ? [all] : [];
    this.#bytes = all.length;
  }
}

/** Of the frame that begins here; only DATA has a payload. */
function frameBytes(bytes) {
  if (bytes.length < HEADER_BYTES) return HEADER_BYTES;
  return HEADER_BYTES + (bytes[1] === 0 ? bytes.readUInt32BE(8) : 0);
}
