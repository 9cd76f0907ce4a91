/**
 * What a stub holds: the way to one remote object. The stub knows members and types, the link knows where the object
 * is (an import, or the result of a call that is not known yet) and how to get a call there.
 */
import type { CallContext } from "../calls/call-handler.js";
import type { WireReference } from "../messages/instruction.js";
import type { Member, ResultReference, ServiceDescriptor } from "./service.js";

/** What a call may be given beyond its arguments. */
export interface CallOptions {
  /** Aborting cancels the call, here at once and at the peer as soon as it hears of it. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED, here and there. */
  timeoutMs?: number | undefined;
  /** For the peer's handler and interceptors. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * The call that this one is made for, as its handler was given it: this one is nested in it, and ends when it is
   * cancelled, at its deadline at the latest. Trace context goes along.
   */
  context?: CallContext | undefined;
}

/** What came with a message that is passed on to another peer. */
export interface PassedOn {
  /** Its streams are passed on: the references in each item are let go of when the next one is asked for. */
  passStreamsOn(): void;
  /** Its objects have been passed on: they are nobody's here any more. */
  letGo(): void;
}

/** Of a call that is passed on for another peer (forwarding.ts). */
export interface Forwarded {
  /** Told what came with the result, before the call settles. */
  readonly received?: (result: PassedOn) => void;
  /** Of a one-way call: told that it has been taken. */
  readonly taken?: () => void;
}

/** Where options say that their call is passed on. A symbol, so that it survives `{ ...options }` and no user sets it. */
const FORWARDED = Symbol("forwarded");

/** Options of a call that is passed on. */
export function forwardedOptions(options: CallOptions, forwarded: Forwarded): CallOptions {
  return { ...options, [FORWARDED]: forwarded } as CallOptions;
}

/** What is known of a call that is passed on; undefined of one that was made here. */
export function forwardedBy(options: CallOptions | undefined): Forwarded | undefined {
  return (options as { readonly [FORWARDED]?: Forwarded } | undefined)?.[FORWARDED];
}

/** Options for another attempt at the call that had these. */
export function sameCall(options: CallOptions | undefined, attempt: CallOptions): CallOptions {
  const forwarded = forwardedBy(options);
  return forwarded === undefined ? attempt : forwardedOptions(attempt, forwarded);
}

/** A call under way, whose result can be used before it is known. */
export interface Pipelined<R> {
  readonly result: Promise<R>;
  /** The way to a reference in the result, from now on. */
  at(reference: ResultReference): RemoteLink;
  /** What stands for the result while calls are recorded (recorder.ts): then there is nothing else. */
  readonly placeholder?: object;
  /** The stub that is used for the result before it is known stays the object's stub afterwards. */
  adopt(stub: object): void;
}

export interface RemoteLink {
  readonly service: ServiceDescriptor;
  /** What can be read of the object at once; undefined while the object is not known. */
  readonly snapshot: object | undefined;
  /**
   * How a message of `session` names the object: as an import or promise of that session, as the object that it has
   * turned out to be, or not at all (it belongs to another session: then it is shared like an object of our own).
   * @throws {ClosedError} "released-reference", or what the promise failed with.
   */
  nameIn(session: object): WireReference | { readonly object: object } | undefined;
  /** Issues the call now, and waits for its answer. */
  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R>;
  /** Issues a one-way call now. Nobody will hear what became of it. @throws where it cannot be encoded or sent. */
  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void;
  /** Issues a call whose result is, or holds, references that can be used before they are known. */
  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R>;
  /**
   * Writes a property: issues the call now, or once `value` is known where it is a promise. What the peer answers, nobody
   * waits for: a failure is told to PeerOptions.onUnheardError.
   * @throws where the value cannot be encoded, or the call cannot be sent.
   */
  assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>, options?: CallOptions): void;
  /** The link to the same object whose calls have these options. */
  with(options: CallOptions): RemoteLink;
  /** Gives back one of the references that this side holds. */
  release(): void;
  /** Whether a call goes to a peer, now: false once a promise has turned out to be an object of our own. */
  readonly leadsAway: boolean;
  /** Resolves when the peer has taken most of the one-way calls made so far; absent where they are not counted. */
  whenTaken?(): Promise<void>;
  /** Keeps the object usable for a third peer, whatever is released here. @returns lets go; harmless when repeated. */
  hold(): () => void;
  /** "acme.bank.v1.AccountService #7 at tcp://127.0.0.1:4000", for people. */
  describe(): string;
}
