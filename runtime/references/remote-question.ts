/**
 * What waits for the answer to a call: decodes it, settles the caller's promise once, and gives back what the answer
 * brought where nobody wants it any more. How the question gets there is in remote-call.ts.
 */
import { errorFrom } from "../base/errors.js";
import { type DeclaredErrors, errorFromWire } from "../calls/error-codec.js";
import type { CallLifetime, Question } from "../calls/outgoing-calls.js";
import type { IncomingPayload } from "../messages/incoming-payload.js";
import type { WireError, WireReturn, WireTarget } from "../messages/instruction.js";
import { streamLifetime } from "./call-plan.js";
import { decodeMessage } from "./decode-message.js";
import { readWhole } from "./payload-message.js";
import type { PromisedCall } from "./promised-call.js";
import type { MessageScope, ReferenceContext, StreamLifetime } from "./reference-context.js";
import type { CallOptions, Forwarded } from "./remote-link.js";
import { type Member, type ServiceDescriptor, describeMember } from "./service.js";

/** Who calls: what all links are to a call. The call keeps it alive, and with it the stub. */
export interface CallSource {
  readonly context: ReferenceContext;
  readonly service: ServiceDescriptor;
  /** The errors that the call may end with. */
  readonly declared: DeclaredErrors;
  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R>;
  /**
   * Where another attempt goes, of links that move; undefined: it is `call` that knows.
   * Rejects where it can go nowhere.
   */
  whereNow?(): Promise<CallRoute | undefined>;
}

export interface CallRoute {
  readonly link: CallSource;
  readonly target: WireTarget;
}

/** One call that waits for its answer: decodes it, and gives back what it brought where nobody wants it any more. */
export class RemoteQuestion<R> implements Question {
  readonly keepsResult: boolean;
  readonly #link: CallSource; // also keeps the stub alive while the call is under way
  readonly #member: Member<never, readonly unknown[], R>;
  readonly #promised: PromisedCall | undefined;
  #resolve: ((value: R) => void) | undefined; // undefined once it is settled, as #reject
  #reject: ((error: Error) => void) | undefined;
  readonly #answered: (() => void) | undefined;
  readonly #received: Forwarded["received"];
  readonly #asked: (() => string) | undefined; // where, for references in the result
  #lifetime: StreamLifetime | undefined;
  #arriving: IncomingPayload | undefined; // the result, where it is large

  constructor(
    link: CallSource,
    member: Member<never, readonly unknown[], R>,
    promised: PromisedCall | undefined,
    answered?: () => void,
    received?: Forwarded["received"],
  ) {
    this.#answered = answered;
    this.#received = received;
    const { context } = link;
    if (member.references !== undefined) context.useReferences(member.references);
    if (member.streams !== undefined) context.useStreams(member.streams);
    this.#link = link;
    this.#member = member;
    this.#asked = context.watch?.asked(this);
    this.#promised = promised;
    this.keepsResult = promised !== undefined;
  }

  /** Who waits: called once, before the question is asked. */
  settleWith(resolve: (value: R) => void, reject: (error: Error) => void): void {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Its streams end when it would have. */
  limitTo(lifetime: CallLifetime): void {
    this.#lifetime = streamLifetime(lifetime, this.#link.context);
  }

  describe(): string {
    return describeMember(this.#link.service, this.#member);
  }

  onReturn(answer: WireReturn): Promise<void> | undefined {
    const { context } = this.#link;
    const scope = context.scopeOf(answer.references, this.#link.declared);
    if (answer.resultPayloadId === 0) {
      this.#decode(answer.result, scope);
      return undefined;
    }
    const payload = context.messages.incomingPayloads.claim(answer.resultPayloadId);
    if (this.#resolve === undefined) {
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
    const reject = this.#reject;
    if (reject === undefined) return;
    this.#resolve = this.#reject = undefined;
    this.#arriving?.discard();
    if (this.#promised !== undefined) this.#promised.become({ kind: "failed", error });
    reject(error);
    this.#answered?.();
  }

  #decode(result: Uint8Array, scope: MessageScope): void {
    const resolve = this.#resolve;
    if (resolve === undefined) {
      scope.discard();
      return;
    }
    let value: R;
    try {
      const { context } = this.#link;
      const read = (): R => decodeMessage(context, result, scope, (reader) => this.#member.readResult(reader));
      value = this.#asked === undefined ? read() : context.watch!.within(this.#asked, read);
      if (this.#lifetime !== undefined) scope.endStreamsWith(this.#lifetime);
      scope.finish();
      this.#received?.(scope);
    } catch (error) {
      scope.discard();
      this.giveUp(errorFrom(error));
      return;
    }
    this.#resolve = this.#reject = undefined;
    if (this.#promised === undefined) resolve(value);
    else this.#promised.fulfil(value, scope.homes(), resolve);
    this.#answered?.();
  }
}

/** A one-way call that is answered all the same: only that it was matters. */
export class Acknowledgement implements Question {
  readonly keepsResult = false;
  #answered: (() => void) | undefined;

  constructor(answered: () => void) {
    this.#answered = answered;
  }
  describe(): string {
    return "a one-way call";
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
