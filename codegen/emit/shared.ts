/** What all files of one run have in common: the whole model, and what has been found out about it. */
import type { ApiModel, EnumModel, ErrorModel, Message, ServiceModel } from "../model/api-model.js";
import type { Fingerprints } from "../model/fingerprint.js";
import { type ModelIndex, indexOf } from "../model/model-index.js";
import { GivenNames } from "./names.js";
import { Usage } from "./usage.js";

/** What one file holds, in the order of the model. */
export interface Part {
  readonly services: ServiceModel[];
  readonly messages: Message[];
  readonly enums: EnumModel[];
  readonly errors: ErrorModel[];
}

/** What all files of one run have in common. */
export class Shared {
  readonly model: ApiModel;
  readonly index: ModelIndex;
  readonly names: GivenNames;
  readonly usage: Usage;
  /** The source in whose .rpc.ts a thing stands. */
  readonly homes: ReadonlyMap<string, string>;
  readonly #parts = new Map<string, Part>();

  readonly #fingerprints: Fingerprints;

  constructor(model: ApiModel, fingerprints: Fingerprints) {
    this.model = model;
    this.#fingerprints = fingerprints;
    this.index = indexOf(model);
    this.names = new GivenNames(model);
    this.usage = new Usage(model);
    const all = [...model.services, ...model.messages, ...model.enums, ...model.errors];
    this.homes = new Map(all.map((one) => [one.name, one.home]));
    for (const one of model.services) this.part(one.home).services.push(one);
    for (const one of model.messages) this.part(one.home).messages.push(one);
    for (const one of model.enums) this.part(one.home).enums.push(one);
    for (const one of model.errors) this.part(one.home).errors.push(one);
  }

  /** What stands in the .rpc.ts of a source. */
  part(home: string): Part {
    let part = this.#parts.get(home);
    if (!part) this.#parts.set(home, (part = { services: [], messages: [], enums: [], errors: [] }));
    return part;
  }

  fingerprintOf(service: string): bigint {
    return this.#fingerprints.of(this.model, this.index.services.get(service)!);
  }

  /** The sources whose interfaces may throw the error. */
  throwersOf(error: string): readonly string[] {
    return this.model.services.filter((one) => one.errors.includes(error)).map((one) => one.home);
  }
}
