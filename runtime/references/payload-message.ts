/** A message that came as a payload, whole. */
import { ClosedError, LimitError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import { errorFromWire } from "../calls/error-codec.js";
import type { IncomingPayload } from "../messages/incoming-payload.js";
import type { ArgumentHolding } from "./argument-budget.js";

/**
 * @param holding  counts the bytes of one that may have to wait.
 * @throws {ClosedError} where the stream is lost, {LimitError} "message-too-large" past limits.maxMessageBytes.
 */
export async function readWhole(
  payload: IncomingPayload,
  limits: Limits,
  holding?: ArgumentHolding,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const event = await payload.next();
    if (event.kind === "end") return pieces.length === 1 ? pieces[0]! : concatenate(pieces, length);
    if (event.kind === "failed") throw errorFromWire(event.error);
    if (event.kind === "lost")
      throw new ClosedError("stream-closed", `a message was lost on its way: ${event.error.message}`, {
        cause: event.error,
      });
    length += event.value.length;
    if (length > limits.maxMessageBytes) {
      payload.cancel();
      throw new LimitError(
        "message-too-large",
        `a message of at least ${length} bytes, and the limit is ${limits.maxMessageBytes} (limits.maxMessageBytes)`,
      );
    }
    if (holding?.add(event.value.length) !== false) pieces.push(event.value);
  }
}

function concatenate(pieces: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
