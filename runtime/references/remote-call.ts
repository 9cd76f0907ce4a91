/**
 * One call to the peer: encoded, entered, sent, and its answer decoded. It is on its way when `ask` returns; the promise
 * is only for the answer.
 */
import { CallError, ClosedError, LimitError, errorFrom } from "../base/errors.js";
import { type DeclaredErrors, errorFromWire } from "../calls/error-codec.js";
import { type Question, cancelled } from "../calls/outgoing-calls.js";
import type { IncomingPayload } from "../messages/incoming-payload.js";
import { CallKind, type WireError, type WireReturn, type WireTarget } from "../messages/instruction.js";
import { describeValue } from "../protobuf/path.js";
import { utf8Length } from "../protobuf/utf8.js";
import { encodeMessage } from "./encode-message.js";
import type { Export } from "./export-table.js";
import { IncomingScope } from "./incoming-scope.js";
import { readWhole } from "./payload-message.js";
import type { PromisedCall } from "./promised-call.js";
import type { ReferenceContext, StreamLifetime } from "./reference-context.js";
import type { CallOptions } from "./remote-link.js";
import type { Member } from "./service.js";
import { ValueReader } from "./value-reader.js";

/** Who calls: what all links are to a call. The call keeps it alive, and with it the stub. */
export interface CallSource {
  readonly context: ReferenceContext;
  /** The errors that the call may end with. */
  readonly declared: DeclaredErrors;
}

/** One call that waits for its answer: decodes it, and gives back what it brought where nobody wants it any more. */
class RemoteQuestion<R> implements Question {
  readonly keepsResult: boolean;
  readonly #link: CallSource; // also keeps the stub alive while the call is under way
  readonly #member: Member<never, readonly unknown[], R>;
  readonly #promised: PromisedCall | undefined;
  #settle:
    { resolve: (value: R) => void; reject: (error: Error) => void; answered: (() => void) | undefined } | undefined;
  readonly #lifetime: StreamLifetime | undefined;
  #arriving: IncomingPayload | undefined; // the result, where it is large

  constructor(
    link: CallSource,
    member: Member<never, readonly unknown[], R>,
    promised: PromisedCall | undefined,
    options: CallOptions | undefined,
    settle: { resolve: (value: R) => void; reject: (error: Error) => void; answered: (() => void) | undefined },
  ) {
    this.#link = link;
    this.#member = member;
    this.#promised = promised;
    this.keepsResult = promised !== undefined;
    this.#lifetime = streamLifetime(options, link.context);
    this.#settle = settle;
  }

  onReturn(answer: WireReturn): Promise<void> | undefined {
    const { context } = this.#link;
    const scope = new IncomingScope(context, answer.references, this.#link.declared);
    if (answer.resultPayloadId === 0) {
      this.#decode(answer.result, scope);
      return undefined;
    }
    const payload = context.messages.incomingPayloads.claim(answer.resultPayloadId);
    if (this.#settle === undefined) {
      payload.discard();
      scope.discard();
      return undefined;
    }
    this.#arriving = payload;
    return readWhole(payload, context.limits).then(
      (result) => {
        this.#decode(result, scope);
      },
      (error: unknown) => {
        scope.discard();
        this.giveUp(errorFrom(error));
      },
    );
  }

  onThrow(error: WireError): void {
    this.giveUp(errorFromWire(error, this.#link.declared));
  }

  giveUp(error: Error): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    this.#arriving?.discard();
    if (this.#promised !== undefined) this.#promised.state = { kind: "failed", error };
    settle.reject(error);
    settle.answered?.();
  }

  #decode(result: Uint8Array, scope: IncomingScope): void {
    if (this.#settle === undefined) {
      scope.discard();
      return;
    }
    let value: R;
    try {
      value = this.#member.readResult(new ValueReader(result, scope, this.#link.context.limits));
      if (this.#lifetime !== undefined) scope.endStreamsWith(this.#lifetime);
      scope.finish();
    } catch (error) {
      scope.discard();
      this.giveUp(errorFrom(error));
      return;
    }
    this.#fulfil(value, scope.homes(), this.#settle);
  }

  #fulfil(
    value: R,
    homes: readonly Export[],
    settle: { resolve: (value: R) => void; answered: (() => void) | undefined },
  ): void {
    this.#settle = undefined;
    const promised = this.#promised;
    if (promised !== undefined) promised.state = { kind: "known", value };
    if (promised === undefined || homes.length === 0) settle.resolve(value);
    else {
      // Our own objects, come home: calls that were sent through the peer must start before direct ones do. They have
      // been answered, or stand in the object's order.
      promised.whenQuiet(() => {
        let waiting = homes.length;
        const start = (): void => {
          if (--waiting === 0) settle.resolve(value);
        };
        for (const { queue } of homes) queue.push({ ready: true, start });
      });
    }
    settle.answered?.();
  }
}

/** A one-way call that is answered all the same: only that it was matters. */
class Acknowledgement implements Question {
  readonly keepsResult = false;
  #answered: (() => void) | undefined;

  constructor(answered: () => void) {
    this.#answered = answered;
  }
  onReturn(): undefined {
    this.giveUp();
  }
  onThrow(): void {
    this.giveUp();
  }
  giveUp(): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.();
  }
}

/** Issues a call and waits for its answer. @param answered  told when the call has settled. */
export function ask<A extends readonly unknown[], R>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  promised: PromisedCall | undefined,
  answered?: () => void,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const question = new RemoteQuestion<R>(link, member, promised, options, {
      resolve,
      reject,
      answered,
    });
    try {
      const callId = issue(link, target, member, args, options, question);
      if (promised !== undefined && callId > 0) promised.state = { kind: "pending", callId };
    } catch (error) {
      question.giveUp(errorFrom(error));
    }
  });
}

/**
 * Issues a one-way call. Where the connection is gone it goes nowhere, as it would have a moment later.
 * @param answered  asks the peer for an answer, and is told of it.
 */
export function tell<A extends readonly unknown[]>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, void>,
  args: A,
  options?: CallOptions,
  answered?: () => void,
): void {
  if (link.context.closed !== undefined) return;
  try {
    issue(link, target, member, args, options, answered && new Acknowledgement(answered));
  } catch (error) {
    answered?.();
    throw error;
  }
}

/** Encodes a call and sends it. @returns its id; 0: one-way. */
function issue<A extends readonly unknown[], R>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  question: Question | undefined,
): number {
  const { context } = link;
  if (context.closed !== undefined) throw notSent(context.closed);
  const signal = options?.signal;
  throwIfAborted(signal);
  const timeoutMs = checkTimeout(options?.timeoutMs);
  const metadata = checkMetadata(options?.metadata, link.context);

  const message = encodeMessage(context, link.declared, (writer) => {
    member.writeArguments(writer, args);
  });
  const inline = message.length <= context.limits.maxInlineBytes;
  let callId: number;
  try {
    throwIfAborted(signal); // by a getter of the arguments
    callId = question === undefined ? 0 : context.outgoing.open(question, signal, timeoutMs);
  } catch (error) {
    message.finish();
    message.scope.rollback();
    throw error;
  }
  const argumentsPayloadId = inline ? 0 : context.messages.newPayloadId();
  const send = (bytes: Uint8Array): void => {
    context.messages.send({
      kind: "call",
      callId,
      target,
      member: member.number,
      callKind: CallKind[member.kind],
      interfaceId: 0,
      arguments: bytes,
      argumentsPayloadId,
      references: message.scope.references,
      keepsResult: question?.keepsResult ?? false,
      timeoutMs: timeoutMs ?? 0,
      depth: 0,
      metadata,
    });
  };
  if (inline) message.inline(send);
  else {
    send(NO_BYTES);
    context.messages.outgoingPayloads.sendWhole(argumentsPayloadId, message.finish());
  }
  message.scope.commit();
  return callId;
}

const NO_BYTES = new Uint8Array();

/** How long the streams of a call's result may go on. */
function streamLifetime(options: CallOptions | undefined, { clock }: ReferenceContext): StreamLifetime | undefined {
  const { signal, timeoutMs } = options ?? {};
  if (signal === undefined && timeoutMs === undefined) return undefined;
  const hasDeadline = timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY;
  return { signal, deadline: hasDeadline ? clock.now() + timeoutMs : undefined };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

/** @returns whole milliseconds, at least 1; undefined for none. */
function checkTimeout(timeoutMs: number | undefined): number | undefined {
  if (timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY) return undefined;
  if (!(timeoutMs > 0))
    throw new CallError("DEADLINE_EXCEEDED", `a timeout of ${timeoutMs} ms has passed before the call was sent`);
  return Math.min(Math.ceil(timeoutMs), Number.MAX_SAFE_INTEGER);
}

function checkMetadata(metadata: CallOptions["metadata"], { limits }: ReferenceContext): CallOptions["metadata"] {
  if (metadata === undefined) return undefined;
  const entries = Object.entries(metadata);
  const wrong = entries.find(([, value]) => typeof value !== "string");
  if (wrong !== undefined) {
    throw new CallError("INVALID_ARGUMENT", `metadata.${wrong[0]}: expected a string, got ${describeValue(wrong[1])}`);
  }
  const bytes = entries.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);
  if (entries.length > limits.maxMetadataEntries || bytes > limits.maxMetadataBytes) {
    throw new LimitError(
      "message-too-large",
      `metadata of ${entries.length} entries and ${bytes} bytes; the limits are ${limits.maxMetadataEntries} and ${limits.maxMetadataBytes} (limits.maxMetadataEntries, limits.maxMetadataBytes)`,
    );
  }
  return metadata;
}

/** The reason why the session ended, as the error of a call that was never sent. */
function notSent(reason: Error): Error {
  return reason instanceof ClosedError
    ? new ClosedError(reason.code, reason.message, { cause: reason, dispatched: "no" })
    : reason;
}
