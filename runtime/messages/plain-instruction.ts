/**
 * What most instructions are: a call of an object with nothing but data, and its return, read where they lie. Whatever
 * else there is, and any other order of the fields, is left to instruction-reader.ts, which tests hold this one to.
 * Source of the numbers: schema/peerwire/v1.
 */
import { NO_BYTES, type WireCall, type WireReference, type WireReturn } from "./instruction.js";

/** What is larger may hold values that are handed to the application as views: those must be of memory that stays. */
const LARGE_BYTES = 2048;
const NO_REFERENCES: readonly WireReference[] = [];

/** Reads one instruction after the other, without an object of its own for each. */
export class PlainInstructions {
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #end = 0;

  /**
   * Reads the instruction in bytes [from, to) of `bytes`.
   * @returns one whose byte fields may be views of `bytes`; undefined where it is not plain, or does not decode.
   */
  read(bytes: Uint8Array, from: number, to: number): WireCall | WireReturn | undefined {
    this.#bytes = bytes;
    this.#at = from + 1;
    this.#end = to;
    const tag = bytes[from];
    if ((tag !== 18 && tag !== 26) || this.#uint() !== to - this.#at) return undefined;
    const instruction = tag === 18 ? this.#call() : this.#return();
    return this.#at === to ? instruction : undefined;
  }

  #call(): WireCall | undefined {
    const callId = this.#field(8, 0);
    const importId = this.#field(16, -1);
    const member = this.#field(32, 0);
    const callKind = this.#field(40, 0);
    const args = this.#blob(58);
    const depth = this.#field(96, 0);
    if (callId < 0 || importId < 0 || member < 0 || callKind < 0 || args === undefined || depth < 0) return undefined;
    return {
      kind: "call",
      callId,
      target: { importId },
      member,
      callKind,
      interfaceId: 0,
      arguments: args,
      argumentsPayloadId: 0,
      references: NO_REFERENCES,
      keepsResult: false,
      timeoutMs: 0,
      depth,
      metadata: undefined,
    };
  }

  #return(): WireReturn | undefined {
    const callId = this.#field(8, 0);
    const result = this.#blob(18);
    if (callId < 0 || result === undefined) return undefined;
    return { kind: "return", callId, result, resultPayloadId: 0, references: NO_REFERENCES };
  }

  /** A number under `tag`; `absent` where the next field is another; -1 where it is no short number. */
  #field(tag: number, absent: number): number {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== tag) return absent;
    this.#at++;
    return this.#uint();
  }

  #blob(tag: number): Uint8Array | undefined {
    const length = this.#field(tag, 0);
    const start = this.#at;
    if (length < 0 || length > this.#end - start) return undefined;
    this.#at += length;
    if (length === 0) return NO_BYTES;
    const view = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
    return length > LARGE_BYTES ? view.slice() : view;
  }

  /** A number of up to 28 bits; -1 where it is none. */
  #uint(): number {
    let value = 0;
    for (let shift = 0; shift < 28 && this.#at < this.#end; shift += 7) {
      const byte = this.#bytes[this.#at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }
}
