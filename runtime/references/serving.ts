/**
 * What a session needs to share objects: the table of them, and the calls that the peer makes on them. A session has it
 * from the first object that it shares; a program that shares none does not carry it. It comes along with what is shared:
 * `serve` brings it for roots, emitted descriptors for what is passed in arguments.
 */
import { IncomingCalls } from "../calls/incoming-calls.js";
import type { WireReference } from "../messages/instruction.js";
import { ExportTable } from "./export-table.js";
import type { KeptCall } from "./kept-result.js";
import type { OutgoingScope } from "./outgoing-scope.js";
import type { ReferenceContext } from "./reference-context.js";
import { references } from "./receiving.js";
import { Router } from "./router.js";
import type { ServiceDescriptor } from "./service.js";
import { shareObject } from "./shared-object.js";
import { streams } from "./streams.js";

export class Serving {
  readonly exports: ExportTable;
  readonly incoming: IncomingCalls;
  readonly #router: Router;
  readonly #context: ReferenceContext;

  constructor(context: ReferenceContext) {
    this.#context = context;
    const { limits, clock, peer, errors, outgoing, messages } = context;
    // Which members are called, and with what, is known too late to ask their descriptors.
    const { watch } = context.useReferences(references);
    context.useStreams(streams);
    this.exports = new ExportTable(limits, watch);
    this.#router = new Router(context, this.exports, () => this.incoming);
    this.incoming = new IncomingCalls({
      limits,
      clock,
      peer,
      handler: this.#router,
      send: (instruction) => {
        if (context.closed === undefined) messages.send(instruction);
      },
      errors,
      questions: () => outgoing.size,
    });
    const onAsked = (): void => {
      this.incoming.onAsked();
    };
    outgoing.onAsked = onAsked;
  }

  /** Counts one reference to `object`, which `scope` names. @throws as `shareObject`. */
  share(scope: OutgoingScope, service: ServiceDescriptor, object: object): WireReference {
    return shareObject(this.#context, this.exports, scope, service, object);
  }

  keptResult(callId: number): KeptCall | undefined {
    return this.#router.kept.find(callId);
  }

  /** The peer will name that result no more. */
  finish(callId: number): void {
    this.#router.kept.finish(callId);
  }

  /** The session is gone: calls are told. What was shared comes back with `exports.close`, when nothing is decoded any more. */
  close(error: Error): void {
    this.incoming.close();
    this.#router.kept.close(error);
  }
}

/** What descriptors and roots bring. */
export type ServingPart = (context: ReferenceContext) => Serving;

export const serving: ServingPart = (context) => new Serving(context);
