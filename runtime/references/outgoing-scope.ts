/**
 * The references that one message shares. Encoding enters objects into a table that travels beside the payload; if the
 * encode fails, everything that it had shared is taken back.
 */
import { CallError } from "../base/errors.js";
import { type DeclaredErrors, NO_DECLARED_ERRORS } from "../calls/error-codec.js";
import type { ResultStreams } from "../calls/incoming-call.js";
import type { WireReference } from "../messages/instruction.js";
import type { Export } from "./export-table.js";
import { linkOf } from "./link-of.js";
import type { ReferenceContext } from "./reference-context.js";
import type { ServiceDescriptor } from "./service.js";
import type { ReferenceSink, SentStream } from "./value-writer.js";

const NO_REFERENCES: readonly WireReference[] = [];

/** The objects that one encode shares. */
export class OutgoingScope implements ReferenceSink {
  readonly #context: ReferenceContext;
  #declared: DeclaredErrors = NO_DECLARED_ERRORS;
  // Most messages hold no reference at all: nothing is allocated for those.
  #references: WireReference[] | undefined;
  #shared: Export[] | undefined;
  /** Of all references of the message (shared-object.ts). */
  snapshotBytes = 0;
  #streams: ((result: ResultStreams | undefined) => void)[] | undefined;

  constructor(context: ReferenceContext) {
    this.#context = context;
  }

  /** @param declared  the errors that a stream of the message may end with. */
  begin(declared: DeclaredErrors): void {
    this.#declared = declared;
  }

  /** Keeps nothing of the message. */
  clear(): void {
    this.#declared = NO_DECLARED_ERRORS;
    this.#references = undefined;
    this.#shared = undefined;
    this.snapshotBytes = 0;
    this.#streams = undefined;
  }

  /** Objects of ours that the message shares: taken back where it is not sent. */
  get shared(): Export[] {
    return (this.#shared ??= []);
  }

  /** The table, by slot. */
  get references(): readonly WireReference[] {
    return this.#references ?? NO_REFERENCES;
  }

  object(service: ServiceDescriptor, value: object): number {
    // Something of this very peer goes home under its own name; anything else is ours, or another peer's to forward to.
    const own = linkOf(value)?.nameIn(this.#context);
    if (own !== undefined) return "object" in own ? this.object(service, own.object) : this.#add(own);
    return this.#add(this.#context.share(this, service, value));
  }

  stream({ part, start }: SentStream): number {
    const context = this.#context;
    const { outgoing } = context.useStreams(part);
    outgoing.admit(this.streamCount);
    const payloadId = context.messages.newPayloadId();
    const declared = this.#declared;
    (this.#streams ??= []).push((result) => {
      start(outgoing, { payloadId, declared, result });
    });
    return this.#add({ kind: "payload", id: payloadId });
  }

  get streamCount(): number {
    return this.#streams?.length ?? 0;
  }

  /** The message is on its way: its streams may flow. @param result  those of the call that it answers. */
  commit(result?: ResultStreams): void {
    if (this.#streams !== undefined) for (const start of this.#streams) start(result);
  }

  /** The message was not sent: nothing of it was shared. */
  rollback(): void {
    for (const entry of this.#shared ?? []) this.#context.exports?.unshare(entry);
  }

  #add(reference: WireReference): number {
    const { maxReferencesPerMessage } = this.#context.limits;
    if (this.references.length >= maxReferencesPerMessage) {
      throw new CallError(
        "RESOURCE_EXHAUSTED",
        `more than ${maxReferencesPerMessage} references in one message (limits.maxReferencesPerMessage); stream them instead`,
      );
    }
    return (this.#references ??= []).push(reference) - 1;
  }
}
