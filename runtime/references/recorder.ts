/**
 * Writes down what `map`'s callback calls. The callback runs once, on placeholders: stubs whose links lead here, and
 * stand-ins for results that are no references. Stubs from outside that are called meanwhile lead here too (api/stub.ts
 * asks `recordingNow`), for the callback's calls are made for each item. Knows no session but the list's.
 */
import { CallError, LimitError } from "../base/errors.js";
import type { WireReference } from "../messages/instruction.js";
import { linkOf } from "./link-of.js";
import { unrecordable } from "./map-check.js";
import { type MapCapture, type MapProgram, type MapSource, type MapStep, itself, referencesOf } from "./map-program.js";
import { placeholderValue, refuseCoercion } from "./placeholder.js";
import { type Recording, record, recordingNow } from "./recording.js";
import type { ReferenceContext } from "./reference-context.js";
import type { CallOptions, Pipelined, RemoteLink } from "./remote-link.js";
import { shapeOf } from "./result-shape.js";
import { type Member, type ResultList, type ServiceDescriptor, describeMember, interfaceOf } from "./service.js";
import { ValueWriter } from "./value-writer.js";

/** Runs `callback` once. @throws what it throws, and {CallError} where it does what cannot be recorded. */
export function recordProgram(
  context: ReferenceContext,
  list: ResultList,
  callback: (item: never) => unknown,
  options: CallOptions | undefined,
): MapProgram {
  if (recordingNow() !== undefined)
    throw refused(`a map inside a map is not carried; map over what the outer one gives`);
  const recorder = new Recorder(context);
  try {
    return record(recorder, () => recorder.finish(callback(recorder.item(list) as never), options));
  } finally {
    recorder.isOver = true;
  }
}

export class Recorder implements Recording {
  readonly context: ReferenceContext;
  readonly #steps: MapStep[] = [];
  readonly #captures: MapCapture[] = [];
  /** What stands for results, and where they come from. */
  readonly #values = new Map<object, MapSource>();
  isOver = false;

  constructor(context: ReferenceContext) {
    this.context = context;
  }

  /** What stands for each item. */
  item({ items }: ResultList): object {
    const whole = items.find(({ path }) => path.length === 0);
    if (whole !== undefined) return this.#stub({ kind: "item", reference: whole });
    return placeholderValue("an item of the list", items, [], (reference) => this.#stub({ kind: "item", reference }));
  }

  linkTo(object: object, link: RemoteLink): RemoteLink {
    if (link instanceof RecordedLink) return link;
    return new RecordedLink(this, link.service, () => this.#capturedTarget(object, link), link);
  }

  /** @param returned  by the callback. */
  finish(returned: unknown, options: CallOptions | undefined): MapProgram {
    const results: MapSource[] = [];
    const shape = shapeOf(returned, (value) => {
      const source = this.#sourceOf(value);
      if (source === undefined) return undefined;
      return results.push(source) - 1;
    });
    return { steps: this.#steps, captures: this.#captures, results, shape, options };
  }

  /** Writes down one call. @returns its index. */
  step(target: MapSource, service: ServiceDescriptor, member: Member<never>, args: readonly unknown[]): number {
    const { limits } = this.context;
    const what = describeMember(service, member);
    if (this.isOver) throw refused(`${what}: what map's callback was given is of no use after it`);
    const refusal = unrecordable(member);
    if (refusal !== undefined) throw refused(`${what}${refusal}`);
    if (this.#steps.length >= limits.maxMapSteps) {
      throw new LimitError(
        "too-many-calls",
        `${what}: more than ${limits.maxMapSteps} calls in one recorded program (limits.maxMapSteps)`,
      );
    }
    const references: MapSource[] = [];
    const writer = new ValueWriter(
      {
        object: (expected, value) => references.push(this.#argument(expected, value)) - 1,
        stream: () => this.#noStream(),
      },
      limits,
    );
    member.writeArguments(writer, args);
    return this.#steps.push({ target, service, member, arguments: writer.finish(), references }) - 1;
  }

  /** What stands for the result of a step. */
  result(step: number, service: ServiceDescriptor, member: Member<never>): object {
    if (member.pipelines !== undefined) return this.#stub({ kind: "step", step, reference: itself(member.pipelines) });
    const { lists = [] } = member;
    const value = placeholderValue(describeMember(service, member), referencesOf(member), lists, (reference) =>
      this.#stub({ kind: "step", step, reference }),
    );
    this.#values.set(value, { kind: "step", step, reference: undefined });
    return value;
  }

  #stub(source: Exclude<MapSource, { kind: "capture" }>): object {
    const service = source.reference!.service();
    const link = new RecordedLink(this, service, () => source);
    return refuseCoercion(service.createStub(link), `this ${service.fullName}`);
  }

  /** Where something that the callback returned comes from; undefined: it is nothing recorded. */
  #sourceOf(value: object): MapSource | undefined {
    const link = linkOf(value);
    if (!(link instanceof RecordedLink)) return this.#values.get(value);
    if (link.recorder !== this) throw refused("a result of another map's callback");
    return link.source();
  }

  #argument(expected: ServiceDescriptor, value: object): MapSource {
    const source = this.#sourceOf(value);
    if (source === undefined) return this.#capture(expected, value);
    const known = source.kind === "capture" ? undefined : source.reference?.service();
    if (known === undefined || (expected.interfaceId !== 0 && interfaceOf(known, expected.interfaceId) === undefined))
      throw refused(`a recorded result where a ${expected.fullName} is expected`);
    return source;
  }

  #capture(service: ServiceDescriptor, object: object): MapSource {
    if (linkOf(object) === undefined && typeof (object as { then?: unknown }).then === "function")
      throw refused(`a promise where a ${service.fullName} is expected; await it before map`);
    const known = this.#captures.findIndex((one) => one.object === object && one.service === service);
    return { kind: "capture", capture: known >= 0 ? known : this.#captures.push({ service, object }) - 1 };
  }

  #capturedTarget(object: object, link: RemoteLink): MapSource {
    if (link.nameIn(this.context) !== undefined) return this.#capture(link.service, object);
    throw refused(`${link.describe()} is not at the peer that holds the list: call it on what map gives`);
  }

  #noStream(): never {
    throw refused("a stream is read once, and map's calls are made for each item; pass what it holds");
  }
}

/** Leads to the recorder. Of something from outside, what can be read at once is read from there. */
class RecordedLink implements RemoteLink {
  readonly leadsAway = true;
  readonly recorder: Recorder;
  readonly service: ServiceDescriptor;
  readonly source: () => MapSource;
  readonly #outside: RemoteLink | undefined;

  constructor(recorder: Recorder, service: ServiceDescriptor, source: () => MapSource, outside?: RemoteLink) {
    this.recorder = recorder;
    this.service = service;
    this.source = source;
    this.#outside = outside;
  }

  get snapshot(): object {
    if (this.#outside?.snapshot !== undefined) return this.#outside.snapshot;
    throw refused(`a property that comes with ${this.describe()}: it is not known yet`);
  }

  call<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): Promise<R> {
    return this.#record(member, args, options) as Promise<R>;
  }

  send<A extends readonly unknown[]>(member: Member<never, A, void>, args: A, options?: CallOptions): void {
    this.#record(member, args, options);
  }

  pipeline<A extends readonly unknown[], R extends object>(
    member: Member<never, A, R>,
    args: A,
    options?: CallOptions,
  ): Pipelined<R> {
    const placeholder = this.#record(member, args, options);
    const never = (): never => {
      throw refused("what is recorded has no links");
    };
    return { result: placeholder as Promise<R>, placeholder, at: never, adopt: never };
  }

  assign<V>(member: Member<never, readonly [V], void>, value: V | PromiseLike<V>, options?: CallOptions): void {
    this.#record(member, [value as V], options);
  }

  nameIn(): WireReference {
    throw refused(`${this.describe()} cannot leave the callback`);
  }
  with(): RemoteLink {
    throw refused("one call has no options of its own: give them to map, after the callback");
  }
  release(): void {
    throw refused(`dispose would run for no item; what map's calls give and nobody is given is let go of by itself`);
  }
  hold(): () => void {
    return () => undefined;
  }
  describe(): string {
    return this.#outside?.describe() ?? `the recorded ${this.service.fullName}`;
  }

  #record<A extends readonly unknown[], R>(member: Member<never, A, R>, args: A, options?: CallOptions): object {
    if (options?.signal !== undefined) throw refused("a call has no signal of its own: give it to map, as an option");
    const recorded = member as unknown as Member<never>;
    const step = this.recorder.step(this.source(), this.service, recorded, args);
    return this.recorder.result(step, this.service, recorded);
  }
}

function refused(what: string): CallError {
  return new CallError("FAILED_PRECONDITION", `map records its callback: ${what}`, { dispatched: "no" });
}
