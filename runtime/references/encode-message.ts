/** Encodes one message: its bytes, and the table of what it refers to. On failure nothing stays shared. */
import { LimitError } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { ReferenceContext } from "./reference-context.js";
import { OutgoingScope } from "./outgoing-scope.js";
import { type ObjectPaths, ValueWriter } from "./value-writer.js";

/** An encoded message. Exactly one of `inline` and `finish` is called, once. */
export class EncodedMessage {
  readonly scope: OutgoingScope;
  readonly #context: ReferenceContext;
  readonly #writer: ValueWriter;

  constructor(scope: OutgoingScope, context: ReferenceContext, writer: ValueWriter) {
    this.scope = scope;
    this.#context = context;
    this.#writer = writer;
  }

  /** In bytes. */
  get length(): number {
    return this.#writer.length;
  }

  /** Hands the bytes to `use` as a view that is valid until it returns. */
  inline(use: (bytes: Uint8Array) => void): void {
    use(this.#writer.view());
    putBack(this.#context, this.#writer);
  }

  /** The bytes as memory of their own. */
  finish(): Uint8Array {
    const bytes = this.#writer.length > 4096 ? this.#writer.take() : this.#writer.finish();
    putBack(this.#context, this.#writer);
    return bytes;
  }
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
    putBack(context, writer);
    scope.rollback();
    throw error;
  }
  return new EncodedMessage(scope, context, writer);
}

/** The writer is free for another message, and keeps nothing of this one alive. */
function putBack(context: ReferenceContext, writer: ValueWriter): void {
  writer.startOver(NOTHING);
  context.writers.push(writer);
}

function refuse(): never {
  throw new Error("a writer that is not in use");
}
const NOTHING = { object: refuse, stream: refuse, byteStream: refuse };
