/**
 * The practical limit of Node: messages with a length and an id over a socket, one write a turn. No types, no checks, no
 * order beyond the socket's. What everything else is measured against.
 */
import { type Socket, connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";

const HEAD_BYTES = 8;

/** Messages of one turn in one write. */
class Sender {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(id: number, body: Uint8Array): void {
    if (this.#chunks.length === 0) setImmediate(this.#flush);
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32BE(body.length, 0);
    head.writeUInt32BE(id, 4);
    this.#chunks.push(head, Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }

  readonly #flush = (): void => {
    this.#socket.write(Buffer.concat(this.#chunks));
    this.#chunks = [];
  };
}

function receive(socket: Socket, onMessage: (id: number, body: Buffer) => void): void {
  let waiting: Buffer[] = [];
  let have = 0;
  let need = HEAD_BYTES;
  socket.on("data", (chunk: Buffer) => {
    waiting.push(chunk);
    have += chunk.length;
    if (have < need) return;
    let all = waiting.length === 1 ? chunk : Buffer.concat(waiting);
    for (;;) {
      need = all.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + all.readUInt32BE(0);
      if (all.length < need) break;
      onMessage(all.readUInt32BE(4), all.subarray(HEAD_BYTES, need));
      all = all.subarray(need);
    }
    waiting = all.length > 0 ? [all] : [];
    have = all.length;
  });
}

export function serveRaw(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    const sender = new Sender(socket);
    receive(socket, (id, body) => {
      sender.send(id, body);
    });
    socket.on("error", () => undefined);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

export function connectRaw(port: number): Promise<(body: Uint8Array) => Promise<Uint8Array>> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const sender = new Sender(socket);
  const pending = new Map<number, (body: Uint8Array) => void>();
  let id = 0;
  receive(socket, (answered, body) => {
    pending.get(answered)?.(body);
    pending.delete(answered);
  });
  return new Promise((resolve) => {
    socket.once("connect", () => {
      resolve(
        (body) =>
          new Promise((answer) => {
            pending.set(++id, answer);
            sender.send(id, body);
          }),
      );
    });
  });
}
