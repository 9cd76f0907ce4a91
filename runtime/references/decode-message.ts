/**
 * Decodes one message, with a reader that is used again: a new one for each would cost a small message as much as its
 * content. Its counterpart is encode-message.ts.
 */
import { NO_BYTES } from "../messages/instruction.js";
import { noSlots } from "./no-slots.js";
import type { ReferenceContext } from "./reference-context.js";
import { type ReferenceSource, ValueReader } from "./value-reader.js";

/** @throws what `read` throws. */
export function decodeMessage<T>(
  context: ReferenceContext,
  bytes: Uint8Array,
  references: ReferenceSource,
  read: (reader: ValueReader) => T,
): T {
  const reader = context.readers.pop() ?? new ValueReader(NO_BYTES, NOTHING, context.limits);
  reader.startOver(bytes, references);
  try {
    return read(reader);
  } finally {
    // It keeps nothing of this message alive.
    reader.startOver(NO_BYTES, NOTHING);
    context.readers.push(reader);
  }
}

const NOTHING: ReferenceSource = noSlots("a reader that is not in use");
