/**
 * What emitted code says about an interface, as data: its name, its numbered members, how their values are written and
 * read, how a stub is made. Written by codegen/emit, read by invocation.ts and the links. Knows no session.
 */
import type { Limits } from "../base/limits.js";
import type { CallContext } from "../calls/call-handler.js";
import type { IncomingCall } from "../calls/incoming-call.js";
import type { ReceivingPart } from "./receiving.js";
import type { ReferenceContext } from "./reference-context.js";
import type { LinkBase } from "./link-base.js";
import type { PromisedCall } from "./promised-call.js";
import type { CallOptions, Pipelined, RemoteLink } from "./remote-link.js";
import type { ServingPart } from "./serving.js";
import type { StreamsPart } from "./streams.js";
import type { ValueReader } from "./value-reader.js";
import type { ValueWriter } from "./value-writer.js";

/** "map" is of a list: a recorded program, run for each of its items (map-program.ts). No interface declares one. */
export type MemberKind = "call" | "get" | "set" | "construct" | "map";

/** One member of the interface `T`: its number, its codecs in both directions, and how to use it on a real object. */
export interface Member<T extends object, Arguments extends readonly unknown[] = readonly unknown[], Result = unknown> {
  /** What a Call names. At least 1, stable over the years (the committed .proto). */
  readonly number: number;
  /** Of the interface that declares it, where others extend that one: what a Call names with the number. */
  readonly interfaceId?: number;
  readonly name: string;
  readonly kind: MemberKind;
  /** True where the method returns `void`: sent, never answered. */
  readonly oneWay?: boolean;
  /** True where the author says that running it twice does no harm (`@idempotent`): it may be retried. */
  readonly idempotent?: boolean;
  /** Wire types, for reflection and for the comparison of versions: "string", "LoginOptions?". */
  readonly parameters: readonly string[];
  readonly result: string;
  /** First paragraph of the author's documentation. */
  readonly documentation?: string;
  /** Where the result is a reference: whose members its promise has. */
  readonly pipelines?: () => ServiceDescriptor;
  /** Where the result is a value that holds references: those that its promise offers. Not those in lists and maps. */
  readonly pipelinesInside?: readonly ResultReference[];
  /** Where the result is or holds references: what a session needs to be given them. */
  readonly references?: ReceivingPart;
  /** Where the result is or holds streams: what a session needs to receive them. */
  readonly streams?: StreamsPart;
  /** Where the result is or holds lists whose items are or hold references: what its promise can be mapped over. */
  readonly lists?: readonly ResultList[];
  /** Where one of these three is there: what uses the result before it is known. */
  readonly pipelining?: Pipelining;

  writeArguments(writer: ValueWriter, args: Arguments): void;
  /** Always as long as the parameter list; `undefined` where an optional one was left out. */
  readArguments(reader: ValueReader, call: CallContext): Arguments;
  /** Uses the member on the object itself, with the context as one more argument. */
  invoke(target: T, args: Arguments, call: CallContext): unknown;
  writeResult(writer: ValueWriter, result: Result): void;
  readResult(reader: ValueReader): Result;
  /** Where what it takes and gives depends on the arguments: the member for these. @throws what refuses the call. */
  bound?(args: Arguments, limits: Limits, call: CallContext): BoundMember<T>;
}

export interface BoundMember<T extends object> {
  readonly member: Member<T>;
  readonly args: readonly unknown[];
  /** Runs it, where that is more than to invoke the member: for a call of the peer, on an object of this side. */
  run?(context: ReferenceContext, call: IncomingCall, object: object): MemberRun;
}

export interface MemberRun {
  readonly result: Promise<unknown>;
  /** The call is over. @param isAnswered  its result has been encoded, and is the peer's now. */
  end(isAnswered: boolean): void;
}

/** Calls whose result can be used before it is known: `pipelining` of promised-link.ts. */
export interface Pipelining {
  /** @param issue  makes the call, now. */
  begin<R extends object>(link: LinkBase, issue: (promised: PromisedCall) => Promise<R>): Pipelined<R>;
}

/** A reference inside a by-value result: what the promise of that result has before it is known. */
export interface ResultReference {
  /** The properties that lead to it: `["owner", "account"]`; of a tuple: `["0"]`. Empty: the result itself. */
  readonly properties: readonly string[];
  /** The same way as field numbers of the response message, from the outside in: `[1, 3, 1]`. Empty: the result itself. */
  readonly path: readonly number[];
  readonly service: () => ServiceDescriptor;
}

/** A list in a by-value result, always at the same place, whose items are or hold references. */
export interface ResultList {
  /** The properties that lead to it; empty: the result itself. */
  readonly properties: readonly string[];
  /** The same way as field numbers of the response message, from the outside in. */
  readonly path: readonly number[];
  /** The references of each item, from the item on; `properties` and `path` empty: the item itself. */
  readonly items: readonly ResultReference[];
  /** What maps over it. Emitted code brings it along, so that programs without such lists do not carry it. */
  readonly mapping: ListMapping;
}

/** Recorded programs over lists: `mapping` of map-list.ts. */
export interface ListMapping {
  /** The list as what a path leads to. */
  reference(list: ResultList): ResultReference;
  /**
   * Records `callback`, and sends the program. @param call  of whose result the list is a part.
   * @throws what the callback throws, and {CallError} FAILED_PRECONDITION where it does what cannot be recorded.
   */
  map(
    call: Pipelined<unknown>,
    list: ResultList,
    callback: (item: never) => unknown,
    options: CallOptions | undefined,
  ): MappedList;
}

/** A map under way: a call whose result is a list again. */
export interface MappedList {
  readonly member: Pick<Member<never>, "pipelinesInside" | "lists">;
  readonly call: Pipelined<readonly unknown[]>;
}

/** An interface, or a function type (then its only member is number 1 and has no name of its own). */
export interface ServiceDescriptor<T extends object = object, Stub extends T = T> {
  /** Such as "acme.bank.v1.AccountService". */
  readonly fullName: string;
  /** First four bytes of the SHA-256 of `fullName`, big-endian: what a Reference carries. */
  readonly interfaceId: number;
  /** Changes with anything that two peers must agree on. */
  readonly fingerprint: bigint;
  /** By number. A Map, not an object: the number comes from the peer. */
  readonly members: ReadonlyMap<number, Member<T>>;
  /** What can be read at once, because it travels inside references. */
  readonly snapshot?: SnapshotDescriptor<T>;
  /** The interfaces that it extends: an object of this one is an object of those, and has their members too. */
  readonly bases?: readonly ServiceDescriptor[];
  /** Other interfaces and functions that its members mention, beyond those that its results lead to. */
  readonly uses?: readonly ServiceDescriptor[];
  /** Where objects of it are passed in arguments: what a session needs to share them. `serve` brings it for roots. */
  readonly serving?: ServingPart;
  /** Classes that cross as themselves when a member throws them. */
  readonly errors: readonly ErrorDescriptor[];
  createStub(link: RemoteLink): Stub;
  /** Where its results can be chained: makes a promise that has the stub's members. See `pipelinePromise`. */
  readonly createPromise?: CreatePromise;
}

/** The properties of an interface that travel inside references to its objects. */
export interface SnapshotDescriptor<T extends object> {
  /** Each with its wire type and its field number: "id: string = 1". */
  readonly properties: readonly string[];
  write(writer: ValueWriter, object: T): void;
  read(reader: ValueReader): object;
}

/**
 * Makes a promise of `result` that also has the members of its interface; they go through `link` (pipelining). Where
 * `result` was made with `promiseClass`, it becomes that promise itself.
 */
export interface CreatePromise {
  (link: RemoteLink, result: Promise<object>): Promise<object>;
  readonly promiseClass: PromiseConstructor;
}

/** A class that the interface file declares as an error. */
export interface ErrorDescriptor<E extends Error = Error> {
  readonly fullName: string;
  /** The class itself, late: the interface file may import the generated one. */
  readonly errorClass: () => abstract new (...args: never[]) => E;
  writeFields(writer: ValueWriter, error: E): void;
  /** An instance of the class, with its fields, without running its constructor. */
  readFields(reader: ValueReader, message: string): E;
}

/** What the items of a stream are: messages by a codec, or bytes. */
export interface StreamDescriptor<T> {
  write(writer: ValueWriter, item: T): void;
  read(reader: ValueReader): T;
}

/** "acme.bank.v1.AccountService.login", for people. */
export function describeMember(service: ServiceDescriptor, member: { readonly name: string }): string {
  return member.name === "" ? service.fullName : `${service.fullName}.${member.name}`;
}

/** The interface itself, or the one among its bases that has this id; undefined: it is none of them. */
export function interfaceOf(service: ServiceDescriptor, interfaceId: number): ServiceDescriptor | undefined {
  if (service.interfaceId === interfaceId) return service;
  for (const base of service.bases ?? []) {
    const found = interfaceOf(base, interfaceId);
    if (found !== undefined) return found;
  }
  return undefined;
}
