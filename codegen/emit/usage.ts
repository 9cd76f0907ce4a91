/** Who uses what, looked up many times and found once: which codecs other files need, which boxes are items of streams. */
import { type ApiModel, type Field, type ServiceModel, type Shape, fieldsOf } from "../model/api-model.js";
import { lineageOf } from "../model/inheritance.js";
import { indexOf } from "../model/model-index.js";
import { servicesIn } from "../model/uses.js";

export interface UsageAnswers {
  /** Whether a file other than `home` needs the codec of `name`. */
  isUsedBeyond(home: string, name: string): boolean;
  /** Whether another interface extends it. */
  isBase(service: Pick<ServiceModel, "name">): boolean;
  /** Whether an interface of another file extends it: its stub then uses the members that stand in this one. */
  isBaseBeyond(service: Pick<ServiceModel, "name" | "home">): boolean;
  /** Whether the message is one item of some stream. */
  isStreamItem(name: string): boolean;
  /** Whether objects of the interface are passed in arguments, perhaps inside data. */
  isArgument(service: Pick<ServiceModel, "name">): boolean;
  /** The same of results. */
  isResult(service: Pick<ServiceModel, "name">): boolean;
}

export class Usage implements UsageAnswers {
  readonly #homes = new Map<string, Set<string>>();
  readonly #items = new Set<string>();

  readonly #arguments = new Set<string>();
  readonly #results = new Set<string>();

  readonly #derived = new Map<string, Set<string>>();

  constructor(model: ApiModel) {
    const index = indexOf(model);
    for (const service of model.services) {
      for (const { name } of lineageOf(index, service).slice(1)) {
        const homes = this.#derived.get(name) ?? new Set<string>();
        this.#derived.set(name, homes.add(service.home));
      }
    }
    for (const message of model.messages) for (const field of fieldsOf(message)) this.#field(field, message.home);
    for (const error of model.errors) for (const field of error.fields) this.#field(field, error.home);
    for (const service of model.services) {
      for (const { parameters, result } of service.members) {
        for (const { field } of parameters) {
          if (!field) continue;
          this.#field(field, service.home);
          for (const one of servicesIn(index, [field])) this.#arguments.add(one);
        }
        if (!result) continue;
        this.#field(result, service.home);
        for (const one of servicesIn(index, [result])) this.#results.add(one);
      }
    }
  }

  isUsedBeyond(home: string, name: string): boolean {
    const homes = this.#homes.get(name);
    return homes !== undefined && [...homes].some((one) => one !== home);
  }

  isBase({ name }: Pick<ServiceModel, "name">): boolean {
    return this.#derived.has(name);
  }

  isBaseBeyond({ name, home }: Pick<ServiceModel, "name" | "home">): boolean {
    return [...(this.#derived.get(name) ?? [])].some((one) => one !== home);
  }

  isStreamItem(name: string): boolean {
    return this.#items.has(name);
  }

  isArgument({ name }: Pick<ServiceModel, "name">): boolean {
    return this.#arguments.has(name);
  }

  isResult({ name }: Pick<ServiceModel, "name">): boolean {
    return this.#results.has(name);
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
    const homes = this.#homes.get(name) ?? new Set<string>();
    this.#homes.set(name, homes.add(home));
  }
}
