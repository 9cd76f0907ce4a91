/** For messages of data alone: no slot of theirs means anything. */
import type { ReferenceSource } from "./value-reader.js";
import type { ReferenceSink } from "./value-writer.js";

/** @param what  names the message in the error. */
export function noSlots(what: string): ReferenceSource & ReferenceSink {
  const refuse = (): never => {
    throw new Error(`${what} can hold no references`);
  };
  return { object: refuse, stream: refuse };
}
