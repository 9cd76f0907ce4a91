/**
 * Memory that is filled before anybody sees it. A large array is filled with zeros otherwise, which takes a MiB 25 to
 * 100 us. Node has a way around that; elsewhere the zeros stay.
 */

/** Below this, zeros cost less than the way around them. */
const LEAST_BYTES = 32 * 1024;

interface Platform {
  readonly Buffer?: { allocUnsafeSlow(bytes: number): Uint8Array<ArrayBuffer> };
}
const { Buffer } = globalThis as unknown as Platform;

/** What is in it is unknown: whoever hands a part of it on has written that part. */
export function rawBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length < LEAST_BYTES || Buffer === undefined) return new Uint8Array(length);
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
