/** The interfaces and functions that an interface mentions: in parameters, in results, inside data. For reflection. */
import { type Field, type MemberModel, type ServiceModel, fieldsOf } from "./api-model.js";
import type { Shape } from "./shape.js";
import type { ModelIndex } from "./model-index.js";
import { givesReference, insideResult } from "./result-references.js";

/** By name; without itself, and without what the promises of its results lead to anyway. */
export function usedServices(index: ModelIndex, service: ServiceModel): string[] {
  const fields = service.members.flatMap(({ parameters, result }) => [
    ...parameters.flatMap(({ field }) => field ?? []),
    ...(result ? [result] : []),
  ]);
  const known = new Set([service.name, ...service.members.flatMap((member) => ledTo(index, member))]);
  return [...servicesIn(index, fields)].filter((name) => !known.has(name)).sort();
}

/** The interfaces and functions that stand in those fields, and in the data that they hold. */
export function servicesIn(index: ModelIndex, fields: readonly Field[]): Set<string> {
  const found = new Set<string>();
  visitShapes(index, fields, (shape) => {
    if (shape.kind === "remote" || shape.kind === "function") found.add(shape.service);
  });
  return found;
}

/** Whether objects or functions may stand in the field, or in the data that it holds: in values of any type, too. */
export function holdsReferences(index: ModelIndex, field: Field): boolean {
  return holds(index, field, ["remote", "function", "value", "error"]);
}

/** Whether streams stand in the field, or in the data that it holds. */
export function holdsStreams(index: ModelIndex, field: Field): boolean {
  return holds(index, field, ["stream", "byteStream"]);
}

function holds(index: ModelIndex, field: Field, kinds: readonly Shape["kind"][]): boolean {
  let found = false;
  visitShapes(index, [field], ({ kind }) => {
    found ||= kinds.includes(kind);
  });
  return found;
}

/** Each shape of those fields, and of the data that they hold. */
function visitShapes(index: ModelIndex, fields: readonly Field[], see: (shape: Shape) => void): void {
  const seen = new Set<string>();
  const visitNamed = (name: string): void => {
    const message = index.messages.get(name);
    if (!message || seen.has(name)) return;
    seen.add(name);
    for (const { shape } of fieldsOf(message)) visit(shape);
  };
  const visit = (shape: Shape): void => {
    see(shape);
    switch (shape.kind) {
      case "message":
        visitNamed(shape.name);
        return;
      case "stream":
        visitNamed(shape.items);
        return;
      case "list":
      case "set":
        visit(shape.element);
        return;
      case "map":
        visit(shape.key);
        visit(shape.value);
        return;
      case "record":
        visit(shape.value);
    }
  };
  for (const { shape } of fields) visit(shape);
}

function ledTo(index: ModelIndex, member: MemberModel): string[] {
  const { result } = member;
  if (givesReference(member) && result?.shape.kind === "remote") return [result.shape.service];
  return insideResult(index, member).references.map((one) => one.service);
}
