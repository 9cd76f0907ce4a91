/**
 * One call to the peer: planned, encoded, entered and sent, with interceptors around it where there are some. It is on
 * its way when `ask` returns; the promise is only for the answer (remote-question.ts).
 */
import { ClosedError, errorFrom } from "../base/errors.js";
import { type InterceptedMember, type Interceptor, intercept } from "../calls/interceptor.js";
import type { Question } from "../calls/outgoing-calls.js";
import { NO_BYTES, CallKind, type WireTarget } from "../messages/instruction.js";
import { type CallPlan, planCall, throwIfAborted } from "./call-plan.js";
import { encodeArguments } from "./encode-message.js";
import { OutgoingInterceptedCall } from "./intercepted-call.js";
import type { PromisedCall, PromisedState } from "./promised-call.js";
import type { ReferenceContext } from "./reference-context.js";
import { type CallOptions, forwardedBy, sameCall } from "./remote-link.js";
import { Acknowledgement, type CallSource, RemoteQuestion } from "./remote-question.js";
import type { Member } from "./service.js";

type PromiseExecutor<R> = (resolve: (value: R) => void, reject: (error: Error) => void) => void;

/** Issues a call and waits for its answer. @param answered  told when the call has settled. */
export function ask<A extends readonly unknown[], R>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  promised: PromisedCall | undefined,
  answered?: () => void,
): Promise<R> {
  if (link.context.interceptors.outgoing === undefined)
    return question(link, target, member, args, options, promised, answered);
  return askThrough(link.context.interceptors.outgoing, link, target, member, args, options, promised, answered);
}

/** The same, without interceptors. */
function question<A extends readonly unknown[], R>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  promised: PromisedCall | undefined,
  answered?: () => void,
): Promise<R> {
  const asked = new RemoteQuestion<R>(link, member, promised, answered, forwardedBy(options)?.received);
  const settle: PromiseExecutor<R> = (resolve, reject) => {
    asked.settleWith(resolve, reject);
  };
  // Not one `new` for both: V8 makes a promise in place only where it knows the class.
  const answer = promised === undefined ? new Promise(settle) : chainedAnswer(member, promised, settle);
  try {
    const plan = planCall(options, link.context);
    asked.limitTo(plan);
    const callId = issue(link, target, member, args, plan, asked);
    if (promised !== undefined && callId > 0) promised.become({ kind: "pending", callId });
  } catch (error) {
    asked.giveUp(errorFrom(error));
  }
  return answer;
}

/** What is chained has the members of what it promises (api/pipelined-calls.ts). */
function chainedAnswer<R>(
  { pipelines }: Member<never>,
  promised: PromisedCall,
  settle: PromiseExecutor<R>,
): Promise<R> {
  const answer = new (pipelines?.().createPromise?.promiseClass ?? Promise)(settle);
  promised.answer = answer;
  return answer;
}

/**
 * The same, with interceptors around it. Where they ask at once, the result can be chained at once; else, and between
 * two attempts, chained calls wait for it here.
 */
function askThrough<A extends readonly unknown[], R>(
  chain: readonly Interceptor[],
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  options: CallOptions | undefined,
  promised: PromisedCall | undefined,
  answered: (() => void) | undefined,
): Promise<R> {
  let isFirst = true;
  const again = async (call: OutgoingInterceptedCall): Promise<R> => {
    const now = await link.whereNow!();
    const own = sameCall(options, call.remainingOptions());
    return now === undefined
      ? link.call(member, args, own)
      : question(now.link, now.target, member, args, own, promised);
  };
  const attempt = (call: OutgoingInterceptedCall): Promise<R> => {
    const answer =
      isFirst || link.whereNow === undefined
        ? question(link, target, member, args, sameCall(options, call.remainingOptions()), promised)
        : again(call);
    isFirst = false;
    if (promised !== undefined) answer.catch(waitHere);
    return answer;
  };
  const waitHere = (): void => {
    promised!.become({ kind: "here", result });
  };
  const call = OutgoingInterceptedCall.of(link.context, link.service, member, args, options);
  const result = intercept(chain, call, (current, changes) => current.with(changes), attempt) as Promise<R>;
  if (promised?.state.kind === "pending" && promised.state.callId === 0) waitHere();
  const settled = (state: PromisedState): void => {
    call.forget();
    if (promised !== undefined) promised.become(state);
    answered?.();
  };
  result.then(
    (value) => {
      settled({ kind: "known", value });
    },
    (error: unknown) => {
      settled({ kind: "failed", error: errorFrom(error) });
    },
  );
  return result;
}

/**
 * Issues a one-way call. Where the connection is gone it goes nowhere, as it would have a moment later.
 * @param answered  asks the peer for an answer, and is told of it.
 */
export function tell<A extends readonly unknown[]>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, void>,
  args: A,
  options?: CallOptions,
  answered?: () => void,
): void {
  const { context } = link;
  let isSent = false;
  let isAnswered = false;
  const once =
    answered &&
    ((): void => {
      if (!isAnswered) answered();
      isAnswered = true; // an interceptor may send it again
    });
  const send = (own: CallOptions | undefined): void => {
    isSent = true;
    if (context.closed !== undefined) {
      once?.();
      return;
    }
    try {
      issue(link, target, member, args, planCall(own, context), once && new Acknowledgement(once));
    } catch (error) {
      once?.();
      throw error;
    }
  };
  if (context.interceptors.outgoing === undefined) send(options);
  else {
    tellThrough(context.interceptors.outgoing, link, member, args, options, send, () => {
      if (!isSent) once?.(); // an interceptor kept it
    });
  }
}

/** The same, with interceptors around it. @throws what `send` throws at once; later nobody is there to be told. */
function tellThrough(
  chain: readonly Interceptor[],
  link: CallSource,
  member: InterceptedMember,
  args: readonly unknown[],
  options: CallOptions | undefined,
  send: (options: CallOptions) => void,
  over: () => void,
): void {
  const thrown: unknown[] = [];
  const call = OutgoingInterceptedCall.of(link.context, link.service, member, args, options);
  const last = (current: OutgoingInterceptedCall): void => {
    try {
      send(current.remainingOptions());
    } catch (error) {
      thrown.push(error);
      throw error;
    }
  };
  void intercept(chain, call, (current, changes) => current.with(changes), last)
    .catch(() => undefined)
    .then(() => {
      call.forget();
      over();
    });
  if (thrown.length > 0) throw thrown[0];
}

/**
 * Issues a call that nobody waits for. What it fails with later is told to the session.
 * @throws where it cannot be encoded or sent; with interceptors around it, the session is told of that too.
 */
export function tellAndReport<A extends readonly unknown[]>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, void>,
  args: A,
  options: CallOptions | undefined,
  answered?: () => void,
): void {
  const { context } = link;
  const reject = context.onUnheardError;
  if (context.interceptors.outgoing !== undefined) {
    // They may take their time: nothing is known at once.
    ask(link, target, member, args, options, undefined, answered).catch(reject);
    return;
  }
  const asked = new RemoteQuestion<void>(link, member, undefined, answered);
  asked.settleWith(() => undefined, reject);
  try {
    const plan = planCall(options, context);
    asked.limitTo(plan);
    issue(link, target, member, args, plan, asked);
  } catch (error) {
    answered?.();
    throw error;
  }
}

/** Encodes a call and sends it. @returns its id; 0: one-way. */
function issue<A extends readonly unknown[], R>(
  link: CallSource,
  target: WireTarget,
  member: Member<never, A, R>,
  args: A,
  plan: CallPlan,
  asked: Question | undefined,
): number {
  const { context } = link;
  if (context.closed !== undefined) throw notSent(context.closed);
  if (context.isPeerDraining && plan.depth === 0) throw peerDrains(context);

  const message = encodeArguments(context, link.declared, member, args);
  const inline = message.length <= context.maxSentInlineBytes;
  let callId: number;
  try {
    for (const signal of plan.signals) throwIfAborted(signal); // by a getter of the arguments
    callId = asked === undefined ? 0 : context.outgoing.open(asked, plan);
  } catch (error) {
    message.rollback();
    throw error;
  }
  const isFirst = context.messages.isIdle;
  const argumentsPayloadId = inline ? 0 : context.messages.newPayloadId();
  context.messages.send({
    kind: "call",
    callId,
    target,
    member: member.number,
    callKind: CallKind[member.kind],
    interfaceId: member.interfaceId === link.service.interfaceId ? 0 : (member.interfaceId ?? 0),
    arguments: inline ? message.view() : NO_BYTES,
    argumentsPayloadId,
    references: message.scope.references,
    keepsResult: asked?.keepsResult ?? false,
    timeoutMs: plan.timeoutMs ?? 0,
    depth: plan.depth,
    metadata: plan.metadata,
  });
  if (!inline) {
    const withdraw = context.messages.outgoingPayloads.sendWhole(argumentsPayloadId, message.take());
    if (withdraw !== undefined && asked !== undefined) asked.withdrawArguments = withdraw;
  }
  message.commit();
  if (callId !== 0 && context.halves.onCall(isFirst, context.outgoing.size)) context.messages.flush();
  return callId;
}

/** The reason why the session ended, as the error of a call that was never sent. */
function notSent(reason: Error): Error {
  return reason instanceof ClosedError
    ? new ClosedError(reason.code, reason.message, { cause: reason, dispatched: "no" })
    : reason;
}

function peerDrains({ peer }: ReferenceContext): ClosedError {
  return new ClosedError(
    "session-draining",
    `${peer.description} is going away and takes no new calls; connect again, there or elsewhere`,
    { dispatched: "no" },
  );
}
