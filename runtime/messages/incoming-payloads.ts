/**
 * The peer's payloads by their ids. The instruction that says what a payload is for, and the stream that carries it, come
 * in either order; they meet here. Knows neither records (payload-stream-reader.ts) nor what they are for.
 * Source: docs/protocol.md, "Payloads".
 */
import { ProtocolError } from "../base/errors.js";
import { IdTable } from "../base/id-table.js";
import type { Limits } from "../base/limits.js";
import type { StreamLike, StreamReceiver } from "../streams/contract.js";
import { FREE, IncomingPayload } from "./incoming-payload.js";
import { PayloadStreamReader } from "./payload-stream-reader.js";

/** All payloads of the peer that are under way. */
export class IncomingPayloads {
  readonly #limits: Limits;
  readonly #known = new IdTable<IncomingPayload>();
  #bytesIn = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Of all payloads since the session began: only grows. */
  get bytesIn(): number {
    return this.#bytesIn;
  }

  /** An instruction names a payload. @throws {ProtocolError} where it was named before. */
  claim(payloadId: number): IncomingPayload {
    const payload = payloadId === 0 ? undefined : this.#find(payloadId);
    if (payload === undefined || payload.isClaimed) {
      throw new ProtocolError(
        "bad-instruction",
        `payload ${payloadId} is named ${payloadId === 0 ? "but 0 is none" : "twice"}`,
      );
    }
    payload.isClaimed = true;
    if (payload.over) this.#known.remove(payloadId);
    return payload;
  }

  /** Reads one stream of payloads, as long as it lives. @param fail  ends the session. */
  receiver(stream: StreamLike, fail: (error: Error) => void): StreamReceiver {
    const find = (payloadId: number): IncomingPayload => this.#find(payloadId);
    return new PayloadStreamReader(stream, this.#limits, find, fail, (bytes) => {
      this.#bytesIn += bytes;
    });
  }

  /** The session is gone. What has arrived whole stays readable. */
  close(error: Error): void {
    for (const payload of this.#known.all) payload.add({ kind: "lost", error }, FREE);
    this.#known.clear();
  }

  #find(payloadId: number): IncomingPayload {
    let payload = this.#known.find(payloadId);
    if (payload === undefined) {
      const limit = this.#limits.maxPendingCalls + this.#limits.maxWaitingCalls;
      if (this.#known.size >= limit) {
        throw new ProtocolError(
          "bad-instruction",
          `more than ${limit} payloads under way (limits.maxPendingCalls and limits.maxWaitingCalls together)`,
        );
      }
      payload = new IncomingPayload(payloadId, this.#onOver);
      this.#known.add(payload);
    }
    return payload;
  }

  /** One that nobody has named yet stays, so that it can be. */
  readonly #onOver = (payload: IncomingPayload): void => {
    if (payload.isClaimed) this.#known.remove(payload.id);
  };
}
