/**
 * Emits what the runtime knows of a service, as data; of its members: member-emitter.ts. From   interface Clock { ... }
 *   export const ClockService: ServiceDescriptor<Clock, ClockStub> = { fullName: "acme.v1.ClockService", ... };
 */
import { type ErrorModel, type MemberModel, type ServiceModel, fieldsOf } from "../model/api-model.js";
import { crosses, describeField } from "../model/lowering.js";
import { usedServices } from "../model/uses.js";
import { readFields, writeProperty } from "./codec-emitter.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { interfaceIdLine, memberConstant } from "./member-emitter.js";
import { literalKey } from "./names.js";

export function serviceDescriptor(file: FileEmitter, service: ServiceModel): Lines[] {
  const { names, packageName } = file;
  const type = file.type(service.type);
  const stub = names.stub(service);
  return [
    [
      `/** {@link ${type}} on the wire: \`${packageName}.${service.name}\`. */`,
      `export const ${names.descriptor(service)}: ${file.runtimeType("ServiceDescriptor")}<${type}, ${stub}> = {`,
      [
        ...identity(file, service),
        "get members() {",
        [`return ${names.members(service)};`],
        "},",
        ...servingOf(file, service),
        ...errorsOf(file, service),
        ...snapshotOf(file, service),
        ...basesOf(file, service),
        ...usesOf(file, service),
        `createStub: (link) => new ${stub}(link),`,
        ...(file.usage.isResult(service.name)
          ? ["get createPromise() {", [`return ${names.createPromise(service)};`], "},"]
          : []),
      ],
      "};",
    ],
  ];
}

function snapshotOf({ names, index, packageName }: FileEmitter, { snapshot }: ServiceModel): Lines {
  const message = snapshot === undefined ? undefined : index.messages.get(snapshot);
  if (!message) return [];
  const properties = fieldsOf(message).map(
    (field) => `${field.name}: ${describeField(field, packageName)}${crosses(field) ? ` = ${field.number}` : ""}`,
  );
  return [
    "snapshot: {",
    [
      `properties: [${properties.map((one) => JSON.stringify(one)).join(", ")}],`,
      `write: ${names.write(message)},`,
      `read: ${names.read(message)},`,
    ],
    "},",
  ];
}

/** What else its members mention, so that reflection can say all of it. */
function usesOf(file: FileEmitter, service: ServiceModel): Lines {
  const used = usedServices(file.index, service);
  if (used.length === 0) return [];
  const names = used.map((one) => file.emitted(one, file.names.descriptor(one)));
  return ["get uses() {", [`return [${names.join(", ")}];`], "},"];
}

function basesOf(file: FileEmitter, { bases }: ServiceModel): Lines {
  if (bases.length === 0) return [];
  const names = bases.map((one) => file.emitted(one, file.names.descriptor(one)));
  return ["get bases() {", [`return [${names.join(", ")}];`], "},"];
}

function identity(file: FileEmitter, service: ServiceModel): Lines {
  const fullName = `${file.packageName}.${service.name}`;
  return [
    `fullName: ${JSON.stringify(fullName)},`,
    interfaceIdLine(file.packageName, service),
    `fingerprint: 0x${file.fingerprintOf(service).toString(16).padStart(16, "0")}n,`,
  ];
}

/** What shares its objects: where there are arguments that hold some. */
function servingOf(file: FileEmitter, service: ServiceModel): Lines {
  return file.usage.isArgument(service.name) ? [`${file.runtime("serving")},`] : [];
}

function errorsOf(file: FileEmitter, service: ServiceModel): Lines {
  if (service.errors.length === 0) return ["errors: [],"];
  const names = service.errors.map((one) => file.emitted(one, file.names.error(one)));
  return ["get errors() {", [`return [${names.join(", ")}];`], "},"];
}

export function membersMap(file: FileEmitter, service: ServiceModel): Lines[] {
  const type = `${file.runtimeType("Member")}<${file.type(service.type)}>`;
  const rows = service.members.map((member) => `[${member.number}, ${file.names.member(service, member)}],`);
  return [
    [
      `const ${file.names.members(service)}: ReadonlyMap<number, ${type}> = new Map<number, ${type}>([`,
      rows,
      `] as [number, ${type}][]);`,
    ],
  ];
}

/** A function type: a descriptor with one member, which has no name. */
export function functionDescriptor(file: FileEmitter, service: ServiceModel): Lines[] {
  const { names } = file;
  const alias = names.functionType(service);
  const type = alias ?? file.type(service.type);
  const [member] = service.members as [MemberModel];
  const local = names.member(service, member);
  const signal = member.parameters.findIndex((one) => !one.field && !one.rest);
  const options = signal === -1 ? "" : `, { signal: args[${signal}] }`;
  const head = `${file.runtime("createFunction")}(link, (...args: Parameters<${type}>) =>`;
  const createStub: Lines = [
    `createStub: (link: ${file.runtimeType("RemoteLink")}) =>`,
    member.style === "oneWay"
      ? [`${head} {`, [`link.send(${local}, args${options});`], "}),"]
      : [`${head} link.call(${local}, args${options})),`],
  ];
  return [
    ...(alias === undefined ? [] : [[`type ${alias} = ${file.type(service.type)};`]]),
    memberConstant(file, service, member, type),
    [
      `/** The function \`${service.base}\` on the wire: \`${file.packageName}.${service.name}\`. */`,
      `export const ${names.descriptor(service)}: ${file.runtimeType("ServiceDescriptor")}<${type}> = {`,
      [
        ...identity(file, service),
        "get members() {",
        [`return ${names.members(service)};`],
        "},",
        ...servingOf(file, service),
        ...errorsOf(file, service),
        ...usesOf(file, service),
        ...createStub,
      ],
      "};",
    ],
    [
      `const ${names.members(service)}: ReadonlyMap<number, ${file.runtimeType("Member")}<${type}>> = new Map([`,
      [`[1, ${local} as ${file.runtimeType("Member")}<${type}>],`],
      "]);",
    ],
  ];
}

/** From   class NotFound extends Error { readonly path: string }   what writes `path`, and makes a NotFound again. */
export function errorDescriptor(file: FileEmitter, error: ErrorModel): Lines {
  const type = file.type(error.type);
  const scope = file.scope();
  scope.name("error");
  const { lines, locals } = readFields(file, error.fields);
  const fields = [
    ...(error.errorName === undefined ? [] : [`name: ${error.errorName}`]),
    ...error.fields.map((field) => {
      const key = literalKey(field.name);
      const value = field.shape.kind === "constant" ? file.type(field.shape.literal) : locals.get(field)!;
      return key === value ? key : `${key}: ${value}`;
    }),
  ];
  const write = error.fields.flatMap((field) => writeProperty(file, field, scope, "error"));
  const throwers = file.throwersOf(error);
  const exported = throwers.some((home) => home !== error.home);
  const unused = throwers.length === 0;
  return [
    `${exported || unused ? "export " : ""}const ${file.names.error(error)}: ${file.runtimeType("ErrorDescriptor")}<${type}> = {`,
    [
      `fullName: ${JSON.stringify(`${file.packageName}.${error.name}`)},`,
      `errorClass: () => ${type},`,
      ...(write.length === 0 ? ["writeFields: nothing,"] : ["writeFields(w, error) {", write, "},"]),
      "readFields(r, message) {",
      [
        ...lines,
        `return ${file.runtime("restoreError")}(${type}, message, ${fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`});`,
      ],
      "},",
    ],
    "};",
  ];
}
