// The application of every workload: whole messages over a pipe of bytes, each behind four bytes of length. All kinds carry
// the same messages with the same code, so that what differs is the carrier. The top bit of the length asks for no echo.
import { Buffer } from "node:buffer";

const NO_ECHO = 0x80000000;
const HEAD_BYTES = 4;

/** A message's bytes, head and body, in as few chunks as is cheap. */
export function frame(body, isEchoed = true) {
  const length = (isEchoed ? body.length : (body.length | NO_ECHO) >>> 0) >>> 0;
  if (body.length > 2048) {
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32BE(length, 0);
    return [head, body];
  }
  const chunk = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  chunk.writeUInt32BE(length, 0);
  chunk.set(body, HEAD_BYTES);
  return [chunk];
}

const NO_BODY = new Uint8Array(0);

/**
 * Chunks in, whole messages out. A message is the receiver's own to keep, but one that asks for no echo is bulk: it is
 * counted and thrown away as it comes, or the garbage of the sink (a pause of a millisecond now and then) is what is measured.
 */
export class MessageReader {
  #onMessage;
  #length = 0;
  #left = 0; // of a message that is thrown away
  #headBytes = 0;
  #body;
  #filled = 0;
  #isEchoed = true;

  constructor(onMessage) {
    this.#onMessage = onMessage;
  }

  push(chunk) {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) at = this.#skip(chunk, at);
      else if (this.#body === undefined) at = this.#takeHead(chunk, at);
      else at = this.#takeBody(chunk, at);
    }
  }

  #takeHead(chunk, at) {
    for (; this.#headBytes < HEAD_BYTES && at < chunk.length; this.#headBytes++) {
      this.#length = this.#length * 256 + chunk[at++];
    }
    if (this.#headBytes < HEAD_BYTES) return at;
    const length = this.#length;
    this.#headBytes = this.#filled = this.#length = 0;
    this.#isEchoed = length < NO_ECHO;
    if (this.#isEchoed) this.#body = Buffer.allocUnsafe(length);
    else this.#left = length - NO_ECHO;
    return at;
  }

  #skip(chunk, at) {
    const count = Math.min(this.#left, chunk.length - at);
    this.#left -= count;
    if (this.#left === 0) this.#onMessage(NO_BODY, false);
    return at + count;
  }

  #takeBody(chunk, at) {
    const count = Math.min(this.#body.length - this.#filled, chunk.length - at);
    this.#body.set(at === 0 && count === chunk.length ? chunk : chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled === this.#body.length) {
      const body = this.#body;
      this.#body = undefined;
      this.#onMessage(body, this.#isEchoed);
    }
    return at + count;
  }
}

/** Sends messages over a pipe and reads them from it. */
export class Channel {
  #pipe;
  #waiting = [];

  constructor(pipe, onMessage, onEnd = () => undefined) {
    this.#pipe = pipe;
    const reader = new MessageReader(onMessage);
    pipe.receive({
      onData: (chunk) => reader.push(chunk),
      onEnd,
      onDrain: () => {
        for (const go of this.#waiting.splice(0)) go();
      },
    });
  }

  /** @returns false where the sender should wait for `room`. */
  send(body, isEchoed = true) {
    let hasRoom = true;
    for (const chunk of frame(body, isEchoed)) hasRoom = this.#pipe.write(chunk);
    return hasRoom;
  }

  room() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  end() {
    this.#pipe.end();
  }
}

/** What every server does with a pipe that a client opened. */
export function echoMessages(pipe) {
  const channel = new Channel(
    pipe,
    (body, isEchoed) => {
      if (isEchoed) channel.send(body);
    },
    () => channel.end(),
  );
}
