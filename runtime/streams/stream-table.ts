/**
 * The live streams of a session: which ids are taken, who waits for whom. An entry lives from `add` until the stream is
 * over in both directions. Pure bookkeeping; knows no frames.
 * Source: docs/mux.md, "Opening".
 */
import { LimitError } from "../base/errors.js";
import type { StreamId } from "../base/ids.js";
import { Fifo } from "./fifo.js";
import { IdTable } from "../base/id-table.js";
import { Openings } from "./openings.js";
import { isOver } from "./stream-state.js";
import type { Stream } from "./stream.js";

export type Role = "client" | "server";

/** Ids are not reused in a session; past this one it is used up. */
export const LAST_STREAM_ID: number = 2 ** 32 - 3;

export class StreamTable {
  readonly #role: Role;
  readonly #maxUnacknowledged: number;
  readonly #streams = new IdTable<Stream>();
  readonly #waiting = new Fifo<Stream>(); // opened by us; SYN held back
  readonly #openings = new Openings<Stream>(); // opened by us; SYN given its turn; not acknowledged
  #nextId: number;
  #highestPeerId = 0;
  #inbound = 0;

  /** @param firstId  only for tests: where our own ids start. */
  constructor(role: Role, maxUnacknowledged: number, firstId?: number) {
    this.#role = role;
    this.#maxUnacknowledged = Math.max(1, maxUnacknowledged);
    this.#nextId = firstId ?? (role === "client" ? 1 : 2);
  }

  get size(): number {
    return this.#streams.size;
  }
  /** Live streams that the peer opened. */
  get inbound(): number {
    return this.#inbound;
  }
  /** In the order of their ids. */
  get all(): Stream[] {
    return this.#streams.all.sort((a, b) => a.id - b.id);
  }
  /** The stream that waits longest for its ACK; its `openingSince` tells since when. */
  get oldestUnacknowledged(): Stream | undefined {
    return this.#openings.oldest;
  }

  find(id: number): Stream | undefined {
    return this.#streams.find(id);
  }

  /** @throws {LimitError} "streams-exhausted" */
  takeNextId(): StreamId {
    if (this.#nextId > LAST_STREAM_ID) {
      throw new LimitError("streams-exhausted", `stream ids end at ${LAST_STREAM_ID}: open a new session`);
    }
    const id = this.#nextId as StreamId;
    this.#nextId += 2;
    return id;
  }

  isOurs(id: number): boolean {
    return id % 2 === (this.#role === "client" ? 1 : 0);
  }

  /** Whether a stream of this id has been there before, so that late frames for it are nobody's fault. */
  hasBeenOpen(id: number): boolean {
    return id !== 0 && (this.isOurs(id) ? id < this.#nextId : id <= this.#highestPeerId);
  }

  addInbound(stream: Stream): void {
    this.#streams.add(stream);
    this.#inbound++;
    if (stream.id > this.#highestPeerId) this.#highestPeerId = stream.id; // Go's ids may come in any order
  }

  /** The stream's SYN is sent now, or once enough of those before it have been acknowledged. */
  addOutbound(stream: Stream, now: number): void {
    this.#streams.add(stream);
    this.#waiting.push(stream);
    this.#openNext(now);
  }

  onAcknowledged(stream: Stream, now: number): void {
    if (this.#openings.remove(stream)) this.#openNext(now);
  }

  remove(stream: Stream, now: number): void {
    if (!this.#streams.remove(stream.id)) return;
    if (this.isOurs(stream.id)) this.onAcknowledged(stream, now);
    else this.#inbound--;
  }

  #openNext(now: number): void {
    while (this.#openings.size < this.#maxUnacknowledged) {
      const stream = this.#waiting.shift();
      if (!stream) return;
      if (isOver(stream.state)) continue; // reset while it waited
      this.#openings.add(stream, now);
      stream.startOpening();
    }
  }
}
