/**
 * Bigints of any size that limits.maxBigintDigits allows, as bytes: two's complement, little-endian, as few as hold the
 * number; none for 0.
 */
import type { PathKey } from "./path.js";
import type { ProtobufReader } from "./reader.js";
import type { ProtobufWriter } from "./writer.js";

/** @throws {CallError} where it is no bigint, or has more digits than the limit allows. */
export function writeBigint(w: ProtobufWriter, tag: number, value: bigint, name: string, key?: PathKey): void {
  if (typeof value !== "bigint") throw w.invalid(name, "a bigint", value, key);
  if (BigInt.asIntN(64, value) !== value) {
    const digits = value.toString().length - (value < 0n ? 1 : 0);
    const limit = w.maxBigintDigits;
    if (digits > limit)
      throw w.refuse(name, `a bigint of ${digits} digits, and the limit is ${limit} (limits.maxBigintDigits)`, key);
  }
  w.bytes(tag, bigintToBytes(value), name, key);
}

export function readBigint(r: ProtobufReader, name: string, key?: PathKey): bigint {
  const bytes = r.bytes(name, key);
  // 0.42 bytes are a digit.
  const limit = Math.ceil(r.maxBigintDigits * 0.4153) + 1;
  if (bytes.length > limit) {
    throw r.refuse(
      name,
      `a bigint of ${bytes.length} bytes, and the limit is ${limit} (limits.maxBigintDigits: ${r.maxBigintDigits})`,
      key,
    );
  }
  return bigintFromBytes(bytes);
}

export function bigintToBytes(value: bigint): Uint8Array {
  let width = 0; // in bits, a multiple of 8
  if (value !== 0n) {
    const magnitude = (value < 0n ? ~value : value).toString(16);
    const leading = 32 - Math.clz32(Number.parseInt(magnitude[0]!, 16));
    const bits = (magnitude.length - 1) * 4 + leading + 1; // and one for the sign
    width = Math.ceil(bits / 8) * 8;
  }
  const bytes = new Uint8Array(width / 8);
  const digits =
    width === 0
      ? ""
      : BigInt.asUintN(width, value)
          .toString(16)
          .padStart(bytes.length * 2, "0");
  for (let i = 0; i < bytes.length; i++) {
    const end = digits.length - i * 2;
    bytes[i] = Number.parseInt(digits.slice(end - 2, end), 16);
  }
  return bytes;
}

export function bigintFromBytes(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  let digits = "";
  for (const byte of bytes) digits = byte.toString(16).padStart(2, "0") + digits;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${digits}`));
}
