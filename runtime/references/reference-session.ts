/**
 * One session's objects: builds the tables and the calls between two peers, and takes each instruction to whoever
 * knows it. Everything that ends with the session ends here.
 */
import { systemClock, type Clock } from "../base/clock.js";
import { CallError, ProtocolError } from "../base/errors.js";
import { exportIdFromWire, importIdFromWire, type ExportId } from "../base/ids.js";
import { DEFAULT_LIMITS, type Limits } from "../base/limits.js";
import type { CallPeer } from "../calls/call-handler.js";
import { type DeclaredErrors, type ErrorPolicy, refusalToWire } from "../calls/error-codec.js";
import { Halves } from "../calls/halves.js";
import type { IncomingCalls } from "../calls/incoming-calls.js";
import { OutgoingCalls } from "../calls/outgoing-calls.js";
import type { Instruction, WireCall, WireReference } from "../messages/instruction.js";
import type { MessageSession } from "../messages/message-session.js";
import type { EncodedMessage } from "./encode-message.js";
import type { ExportTable } from "./export-table.js";
import { ImportLink, ImportOrigin } from "./import-link.js";
import { Import, type ImportHolder } from "./import.js";
import type { ImportTable } from "./import-table.js";
import type { KeptCall } from "./kept-result.js";
import { NO_REFERENCES } from "./no-references.js";
import type { OutgoingScope } from "./outgoing-scope.js";
import type { Receiving, ReceivingPart } from "./receiving.js";
import type { ContextStorage, Interceptors, MessageScope, ReferenceContext } from "./reference-context.js";
import type { ReferenceWatch, ReferenceWatchOptions } from "./reference-watch.js";
import type { ServiceDescriptor } from "./service.js";
import type { Serving, ServingPart } from "./serving.js";
import { decodeSnapshot } from "./snapshots.js";
import type { Streams, StreamsPart } from "./streams.js";
import type { ValueReader } from "./value-reader.js";

export interface ReferenceSessionOptions {
  readonly limits: Limits;
  readonly clock?: Clock;
  readonly messages: MessageSession;
  readonly peer: CallPeer;
  readonly sendStacks?: boolean | undefined;
  readonly interceptors?: { readonly [Side in keyof Interceptors]?: Interceptors[Side] } | undefined;
  readonly contextStorage?: ContextStorage | undefined;
  readonly inheritedMetadata?: readonly string[] | undefined;
  readonly references?: ReferenceWatchOptions | undefined;
  readonly onPeerDrain?: (graceMs: number) => void;
  /** Told what failed where nobody waits. */
  readonly onUnheardError?: ((error: Error) => void) | undefined;
}

/** W3C Trace Context: what makes one trace of the calls of many programs. */
const TRACE_CONTEXT: readonly string[] = ["traceparent", "tracestate"];

/** The object that describes what this side serves (api/reflection-root.ts). Of a side without roots its answer is empty. */
const REFLECTION_ID = 0;

export class ReferenceSession implements ReferenceContext {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly messages: MessageSession;
  readonly outgoing: OutgoingCalls;
  readonly halves: Halves = new Halves();
  /** Told whenever a stream has ended. */
  onStreamEnded: (() => void) | undefined;
  readonly spareMessages: EncodedMessage[] = [];
  readonly readers: ValueReader[] = [];
  readonly watchOptions: ReferenceWatchOptions | undefined;
  readonly peer: CallPeer;
  readonly errors: ErrorPolicy;
  readonly interceptors: Interceptors;
  readonly contextStorage: ContextStorage | undefined;
  readonly inheritedMetadata: readonly string[];
  readonly onUnheardError: (error: Error) => void;
  #serving: Serving | undefined;
  #streams: Streams | undefined;
  readonly #origins = new Map<ServiceDescriptor, ImportOrigin>();
  readonly #send: (instruction: Instruction) => void;
  #receiving: Receiving | undefined;
  readonly #onPeerDrain: ((graceMs: number) => void) | undefined;
  maxSentBytes: number;
  maxSentInlineBytes: number;
  #isPeerDraining = false;
  /** Set once this side has said that it is going away: told as calls end. */
  #onDrained: (() => void) | undefined;
  #closed: Error | undefined;

  constructor(options: ReferenceSessionOptions) {
    const { limits, clock = systemClock, messages, peer, sendStacks = false, interceptors = {} } = options;
    this.onUnheardError = options.onUnheardError ?? (() => undefined);
    this.limits = limits;
    this.maxSentBytes = limits.maxMessageBytes;
    this.maxSentInlineBytes = Math.min(limits.maxInlineBytes, DEFAULT_LIMITS.maxInlineBytes);
    this.clock = clock;
    this.messages = messages;
    this.peer = peer;
    this.errors = { ...limits, sendStacks };
    this.interceptors = { outgoing: nonEmpty(interceptors.outgoing), incoming: nonEmpty(interceptors.incoming) };
    this.contextStorage = options.contextStorage;
    this.inheritedMetadata = options.inheritedMetadata ?? TRACE_CONTEXT;
    this.#onPeerDrain = options.onPeerDrain;
    const send = (instruction: Instruction): void => {
      if (this.#closed === undefined) messages.send(instruction);
    };
    this.#send = send;
    this.watchOptions = options.references;
    this.outgoing = new OutgoingCalls(limits, clock, send);
  }

  get closed(): Error | undefined {
    return this.#closed;
  }

  get isPeerDraining(): boolean {
    return this.#isPeerDraining;
  }

  /** Undefined: no result of a call made here may hold a reference. */
  get imports(): ImportTable | undefined {
    return this.#receiving?.imports;
  }

  get watch(): ReferenceWatch | undefined {
    return this.#receiving?.watch;
  }

  useReferences(part: ReceivingPart): Receiving {
    return (this.#receiving ??= part(this, this.#send));
  }

  scopeOf(references: readonly WireReference[], declared: DeclaredErrors): MessageScope {
    if (this.#receiving === undefined) return this.#giveBack(references);
    return references.length === 0 ? this.#receiving.none : this.#receiving.scopeOf(references, declared);
  }

  linkTo(held: Import, service: ServiceDescriptor): ImportHolder {
    return new ImportLink(this.#originOf(service), held);
  }

  get streams(): Streams | undefined {
    return this.#streams;
  }

  useStreams(part: StreamsPart): Streams {
    return (this.#streams ??= part(this));
  }

  /** Undefined: nothing has been shared here. */
  get exports(): ExportTable | undefined {
    return this.#serving?.exports;
  }

  /** Undefined: nothing has been shared here. */
  get incoming(): IncomingCalls | undefined {
    return this.#serving?.incoming;
  }

  keptResult(callId: number): KeptCall | undefined {
    return this.#serving?.keptResult(callId);
  }

  share(scope: OutgoingScope, service: ServiceDescriptor, object: object): WireReference {
    if (this.#serving === undefined && service.serving === undefined) {
      throw new CallError(
        "UNIMPLEMENTED",
        `an object of ${service.fullName} cannot be shared: no interface passes one in arguments, so its generated code lacks what serves it; generate again, or serve a root`,
      );
    }
    return this.#served(service.serving!).share(scope, service, object);
  }

  #served(part: ServingPart): Serving {
    if (this.#serving !== undefined) return this.#serving;
    this.#serving = part(this);
    if (this.#onDrained !== undefined) this.#serving.incoming.drain(this.#onDrained);
    return this.#serving;
  }

  /** The peer's Hello said how much it takes. 0: it did not. */
  setPeerLimits({ maxMessageBytes, maxInlineBytes }: { maxMessageBytes: number; maxInlineBytes: number }): void {
    if (maxMessageBytes > 0) this.maxSentBytes = Math.min(this.limits.maxMessageBytes, maxMessageBytes);
    if (maxInlineBytes > 0) this.maxSentInlineBytes = Math.min(this.limits.maxInlineBytes, maxInlineBytes);
  }

  #originOf(service: ServiceDescriptor): ImportOrigin {
    let origin = this.#origins.get(service);
    if (origin === undefined) this.#origins.set(service, (origin = new ImportOrigin(this, service)));
    return origin;
  }

  /** Serves an object from the start. @returns its id, for Hello. */
  serve(part: ServingPart, service: ServiceDescriptor, object: object, id?: ExportId): ExportId {
    return this.#served(part).exports.addRoot(service, object, id).id;
  }

  /** The stub of one of the peer's roots. @param snapshot  as its Hello says. @throws where that does not decode. */
  root(exportIdOfPeer: number, service: ServiceDescriptor, snapshot?: Uint8Array): object {
    const link = this.linkTo(Import.root(exportIdOfPeer, service, this.clock.now()), service);
    link.snapshot = decodeSnapshot(service, snapshot, this.limits);
    return link.stub;
  }

  /** @throws {ProtocolError} where the peer breaks the protocol. */
  onInstruction(instruction: Instruction): void {
    switch (instruction.kind) {
      case "call":
        if (this.#serving === undefined) this.#refuse(instruction);
        else this.#serving.incoming.onCall(instruction);
        return;
      case "return":
        this.outgoing.onReturn(instruction);
        return;
      case "throw":
        this.outgoing.onThrow(instruction.callId, instruction.error);
        return;
      case "cancel":
        this.#serving?.incoming.onCancel(instruction.callId);
        return;
      case "finish":
        this.#serving?.finish(instruction.callId);
        return;
      case "release":
        for (const { importId, count } of instruction.references) this.#release(exportIdFromWire(importId), count);
        return;
      case "itemReferences":
        if (this.#streams === undefined) this.#giveBack(instruction.references);
        else this.#streams.incoming.onItemReferences(instruction.payloadId, instruction.references);
        return;
      case "itemCredit":
        this.#streams?.outgoing.onCredit(instruction.payloadId, instruction.references);
        return;
      case "drain":
        if (this.#isPeerDraining) return;
        this.#isPeerDraining = true;
        this.#onPeerDrain?.(instruction.graceMs);
        return;
      case "hello":
        throw new ProtocolError("bad-hello", "a second Hello");
    }
  }

  /** The peer calls, and nothing is shared here. What it sent along is given back. */
  #refuse({ callId, target, references, argumentsPayloadId }: WireCall): void {
    this.#giveBack(references);
    if (argumentsPayloadId !== 0) this.messages.incomingPayloads.claim(argumentsPayloadId).discard();
    if (callId === 0) return;
    if ("importId" in target && target.importId === REFLECTION_ID) {
      this.messages.send({ kind: "return", callId, result: new Uint8Array(), resultPayloadId: 0, references: [] });
      return;
    }
    const error = refusalToWire(new CallError("NOT_FOUND", "the object is not shared: this side shares none"));
    this.messages.send({ kind: "throw", callId, error });
  }

  /** No interface here expects what a message names: a newer one of the peer may. */
  #giveBack(references: readonly WireReference[]): MessageScope {
    if (references.length > 0) {
      const given = references.flatMap((one) =>
        one.kind === "export" ? [{ importId: importIdFromWire(one.id), count: 1 }] : [],
      );
      if (given.length > 0) this.#send({ kind: "release", references: given });
      for (const one of references) if (one.kind === "payload") this.messages.incomingPayloads.claim(one.id).discard();
    }
    return NO_REFERENCES;
  }

  #release(id: ExportId, count: number): void {
    if (this.exports !== undefined) this.exports.release(id, count);
    else throw new ProtocolError("bad-release", `release of ${count} references to object ${id}: none is shared`);
  }

  /** The peer's new calls are refused from now on, and it is told. @param onEnded  told as calls end. */
  drain(graceMs: number, onEnded: () => void): void {
    if (this.#closed !== undefined) return;
    this.#onDrained = onEnded;
    this.incoming?.drain(onEnded);
    this.messages.send({ kind: "drain", graceMs: Math.min(Math.ceil(graceMs), Number.MAX_SAFE_INTEGER) });
  }

  /** Whether no call and no stream of either side is under way. */
  get isIdle(): boolean {
    const { incoming, outgoing, streams } = this;
    if (outgoing.size > 0 || incoming?.isIdle === false) return false;
    return streams === undefined || streams.incoming.size + streams.outgoing.size === 0;
  }

  /** Whether either side has said that it is going away. */
  get isDraining(): boolean {
    return this.#onDrained !== undefined || this.#isPeerDraining;
  }

  /** The session is gone: calls are told, exports come back and are disposed, imports are broken. */
  close(error: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#receiving?.close();
    this.messages.close(error);
    this.outgoing.close(error);
    this.#serving?.close(error);
    this.#streams?.incoming.close(error);
    this.imports?.close();
    this.exports?.close();
  }
}

function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list?.length === 0 ? undefined : list;
}
