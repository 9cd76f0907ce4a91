/** Who uses what, looked up many times and found once: which codecs other files need, which boxes are items of streams. */
import { type ApiModel, type Field, fieldsOf } from "../model/api-model.js";
import type { Shape } from "../model/shape.js";
import { lineageOf } from "../model/inheritance.js";
import { indexOf } from "../model/model-index.js";
import { servicesIn } from "../model/uses.js";

export interface UsageAnswers {
  /** Whether a file other than its own needs the codec of `name`. */
  isUsedBeyond(name: string): boolean;
  /** Whether another interface extends the service. */
  isBase(service: string): boolean;
  /** Whether an interface of another file extends it: its stub then uses the members that stand in this one. */
  isBaseBeyond(service: string): boolean;
  /** Whether the message is one item of some stream. */
  isStreamItem(name: string): boolean;
  /** Whether objects of the interface are passed in arguments, perhaps inside data. */
  isArgument(service: string): boolean;
  /** The same of results. */
  isResult(service: string): boolean;
}

export class Usage implements UsageAnswers {
  readonly #homes: ReadonlyMap<string, string>;
  readonly #usedBeyond = new Set<string>();
  readonly #items = new Set<string>();
  readonly #bases = new Set<string>();
  readonly #basesBeyond = new Set<string>();
  readonly #arguments: ReadonlySet<string>;
  readonly #results: ReadonlySet<string>;

  /** @param homes  the source in whose file each thing stands. */
  constructor(model: ApiModel, homes: ReadonlyMap<string, string>) {
    this.#homes = homes;
    const index = indexOf(model);
    for (const service of model.services) {
      if (service.bases.length === 0) continue;
      for (const { name, home } of lineageOf(index, service).slice(1)) {
        this.#bases.add(name);
        if (home !== service.home) this.#basesBeyond.add(name);
      }
    }
    for (const message of model.messages) for (const field of fieldsOf(message)) this.#field(field, message.home);
    for (const error of model.errors) for (const field of error.fields) this.#field(field, error.home);
    const given: Field[] = [];
    const got: Field[] = [];
    for (const service of model.services) {
      for (const { parameters, result } of service.members) {
        for (const { field } of parameters) {
          if (!field) continue;
          this.#field(field, service.home);
          given.push(field);
        }
        if (!result) continue;
        this.#field(result, service.home);
        got.push(result);
      }
    }
    this.#arguments = servicesIn(index, given);
    this.#results = servicesIn(index, got);
  }

  isUsedBeyond(name: string): boolean {
    return this.#usedBeyond.has(name);
  }

  isBase(service: string): boolean {
    return this.#bases.has(service);
  }

  isBaseBeyond(service: string): boolean {
    return this.#basesBeyond.has(service);
  }

  isStreamItem(name: string): boolean {
    return this.#items.has(name);
  }

  isArgument(service: string): boolean {
    return this.#arguments.has(service);
  }

  isResult(service: string): boolean {
    return this.#results.has(service);
  }

  #field(field: Field, home: string): void {
    this.#shape(field.shape, home);
  }

  #shape(shape: Shape, home: string): void {
    switch (shape.kind) {
      case "enum":
      case "message":
        this.#uses(shape.name, home);
        return;
      case "list":
      case "set":
        this.#shape(shape.element, home);
        return;
      case "map":
        this.#shape(shape.key, home);
        this.#shape(shape.value, home);
        return;
      case "record":
        this.#shape(shape.value, home);
        return;
      case "stream":
        this.#items.add(shape.items);
        this.#uses(shape.items, home);
    }
  }

  #uses(name: string, home: string): void {
    if (this.#homes.get(name) !== home) this.#usedBeyond.add(name);
  }
}
