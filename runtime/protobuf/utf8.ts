/**
 * UTF-8 both ways. Short ASCII, which is most of what calls carry, goes through loops that beat the platform's coders by
 * 2 to 4 x; everything else goes to TextEncoder and TextDecoder.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LOOP_LIMIT = 48; // characters; beyond it the platform wins

/**
 * Writes `text` at `at`, where there is room for 3 bytes a character.
 * @returns the number of bytes. A lone surrogate becomes U+FFFD, as everywhere on the web platform.
 */
export function writeUtf8(text: string, buffer: Uint8Array, at: number): number {
  const length = text.length;
  if (length <= LOOP_LIMIT) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      buffer[at + i] = unit;
    }
    if (i === length) return length;
  }
  return encoder.encodeInto(text, at === 0 ? buffer : buffer.subarray(at)).written;
}

/** How many bytes `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x7f) continue;
    bytes += unit <= 0x7ff ? 1 : 2;
    // Both halves of a pair together take four bytes; a lone one becomes U+FFFD and takes three.
    if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return bytes;
}

/** @throws {TypeError} where the bytes are not UTF-8. */
export function readUtf8(buffer: Uint8Array, start: number, end: number): string {
  if (end - start <= LOOP_LIMIT) {
    let text = "";
    let i = start;
    for (; i < end; i++) {
      const byte = buffer[i]!;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  return decoder.decode(buffer.subarray(start, end));
}
