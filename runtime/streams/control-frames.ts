/**
 * What goes before all payload: what streams owe the peer (SYN, ACK, credit, FIN, RST), and the frames that belong to no
 * live stream (ping, pong, GoAway, the reset of a refused stream). Knows their order; does not know when they leave, nor
 * what a stream owes (outbox.ts, stream.ts).
 */
import type { FrameWriter } from "../frames/frame-writer.js";
import { Flag, FrameType } from "../frames/header.js";
import { Fifo } from "./fifo.js";

/** A stream that owes the peer something. */
export interface Debtor {
  /** It stands in line; only the line sets it. */
  isControlQueued: boolean;
  /** Writes its SYN, ACK, window update, FIN or RST, whichever are due. */
  writeControl(writer: FrameWriter): void;
}

interface LooseFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly length: number;
}

export class ControlFrames {
  readonly #debtors = new Fifo<Debtor>();
  readonly #loose = new Fifo<LooseFrame>();
  readonly #maxPongs: number;
  #pongs = 0;
  #isClosed = false;

  /** @param maxPongs  more that wait at once are dropped: the peer asks, and does not read. */
  constructor(maxPongs: number) {
    this.#maxPongs = maxPongs;
  }

  get size(): number {
    return this.#debtors.size + this.#loose.size;
  }

  /** @returns whether it was not in line yet. */
  add(debtor: Debtor): boolean {
    if (debtor.isControlQueued || this.#isClosed) return false;
    debtor.isControlQueued = true;
    this.#debtors.push(debtor);
    return true;
  }

  ping(opaque: number): void {
    this.#add(FrameType.ping, Flag.syn, 0, opaque);
  }
  /** @returns whether it will be sent. */
  pong(opaque: number): boolean {
    if (this.#pongs >= this.#maxPongs || this.#isClosed) return false;
    this.#pongs++;
    this.#add(FrameType.ping, Flag.ack, 0, opaque);
    return true;
  }
  reset(streamId: number): void {
    this.#add(FrameType.windowUpdate, Flag.rst, streamId, 0);
  }
  goAway(code: number): void {
    this.#add(FrameType.goAway, 0, 0, code);
  }

  /** Writes everything that waits. */
  writeTo(writer: FrameWriter): void {
    for (let frame = this.#loose.shift(); frame; frame = this.#loose.shift()) {
      writer.header(frame.type, frame.flags, frame.streamId, frame.length);
    }
    this.#pongs = 0;
    for (let debtor = this.#debtors.shift(); debtor; debtor = this.#debtors.shift()) {
      debtor.isControlQueued = false;
      debtor.writeControl(writer);
    }
  }

  /** Drops everything, and takes no more. */
  close(): void {
    this.#isClosed = true;
    this.#debtors.clear();
    this.#loose.clear();
  }

  #add(type: number, flags: number, streamId: number, length: number): void {
    if (!this.#isClosed) this.#loose.push({ type, flags, streamId, length });
  }
}
