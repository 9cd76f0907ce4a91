/**
 * The text of a message that is being read. Of a message with many strings, a stretch is decoded at once and each string
 * cut out of it, which beats decoding each by 3 x. A string that is kept keeps its stretch alive, so stretches are short.
 * Knows no fields and no paths.
 */
import { Input } from "./input.js";
import { latin1Slice, readAscii, readUtf8 } from "./utf8.js";

const STRETCH_BYTES = 2048;
const LONGEST = latin1Slice === undefined ? 48 : 256; // bytes; longer text is decoded by itself
const LARGE_BYTES = 256; // a message that is larger has its text looked at four bytes at a time
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

  /** The text of the next `length` bytes; undefined where they are not UTF-8. */
  protected text(length: number): string | undefined {
    const { buffer } = this;
    const start = this.at;
    const end = start + length;
    this.at = end;
    if (length > LONGEST || !this.#isAscii(start, end)) return readUtf8(buffer, start, end);
    if (end > this.#stretchEnd) {
      if (latin1Slice === undefined || this.#few-- > 0) return readAscii(buffer, start, end);
      this.#stretchStart = start;
      this.#stretchEnd = Math.min(start + STRETCH_BYTES, buffer.length);
      this.#stretch = latin1Slice.call(buffer, start, this.#stretchEnd);
    }
    return this.#stretch.substring(start - this.#stretchStart, end - this.#stretchStart);
  }

  #isAscii(start: number, end: number): boolean {
    const { buffer } = this;
    const length = end - start;
    let bits = 0;
    if (length >= 4 && buffer.length > LARGE_BYTES) {
      // Eight bytes at a time, or four: what is left at the end is looked at together with some of what was before it.
      const view = this.view();
      if (length < 8) bits = view.getInt32(start, true) | view.getInt32(end - 4, true);
      else {
        const last = end - 8;
        for (let i = start; i < last; i += 8) bits |= view.getInt32(i, true) | view.getInt32(i + 4, true);
        bits |= view.getInt32(last, true) | view.getInt32(last + 4, true);
      }
      return (bits & 0x80808080) === 0;
    }
    for (let i = start; i < end; i++) bits |= buffer[i]!;
    return bits < 0x80;
  }
}
