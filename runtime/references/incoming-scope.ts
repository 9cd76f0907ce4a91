/**
 * The references that one arriving message names. Decoding resolves slots of its table to stubs, our own objects and
 * streams; what no slot asked for is given back.
 */
import { exportIdFromWire, type ImportId } from "../base/ids.js";
import { type DeclaredErrors, NO_DECLARED_ERRORS } from "../calls/error-codec.js";
import type { WireReference } from "../messages/instruction.js";
import type { Export } from "./export-table.js";
import type { ImportHolder } from "./import.js";
import type {
  FailedOutcome,
  IncomingStreamHandle,
  KeptResult,
  MessageScope,
  ReferenceContext,
  StreamLifetime,
} from "./reference-context.js";
import type { ResultObject } from "./result-paths.js";
import { type ServiceDescriptor, interfaceOf } from "./service.js";
import { decodeSnapshot } from "./snapshots.js";

type Slot =
  | {
      readonly kind: "import";
      readonly id: ImportId;
      readonly interfaceId: number;
      readonly snapshot: Uint8Array | undefined;
      link: ImportHolder | undefined;
      /** Of the link, when this slot took it: what was given back since then was, perhaps, this very reference. */
      disposals: number;
    }
  | { readonly kind: "home"; readonly entry: Export | undefined; taken: boolean }
  | { readonly kind: "promised"; readonly result: KeptResult | undefined; readonly path: readonly number[] }
  | { readonly kind: "stream"; readonly stream: IncomingStreamHandle | undefined; taken: boolean }
  | { readonly kind: "none" };

// Of all messages without references, which most are.
const NO_SLOTS: Slot[] = [];
const NOTHING: readonly never[] = [];

/**
 * The objects that one arriving message names. Made on arrival, so that counts and homes are right at that moment.
 * Ends with `finish` or `discard`; what was done already is not done again.
 */
export class IncomingScope implements MessageScope {
  readonly #context: ReferenceContext; // that has imports: receiving.ts
  readonly #slots: Slot[];
  #isDecoded = false;
  #isOver = false;

  /** Of every message that names nothing: it never looks at its session. */
  static readonly EMPTY: IncomingScope = new IncomingScope(undefined as never, [], NO_DECLARED_ERRORS);

  /** @throws {ProtocolError} for references that no honest peer sends. */
  static of(context: ReferenceContext, references: readonly WireReference[], declared: DeclaredErrors): IncomingScope {
    return references.length === 0 ? IncomingScope.EMPTY : new IncomingScope(context, references, declared);
  }

  private constructor(context: ReferenceContext, references: readonly WireReference[], declared: DeclaredErrors) {
    this.#context = context;
    this.#slots = references.length === 0 ? NO_SLOTS : [];
    try {
      for (const reference of references) this.#slots.push(this.#enter(reference, declared));
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  #enter(reference: WireReference, declared: DeclaredErrors): Slot {
    const context = this.#context;
    switch (reference.kind) {
      case "export":
        return {
          kind: "import",
          id: context.imports!.receive(reference.id, reference.interfaceId),
          interfaceId: reference.interfaceId,
          snapshot: reference.snapshot,
          link: undefined,
          disposals: 0,
        };
      case "import": {
        const entry = context.exports?.find(exportIdFromWire(reference.id));
        if (entry !== undefined) context.exports?.pin(entry);
        return { kind: "home", entry, taken: false };
      }
      case "promised":
        return { kind: "promised", result: context.keptResult(reference.callId), path: reference.path };
      case "payload":
        if (context.streams !== undefined)
          return { kind: "stream", stream: context.streams.incoming.claim(reference.id, declared), taken: false };
        context.messages.incomingPayloads.claim(reference.id).discard(); // no interface here expects a stream
        return { kind: "stream", stream: undefined, taken: false };
      case "none":
        return reference;
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#slots.length;
  }

  get hasStreams(): boolean {
    return this.#slots.some((slot) => slot.kind === "stream");
  }

  /** The streams of this message end with the call that brought them. */
  endStreamsWith(lifetime: StreamLifetime): void {
    for (const slot of this.#slots) if (slot.kind === "stream" && slot.taken) slot.stream?.endWith(lifetime);
  }

  /** Results that slots of this message depend on, and that are not known yet. */
  pending(): readonly KeptResult[] {
    if (this.#slots === NO_SLOTS) return NOTHING;
    return this.#slots.flatMap((slot) =>
      slot.kind === "promised" && slot.result?.isKnown === false ? [slot.result] : [],
    );
  }

  /** What a result that this message depends on has failed with. */
  failure(): FailedOutcome | undefined {
    for (const slot of this.#slots) {
      const outcome = slot.kind === "promised" ? slot.result?.outcomeAt(slot.path) : undefined;
      if (outcome !== undefined && "error" in outcome) return outcome;
    }
    return undefined;
  }

  /** Our own objects that came home in this message. */
  homes(): readonly Export[] {
    if (this.#slots === NO_SLOTS) return NOTHING;
    let homes: Export[] | undefined;
    for (const slot of this.#slots)
      if (slot.kind === "home" && slot.taken && slot.entry) (homes ??= []).push(slot.entry);
    return homes ?? NOTHING;
  }

  object(service: ServiceDescriptor, slotNumber: number): object {
    const slot = this.#slots[slotNumber];
    switch (slot?.kind) {
      case "import":
        if (slot.interfaceId !== service.interfaceId)
          throw wrongInterface(service, `interface 0x${slot.interfaceId.toString(16)}`);
        if (slot.link === undefined) {
          const snapshot = decodeSnapshot(service, slot.snapshot, this.#context.limits);
          slot.link = this.#context.imports!.take(slot.id, service);
          slot.link.snapshot = snapshot;
          slot.disposals = slot.link.held.disposals;
        }
        return slot.link.stub;
      case "home":
        if (slot.entry === undefined) throw new Error("a reference that was released");
        // 0 is of any interface: what comes home is itself, whatever the message took it for.
        if (service.interfaceId !== 0 && interfaceOf(slot.entry.service, service.interfaceId) === undefined)
          throw wrongInterface(service, slot.entry.service.fullName);
        slot.taken = true;
        return slot.entry.object;
      case "promised": {
        const outcome = slot.result?.outcomeAt(slot.path);
        if (outcome === undefined) throw new Error("the result of a call that is not kept");
        if ("error" in outcome) throw outcome.error;
        if (interfaceOf(outcome.service, service.interfaceId) === undefined)
          throw wrongInterface(service, outcome.service.fullName);
        return outcome.object;
      }
      default:
        throw new Error(
          `expected a reference to ${service.fullName}, got ${slot?.kind ?? `slot ${slotNumber} of ${this.#slots.length}`}`,
        );
    }
  }

  own(slotNumber: number): ResultObject | undefined {
    const slot = this.#slots[slotNumber];
    if (slot?.kind === "promised") {
      const outcome = slot.result?.outcomeAt(slot.path);
      return outcome === undefined || "error" in outcome ? undefined : outcome;
    }
    if (slot?.kind !== "home" || slot.entry === undefined) return undefined;
    slot.taken = true;
    return slot.entry;
  }

  stream(slotNumber: number): IncomingStreamHandle {
    const slot = this.#slots[slotNumber];
    if (slot?.kind !== "stream")
      throw new Error(`expected a stream, got ${slot?.kind ?? `slot ${slotNumber} of ${this.#slots.length}`}`);
    if (slot.taken) throw new Error(`the stream in slot ${slotNumber} is named twice`);
    if (slot.stream === undefined)
      throw new Error("a stream, and this program's generated code expects none; generate it again");
    slot.taken = true;
    return slot.stream;
  }

  /** The message has been decoded: what it named and nobody took is given back. Our own objects in it stay pinned. */
  decoded(): void {
    if (this.#isDecoded) return;
    this.#isDecoded = true;
    for (const slot of this.#slots) {
      if (slot.kind === "import" && slot.link === undefined) this.#context.imports!.giveBack(slot.id);
      else if (slot.kind === "stream" && !slot.taken) slot.stream?.cancel();
    }
  }

  /** The message has been decoded, and the call that it was for has ended. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.decoded();
    for (const slot of this.#slots)
      if (slot.kind === "home" && slot.entry !== undefined) this.#context.exports?.unpin(slot.entry);
  }

  /** Nobody will use the message: all that it named is given back, taken or not. */
  discard(): void {
    if (this.#isOver) return;
    this.finish();
    this.letGo();
    for (const slot of this.#slots) if (slot.kind === "stream" && slot.taken) slot.stream?.cancel();
  }

  /** The streams of this message are passed on to another peer. */
  passStreamsOn(): void {
    for (const slot of this.#slots) if (slot.kind === "stream" && slot.taken) slot.stream?.passOn();
  }

  /**
   * The objects of this message are nobody's here any more: it failed, or was passed on to another peer. A reference that its receiver has disposed of already is
   * not given back again: that would be somebody else's.
   */
  letGo(): void {
    for (const slot of this.#slots) {
      if (slot.kind !== "import" || slot.link === undefined) continue;
      const { held } = slot.link;
      if (held.disposals === slot.disposals) this.#context.imports!.releaseOne(held);
      slot.link = undefined;
    }
  }
}

function wrongInterface(expected: ServiceDescriptor, got: string): Error {
  return new Error(`expected a reference to ${expected.fullName}, got one to ${got}`);
}
