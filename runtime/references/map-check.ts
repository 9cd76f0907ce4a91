/**
 * Judges a program of the peer before anything of it runs: each step is on a reference that is known by then, a member of
 * its interface, with arguments that decode. What is found wrong names the step. How many items there are is not known
 * here (map-run.ts).
 */
import { CallError, errorFrom } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { CallContext } from "../calls/call-handler.js";
import { CallKind } from "../messages/instruction.js";
import type { RawProgram, RawSource, RawStep } from "./map-codec.js";
import { type MapCapture, type MapProgram, type MapSource, type MapStep, referencesOf } from "./map-program.js";
import { type Member, type ResultList, type ServiceDescriptor, describeMember, interfaceOf } from "./service.js";
import { type ReferenceSource, ValueReader } from "./value-reader.js";

/** @throws {CallError} INVALID_ARGUMENT, UNIMPLEMENTED, RESOURCE_EXHAUSTED */
export function checkProgram(raw: RawProgram, list: ResultList, limits: Limits, call: CallContext): MapProgram {
  return new ProgramCheck(raw, list, limits, call).check();
}

class ProgramCheck {
  readonly #raw: RawProgram;
  readonly #list: ResultList;
  readonly #limits: Limits;
  readonly #call: CallContext;
  readonly #steps: MapStep[] = [];
  readonly #captures: (MapCapture | undefined)[] = [];

  constructor(raw: RawProgram, list: ResultList, limits: Limits, call: CallContext) {
    this.#raw = raw;
    this.#list = list;
    this.#limits = limits;
    this.#call = call;
  }

  check(): MapProgram {
    const { steps, results, captures } = this.#raw;
    checkLength(steps.length, this.#limits);
    if (results.length > this.#limits.maxMapSteps) checkLength(results.length, this.#limits);
    steps.forEach((step, i) => {
      this.#steps.push(named(`step ${i}`, () => this.#step(step)));
    });
    const sources = results.map((one, i) => named(`result ${i}`, () => this.#result(one)));
    return { steps: this.#steps, captures: captures.map((_, i) => this.#captures[i]), results: sources };
  }

  #step({ target: from, member: number, kind, interfaceId, arguments: args, references }: RawStep): MapStep {
    const [target, service] = this.#reference(from);
    const declaring = interfaceId === 0 ? service : interfaceOf(service, interfaceId);
    const member = declaring?.members.get(number) as Member<never> | undefined;
    if (member === undefined || CallKind[member.kind] !== kind)
      throw new CallError("UNIMPLEMENTED", `${service.fullName} has no member ${number} of kind ${kind}`);
    const refusal = unrecordable(member);
    if (refusal !== undefined) throw new CallError("INVALID_ARGUMENT", `${describeMember(service, member)}${refusal}`);
    const sources = references.map((one) => this.#sourceOf(one));
    member.readArguments(
      new ValueReader(
        args,
        {
          ...REFUSE_STREAMS,
          object: (expected, slot) => {
            const source = sources[slot];
            if (source === undefined) throw new Error(`slot ${slot} of ${sources.length}`);
            if (source.kind === "capture") return this.#capture(source.capture, expected);
            return fitting(this.#serviceOf(source), expected);
          },
        },
        this.#limits,
      ),
      this.#call,
    );
    return { target, service, member, arguments: args, references: sources };
  }

  /** What a step is called on, and its interface. */
  #reference(raw: RawSource): readonly [MapSource, ServiceDescriptor] {
    const source = this.#sourceOf(raw);
    if (source.kind !== "capture") return [source, this.#serviceOf(source)];
    const own = this.#raw.captures[source.capture]!.own();
    if (own === undefined)
      throw new CallError("INVALID_ARGUMENT", `capture ${source.capture} is no object of this side: call it elsewhere`);
    this.#captures[source.capture] ??= own;
    return [source, own.service];
  }

  #sourceOf({ from, index, path }: RawSource): MapSource {
    switch (from) {
      case "item":
        return { kind: "item", reference: found(this.#list.items, path, "the item") };
      case "step": {
        const step = this.#steps[index];
        if (step === undefined)
          throw new CallError("INVALID_ARGUMENT", `uses step ${index}, and ${this.#steps.length} come before it`);
        return { kind: "step", step: index, reference: found(referencesOf(step.member), path, `step ${index}`) };
      }
      case "capture":
        if (index < this.#raw.captures.length) return { kind: "capture", capture: index };
        throw new CallError("INVALID_ARGUMENT", `uses capture ${index} of ${this.#raw.captures.length}`);
    }
  }

  /** What is answered may be all of a step's result, whatever it is. */
  #result(raw: RawSource): MapSource {
    if (raw.from === "step" && raw.path.length === 0 && this.#steps[raw.index]?.member.oneWay !== true) {
      if (raw.index < this.#steps.length) return { kind: "step", step: raw.index, reference: undefined };
    }
    const source = this.#sourceOf(raw);
    if (source.kind === "capture") throw new CallError("INVALID_ARGUMENT", "a capture is no result");
    return source;
  }

  #serviceOf(source: Exclude<MapSource, { kind: "capture" }>): ServiceDescriptor {
    return source.reference!.service();
  }

  /** A capture has one interface: the one that is asked of it. */
  #capture(index: number, service: ServiceDescriptor): object {
    const known = this.#captures[index];
    if (known !== undefined) {
      fitting(known.service, service);
      return known.object;
    }
    const object = this.#raw.captures[index]!.object(service);
    this.#captures[index] = { service, object };
    return object;
  }
}

/** Why a member cannot be a step; undefined: it can. */
export function unrecordable({ kind, result }: Pick<Member<never>, "kind" | "result">): string | undefined {
  if (kind === "construct") return " is a class, and map makes calls only; add a method that makes one";
  if (kind === "map") return " is a map inside a map, which is not carried; map over the result instead";
  if (result.startsWith("stream ")) return " gives a stream, which map does not carry; call it on each item";
  return undefined;
}

/** @throws {CallError} RESOURCE_EXHAUSTED */
function checkLength(length: number, { maxMapSteps }: Limits): void {
  if (length <= maxMapSteps) return;
  throw new CallError(
    "RESOURCE_EXHAUSTED",
    `a recorded program of ${length} calls, and the limit is ${maxMapSteps} (limits.maxMapSteps)`,
  );
}

function found<R extends { readonly path: readonly number[] }>(
  references: readonly R[],
  path: readonly number[],
  what: string,
): R {
  const key = path.join(".");
  const reference = references.find((one) => one.path.join(".") === key);
  if (reference !== undefined) return reference;
  const place = path.length === 0 ? "is no reference" : `has no reference at field ${key}`;
  throw new CallError("INVALID_ARGUMENT", `${what} ${place}`);
}

/** In the place of a reference that is not known yet. */
function fitting(known: ServiceDescriptor, expected: ServiceDescriptor): object {
  if (expected.interfaceId !== 0 && interfaceOf(known, expected.interfaceId) === undefined)
    throw new Error(`expected a reference to ${expected.fullName}, got one to ${known.fullName}`);
  return {};
}

function named<T>(what: string, judge: () => T): T {
  try {
    return judge();
  } catch (thrown) {
    const error = errorFrom(thrown);
    throw new CallError(error instanceof CallError ? error.code : "INVALID_ARGUMENT", `${what}: ${error.message}`);
  }
}

function noStream(): never {
  throw new Error("a stream, which a recorded program does not carry");
}
export const REFUSE_STREAMS: Pick<ReferenceSource, "stream"> = { stream: noStream };
