/**
 * UTF-8 both ways. Short text, which is most of what calls carry, goes through loops that beat the platform's coders by
 * 2 to 4 x; long text goes to TextEncoder and TextDecoder, or to what Node's buffers can do.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LOOP_LIMIT = 48; // characters to write; beyond it the platform wins
const SHORT_TEXT = 12; // bytes to read; beyond it the platform wins, and + would leave two halves to be joined later

type Slice = (this: Uint8Array, start: number, end: number) => string;
const onNode = (globalThis as { Buffer?: { prototype: { latin1Slice: Slice; utf8Slice: Slice } } }).Buffer?.prototype;

/** Bytes as characters of the same number. Undefined where the platform cannot do it fast. */
export const latin1Slice: Slice | undefined = onNode?.latin1Slice;

/**
 * Writes `text` at `at`, where there is room for 3 bytes a character.
 * @returns the number of bytes; -1 where the text has a lone surrogate, which UTF-8 has no bytes for.
 */
export function writeUtf8(text: string, buffer: Uint8Array, at: number): number {
  if (text.length > LOOP_LIMIT) {
    if (/\p{Surrogate}/u.test(text)) return -1;
    return encoder.encodeInto(text, at === 0 ? buffer : buffer.subarray(at)).written;
  }
  let to = at;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) buffer[to++] = unit;
    else if (unit < 0x800) {
      buffer[to++] = (unit >> 6) | 0xc0;
      buffer[to++] = (unit & 0x3f) | 0x80;
    } else if ((unit & 0xf800) !== 0xd800) {
      buffer[to++] = (unit >> 12) | 0xe0;
      buffer[to++] = ((unit >> 6) & 0x3f) | 0x80;
      buffer[to++] = (unit & 0x3f) | 0x80;
    } else {
      const point = text.codePointAt(i++)!;
      if (point < 0x10000) return -1;
      buffer[to++] = (point >> 18) | 0xf0;
      buffer[to++] = ((point >> 12) & 0x3f) | 0x80;
      buffer[to++] = ((point >> 6) & 0x3f) | 0x80;
      buffer[to++] = (point & 0x3f) | 0x80;
    }
  }
  return to - at;
}

/** How many bytes `text` takes as UTF-8. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x7f) continue;
    bytes += unit <= 0x7ff ? 1 : 2;
    // Both halves of a pair together take four bytes; a lone one counts as U+FFFD, which takes three.
    if (unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++;
  }
  return bytes;
}

/** The text with U+FFFD for each lone surrogate: for text that must cross whatever it is, such as an error's message. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** The text of these bytes, which are ASCII. */
export function readAscii(buffer: Uint8Array, start: number, end: number): string {
  if (latin1Slice !== undefined && end - start > SHORT_TEXT) return latin1Slice.call(buffer, start, end);
  let text = "";
  let i = start;
  for (; i + 4 <= end; i += 4) text += String.fromCharCode(buffer[i]!, buffer[i + 1]!, buffer[i + 2]!, buffer[i + 3]!);
  for (; i < end; i++) text += String.fromCharCode(buffer[i]!);
  return text;
}

/** The text of these bytes; undefined where they are not UTF-8. */
export function readUtf8(buffer: Uint8Array, start: number, end: number): string | undefined {
  if (onNode !== undefined) {
    const text = onNode.utf8Slice.call(buffer, start, end);
    // What is no UTF-8 becomes U+FFFD; what was U+FFFD is that too, so the strict one decides.
    if (!text.includes("\ufffd")) return text;
  }
  try {
    return decoder.decode(buffer.subarray(start, end));
  } catch {
    return undefined;
  }
}
