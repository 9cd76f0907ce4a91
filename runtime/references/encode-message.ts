/** Encodes one message: its bytes, and the table of what it refers to. On failure nothing stays shared. */
import { LimitError } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { ReferenceContext } from "./reference-context.js";
import { OutgoingScope } from "./outgoing-scope.js";
import { ValueWriter } from "./value-writer.js";

/** An encoded message. Exactly one of `inline` and `finish` is called, once. */
export interface EncodedMessage {
  readonly scope: OutgoingScope;
  readonly length: number;
  /** Hands the bytes to `use` as a view that is valid until it returns. */
  inline(use: (bytes: Uint8Array) => void): void;
  /** The bytes as memory of their own. */
  finish(): Uint8Array;
}

/** @throws what `write` throws, and {LimitError} "message-too-large". */
export function encodeMessage(
  context: ReferenceContext,
  declared: DeclaredErrors,
  write: (writer: ValueWriter) => void,
): EncodedMessage {
  const scope = new OutgoingScope(context, declared);
  const writer = context.writers.pop() ?? new ValueWriter(scope, context.limits);
  writer.startOver(scope);
  try {
    write(writer);
    if (writer.length > context.maxSentBytes) {
      throw new LimitError(
        "message-too-large",
        `a message of ${writer.length} bytes, and the limit is ${context.maxSentBytes} (limits.maxMessageBytes, here or at the peer); send a stream instead`,
      );
    }
  } catch (error) {
    context.writers.push(writer);
    scope.rollback();
    throw error;
  }
  return {
    scope,
    length: writer.length,
    inline: (use) => {
      use(writer.view());
      context.writers.push(writer);
    },
    finish: () => {
      const bytes = writer.length > 4096 ? writer.take() : writer.finish();
      context.writers.push(writer);
      return bytes;
    },
  };
}
