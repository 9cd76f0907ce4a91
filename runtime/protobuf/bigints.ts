/** Bigints of any size as bytes: two's complement, little-endian, as few bytes as hold the number; none for 0. */

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
