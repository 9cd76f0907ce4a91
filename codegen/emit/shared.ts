/** What all files of one run have in common: the whole model, and what has been found out about it. */
import type { ApiModel, EnumModel, ErrorModel, Message, ServiceModel } from "../model/api-model.js";
import type { Fingerprints } from "../model/fingerprint.js";
import { type ModelIndex, indexOf } from "../model/model-index.js";
import { GivenNames } from "./names.js";
import { Usage } from "./usage.js";

/** What one file holds, in the order of the model. */
export interface Part {
  readonly services: readonly ServiceModel[];
  readonly messages: readonly Message[];
  readonly enums: readonly EnumModel[];
  readonly errors: readonly ErrorModel[];
}

type MutablePart = { readonly [K in keyof Part]: Part[K][number][] };

/** What all files of one run have in common. */
export class Shared {
  readonly model: ApiModel;
  readonly index: ModelIndex;
  readonly names: GivenNames;
  readonly usage: Usage;
  /** The source in whose .rpc.ts a thing stands. */
  readonly homes: ReadonlyMap<string, string>;
  readonly #parts = new Map<string, MutablePart>();

  readonly #fingerprints: Fingerprints;

  constructor(model: ApiModel, fingerprints: Fingerprints) {
    this.model = model;
    this.#fingerprints = fingerprints;
    this.index = indexOf(model);
    this.names = new GivenNames(model);
    const homes = new Map<string, string>();
    const partOf = ({ name, home }: { readonly name: string; readonly home: string }): MutablePart => {
      homes.set(name, home);
      return this.#part(home);
    };
    for (const one of model.services) partOf(one).services.push(one);
    for (const one of model.messages) partOf(one).messages.push(one);
    for (const one of model.enums) partOf(one).enums.push(one);
    for (const one of model.errors) partOf(one).errors.push(one);
    this.homes = homes;
    this.usage = new Usage(model, homes);
  }

  /** What stands in the .rpc.ts of a source. */
  part(home: string): Part {
    return this.#part(home);
  }

  #part(home: string): MutablePart {
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
