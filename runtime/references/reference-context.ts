/**
 * What the parts of this floor share: the tables, the way out, and the limits of one session. Put together by
 * reference-session.ts.
 */
import type { Clock } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import type { CallContext, CallPeer } from "../calls/call-handler.js";
import type { DeclaredErrors, ErrorPolicy } from "../calls/error-codec.js";
import type { ResultStreams } from "../calls/incoming-call.js";
import type { Interceptor } from "../calls/interceptor.js";
import type { Halves } from "../calls/halves.js";
import type { OutgoingCalls } from "../calls/outgoing-calls.js";
import type { WireError, WireReference } from "../messages/instruction.js";
import type { MessageSession } from "../messages/message-session.js";
import type { EncodedMessage } from "./encode-message.js";
import type { Export, ExportTable } from "./export-table.js";
import type { Import, ImportHolder } from "./import.js";
import type { ImportTable } from "./import-table.js";
import type { OutgoingScope } from "./outgoing-scope.js";
import type { Receiving, ReceivingPart } from "./receiving.js";
import type { ReferenceWatch, ReferenceWatchOptions } from "./reference-watch.js";
import type { PassedOn } from "./remote-link.js";
import type { ResultObject } from "./result-paths.js";
import type { ServiceDescriptor, StreamDescriptor } from "./service.js";
import type { Streams, StreamsPart } from "./streams.js";
import type { ReferenceSource, ValueReader } from "./value-reader.js";

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
  readonly signals: readonly AbortSignal[];
  /** On the session's clock, ms. */
  readonly deadline: number | undefined;
}

/** A stream that a reference names (incoming-stream.ts). Of `items` and `bytes`, one is called, once. */
export interface IncomingStreamHandle {
  items<T>(descriptor: StreamDescriptor<T>): AsyncIterable<T>;
  bytes(): ReadableStream<Uint8Array>;
  cancel(): void;
  /** Its items are passed on to another peer: the references of each are let go of when the next one is asked for. */
  passOn(): void;
  endWith(lifetime: StreamLifetime): void;
}

/** What a stream that a sent message names belongs to. */
export interface StreamOwner {
  readonly payloadId: number;
  /** The errors that may end it. */
  readonly declared: DeclaredErrors;
  /** Those of the call that it answers, if it is one of them. */
  readonly result: ResultStreams | undefined;
}

/** The references that one arriving message names (incoming-scope.ts). Of `finish` and `discard` one is called, once. */
export interface MessageScope extends ReferenceSource, PassedOn {
  /** Our own objects that came home in it. */
  homes(): readonly Export[];
  endStreamsWith(lifetime: StreamLifetime): void;
  /** It has been decoded, and the call that it was for has ended. */
  finish(): void;
  /** Nobody will use it: all that it named is given back. */
  discard(): void;
}

/** Which call runs now, where that is tracked: an `AsyncLocalStorage<CallContext>`. */
export interface ContextStorage {
  getStore(): CallContext | undefined;
  run<R>(store: CallContext, callback: () => R): R;
}

/** Around the calls of a session; undefined: none. */
export interface Interceptors {
  readonly outgoing: readonly Interceptor[] | undefined;
  readonly incoming: readonly Interceptor[] | undefined;
}

export interface ReferenceContext {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly messages: MessageSession;
  readonly outgoing: OutgoingCalls;
  readonly halves: Halves;
  /** Undefined: nothing has been shared here (serving.ts). */
  readonly exports: ExportTable | undefined;
  /** Undefined: no result of a call made here may hold a reference (receiving.ts). */
  readonly imports: ImportTable | undefined;
  useReferences(part: ReceivingPart): Receiving;
  /** The references that a message names, as it arrives. @throws {ProtocolError} for those that no honest peer sends. */
  scopeOf(references: readonly WireReference[], declared: DeclaredErrors): MessageScope;
  /** The link to one of the peer's objects, and with it its stub. */
  linkTo(held: Import, service: ServiceDescriptor): ImportHolder;
  /** Undefined: none has been sent or expected here (streams.ts). */
  readonly streams: Streams | undefined;
  useStreams(part: StreamsPart): Streams;
  /** Told whenever a stream has ended. */
  readonly onStreamEnded: (() => void) | undefined;
  /** The largest message that the peer takes, in bytes, and what of it inside an instruction. */
  readonly maxSentBytes: number;
  readonly maxSentInlineBytes: number;
  readonly peer: CallPeer;
  readonly errors: ErrorPolicy;
  readonly interceptors: Interceptors;
  readonly contextStorage: ContextStorage | undefined;
  /** Metadata that a nested call takes over from the call around it. */
  readonly inheritedMetadata: readonly string[];
  /** The peer takes no new calls. */
  readonly isPeerDraining: boolean;
  /** Why nothing can be sent any more. */
  readonly closed: Error | undefined;
  /** Undefined: as `imports`. */
  readonly watch: ReferenceWatch | undefined;
  readonly watchOptions: ReferenceWatchOptions | undefined;
  /** Messages and readers that are not in use: their work is frequent, and never interrupted except by itself. */
  readonly spareMessages: EncodedMessage[];
  readonly readers: ValueReader[];
  /** Told what failed where nobody waits: an assignment that the peer refused. */
  readonly onUnheardError: (error: Error) => void;
  /** Counts one reference to `object`, which `scope` names. @throws {LimitError} "too-many-references" */
  share(scope: OutgoingScope, service: ServiceDescriptor, object: object): WireReference;
  keptResult(callId: number): KeptResult | undefined;
}
