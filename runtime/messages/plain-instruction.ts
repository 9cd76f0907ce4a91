/**
 * What most instructions are, read where they lie: calls of objects and of promised results, their returns, and what
 * gives results and references back. Whatever else there is, and any other order of the fields, is left to
 * instruction-reader.ts, which tests hold this one to. Source of the numbers: schema/peerwire/v1.
 */
import {
  NO_BYTES,
  type Instruction,
  type WireCall,
  type WireReference,
  type WireReturn,
  type WireTarget,
} from "./instruction.js";

/** What is larger may hold values that are handed to the application as views: those must be of memory that stays. */
const LARGE_BYTES = 2048;
const NO_REFERENCES: readonly WireReference[] = [];
const NO_PATH: readonly number[] = [];
const NOTHING: WireReference = { kind: "none" };
/** Where bytes end that are not plain. */
const NOWHERE = -1;

/** Reads one instruction after the other, without an object of its own for each. */
export class PlainInstructions {
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  /** Of the message that is being read; NOWHERE once it has turned out not to be plain: then no more fields are found. */
  #end = 0;

  /**
   * Reads the instruction in bytes [from, to) of `bytes`.
   * @returns one whose byte fields may be views of `bytes`; undefined where it is not plain, or does not decode.
   */
  read(bytes: Uint8Array, from: number, to: number): Instruction | undefined {
    this.#bytes = bytes;
    this.#at = from + 1;
    this.#end = to;
    if (this.#uint() !== to - this.#at) return undefined;
    const instruction = this.#content(bytes[from]!);
    return this.#at === to && this.#end === to ? instruction : undefined;
  }

  #content(tag: number): Instruction | undefined {
    switch (tag) {
      case 18:
        return this.#call();
      case 26:
        return this.#return();
      case 50:
        return { kind: "finish", callId: this.#field(8) };
      case 58:
        return this.#release();
      default:
        return undefined;
    }
  }

  #call(): WireCall {
    return {
      kind: "call",
      callId: this.#field(8),
      target: this.#target(),
      member: this.#field(32),
      callKind: this.#field(40),
      interfaceId: this.#fixed32(53),
      arguments: this.#blob(58),
      argumentsPayloadId: this.#field(64),
      references: this.#references(74),
      keepsResult: this.#field(80) !== 0,
      timeoutMs: this.#field(88),
      depth: this.#field(96),
      metadata: undefined,
    };
  }

  #return(): WireReturn {
    return {
      kind: "return",
      callId: this.#field(8),
      result: this.#blob(18),
      resultPayloadId: this.#field(24),
      references: this.#references(34),
    };
  }

  #release(): Instruction {
    const references: { importId: number; count: number }[] = [];
    while (this.#isNext(10)) {
      const outer = this.#enter();
      references.push({ importId: this.#field(8), count: this.#field(16) });
      this.#leave(outer);
    }
    return { kind: "release", references };
  }

  #target(): WireTarget {
    if (this.#isNext(26)) return { promised: this.#promised() };
    if (this.#bytes[this.#at++] !== 16) this.#end = NOWHERE;
    return { importId: this.#uint() };
  }

  #promised(): { readonly callId: number; readonly path: readonly number[] } {
    const outer = this.#enter();
    const callId = this.#field(8);
    const path = this.#isNext(18) ? this.#numbers() : NO_PATH;
    this.#leave(outer);
    return { callId, path };
  }

  #numbers(): readonly number[] {
    const outer = this.#enter();
    const numbers: number[] = [];
    while (this.#at < this.#end) numbers.push(this.#uint());
    this.#leave(outer);
    return numbers;
  }

  #references(tag: number): readonly WireReference[] {
    if (!this.#isNext(tag)) return NO_REFERENCES;
    const references: WireReference[] = [];
    while (this.#isNext(tag)) {
      const outer = this.#enter();
      references.push(this.#reference());
      this.#leave(outer);
    }
    return references;
  }

  /** One of ours, one of the reader's that comes home, or a stream. */
  #reference(): WireReference {
    if (this.#isNext(8)) return { kind: "export", id: this.#field(8), interfaceId: this.#fixed32(45) };
    if (this.#isNext(16)) return { kind: "import", id: this.#field(16) };
    if (this.#isNext(32)) return { kind: "payload", id: this.#field(32) };
    this.#end = NOWHERE;
    return NOTHING;
  }

  #isNext(tag: number): boolean {
    return this.#at < this.#end && this.#bytes[this.#at] === tag;
  }

  /** Goes into a message inside this one, whose tag comes next. @returns the end of this one, for `leave`. */
  #enter(): number {
    this.#at++;
    const outer = this.#end;
    const length = this.#uint();
    const isWhole = this.#end === outer && length <= outer - this.#at;
    this.#end = isWhole ? this.#at + length : NOWHERE;
    return outer;
  }

  #leave(outer: number): void {
    this.#end = this.#at === this.#end ? outer : NOWHERE;
  }

  /** A number under `tag`; 0 where the next field is another. */
  #field(tag: number): number {
    if (!this.#isNext(tag)) return 0;
    this.#at++;
    return this.#uint();
  }

  #fixed32(tag: number): number {
    if (!this.#isNext(tag)) return 0;
    const bytes = this.#bytes;
    const at = this.#at + 1;
    this.#at = at + 4;
    if (this.#at > this.#end) this.#end = NOWHERE;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  #blob(tag: number): Uint8Array {
    const length = this.#field(tag);
    const start = this.#at;
    if (length === 0) return NO_BYTES;
    if (length > this.#end - start) {
      this.#end = NOWHERE;
      return NO_BYTES;
    }
    this.#at += length;
    const view = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
    return length > LARGE_BYTES ? view.slice() : view;
  }

  /** A number of up to 28 bits. */
  #uint(): number {
    let value = 0;
    for (let shift = 0; shift < 28 && this.#at < this.#end; shift += 7) {
      const byte = this.#bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#end = NOWHERE;
    return 0;
  }
}
