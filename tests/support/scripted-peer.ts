/**
 * A peer that says exactly what a test tells it, to a real session, and records everything that the session sends. Turns
 * of the event loop and time are the test's own: nothing here waits.
 */
import type { Transport, TransportReceiver } from "../../runtime/bytes/transport.js";
import { Session } from "../../runtime/streams/session.js";
import type { SessionEnd, SessionOptions } from "../../runtime/streams/session-contract.js";
import type { SessionStream as Stream } from "../../runtime/streams/contract.js";
import { join, parseFrames, ping, type SentFrame } from "./frames.js";
import { VirtualClock } from "../../runtime/testing/virtual-clock.js";

export class ScriptedPeer implements Transport {
  readonly description = "scripted";
  readonly clock: VirtualClock = new VirtualClock();
  readonly session: Session;
  /** Streams that the session accepted from this peer. */
  readonly accepted: Stream[] = [];
  /** How often the session has written to the transport. */
  writes = 0;
  isEnded = false;
  isDestroyed = false;
  /** While true the transport is full: it takes what it is given and asks for no more. */
  isFull = false;
  /** How the session ended, once it has. */
  ending: SessionEnd | undefined;
  #receiver!: TransportReceiver;
  #unread: Uint8Array[] = [];
  #tasks: (() => void)[] = [];

  /** By default the session is the server, so that this peer's streams are odd. */
  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new Session(this, {
      role: "server",
      clock: this.clock,
      schedule: (task) => this.#tasks.push(task),
      onStream: (stream) => {
        this.accepted.push(stream);
      },
      ...options,
    });
    void this.session.closed.then((end) => (this.ending = end));
  }

  /** Sends bytes in one chunk and lets the turn end. */
  send(...frames: readonly Uint8Array[]): void {
    this.#receiver.onData(join(...frames));
    this.turn();
  }

  /** Ends the turn: whatever the session put off until then happens now, and what follows from it. */
  turn(): void {
    for (let left = 10_000; this.#tasks.length > 0; left--) {
      if (left === 0) throw new Error("the session never comes to rest");
      this.#tasks.shift()!();
    }
  }

  /** Ends the turn and all promises with it. */
  async settle(): Promise<void> {
    this.turn();
    for (let i = 0; i < 10; i++) await Promise.resolve();
    this.turn();
  }

  /** Everything sent since the last look. */
  take(): SentFrame[] {
    this.turn();
    return parseFrames(join(...this.#unread.splice(0)));
  }

  /** The session still answers. */
  answersPing(): boolean {
    const opaque = 0xabcdef01;
    this.clock.advance(500); // as much as one ping costs
    this.take();
    this.send(ping(opaque));
    return this.take().some((frame) => frame.type === "ping" && frame.flags === "ack" && frame.length === opaque);
  }

  drain(): void {
    this.isFull = false;
    this.#receiver.onDrain();
    this.turn();
  }
  /** The peer ends its side of the connection. */
  hangUp(): void {
    this.#receiver.onEnd();
    this.turn();
  }
  /** The connection is lost. */
  lose(error?: Error): void {
    this.#receiver.onClose(error);
    this.turn();
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
  }
  write(chunk: Uint8Array): boolean {
    this.writes++;
    this.#unread.push(chunk);
    return !this.isFull;
  }
  writeAll(chunks: readonly Uint8Array[]): boolean {
    return this.write(join(...chunks));
  }
  end(): void {
    this.isEnded = true;
  }
  destroy(error?: Error): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.#tasks.push(() => {
      this.#receiver.onClose(error);
    });
  }
}
