/**
 * The text of a message that is being read. Of a message with many strings, a stretch is decoded at once and each string
 * cut out of it, which beats decoding each by 3 x. A string that is kept keeps its stretch alive, so stretches are short.
 * Knows no fields and no paths.
 */
import { Input } from "./input.js";
import { latin1Slice, readAscii, readUtf8 } from "./utf8.js";

const STRETCH_BYTES = 2048;
const LONGEST = latin1Slice === undefined ? 48 : 256; // bytes; longer text is decoded by itself
const LARGE_BYTES = 256; // a message that is larger has its stretch looked at four bytes at a time
const FEW = 2; // strings; a message that has no more is not worth a stretch

export abstract class TextInput extends Input {
  #stretch = "";
  #stretchStart = 0;
  #stretchEnd = -1;
  #few = FEW; // strings that are still read by themselves

  protected override restart(buffer: Uint8Array): void {
    super.restart(buffer);
    this.#stretch = "";
    this.#stretchEnd = -1;
    this.#few = buffer.length > LARGE_BYTES ? 1 : FEW;
  }

  /**
   * The text at hand with the length in front of it, where it is what most texts are: short, ASCII, and in the stretch of a
   * large message. Undefined where it is not, or may not be, and nothing is read.
   */
  protected commonText(): string | undefined {
    const { at, dataView } = this;
    if (at >= this.end || dataView === undefined) return undefined;
    const length = this.buffer[at]!;
    const start = at + 1;
    const end = start + length;
    if (length > 0x7f || end > this.#stretchEnd || end > this.end) return undefined;
    // Four bytes at a time, the last ones first: together with some of what is before them.
    let bits = dataView.getInt32(end - 4, true);
    for (let i = start; i < end - 4; i += 4) bits |= dataView.getInt32(i, true);
    if ((bits & 0x80808080) !== 0) return undefined;
    this.at = end;
    return this.#stretch.substring(start - this.#stretchStart, end - this.#stretchStart);
  }

  /** The text of the next `length` bytes; undefined where they are not UTF-8. */
  protected text(length: number): string | undefined {
    const { buffer } = this;
    const start = this.at;
    const end = start + length;
    this.at = end;
    let bits = length > LONGEST ? 0x80 : 0;
    for (let i = start; i < end && bits < 0x80; i++) bits |= buffer[i]!;
    if (bits > 0x7f) return readUtf8(buffer, start, end);
    if (end > this.#stretchEnd) {
      if (latin1Slice === undefined || this.#few-- > 0) return readAscii(buffer, start, end);
      this.#stretchStart = start;
      this.#stretchEnd = Math.min(start + STRETCH_BYTES, buffer.length);
      this.#stretch = latin1Slice.call(buffer, start, this.#stretchEnd);
      if (buffer.length > LARGE_BYTES) this.view(); // for commonText
    }
    return this.#stretch.substring(start - this.#stretchStart, end - this.#stretchStart);
  }
}
