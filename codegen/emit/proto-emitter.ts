/**
 * Emits the schema of the package: one proto3 file, for other languages, for buf, and as the record of every number.
 * From   interface Stat { size: bigint; modified?: Date }
 *   message Stat { int64 size = 1; google.protobuf.Timestamp modified = 2; }
 */
import type {
  ApiModel,
  EnumModel,
  ErrorModel,
  Field,
  Message,
  Reserved,
  ServiceModel,
  UnionMessage,
} from "../model/api-model.js";
import type { Shape } from "../model/shape.js";
import {
  crosses,
  hasEmptyCompanion,
  hasNullCompanion,
  protoLabel,
  protoType,
  responseFields,
  streamedItems,
  targetOf,
} from "../model/lowering.js";
import { GENERATED } from "../model/output-path.js";
import { rpcMessages } from "../model/rpc-messages.js";
import { ruleInWords } from "../model/rule.js";
import { derivedJsonName, enumPrefix } from "../model/wire-names.js";
import { Blocks } from "./emit-memory.js";
import { type Lines, render } from "./file-emitter.js";
import { lineComment } from "./jsdoc.js";
import { tombstoneOf } from "./tombstone-emitter.js";

/** The first line of a schema. It says which sources there were, also to the next run. */
export function schemaHeader(sources: readonly string[]): string {
  return `${GENERATED}${sources.length === 0 ? "nothing any more" : sources.join(", ")}. DO NOT EDIT.`;
}

/** @param blocks  of earlier schemas: what is made of the same is the same text. */
export function protoFile(model: ApiModel, sources: readonly string[], blocks: Blocks = new Blocks()): string {
  const items = streamedItems(model);
  const rendered = (all: readonly Lines[]): string[] => all.map(render);
  const textOf = (one: { readonly name: string }, parts: readonly unknown[], make: () => Lines[]): readonly string[] =>
    blocks.textOf(one, [model.package, model.reserved[one.name], ...parts], () => rendered(make()));
  const services = model.services.flatMap((one) => {
    const responses = one.members.flatMap((member) => responseFields(model, member));
    return textOf(one, responses, () => [
      serviceOf(model, one),
      ...one.members.flatMap((member) => requestsOf(model, one, member)),
    ]);
  });
  const types = [
    ...model.messages
      .filter((one) => !items.has(one.name))
      .map((one) => ({ name: one.name, text: textOf(one, [], () => [messageOf(model, one)]) })),
    ...model.enums.map((one) => ({ name: one.name, text: textOf(one, [], () => [enumOf(model, one)]) })),
    ...model.errors.map((one) => ({ name: one.name, text: textOf(one, [], () => [errorOf(model, one)]) })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const body = [...services, ...types.flatMap((one) => one.text), ...rendered(model.tombstones.map(tombstoneOf))];
  const whole = body.join("\n\n");
  const imports = [
    ...(whole.includes("google.protobuf.Timestamp") ? ["google/protobuf/timestamp.proto"] : []),
    ...(/peerwire\.v1\.(member|reserved_member|base|target)/.test(whole) ? ["peerwire/v1/options.proto"] : []),
    ...(/peerwire\.v1\.(ObjectRef|FunctionRef|StreamRef|Value|RegExp|ErrorValue)\b/.test(whole)
      ? ["peerwire/v1/types.proto"]
      : []),
  ];
  const head = [
    schemaHeader(sources),
    "// Commit this file: it is the record of the numbers that deployed peers know.",
    `syntax = "proto3";`,
    "",
    `package ${model.package};`,
    ...(imports.length === 0 ? [] : ["", ...imports.map((one) => `import "${one}";`)]),
  ];
  return `${[head.join("\n"), ...body].join("\n\n")}\n`;
}

function errorOf(model: ApiModel, one: ErrorModel): Lines {
  return block(lineComment(one.documentation), `message ${one.name}`, [
    ...reservedOf(model.reserved[one.name]),
    ...one.fields.flatMap((field) => fieldOf(model, field)),
  ]);
}

function block(comment: readonly string[], head: string, body: Lines): Lines {
  return body.length === 0 ? [...comment, `${head} {}`] : [...comment, `${head} {`, body, "}"];
}

function serviceOf(model: ApiModel, service: ServiceModel): Lines {
  const reserved = model.reserved[service.name];
  const methods = service.members.map((member): Lines => {
    const { request, response } = rpcMessages(service.name, member.rpcName);
    const streamed =
      member.style === "stream" || member.style === "generator" || member.style === "byteStream" ? "stream " : "";
    return [
      ...lineComment(member.documentation),
      `rpc ${member.rpcName}(${request}) returns (${streamed}${response}) {`,
      [
        `option (peerwire.v1.member) = ${member.number};`,
        ...(member.kind === "call" ? [] : [`option (peerwire.v1.member_kind) = "${member.kind}";`]),
        ...(member.deprecated ? ["option deprecated = true;"] : []),
        ...(member.idempotent ? ["option idempotency_level = IDEMPOTENT;"] : []),
      ],
      "}",
    ];
  });
  const gone = reserved
    ? [
        ...reserved.numbers.map((one) => `option (peerwire.v1.reserved_member) = ${one};`),
        ...reserved.names.map((one) => `option (peerwire.v1.reserved_member_name) = "${one}";`),
      ]
    : [];
  const bases = service.bases.map((one) => `option (peerwire.v1.base) = "${model.package}.${one}";`);
  const options = [...bases, ...gone];
  // The service of a function type is named as the runtime names it.
  const comment =
    service.kind === "function" ? ["// buf:lint:ignore SERVICE_SUFFIX"] : lineComment(service.documentation);
  return block(comment, `service ${service.name}`, [
    ...options,
    ...(options.length > 0 ? [""] : []),
    ...methods.flat(),
  ]);
}

function requestsOf(model: ApiModel, service: ServiceModel, member: ServiceModel["members"][number]): Lines[] {
  const { request, response } = rpcMessages(service.name, member.rpcName);
  const fields = member.parameters.flatMap((one) => (one.field ? fieldOf(model, one.field) : []));
  return [block([], `message ${request}`, fields), block([], `message ${response}`, responseOf(model, member))];
}

function responseOf(model: ApiModel, member: ServiceModel["members"][number]): Lines {
  // A streaming rpc's response is one item; of bytes, a piece.
  if (member.style === "byteStream") return ["bytes value = 1;"];
  return responseFields(model, member).flatMap((field) => fieldOf(model, field));
}

function messageOf(model: ApiModel, message: Message): Lines {
  const comment = lineComment(message.documentation);
  const reserved = reservedOf(model.reserved[message.name]);
  if (message.kind === "union") {
    const name = oneofName(message);
    const cases = message.cases.flatMap((one) => fieldOf(model, one.field));
    return block(comment, `message ${message.name}`, [...reserved, `oneof ${name} {`, cases, "}"]);
  }
  return block(comment, `message ${message.name}`, [
    ...reserved,
    ...message.fields.flatMap((field) => fieldOf(model, field)),
  ]);
}

/** `kind_case`, or `value`; never what one of the cases is called. */
function oneofName({ distinguished, cases }: UnionMessage): string {
  let name = distinguished.by === "tag" ? tagName(distinguished.property) : "value";
  while (cases.some((one) => one.field.protoName === name)) name += "_case";
  return name;
}

function tagName(property: string): string {
  const name = property
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return `${/^[a-z]/.test(name) ? name : "tag"}_case`;
}

function fieldOf(model: ApiModel, field: Field): Lines {
  if (!crosses(field)) return [];
  const label = protoLabel(field);
  const options = optionsOf(model, field, field.shape);
  const lines: (string | Lines)[] = [
    ...lineComment(field.documentation),
    ...demands(field),
    ...(field.late ? ["// Required since a later version: what lacks it is refused."] : []),
    `${label === "" ? "" : `${label} `}${protoType(field.shape)} ${field.protoName} = ${field.number}${options};`,
  ];
  if (hasNullCompanion(field)) {
    lines.push(
      `// Whether ${field.protoName} is null, rather than absent.`,
      `bool ${field.protoName}_null = ${field.nullNumber};`,
    );
  }
  if (hasEmptyCompanion(field)) {
    lines.push(
      `// Whether ${field.protoName} is empty, rather than absent.`,
      `bool ${field.protoName}_empty = ${field.emptyNumber};`,
    );
  }
  return lines;
}

/** What the author's tags and types demand beyond protobuf's own types. */
function demands({ shape, rule }: Field): string[] {
  return [
    ...(shape.kind === "scalar" && shape.template !== undefined ? [`// Matches ${shape.template}`] : []),
    ...(shape.kind === "scalar" && shape.mask !== undefined ? [`// Bits of 0x${shape.mask.toString(16)}.`] : []),
    ...(rule ? [`// Demands: ${ruleInWords(rule.rule)}.`] : []),
  ];
}

function optionsOf(model: ApiModel, field: Field, shape: Shape): string {
  const target = targetOf(shape, model.package);
  const options = [
    ...(field.name !== "" && derivedJsonName(field.protoName) !== field.name
      ? [`json_name = ${JSON.stringify(field.name)}`]
      : []),
    ...(field.deprecated ? ["deprecated = true"] : []),
    ...(target === undefined ? [] : [`(peerwire.v1.target) = "${target}"`]),
  ];
  if (options.length === 0) return "";
  return options.length === 1 ? ` [${options[0]!}]` : ` [\n  ${options.join(",\n  ")}\n]`;
}

function enumOf(model: ApiModel, one: EnumModel): Lines {
  const prefix = enumPrefix(one.name);
  const reserved = model.reserved[one.name];
  const values = one.values.flatMap((value) => [
    ...lineComment(value.documentation),
    `${prefix}${value.name} = ${value.number};`,
  ]);
  return block(lineComment(one.documentation), `enum ${one.name}`, [
    ...reservedOf(reserved && { numbers: reserved.numbers, names: reserved.names.map((name) => prefix + name) }),
    `${prefix}UNSPECIFIED = 0;`,
    ...values,
  ]);
}

function reservedOf(reserved: Reserved | undefined): Lines {
  if (!reserved) return [];
  return [
    ...(reserved.numbers.length === 0 ? [] : [`reserved ${reserved.numbers.join(", ")};`]),
    ...(reserved.names.length === 0 ? [] : [`reserved ${reserved.names.map((name) => `"${name}"`).join(", ")};`]),
  ];
}
