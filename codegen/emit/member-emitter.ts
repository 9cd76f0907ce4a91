/**
 * Emits what the runtime knows of one member, as data. From   now(zone: string): Promise<number>
 *   const clockNow: Member<Clock, Parameters<Clock["now"]>, number> = { number: 1, name: "now", ... };
 */
import type { MemberModel, Parameter, ServiceModel } from "../model/api-model.js";
import { plainText } from "../model/type-text.js";
import { interfaceIdOf } from "../model/fingerprint.js";
import { describeField, describeShape } from "../model/lowering.js";
import { type ResultReference, givesReference, insideResult } from "../model/result-references.js";
import { holdsReferences, holdsStreams } from "../model/uses.js";
import { readFields, readValue, typeOfField } from "./codec-emitter.js";
import { writeField } from "./field-writer.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { access } from "./names.js";

export function interfaceIdLine(packageName: string, service: ServiceModel): string {
  return `interfaceId: 0x${interfaceIdOf(`${packageName}.${service.name}`).toString(16).padStart(8, "0")},`;
}

export function memberConstant(file: FileEmitter, service: ServiceModel, member: MemberModel, type: string): Lines {
  const { names, packageName } = file;
  const described = member.parameters.flatMap(({ field, rest }) =>
    field ? JSON.stringify((rest ? "..." : "") + describeField(field, packageName)) : [],
  );
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
  // To the compiler, an optional element of a tuple, or one before others, may be left out, and not undefined.
  const isStrict = parameters.at(-1)!.rest || parameters.some((one) => one.spread);
  const cast = isStrict && parameters.some((one) => one.optional) ? ` as ${type}` : "";
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
