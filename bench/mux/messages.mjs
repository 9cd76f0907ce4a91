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

/** Chunks in, whole messages out. A message is the receiver's own to keep. */
export class MessageReader {
  #onMessage;
  #length = 0;
  #headBytes = 0;
  #body;
  #filled = 0;
  #isEchoed = true;

  constructor(onMessage) {
    this.#onMessage = onMessage;
  }

  push(chunk) {
    for (let at = 0; at < chunk.length;) {
      if (this.#body === undefined) at = this.#takeHead(chunk, at);
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
    this.#body = Buffer.allocUnsafe(length & ~NO_ECHO);
    return at;
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
