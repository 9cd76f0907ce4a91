/**
 * Emits what the runtime knows of a service, as data. From   interface Clock { now(zone: string): Promise<number>; }
 *   export const ClockService: ServiceDescriptor<Clock, ClockStub> = { fullName: "acme.v1.ClockService", ... };
 *   const clockNow: Member<Clock, Parameters<Clock["now"]>, number> = { number: 1, name: "now", ... };
 */
import {
  type ErrorModel,
  type MemberModel,
  type Parameter,
  type ServiceModel,
  fieldsOf,
  plainText,
} from "../model/api-model.js";
import { describeField, describeShape } from "../model/lowering.js";
import { holdsReferences, holdsStreams, usedServices } from "../model/uses.js";
import { type ResultReference, givesReference, insideResult } from "../model/result-references.js";
import { interfaceIdOf } from "../model/fingerprint.js";
import { readFields, readValue, typeOfField, writeProperty } from "./codec-emitter.js";
import { writeField } from "./field-writer.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { access, literalKey } from "./names.js";

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
  const properties = fieldsOf(message).map((field) => `${field.name}: ${describeField(field, packageName)}`);
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

function interfaceIdLine(packageName: string, service: ServiceModel): string {
  return `interfaceId: 0x${interfaceIdOf(`${packageName}.${service.name}`).toString(16).padStart(8, "0")},`;
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

export function memberConstant(file: FileEmitter, service: ServiceModel, member: MemberModel, type: string): Lines {
  const { names, packageName } = file;
  const fields = member.parameters.flatMap((one) => one.field ?? []);
  const described = fields.map((field) => JSON.stringify(describeField(field, packageName)));
  const { result, style } = member;
  const resultText = result
    ? style === "value"
      ? describeField(result, packageName)
      : describeShape(result.shape, packageName)
    : "";
  const reference = givesReference(member) && result?.shape.kind === "remote" ? result.shape : undefined;
  const pipelines = reference && file.emitted(reference.service, names.descriptor(reference.service));
  return [
    `${file.usage.isBaseBeyond(service.name) ? "export " : ""}const ${names.member(service, member)}: ${file.runtimeType("Member")}<${type}, ${argumentsType(file, service, member, type)}, ${resultType(file, member)}> = {`,
    [
      `number: ${member.number},`,
      ...(file.usage.isBase(service.name) ? [interfaceIdLine(packageName, service)] : []),
      `name: ${JSON.stringify(member.name)},`,
      `kind: "${member.kind}",`,
      ...(style === "oneWay" ? ["oneWay: true,"] : []),
      ...(member.idempotent ? ["idempotent: true,"] : []),
      `parameters: [${described.join(", ")}],`,
      `result: ${JSON.stringify(resultText)},`,
      ...(member.documentation === undefined ? [] : [`documentation: ${JSON.stringify(member.documentation)},`]),
      ...(pipelines === undefined ? [] : [`pipelines: () => ${pipelines},`]),
      ...pipelinesInside(file, service, member),
      ...partsOf(file, service, member),
      ...writeArguments(file, member),
      ...readArguments(file, member, argumentsType(file, service, member, type)),
      ...invocation(file, service, member),
      ...writeResult(file, member),
      ...readResult(file, member),
    ],
    "};",
  ];
}

/** What of the runtime the member needs, beyond what all members need. */
function partsOf(file: FileEmitter, { kind }: ServiceModel, member: MemberModel): Lines {
  const { references, lists } = insideResult(file.index, member);
  const isChained = givesReference(member) || (kind !== "function" && references.length + lists.length > 0);
  return [
    ...(isChained ? [`${file.runtime("pipelining")},`] : []),
    ...(member.result && holdsReferences(file.index, member.result) ? [`${file.runtime("references")},`] : []),
    ...(member.result && holdsStreams(file.index, member.result) ? [`${file.runtime("streams")},`] : []),
  ];
}

/** The references and lists inside the result that its promise offers. */
function pipelinesInside(file: FileEmitter, { kind }: ServiceModel, member: MemberModel): Lines {
  if (kind === "function") return [];
  const { references, lists } = insideResult(file.index, member);
  const rows = references.map((one) => `${referenceText(file, one)},`);
  const lines: Lines = rows.length === 0 ? [] : ["pipelinesInside: [", rows, "],"];
  if (lists.length === 0) return lines;
  const described = lists.flatMap(({ properties, path, items }): Lines => {
    const place = placeText(properties, path);
    const inside = items.map((one) => referenceText(file, one));
    const mapping = file.runtime("mapping");
    const line = `{ ${place.join(" ")} items: [${inside.join(", ")}], ${mapping} },`;
    if (line.length <= 112) return [line];
    return ["{", [...place, "items: [", inside.map((one) => `${one},`), "],", `${mapping},`], "},"];
  });
  return [...lines, "lists: [", described, "],"];
}

function placeText(properties: readonly string[], path: readonly number[]): string[] {
  return [`properties: ${JSON.stringify(properties).replaceAll(",", ", ")},`, `path: [${path.join(", ")}],`];
}

function referenceText(file: FileEmitter, { properties, path, service }: ResultReference): string {
  const descriptor = file.emitted(service, file.names.descriptor(service));
  return `{ ${placeText(properties, path).join(" ")} service: () => ${descriptor} }`;
}

function resultType(file: FileEmitter, member: MemberModel): string {
  if (!member.result) return plainText(member.resultType) === "Promise<undefined>" ? "undefined" : "void";
  return typeOfField(file, member.result);
}

function writeArguments(file: FileEmitter, member: MemberModel): Lines {
  const { parameters } = member;
  if (parameters.every((one) => !one.field)) return ["writeArguments: nothing,"];
  const scope = file.scope();
  // What comes after the last parameter that crosses need not be taken apart.
  const last = parameters.findLastIndex((one) => one.field);
  const locals = parameters.slice(0, last + 1).map((one) => (one.field ? scope.name(one.name) : ""));
  const pattern = locals.map((local, i) => (parameters[i]!.rest ? `...${local}` : local)).join(", ");
  const body = parameters
    .slice(0, last + 1)
    .flatMap((one, i) => (one.field ? writeField(file, one.field, locals[i]!, scope) : []));
  return [`writeArguments(w, [${pattern}]) {`, body, "},"];
}

function readArguments(file: FileEmitter, member: MemberModel, type: string): Lines {
  const { parameters } = member;
  const fields = parameters.flatMap((one) => one.field ?? []);
  const needsCall = fields.length < parameters.length;
  if (fields.length === 0)
    return [
      parameters.length === 0
        ? "readArguments: () => [],"
        : `readArguments: (_r, call) => [${parameters.map(() => "call.signal").join(", ")}],`,
    ];
  const { lines, locals } = readFields(file, fields);
  const value = (one: Parameter): string => {
    if (!one.field) return "call.signal";
    if (one.field.shape.kind === "constant") return file.type(one.field.shape.literal);
    return (one.rest ? "..." : "") + locals.get(one.field)!;
  };
  // To the compiler, an optional element before others may be left out, and not undefined.
  const cast = parameters.at(-1)!.rest && parameters.some((one) => one.optional) ? ` as ${type}` : "";
  return [
    `readArguments(r${needsCall ? ", call" : ""}) {`,
    [...lines, `return [${parameters.map(value).join(", ")}]${cast};`],
    "},",
  ];
}

/** The arguments as a tuple; of a property that is written, its value. */
function argumentsType(file: FileEmitter, service: ServiceModel, member: MemberModel, type: string): string {
  if (service.kind === "function") return `Parameters<${type}>`;
  const property = `${type}[${JSON.stringify(member.name)}]`;
  switch (member.kind) {
    case "call":
      return `Parameters<${property}>`;
    case "get":
      return "[]";
    case "set":
      return `[value: ${file.type(member.parameters[0]!.type)}]`;
    case "construct":
      return `ConstructorParameters<${property}>`;
  }
}

function invocation(file: FileEmitter, service: ServiceModel, member: MemberModel): Lines {
  if (service.kind === "function") return ["invoke: (target, args) => target(...args),"];
  const method = `target${access(member.name)}`;
  switch (member.kind) {
    case "get":
      return [`invoke: (target) => ${method},`];
    case "set":
      return [
        "invoke: (target, args) =>",
        [
          `${file.runtime("assign")}(target, ${file.names.member(service, member)}, args, ([value]) => {`,
          [`${method} = value;`],
          "}),",
        ],
      ];
    case "construct": {
      const make = `${file.runtime("construct")}(target, ${method}, args`;
      // After a rest of parameters, the context could not be told apart.
      if (member.parameters.some((one) => one.rest)) return [`invoke: (target, args) => ${make}),`];
      return [`invoke: (target, args, call) => ${make}, call),`];
    }
  }
  if (member.parameters.some((one) => one.rest)) return [`invoke: (target, args) => ${method}(...args),`];
  return [`invoke: (target, args, call) => ${file.runtime("invoke")}(target, ${method}, args, call),`];
}

function writeResult(file: FileEmitter, { result }: MemberModel): Lines {
  if (!result) return ["writeResult: nothing,"];
  if (result.shape.kind === "constant") return ["writeResult: nothing,"];
  const scope = file.scope();
  const value = scope.name("value");
  return [`writeResult(w, ${value}) {`, writeField(file, result, value, scope), "},"];
}

function readResult(file: FileEmitter, member: MemberModel): Lines {
  const { result } = member;
  if (!result)
    return [resultType(file, member) === "undefined" ? "readResult: () => undefined," : "readResult: nothing,"];
  return ["readResult(r) {", readValue(file, result, "result"), "},"];
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
