/**
 * Which way messages go, seen from a caller: into a call, out of it, or both. Inside a function type the directions are
 * turned round: a callback's parameters come out.
 */
import { type ApiModel, type Field, fieldsOf } from "../model/api-model.js";
import type { Shape } from "../model/shape.js";
import { indexOf } from "../model/model-index.js";

export interface Directions {
  /** Callers give values of it. */
  goesIn(message: string): boolean;
  /** Callers get values of it. */
  comesOut(message: string): boolean;
}

export function directionsOf(model: ApiModel): Directions {
  const index = indexOf(model);
  const seen = { in: new Set<string>(), out: new Set<string>() };
  const visitFields = (fields: readonly Field[], way: "in" | "out"): void => {
    for (const field of fields) visit(field.shape, way);
  };
  const visitMessage = (name: string, way: "in" | "out"): void => {
    if (seen[way].has(name)) return;
    seen[way].add(name);
    const message = index.messages.get(name);
    if (message) visitFields(fieldsOf(message), way);
  };
  const visitService = (name: string, way: "in" | "out"): void => {
    const key = `service ${name}`;
    if (seen[way].has(key)) return;
    seen[way].add(key);
    for (const { parameters, result } of index.services.get(name)?.members ?? []) {
      visitFields(
        parameters.flatMap((one) => one.field ?? []),
        way,
      );
      if (result) visitFields([result], way === "in" ? "out" : "in");
    }
  };
  const visit = (shape: Shape, way: "in" | "out"): void => {
    const parts = shape as { element?: Shape; key?: unknown; value?: Shape; name?: string; items?: string };
    if (parts.element) visit(parts.element, way);
    if (typeof parts.key === "object") visit(parts.key as Shape, way);
    if (parts.value) visit(parts.value, way);
    if (shape.kind === "message" || shape.kind === "enum") visitMessage(shape.name, way);
    if (shape.kind === "stream") visitMessage(shape.items, way);
    // What is given to a callback comes out at the one who passed it.
    if (shape.kind === "function") visitService(shape.service, way === "in" ? "out" : "in");
  };
  for (const service of model.services) if (service.kind === "interface") visitService(service.name, "in");
  return { goesIn: (name) => seen.in.has(name), comesOut: (name) => seen.out.has(name) };
}
