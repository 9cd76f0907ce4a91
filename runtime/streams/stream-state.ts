/**
 * The life of one stream, as a table. A missing cell is an event that the state forbids or has no use for.
 * Does not know about SYN and ACK: a stream may send and receive from the moment its id is given.
 * Source: docs/protocol.md, "The states of a stream"; the yamux specification, "Closing a stream".
 */

export type StreamState = "open" | "localClosed" | "remoteClosed" | "closed" | "reset";
/** `reset` is a RST in either direction, and the end of the session. */
export type StreamEvent = "sendFin" | "recvFin" | "reset";

export const STREAM_TRANSITIONS: Readonly<Record<StreamState, Readonly<Partial<Record<StreamEvent, StreamState>>>>> = {
  open: { sendFin: "localClosed", recvFin: "remoteClosed", reset: "reset" },
  localClosed: { recvFin: "closed", reset: "reset" },
  remoteClosed: { sendFin: "closed", reset: "reset" },
  closed: {},
  reset: {},
};

/** The peer may still send payload. */
export function isReadable(state: StreamState): boolean {
  return state === "open" || state === "localClosed";
}
/** We may still send payload. */
export function isWritable(state: StreamState): boolean {
  return state === "open" || state === "remoteClosed";
}
/** Nothing moves any more in either direction. */
export function isOver(state: StreamState): boolean {
  return state === "closed" || state === "reset";
}
