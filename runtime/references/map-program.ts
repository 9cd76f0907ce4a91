/**
 * A recorded program as data: the calls that `map` makes for each item of a list, each on something that is known by
 * then. Written down by recorder.ts, or read from the peer's bytes and judged by map-check.ts; run by map-run.ts.
 * Source: schema/peerwire/v1/map.proto.
 */
import type { CallOptions } from "./remote-link.js";
import type { Member, ResultReference, ServiceDescriptor } from "./service.js";

/** Where a program has a reference or a result from. */
export type MapSource =
  | { readonly kind: "item"; readonly reference: ResultReference }
  /** An earlier step: a reference in its result, or all of it. */
  | { readonly kind: "step"; readonly step: number; readonly reference: ResultReference | undefined }
  | { readonly kind: "capture"; readonly capture: number };

export interface MapStep {
  readonly target: MapSource;
  /** The interface under which the target is known. */
  readonly service: ServiceDescriptor;
  readonly member: Member<never>;
  /** Encoded: each item's call has values of its own. */
  readonly arguments: Uint8Array;
  /** What the slots of the arguments mean. */
  readonly references: readonly MapSource[];
}

/** Something that the steps use and that no step gives: held by whoever recorded, or known to the peer. */
export interface MapCapture {
  readonly service: ServiceDescriptor;
  readonly object: object;
}

export interface MapProgram {
  readonly steps: readonly MapStep[];
  /** Undefined: one that no step reads. */
  readonly captures: readonly (MapCapture | undefined)[];
  /** What is given for each item, in this order. */
  readonly results: readonly MapSource[];
  /** What the callback returned; absent: the results of an item stay a list. */
  readonly shape?: ResultShape;
  /** Of its calls, where it runs where it was recorded. */
  readonly options?: CallOptions | undefined;
}

/** Makes of an item's results what the callback returned. */
export interface ResultShape {
  readonly make: (results: readonly unknown[]) => unknown;
  /** The properties that lead to each result. */
  readonly places: readonly (readonly string[])[];
}

/** The member of `peerwire.v1.List` that takes a program. */
export type MapMember = Member<object, readonly [MapProgram], readonly unknown[]>;

/** The references that a result offers by a path, itself among them. */
export function referencesOf({ pipelines, pipelinesInside }: Member<never>): readonly ResultReference[] {
  const inside = pipelinesInside ?? [];
  return pipelines === undefined ? inside : [itself(pipelines), ...inside];
}

/** The result, or the item, as a reference. */
export function itself(service: () => ServiceDescriptor): ResultReference {
  return { properties: [], path: [], service };
}

/** What `reference` leads to in `value`, by own properties alone. */
export function referenceIn(value: unknown, { properties }: ResultReference): object | undefined {
  let found = value;
  for (const name of properties)
    found = isObject(found) ? Object.getOwnPropertyDescriptor(found, name)?.value : undefined;
  return isObject(found) ? found : undefined;
}

/** A function is an object too. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
