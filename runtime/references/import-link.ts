/** The link behind a stub: to an object that we hold. How a call gets there is in remote-call.ts. */
import type { ClosedError } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { WireReference, WireTarget } from "../messages/instruction.js";
import { declaredErrors } from "./declared-errors.js";
import type { Holding, HoldingLink } from "./import-table.js";
import { LinkBase } from "./link-base.js";
import { PromisedCall } from "./promised-call.js";
import { pipelined, releasedReference } from "./promised-link.js";
import type { ReferenceContext } from "./reference-context.js";
import { ask, tell, tellAndReport } from "./remote-call.js";
import { type CallOptions, type Pipelined, forwardedBy } from "./remote-link.js";
import type { Member, ServiceDescriptor } from "./service.js";

export class ImportLink extends LinkBase implements HoldingLink {
  readonly holding: Holding;
  stub: object;
  readonly leadsAway = true;
  readonly declared: DeclaredErrors;
  readonly #target: WireTarget;

  constructor(context: ReferenceContext, holding: Holding, service: ServiceDescriptor) {
    super(context, service);
    this.holding = holding;
    this.declared = declaredErrors(service);
    this.#target = { importId: holding.id };
    this.stub = service.createStub(this);
  }

  /** While other peers hold the object through this side, it lives, and so does the way to it. */
  get released(): boolean {
    return this.holding.owed === 0;
  }

  nameIn(session: object): WireReference | undefined {
    if (session !== this.context) return undefined;
    if (this.released) throw this.#releasedError();
    return { kind: "import", id: this.holding.id };
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    if (this.released) return Promise.reject(this.#releasedError());
    return ask(this, this.#target, member, args, options, undefined);
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    if (this.released) throw this.#releasedError();
    tell(this, this.#target, member, args, options, forwardedBy(options)?.taken);
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    const promised = new PromisedCall(this.declared);
    if (!this.released) return pipelined(this, promised, ask(this, this.#target, member, args, options, promised));
    const error = this.#releasedError();
    promised.become({ kind: "failed", error });
    return pipelined(this, promised, Promise.reject(error));
  }

  protected assignKnown<A extends readonly unknown[]>(
    member: Member<never, A, void>,
    args: A,
    options: CallOptions | undefined,
  ): void {
    if (this.released) throw this.#releasedError();
    tellAndReport(this, this.#target, member, args, options);
  }

  release(): void {
    this.context.imports.dispose(this.holding);
  }

  hold(): () => void {
    return this.context.imports.forward(this.holding);
  }

  describe(): string {
    return `${this.service.fullName} #${this.holding.id} at ${this.context.peer.description}`;
  }

  #releasedError(): ClosedError {
    return releasedReference(this);
  }
}
