/**
 * What a session needs to be given objects: the table of them, and the scopes of messages that name some. A session has it
 * from the first call on whose result may hold a reference, or whose interface is served here; a program whose interfaces
 * give none does not carry it.
 */
import type { Instruction, WireReference } from "../messages/instruction.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import { ImportTable } from "./import-table.js";
import { IncomingScope } from "./incoming-scope.js";
import type { MessageScope, ReferenceContext } from "./reference-context.js";
import { ReferenceWatch } from "./reference-watch.js";
import { ReleaseQueue } from "./release-queue.js";

export class Receiving {
  readonly imports: ImportTable;
  readonly watch: ReferenceWatch;
  /** The scope of every message that names nothing. */
  readonly none: MessageScope = IncomingScope.EMPTY;
  readonly #context: ReferenceContext;
  readonly #releases: ReleaseQueue;

  constructor(context: ReferenceContext, send: (instruction: Instruction) => void) {
    this.#context = context;
    this.#releases = new ReleaseQueue(send);
    this.watch = new ReferenceWatch(context.clock, context.watchOptions);
    this.imports = new ImportTable(context.limits, this.#releases, this.watch, (held, service) =>
      context.linkTo(held, service),
    );
  }

  /** @throws {ProtocolError} for references that no honest peer sends. */
  scopeOf(references: readonly WireReference[], declared: DeclaredErrors): MessageScope {
    return IncomingScope.of(this.#context, references, declared);
  }

  /** The session is gone: nothing is given back any more. */
  close(): void {
    this.#releases.clear();
  }
}

/** What members bring whose results hold references. */
export type ReceivingPart = (context: ReferenceContext, send: (instruction: Instruction) => void) => Receiving;

export const references: ReceivingPart = (context, send) => new Receiving(context, send);
