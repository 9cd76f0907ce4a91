/** The parts of a model by name. Made when it is first asked for: the model must be whole by then. */
import type { ApiModel, EnumModel, Message, ServiceModel } from "./api-model.js";

export interface ModelIndex {
  readonly services: Lookup<ServiceModel>;
  readonly messages: Lookup<Message>;
  readonly enums: Lookup<EnumModel>;
}

export interface Lookup<T> {
  get(name: string): T | undefined;
}

const indexes = new WeakMap<ApiModel, ModelIndex>();

export function indexOf(model: ApiModel): ModelIndex {
  const known = indexes.get(model);
  if (known) return known;
  const byName = <T extends { readonly name: string }>(all: readonly T[]): Map<string, T> =>
    new Map(all.map((one) => [one.name, one]));
  const index: ModelIndex = {
    services: byName(model.services),
    messages: byName(model.messages),
    enums: byName(model.enums),
  };
  indexes.set(model, index);
  return index;
}
