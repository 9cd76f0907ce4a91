/**
 * What two peers must agree on about a service, as a number: SHA-256 over the service and every shape that can be
 * reached from it, with all their numbers, without documentation and without TypeScript's names for anything.
 */
import { createHash } from "node:crypto";
import { type ApiModel, type Field, type ServiceModel, type Shape, fieldsOf, plainText } from "./api-model.js";
import { crosses, describeField } from "./lowering.js";
import { type ModelIndex, indexOf } from "./model-index.js";

/** First four bytes of the SHA-256 of the full name, big-endian. */
export function interfaceIdOf(fullName: string): number {
  return createHash("sha256").update(fullName).digest().readUInt32BE(0);
}

/** What one fingerprint was made of. */
interface Taken {
  readonly fingerprint: bigint;
  readonly packageName: string;
  readonly reached: ReadonlyMap<string, object | undefined>;
}

/** The fingerprints of a model, and of those before it: taken again where something that was reached is another object. */
export class Fingerprints {
  readonly #taken = new Map<string, Taken>();

  of(model: ApiModel, service: ServiceModel): bigint {
    const index = indexOf(model);
    const before = this.#taken.get(service.name);
    const isSame =
      before?.packageName === model.package && [...before.reached].every(([name, one]) => lookUp(index, name) === one);
    if (before && isSame) return before.fingerprint;
    const { text, reached } = canonical(model, service);
    const fingerprint = createHash("sha256").update(text).digest().readBigUInt64BE(0);
    const objects = new Map(reached.map((name) => [name, lookUp(index, name)]));
    this.#taken.set(service.name, { fingerprint, packageName: model.package, reached: objects });
    return fingerprint;
  }
}

/** By `service Bank`, `type Session`. */
function lookUp({ services, messages, enums }: ModelIndex, name: string): object | undefined {
  const own = name.slice(name.indexOf(" ") + 1);
  return name.startsWith("service ") ? services.get(own) : (messages.get(own) ?? enums.get(own));
}

/** One line for each thing, in the order of names and numbers. */
function canonical(model: ApiModel, service: ServiceModel): { readonly text: string; readonly reached: string[] } {
  const index = indexOf(model);
  const reached = new Map<string, string>();
  const visitService = (one: ServiceModel): void => {
    if (reached.has(`service ${one.name}`)) return;
    reached.set(`service ${one.name}`, "");
    const lines = one.members.map((member) => {
      const parameters = member.parameters.flatMap((each) => each.field ?? []);
      for (const field of parameters) visitShape(field.shape);
      if (member.result) visitShape(member.result.shape);
      const result = member.result ? describeField(member.result, model.package) : "";
      const what = member.kind === "call" ? member.style : `${member.kind} ${member.style}`;
      return `  ${member.number} ${what} (${parameters.map((each) => fieldLine(model, each)).join(", ")}) ${result}`;
    });
    if (one.snapshot !== undefined) {
      visitNamed(one.snapshot);
      lines.unshift(`  snapshot ${one.snapshot}`);
    }
    for (const name of one.bases) {
      const base = index.services.get(name);
      if (base) visitService(base);
      lines.unshift(`  extends ${name}`);
    }
    reached.set(`service ${one.name}`, lines.join("\n"));
  };
  const visitNamed = (name: string): void => {
    if (reached.has(`type ${name}`)) return;
    reached.set(`type ${name}`, "");
    const message = index.messages.get(name);
    const enumeration = index.enums.get(name);
    if (message) {
      const fields = fieldsOf(message).filter(crosses);
      for (const field of fields) visitShape(field.shape);
      reached.set(
        `type ${name}`,
        fields
          .map((field) => `  ${fieldLine(model, field)}`)
          .sort()
          .join("\n"),
      );
    }
    if (enumeration) {
      const values = enumeration.values.map((one) => `  ${one.number} ${plainText(one.literal)}`);
      reached.set(`type ${name}`, values.join("\n"));
    }
  };
  const visitShape = (shape: Shape): void => {
    switch (shape.kind) {
      case "enum":
      case "message":
        visitNamed(shape.name);
        return;
      case "list":
      case "set":
        visitShape(shape.element);
        return;
      case "map":
        visitShape(shape.key);
        visitShape(shape.value);
        return;
      case "record":
        visitShape(shape.value);
        return;
      case "remote":
      case "function": {
        const other = index.services.get(shape.service);
        if (other) visitService(other);
        return;
      }
      case "stream":
        visitNamed(shape.items);
        return;
    }
  };
  visitService(service);
  const rest = [...reached].filter(([name]) => name !== `service ${service.name}`).sort(([a], [b]) => (a < b ? -1 : 1));
  const own = reached.get(`service ${service.name}`)!;
  const lines = [`${model.package}.${service.name}`, own, ...rest.map(([name, one]) => `${name}\n${one}`)];
  return { text: lines.join("\n"), reached: [...reached.keys()] };
}

function fieldLine(model: ApiModel, field: Field): string {
  return `${field.number} ${field.name || field.protoName} ${describeField(field, model.package)} ${field.nullNumber} ${field.emptyNumber}`;
}
