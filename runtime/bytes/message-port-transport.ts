/**
 * A MessagePort as a transport: between a program and its worker, in Node and in browsers; a Worker and a worker's global
 * scope have the same methods. Bytes are copied once, into a buffer of their own, which is transferred and not copied again.
 * A port has no back-pressure, so each end grants the other credit, and gives it back as it delivers.
 * Source: transport.ts; the HTML standard, "Channel messaging"; Node's documentation of worker_threads.
 */
import { errorFrom } from "../base/errors.js";
import { CreditedQueue } from "./credited-queue.js";
import type { Transport, TransportReceiver } from "./transport.js";
import { afterThisTurn } from "./turn.js";

/** Bytes that may be under way in one direction. */
const CREDIT_BYTES: number = 1024 * 1024;
/** Credit is given back in pieces of so much, so that it costs few messages. */
const GRANT_BYTES: number = CREDIT_BYTES / 4;

/** What is used of a MessagePort, a Worker, or a worker's global scope. */
export interface MessagePortLike {
  postMessage(message: unknown, transfer: never[]): void;
  /** Node's. */
  on?(event: string, listener: (event: PortEvent) => void): unknown;
  off?(event: string, listener: (event: PortEvent) => void): unknown;
  /** The browser's. */
  addEventListener?(event: string, listener: (event: PortEvent) => void): void;
  removeEventListener?(event: string, listener: (event: PortEvent) => void): void;
  /** Of ports alone. */
  start?(): void;
  close?(): void;
}

interface PortEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly message?: string;
}

/** What travels; whatever else does is not ours, and left to the application. */
interface PortMessage {
  /** Bytes, how many of them were delivered, or an ending: of one direction, or of everything. */
  readonly peerwire: ArrayBuffer | number | "end" | "close";
}

type Listeners = readonly (readonly [event: string, listener: (event: PortEvent) => void])[];

/** Takes over `port`, and closes it at the end (a port only: a Worker is its owner's to terminate). */
export function messagePortTransport(port: MessagePortLike, description = "message port"): Transport {
  return new MessagePortTransport(port, description);
}

class MessagePortTransport implements Transport {
  readonly description: string;
  readonly #port: MessagePortLike;
  readonly #listeners: Listeners;
  readonly #outbox: CreditedQueue;
  #receiver: TransportReceiver | undefined;
  #early: (Uint8Array | "end")[] | undefined = []; // arrived before start; then none
  #owed = 0; // bytes delivered for which no credit was given back yet
  #hasHeard = false;
  #needsDrain = false;
  #hasEnded = false;
  #isEndSent = false;
  #hasPeerEnded = false;
  #isOver = false;
  #error: Error | undefined;
  #isCloseTold = false;

  constructor(port: MessagePortLike, description: string) {
    this.#port = port;
    this.description = description;
    this.#outbox = new CreditedQueue(CREDIT_BYTES, (buffer) => this.#post(buffer, [buffer]));
    this.#listeners = this.#listen();
  }

  start(receiver: TransportReceiver): void {
    if (this.#receiver) throw new Error(`${this.description} was started already`);
    this.#receiver = receiver;
    afterThisTurn(() => {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const item of early) this.#deliver(item);
      if (this.#isOver) this.#tellClose();
    });
  }

  write(chunk: Uint8Array): boolean {
    return this.writeAll([chunk]);
  }

  /** One message, as far as there is credit. */
  writeAll(chunks: readonly Uint8Array[]): boolean {
    if (this.#hasEnded || this.#isOver) return false;
    this.#outbox.push(chunks);
    this.#needsDrain = this.#outbox.isWaiting;
    return !this.#needsDrain;
  }

  end(): void {
    if (this.#hasEnded || this.#isOver) return;
    this.#hasEnded = true;
    this.#endWhenSent();
  }

  destroy(error?: Error): void {
    if (this.#isOver) return;
    this.#post("close");
    this.#finish(error);
  }

  #listen(): Listeners {
    const port = this.#port;
    const onLoss = (error?: Error): void => {
      if (!this.#isOver) this.#finish(error ?? new Error(`the other end of ${this.description} is gone`));
    };
    const onError = (event: PortEvent): void => {
      // In a browser a worker outlives an error that nobody caught, but not that its script cannot be loaded.
      if (port.on || !this.#hasHeard) onLoss(port.on ? errorFrom(event) : new Error(event.message));
    };
    const listeners: Listeners = [
      ["message", (event) => this.#onMessage(port.on ? event : event.data)],
      ["error", onError], // a Worker's
      ["exit", () => onLoss()], // a Worker's
      ["close", () => onLoss()], // a port's
    ];
    for (const [event, listener] of listeners) {
      if (port.on) port.on(event, listener);
      else port.addEventListener?.(event, listener);
    }
    port.start?.();
    return listeners;
  }

  #post(peerwire: PortMessage["peerwire"], transfer: ArrayBuffer[] = []): void {
    const message: PortMessage = { peerwire };
    this.#port.postMessage(message, transfer as never[]);
  }

  #onMessage(message: unknown): void {
    if (this.#isOver || typeof message !== "object" || message === null || !("peerwire" in message)) return;
    this.#hasHeard = true;
    const { peerwire } = message as PortMessage;
    if (peerwire instanceof ArrayBuffer) this.#arrive(new Uint8Array(peerwire));
    else if (typeof peerwire === "number") this.#onCredit(peerwire);
    else if (peerwire === "end") this.#arrive("end");
    else this.#finish(new Error(`the other end of ${this.description} dropped the connection`));
  }

  #arrive(item: Uint8Array | "end"): void {
    if (this.#early) this.#early.push(item);
    else this.#deliver(item);
  }

  #deliver(item: Uint8Array | "end"): void {
    if (this.#isCloseTold || this.#hasPeerEnded) return;
    if (item === "end") {
      this.#hasPeerEnded = true;
      this.#receiver!.onEnd();
      return this.#finishWhenBothEnded();
    }
    this.#receiver!.onData(item);
    this.#owed += item.length;
    if (this.#owed < GRANT_BYTES || this.#isOver) return;
    this.#post(this.#owed);
    this.#owed = 0;
  }

  #onCredit(bytes: number): void {
    this.#outbox.grant(bytes);
    if (this.#outbox.isWaiting) return;
    if (this.#hasEnded) return this.#endWhenSent();
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.#receiver?.onDrain();
  }

  #endWhenSent(): void {
    if (this.#outbox.isWaiting || this.#isEndSent) return;
    this.#isEndSent = true;
    this.#post("end");
    this.#finishWhenBothEnded();
  }

  #finishWhenBothEnded(): void {
    if (this.#isEndSent && this.#hasPeerEnded && !this.#isOver) this.#finish(undefined);
  }

  #finish(error: Error | undefined): void {
    this.#isOver = true;
    this.#error = error;
    this.#outbox.clear();
    const port = this.#port;
    for (const [event, listener] of this.#listeners) {
      if (port.off) port.off(event, listener);
      else port.removeEventListener?.(event, listener);
    }
    if (port.start) port.close?.(); // a worker's own scope has close() too, which would end the worker
    if (!this.#early) afterThisTurn(() => this.#tellClose());
  }

  #tellClose(): void {
    if (this.#isCloseTold) return;
    this.#isCloseTold = true;
    this.#receiver!.onClose(this.#error);
  }
}
