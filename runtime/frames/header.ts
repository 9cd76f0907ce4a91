/**
 * Frame headers: the 12 bytes in front of every frame.
 *   0         1      2       4           8        12
 *   | version | type | flags | stream id | length |      big-endian
 * Knows the layout. Does not know which streams exist, or what a flag does to one (streams/stream-state.ts).
 * Source: docs/mux.md, "Frames"; layout as in the yamux specification, version 0.
 */

export const HEADER_BYTES = 12;
export const VERSION = 0;

/** What a frame is; and what its length field then means. */
export const FrameType = {
  /** `length` bytes of payload follow. They count against the stream's window. */
  data: 0,
  /** The sender may send `length` more bytes. No payload. */
  windowUpdate: 1,
  /** `length` is an opaque value; SYN asks, ACK answers with the same value. Stream id 0. */
  ping: 2,
  /** `length` is a GoAwayCode. Stream id 0. */
  goAway: 3,
} as const;

/** On a DATA or WINDOW_UPDATE frame (SYN and ACK also on a ping). Bits that are not listed mean nothing. */
export const Flag = {
  /** Opens the stream. */
  syn: 1,
  /** Accepts the stream. */
  ack: 2,
  /** The sender will send no more payload. */
  fin: 4,
  /** The stream is over at once, both ways. */
  rst: 8,
} as const;

export const GoAwayCode = { normal: 0, protocolError: 1, internalError: 2 } as const;

/** All fields are unsigned. `type` is any byte until the reader has judged it. */
export interface FrameHeader {
  version: number;
  type: number;
  flags: number;
  streamId: number;
  length: number;
}

/** Writes the 12 bytes at `offset` of `target`. */
export function encodeHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  flags: number,
  streamId: number,
  length: number,
): void {
  target[offset] = VERSION;
  target[offset + 1] = type;
  target[offset + 2] = flags >>> 8;
  target[offset + 3] = flags;
  putUint32(target, offset + 4, streamId);
  putUint32(target, offset + 8, length);
}

/** Writes the length of the header at `offset` anew. */
export function encodeLength(target: Uint8Array, offset: number, length: number): void {
  putUint32(target, offset + 8, length);
}

/** Reads the 12 bytes at `offset` of `source` into `header`, which is overwritten: one object serves a whole session. */
export function decodeHeader(source: Uint8Array, offset: number, header: FrameHeader): void {
  header.version = source[offset]!;
  header.type = source[offset + 1]!;
  header.flags = (source[offset + 2]! << 8) | source[offset + 3]!;
  header.streamId = takeUint32(source, offset + 4);
  header.length = takeUint32(source, offset + 8);
}

function putUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}

function takeUint32(source: Uint8Array, offset: number): number {
  const value =
    (source[offset]! << 24) | (source[offset + 1]! << 16) | (source[offset + 2]! << 8) | source[offset + 3]!;
  return value >>> 0; // ids and opaque values run to 2^32-1
}
