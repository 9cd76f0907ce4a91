/**
 * The text of a message that is being read. Of a message with many strings, a stretch is decoded at once and each string
 * cut out of it, which beats decoding each by 3 x. A string that is kept keeps its stretch alive, so stretches are short.
 * Knows no fields and no paths.
 */
import { Input } from "./input.js";
import { latin1Slice, readUtf8 } from "./utf8.js";

const STRETCH_BYTES = 2048;
const LONGEST = 256; // bytes; longer text is decoded by itself
const FEW = 2; // strings; a message that has no more is not worth a stretch

export abstract class TextInput extends Input {
  #stretch = "";
  #stretchStart = 0;
  #stretchEnd = -1;
  #read = 0;

  /** The text of the next `length` bytes; undefined where they are not UTF-8. */
  protected text(length: number): string | undefined {
    const { buffer } = this;
    const start = this.at;
    const end = start + length;
    this.at = end;
    let bits = 0;
    if (length <= LONGEST) for (let i = start; i < end; i++) bits |= buffer[i]!;
    if (bits > 0x7f || length > LONGEST) return readUtf8(buffer, start, end);
    if (end > this.#stretchEnd) {
      if (latin1Slice === undefined || this.#read++ < FEW) return readUtf8(buffer, start, end);
      this.#stretchStart = start;
      this.#stretchEnd = Math.min(start + STRETCH_BYTES, buffer.length);
      this.#stretch = latin1Slice.call(buffer, start, this.#stretchEnd);
    }
    return this.#stretch.substring(start - this.#stretchStart, end - this.#stretchStart);
  }
}
