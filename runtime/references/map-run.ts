/**
 * Runs a program for each item of a list: what depends on nothing starts at once, in the order of the items and of the
 * steps; a step whose references come from another waits for that one alone. Where and as whom the calls are made is its
 * site's to say (map-site.ts).
 */
import { CallError, errorFrom } from "../base/errors.js";
import type { CallContext } from "../calls/call-handler.js";
import { codeOf } from "../calls/error-codec.js";
import type { Limits } from "../base/limits.js";
import { linkOf } from "./link-of.js";
import { REFUSE_STREAMS } from "./map-check.js";
import { type MapProgram, type MapSource, type MapStep, referenceIn } from "./map-program.js";
import type { CallOptions } from "./remote-link.js";
import { type Member, type ResultReference, describeMember } from "./service.js";
import { ValueReader } from "./value-reader.js";

/** The items that a program runs over. */
export interface MapItems {
  readonly length: number;
  at(index: number, reference: ResultReference): object | undefined;
}

/** Where a program runs, and for whom. */
export interface MapSite {
  readonly limits: Limits;
  /** For handlers, and for the signals among their parameters. */
  readonly context: CallContext;
  /** Why nothing more is to be started. */
  readonly stopped: Error | undefined;
  /** Of calls on objects of other peers. */
  readonly options: CallOptions | undefined;
  /** Makes a call on an object of this side, in the order of calls on it. */
  invoke(step: MapStep, object: object, args: readonly unknown[]): Promise<unknown>;
  /** So many calls are to be made. @throws {CallError} RESOURCE_EXHAUSTED */
  enter(calls: number): void;
  leave(calls: number): void;
}

/**
 * @returns for each item its results, in the program's order.
 * @throws {CallError} with the code of the first step that failed, its item and its member in the message.
 */
export async function runProgram(program: MapProgram, items: MapItems, site: MapSite): Promise<unknown[][]> {
  const calls = items.length * program.steps.length;
  site.enter(calls);
  const runs: ItemRun[] = [];
  const failure: Failure = { first: undefined };
  for (let i = 0; i < items.length; i++) {
    const run = new ItemRun(program, items, i, site, failure);
    runs.push(run);
    run.start();
  }
  // Where one fails the others may go on for a while, and count.
  void Promise.all(runs.map((run) => run.ended())).then(() => {
    site.leave(calls);
  });
  return Promise.all(runs.map((run) => run.results()));
}

/** What the whole fails with. */
interface Failure {
  first: Error | undefined;
}

/** A reference that can be used now. Boxed: it may be a promise, which would be awaited. */
interface Found {
  readonly object: object;
}

/** What a step has given, or will. */
interface Given {
  readonly value: Promise<unknown>;
  /** A reference in it: now, where it leads to another peer, else once it is known. */
  at(reference: ResultReference): Found | Promise<Found>;
}

class ItemRun {
  readonly #program: MapProgram;
  readonly #items: MapItems;
  readonly #index: number;
  readonly #site: MapSite;
  readonly #failure: Failure;
  readonly #given: Given[] = [];

  constructor(program: MapProgram, items: MapItems, index: number, site: MapSite, failure: Failure) {
    this.#program = program;
    this.#items = items;
    this.#index = index;
    this.#site = site;
    this.#failure = failure;
  }

  start(): void {
    for (const step of this.#program.steps) {
      const given = this.#step(step);
      given.value.catch(() => undefined); // told to whoever asks for the results
      this.#given.push(given);
    }
  }

  ended(): Promise<unknown> {
    return Promise.allSettled(this.#given.map(({ value }) => value));
  }

  results(): Promise<unknown[]> {
    // A step whose result nobody wants must still have gone well.
    const steps = this.#given.map(({ value }) => value);
    return Promise.all(steps).then((values) =>
      Promise.all(
        this.#program.results.map(async (source) => {
          if (source.kind === "step" && source.reference === undefined) return values[source.step];
          return (await this.#find(source)).object;
        }),
      ),
    );
  }

  #step(step: MapStep): Given {
    try {
      const needed = [step.target, ...step.references].map((source) => this.#find(source));
      if (!needed.some((one) => one instanceof Promise)) return this.#call(step, needed as Found[]);
      const given = Promise.all(needed.map(async (one) => one)).then((known) => this.#call(step, known));
      return {
        value: this.#named(
          step,
          given.then(({ value }) => value),
        ),
        at: (reference) => given.then((known) => known.at(reference)),
      };
    } catch (error) {
      return failed(this.#failed(step, error));
    }
  }

  #find(source: MapSource): Found | Promise<Found> {
    switch (source.kind) {
      case "item": {
        const object = this.#items.at(this.#index, source.reference);
        return object === undefined ? Promise.reject(absent(source.reference)) : { object };
      }
      case "step":
        return this.#given[source.step]!.at(source.reference!);
      case "capture":
        return { object: this.#program.captures[source.capture]!.object };
    }
  }

  #call(step: MapStep, [target, ...references]: readonly Found[]): Given {
    const { limits, context, options, stopped } = this.#site;
    if (stopped !== undefined) throw stopped;
    if (this.#failure.first !== undefined) throw this.#failure.first;
    const member = step.member as Member<never, readonly unknown[], object>;
    // Decoded for each item: what is by value is each handler's own.
    const args = member.readArguments(
      new ValueReader(step.arguments, { ...REFUSE_STREAMS, object: (_, slot) => references[slot]!.object }, limits),
      context,
    );
    const { object } = target!;
    const link = linkOf(object);
    // A stub that is known as another interface, such as a base of its own, has other numbers: it is used as an object.
    if (link?.service.interfaceId !== step.service.interfaceId) {
      const value = this.#named(step, this.#site.invoke(step, object, args));
      return { value, at: (reference) => value.then((known) => found(known, reference)) };
    }
    if (member.oneWay === true) {
      link.send(member as unknown as Member<never, readonly unknown[], void>, args, options);
      return { value: Promise.resolve(), at: nothing };
    }
    if (member.pipelines === undefined && member.pipelinesInside === undefined)
      return { value: this.#named(step, link.call(member, args, options)), at: nothing };
    const call = link.pipeline(member, args, options);
    const objects = new Map<ResultReference, object>();
    return {
      value: this.#named(step, call.result),
      at: (reference) => {
        let known = objects.get(reference);
        if (known === undefined) {
          const result = call.result.then((value) => found(value, reference).object);
          result.catch(() => undefined);
          known = reference.service().createPromise?.(call.at(reference), result);
          if (known === undefined) return result.then((own) => ({ object: own }));
          objects.set(reference, known);
        }
        return { object: known };
      },
    };
  }

  /** What a call gives, or why the whole fails. */
  async #named(step: MapStep, result: Promise<unknown>): Promise<unknown> {
    try {
      return await result;
    } catch (error) {
      throw this.#failed(step, error);
    }
  }

  /** The error of the whole: what fails after the first one, or because of it, fails as it did. */
  #failed({ service, member }: MapStep, thrown: unknown): Error {
    if (this.#failure.first !== undefined) return this.#failure.first;
    const cause = errorFrom(thrown);
    const text = `item ${this.#index}: ${describeMember(service, member)}: ${cause.message}`;
    return (this.#failure.first = new CallError(codeOf(cause), text, { cause }));
  }
}

function failed(error: Error): Given {
  const value = Promise.reject(error);
  value.catch(() => undefined);
  return { value, at: () => Promise.reject(error) };
}

function found(value: unknown, reference: ResultReference): Found {
  const object = referenceIn(value, reference);
  if (object === undefined) throw absent(reference);
  return { object };
}

function absent({ properties }: ResultReference): CallError {
  const place = properties.length > 0 ? ` at ${properties.join(".")}` : "";
  return new CallError("INVALID_ARGUMENT", `there is no reference${place}: nothing can be called on it`);
}

function nothing(): never {
  throw new CallError("INVALID_ARGUMENT", "the result holds no reference");
}
