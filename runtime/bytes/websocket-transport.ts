/**
 * A WebSocket as a transport: the browser's, or that of the package ws, which has the same methods. Bytes travel in binary
 * messages whose borders mean nothing. A WebSocket cannot end one direction alone, so an empty message says it: "this
 * was all". When both sides have said it the WebSocket is closed with 1000; any other close is a loss.
 * Does not dial or listen. Source: transport.ts; docs/transports.md, "WebSocket"; the WHATWG's WebSocket standard.
 */
import type { RemoteEnd, Transport, TransportReceiver } from "./transport.js";
import { afterThisTurn } from "./turn.js";

/** The subprotocol that both ends agree on. */
export const SUBPROTOCOL = "peerwire.1";
/** Of one message that we accept: a peer sends less. Protects memory, as a message arrives only when it is whole. */
export const MAX_MESSAGE_BYTES: number = 1024 * 1024;

/** Of one message that we send. */
const MESSAGE_BYTES = 256 * 1024;
/** Buffered bytes past which `write` returns false. */
const HIGH_WATER_BYTES = 256 * 1024;
/** A browser does not tell when its buffer empties; it has to be asked. The package ws calls back. */
const POLL_MS = 1;
/** Close codes of RFC 6455. Browsers let a page send only the first; the others become 3003. */
const CLOSE = { normal: 1000, textMessage: 1003, fallback: 3003 } as const;

/** What is used of a WebSocket. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  readonly protocol: string;
  send(data: Uint8Array<ArrayBuffer>, sent?: () => void): void;
  close(code?: number, reason?: string): void;
  /** Of the package ws: drops the connection without a goodbye. */
  terminate?(): void;
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: WebSocketEvent) => void): void;
}

/** What is used of its events, each of which has some of it. */
export interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly error?: Error;
  readonly message?: string;
}

/** Takes `socket`, which is open, over. */
export function webSocketTransport(socket: WebSocketLike, description: string, remote?: RemoteEnd): Transport {
  return new WebSocketTransport(socket, description, remote);
}

class WebSocketTransport implements Transport {
  readonly description: string;
  declare readonly remote?: RemoteEnd;
  readonly #socket: WebSocketLike;
  #receiver: TransportReceiver | undefined;
  #early: Uint8Array[] | undefined = []; // arrived before start; then none
  #error: Error | undefined;
  #hasEnded = false;
  #hasPeerEnded = false;
  #isOver = false;
  #needsDrain = false; // the last write returned false
  #isCloseTold = false;

  constructor(socket: WebSocketLike, description: string, remote?: RemoteEnd) {
    this.#socket = socket;
    this.description = description;
    if (remote) this.remote = remote;
    if (socket.binaryType !== "nodebuffer") socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#onMessage(data));
    socket.addEventListener("error", ({ error }) => {
      this.#error ??= error; // browsers do not say what it was
    });
    socket.addEventListener("close", ({ code }) => this.#onClose(code ?? 1006));
  }

  start(receiver: TransportReceiver): void {
    if (this.#receiver) throw new Error(`${this.description} was started already`);
    this.#receiver = receiver;
    afterThisTurn(() => {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const chunk of early) this.#deliver(chunk);
      if (this.#isOver) this.#tellClose();
    });
  }

  write(chunk: Uint8Array): boolean {
    return this.writeAll([chunk]);
  }

  /** As few messages as possible: each costs a header, and a copy in the browser. */
  writeAll(chunks: readonly Uint8Array[]): boolean {
    if (this.#hasEnded || this.#isOver) return false;
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes > 0) {
      if (chunks.length === 1) this.#send(chunks[0]!);
      else if (bytes <= MESSAGE_BYTES) this.#sendMessage(join(chunks, bytes));
      else for (const chunk of chunks) this.#send(chunk);
    }
    if (this.#socket.bufferedAmount < HIGH_WATER_BYTES) return true;
    if (!this.#needsDrain) this.#pollSoon();
    this.#needsDrain = true;
    return false;
  }

  end(): void {
    if (this.#hasEnded || this.#isOver) return;
    this.#sendMessage(new Uint8Array(0));
    this.#hasEnded = true;
    this.#closeWhenBothEnded();
  }

  destroy(error?: Error): void {
    this.#drop(error, CLOSE.normal);
  }

  #send(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += MESSAGE_BYTES) this.#sendMessage(chunk.subarray(at, at + MESSAGE_BYTES));
  }

  #sendMessage(message: Uint8Array): void {
    this.#socket.send(message as Uint8Array<ArrayBuffer>, this.#drain);
  }

  #pollSoon(): void {
    if (!this.#socket.terminate) setTimeout(this.#drain, POLL_MS);
  }

  readonly #drain = (): void => {
    if (!this.#needsDrain || this.#isOver || this.#hasEnded) return;
    if (this.#socket.bufferedAmount >= HIGH_WATER_BYTES / 2) return this.#pollSoon();
    this.#needsDrain = false;
    this.#receiver?.onDrain();
  };

  #onMessage(data: unknown): void {
    if (this.#isOver) return;
    if (typeof data === "string") {
      return this.#drop(new Error(`${this.description} sent a text message; peerwire's are binary`), CLOSE.textMessage);
    }
    const chunk = data instanceof Uint8Array ? data : new Uint8Array(data as ArrayBuffer);
    if (this.#early) this.#early.push(chunk);
    else this.#deliver(chunk);
  }

  #deliver(chunk: Uint8Array): void {
    if (this.#isCloseTold || this.#hasPeerEnded) return;
    if (chunk.length > 0) return this.#receiver!.onData(chunk);
    this.#hasPeerEnded = true;
    this.#receiver!.onEnd();
    this.#closeWhenBothEnded();
  }

  #closeWhenBothEnded(): void {
    if (this.#hasEnded && this.#hasPeerEnded && !this.#isOver) this.#socket.close(CLOSE.normal);
  }

  #drop(error: Error | undefined, code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    if (code === CLOSE.normal && this.#socket.terminate) this.#socket.terminate();
    else closeWith(this.#socket, code);
    afterThisTurn(() => this.#tellClose());
  }

  #onClose(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#hasEnded || !this.#hasPeerEnded)
      this.#error ??= new Error(`${this.description} was closed with ${code}`);
    if (!this.#early) this.#tellClose();
  }

  #tellClose(): void {
    if (this.#isCloseTold || !this.#receiver) return;
    this.#isCloseTold = true;
    this.#receiver.onClose(this.#error);
  }
}

function closeWith(socket: WebSocketLike, code: number): void {
  try {
    socket.close(code);
  } catch {
    socket.close(CLOSE.fallback);
  }
}

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
