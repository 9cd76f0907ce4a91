/** Encodes one message: its bytes, and the table of what it refers to. On failure nothing stays shared. */
import { LimitError } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { ReferenceContext } from "./reference-context.js";
import { OutgoingScope } from "./outgoing-scope.js";
import { type ObjectPaths, ValueWriter } from "./value-writer.js";

/** An encoded message. Exactly one of `inline` and `finish` is called, once. */
export interface EncodedMessage {
  readonly scope: OutgoingScope;
  readonly length: number;
  /** Hands the bytes to `use` as a view that is valid until it returns. */
  inline(use: (bytes: Uint8Array) => void): void;
  /** The bytes as memory of their own. */
  finish(): Uint8Array;
}

/**
 * @param paths  is told where in the message each object stands.
 * @throws what `write` throws, and {LimitError} "message-too-large".
 */
export function encodeMessage(
  context: ReferenceContext,
  declared: DeclaredErrors,
  write: (writer: ValueWriter) => void,
  paths?: ObjectPaths,
): EncodedMessage {
  const scope = new OutgoingScope(context, declared);
  const put = (): void => {
    writer.startOver(NOTHING); // it keeps nothing of this message alive
    context.writers.push(writer);
  };
  const writer = context.writers.pop() ?? new ValueWriter(scope, context.limits);
  writer.startOver(scope, paths);
  try {
    write(writer);
    if (writer.length > context.maxSentBytes) {
      throw new LimitError(
        "message-too-large",
        `a message of ${writer.length} bytes, and the limit is ${context.maxSentBytes} (limits.maxMessageBytes, here or at the peer); send a stream instead`,
      );
    }
  } catch (error) {
    put();
    scope.rollback();
    throw error;
  }
  return {
    scope,
    length: writer.length,
    inline: (use) => {
      use(writer.view());
      put();
    },
    finish: () => {
      const bytes = writer.length > 4096 ? writer.take() : writer.finish();
      put();
      return bytes;
    },
  };
}

function refuse(): never {
  throw new Error("a writer that is not in use");
}
const NOTHING = { object: refuse, stream: refuse, byteStream: refuse };
