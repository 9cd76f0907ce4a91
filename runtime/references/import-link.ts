/** The link behind a stub: to an object that we hold. How a call gets there is in remote-call.ts. */
import { LimitError } from "../base/errors.js";
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { WireReference } from "../messages/instruction.js";
import { declaredErrors } from "./declared-errors.js";
import type { Import, ImportHolder } from "./import.js";
import { LinkBase, pipeliningOf } from "./link-base.js";
import { OneWayFlow } from "./one-way-flow.js";
import type { ReferenceContext } from "./reference-context.js";
import { ask, tell, tellAndReport } from "./remote-call.js";
import { type CallOptions, type Pipelined, forwardedBy } from "./remote-link.js";
import type { Member, ServiceDescriptor } from "./service.js";

/** What the links to all objects of one interface at one peer have in common: one pointer for each link, not three. */
export class ImportOrigin {
  readonly context: ReferenceContext;
  readonly service: ServiceDescriptor;
  readonly declared: DeclaredErrors;

  constructor(context: ReferenceContext, service: ServiceDescriptor) {
    this.context = context;
    this.service = service;
    this.declared = declaredErrors(service);
  }
}

export class ImportLink extends LinkBase implements ImportHolder {
  readonly origin: ImportOrigin;
  readonly held: Import;
  stub: object;
  /** The newest that has arrived. */

  constructor(origin: ImportOrigin, held: Import) {
    super();
    this.origin = origin;
    this.held = held;
    this.stub = origin.service.createStub(this);
  }

  get context(): ReferenceContext {
    return this.origin.context;
  }

  get service(): ServiceDescriptor {
    return this.origin.service;
  }

  get declared(): DeclaredErrors {
    return this.origin.declared;
  }

  /** In the details: most interfaces have none, and a field would cost each link eight bytes. */
  get snapshot(): object | undefined {
    return this.held.details?.snapshot;
  }

  set snapshot(snapshot: object | undefined) {
    if (snapshot !== undefined) this.held.withDetails().snapshot = snapshot;
  }

  get leadsAway(): boolean {
    return true;
  }

  /** While other peers hold the object through this side, it lives, and so does the way to it. */
  get released(): boolean {
    return this.held.needed === 0;
  }

  nameIn(session: object): WireReference | undefined {
    if (session !== this.context) return undefined;
    if (this.released) throw releasedError(this);
    return { kind: "import", id: this.held.importId };
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    const refusal = refusalOf(this);
    if (refusal !== undefined) return Promise.reject(refusal);
    return ask(this, this.held, member, args, options, undefined, counted(this));
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    if (this.released) throw releasedError(this);
    const { flow } = this;
    const taken = forwardedBy(options)?.taken;
    const covered = flow.enter(() => this.describe(), taken !== undefined);
    const answered =
      covered &&
      ((): void => {
        covered();
        taken?.();
      });
    try {
      tell(this, this.held, member, args, options, answered);
    } catch (error) {
      if (answered === undefined) flow.leave();
      throw error;
    }
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    return pipeliningOf(member).begin(this, (promised) => {
      const error = refusalOf(this);
      if (error === undefined) return ask(this, this.held, member, args, options, promised, counted(this));
      promised.become({ kind: "failed", error });
      return Promise.reject(error);
    });
  }

  protected assignKnown<A extends readonly unknown[]>(
    member: Member<never, A, void>,
    args: A,
    options: CallOptions | undefined,
  ): void {
    if (this.released) throw releasedError(this);
    tellAndReport(this, this.held, member, args, options);
  }

  release(): void {
    this.context.imports?.dispose(this.held);
  }

  get flow(): OneWayFlow {
    return (this.held.withDetails().flow ??= new OneWayFlow(this.context.limits.maxUntakenOneWay));
  }

  whenTaken(): Promise<void> {
    return this.held.details?.flow?.whenTaken() ?? Promise.resolve();
  }

  hold(): () => void {
    return this.context.imports?.forward(this.held) ?? (() => undefined); // a root lives as long as its session
  }

  describe(): string {
    return `${this.service.fullName} #${this.held.importId} at ${this.context.peer.description}`;
  }
}

/** Why an awaited call is not made. */
function refusalOf(link: ImportLink): Error | undefined {
  if (link.released) return releasedError(link);
  if (!isBounded(link)) return undefined;
  const { unanswered } = link.held.withDetails();
  const { maxUnansweredPerReference: limit } = link.context.limits;
  if (unanswered < limit) return undefined;
  return new LimitError(
    "too-many-calls",
    `${unanswered} calls on ${link.describe()} have not been answered, and the limit is ${limit} (limits.maxUnansweredPerReference); await some of them before more`,
  );
}

/** Whether awaited calls on one object are bounded by less than all calls together are. */
function isBounded({ context: { limits } }: ImportLink): boolean {
  return limits.maxUnansweredPerReference < limits.maxPendingCalls;
}

/** Counts an awaited call where that is bounded. @returns what to call when it has been answered. */
function counted(link: ImportLink): (() => void) | undefined {
  if (!isBounded(link)) return undefined;
  const details = link.held.withDetails();
  details.unanswered++;
  return () => {
    details.unanswered--;
  };
}

/** Not a private method: each link would carry a mark of its class for it. Roots are never released. */
function releasedError(link: ImportLink): Error {
  return link.context.imports!.releasedError(link);
}
