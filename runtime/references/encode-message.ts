/** Encodes one message: its bytes, and the table of what it refers to. On failure nothing stays shared. */
import { LimitError } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { ResultStreams } from "../calls/incoming-call.js";
import { NO_BYTES } from "../messages/instruction.js";
import { declaredErrors } from "./declared-errors.js";
import type { ReferenceContext } from "./reference-context.js";
import { OutgoingScope } from "./outgoing-scope.js";
import { type Member, type ServiceDescriptor, describeMember } from "./service.js";
import { type ObjectPaths, ValueWriter } from "./value-writer.js";

/** An encoded message. Of `commit` and `rollback` one is called, once, and last: it is then used for another message. */
export class EncodedMessage {
  readonly scope: OutgoingScope;
  readonly writer: ValueWriter;
  readonly #context: ReferenceContext;

  constructor(context: ReferenceContext) {
    this.scope = new OutgoingScope(context);
    this.writer = new ValueWriter(this.scope, context.limits);
    this.#context = context;
  }

  /** Of a new one, or one that was put back. */
  begin(declared: DeclaredErrors, paths: ObjectPaths | undefined): void {
    this.scope.begin(declared);
    if (paths !== undefined) this.writer.noteObjects(paths);
  }

  /** In bytes. */
  get length(): number {
    return this.writer.length;
  }

  /** The bytes, valid until `commit` or `rollback`. */
  view(): Uint8Array {
    return this.length === 0 ? NO_BYTES : this.writer.view();
  }

  /** The bytes, to be kept. */
  take(): Uint8Array {
    return this.writer.finish();
  }

  /** The message is on its way: its streams may flow. @param result  those of the call that it answers. */
  commit(result?: ResultStreams): void {
    this.scope.commit(result);
    this.#putBack();
  }

  /** The message was not sent: nothing of it was shared. */
  rollback(): void {
    this.scope.rollback();
    this.#putBack();
  }

  /** @throws {LimitError} "message-too-large" */
  judge(): void {
    const { maxSentBytes } = this.#context;
    if (this.length <= maxSentBytes) return;
    throw new LimitError(
      "message-too-large",
      `a message of ${this.length} bytes, and the limit is ${maxSentBytes} (limits.maxMessageBytes, here or at the peer); send a stream instead`,
    );
  }

  /** Keeps nothing of this message alive. */
  #putBack(): void {
    this.scope.clear();
    this.writer.startOver(this.scope);
    this.#context.spareMessages.push(this);
  }
}

/** @throws what `write` throws, and {LimitError} "message-too-large". */
export function encodeMessage(
  context: ReferenceContext,
  declared: DeclaredErrors,
  write: (writer: ValueWriter) => void,
): EncodedMessage {
  const message = begin(context, declared, undefined);
  try {
    write(message.writer);
    message.judge();
  } catch (error) {
    message.rollback();
    throw error;
  }
  return message;
}

/** The arguments of a call. @throws as `encodeMessage`. */
export function encodeArguments<A extends readonly unknown[]>(
  context: ReferenceContext,
  declared: DeclaredErrors,
  member: Member<never, A>,
  args: A,
): EncodedMessage {
  const message = begin(context, declared, undefined);
  try {
    member.writeArguments(message.writer, args);
    message.judge();
  } catch (error) {
    message.rollback();
    throw error;
  }
  return message;
}

/** A result. @param paths  is told where in the message each object stands. @throws as `encodeMessage`. */
export function encodeResult(
  context: ReferenceContext,
  service: ServiceDescriptor,
  member: Member<object>,
  result: unknown,
  paths: ObjectPaths | undefined,
): EncodedMessage {
  const message = begin(context, declaredErrors(service), paths);
  try {
    const { watch } = context;
    if (watch?.traces === true)
      watch.within(
        () => `result of ${describeMember(service, member)}`,
        () => {
          member.writeResult(message.writer, result);
        },
      );
    else member.writeResult(message.writer, result);
    message.judge();
  } catch (error) {
    message.rollback();
    throw error;
  }
  return message;
}

function begin(context: ReferenceContext, declared: DeclaredErrors, paths: ObjectPaths | undefined): EncodedMessage {
  const message = context.spareMessages.pop() ?? new EncodedMessage(context);
  message.begin(declared, paths);
  return message;
}
