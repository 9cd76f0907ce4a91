/**
 * What the parts of this floor share: the tables, the way out, and the limits of one session. Put together by
 * reference-session.ts.
 */
import type { Clock } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { OutgoingCalls } from "../calls/outgoing-calls.js";
import type { WireError } from "../messages/instruction.js";
import type { MessageSession } from "../messages/message-session.js";
import type { ExportTable } from "./export-table.js";
import type { ImportTable } from "./import-table.js";
import type { ResultObject } from "./result-paths.js";
import type { StreamDescriptor } from "./service.js";
import type { ValueWriter } from "./value-writer.js";

/** What is at one place of a result, or why there is no result. */
export type Outcome = ResultObject | FailedOutcome;
export interface FailedOutcome {
  readonly error: Error;
  /** The error as it crosses, with the class that the failed call's interface declares. */
  readonly wire: WireError;
}

/** The result of a call of the peer that is kept for pipelining. */
export interface KeptResult {
  readonly isKnown: boolean;
  /** How many unknown results it is chained on, itself included. */
  readonly depth: number;
  /** Undefined until the call is answered. @param path  field numbers from the outside in; empty: the result itself. */
  outcomeAt(path: readonly number[]): Outcome | undefined;
  /** Runs `then` once the result is known: at once, or in the order of asking. @throws {CallError} RESOURCE_EXHAUSTED */
  whenKnown(then: () => void): void;
}

/** What ends the streams of a call's result, after the call itself has been answered. */
export interface StreamLifetime {
  readonly signal: AbortSignal | undefined;
  /** On the session's clock, ms. */
  readonly deadline: number | undefined;
}

/** A stream that a reference names (incoming-stream.ts). Of `items` and `bytes`, one is called, once. */
export interface IncomingStreamHandle {
  items<T>(descriptor: StreamDescriptor<T>): AsyncIterable<T>;
  bytes(): ReadableStream<Uint8Array>;
  cancel(): void;
  endWith(lifetime: StreamLifetime): void;
}

/** Starts streams that a sent message names (outgoing-stream.ts). @param declared  the errors that may end them. */
export interface OutgoingStreams {
  items<T>(
    payloadId: number,
    descriptor: StreamDescriptor<T>,
    source: AsyncIterable<T>,
    declared: DeclaredErrors,
  ): void;
  bytes(payloadId: number, source: ReadableStream<Uint8Array>, declared: DeclaredErrors): void;
}

export interface ReferenceContext {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly messages: MessageSession;
  readonly outgoing: OutgoingCalls;
  readonly exports: ExportTable;
  readonly imports: ImportTable;
  readonly incomingStreams: { claim(payloadId: number, declared: DeclaredErrors): IncomingStreamHandle };
  readonly outgoingStreams: OutgoingStreams;
  /** The largest message that the peer takes, in bytes. */
  readonly maxSentBytes: number;
  /** Why nothing can be sent any more. */
  readonly closed: Error | undefined;
  /** Writers that are not in use: encoding is frequent, and never interrupted except by itself. */
  readonly writers: ValueWriter[];
  /** Where the peer is, for messages. */
  readonly peerDescription: string;
  keptResult(callId: number): KeptResult | undefined;
}
