/**
 * Emits what a package declares, as data, for peers that ask for it. From   export interface Clock { now(zone: string): Promise<number> }
 *   export const acmeDescription: PackageDescription = { name: "acme.v1", interfaces: [{ name: "ClockService", ... }], types: [] };
 */
import type { ApiModel, EnumModel, ErrorModel, Field, MemberModel, Message, ServiceModel } from "../model/api-model.js";
import { plainText } from "../model/type-text.js";
import { crosses, describeField, describeShape } from "../model/lowering.js";
import { fileNameOf } from "../model/output-path.js";
import { ruleInWords } from "../model/rule.js";
import { derivedJsonName } from "../model/wire-names.js";
import type { Blocks } from "./emit-memory.js";
import { type Lines, render } from "./file-emitter.js";
import { lowerFirst } from "./names.js";
import { RUNTIME_MODULE, type RuntimeType } from "./runtime-symbols.js";

/** Of `acme.bank.v1`: bank.description.ts. */
export function descriptionPath(packageName: string): string {
  return `${fileNameOf(packageName)}.description.ts`;
}

/** @param blocks  of earlier runs: what is made of the same is the same text. */
export function descriptionFile(model: ApiModel, header: string, blocks: Blocks): string {
  const { package: packageName } = model;
  const textOf = (one: object, make: () => Lines): readonly string[] =>
    blocks.textOf(one, [packageName], () => [render([make()])]);
  const types = [
    ...model.messages.map((one) => ({ name: one.name, text: textOf(one, () => messageType(one, packageName)) })),
    ...model.enums.map((one) => ({ name: one.name, text: textOf(one, () => enumType(one)) })),
    ...model.errors.map((one) => ({ name: one.name, text: textOf(one, () => errorType(one, packageName)) })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const type: RuntimeType = "PackageDescription";
  const constant = `${lowerFirst(derivedJsonName(fileNameOf(packageName)))}Description`;
  const lines = [
    header,
    `import type { ${type} } from "${RUNTIME_MODULE}";`,
    "",
    `/** What \`${packageName}\` declares, for \`serveDescription\` of "peerwire/reflection". */`,
    `export const ${constant}: ${type} = {`,
    `  name: ${JSON.stringify(packageName)},`,
    ...listOf(
      "interfaces",
      model.services.flatMap((one) => textOf(one, () => interfaceOf(one, packageName))),
    ),
    ...listOf(
      "types",
      types.flatMap((one) => one.text),
    ),
    "};",
  ];
  return `${lines.join("\n")}\n`;
}

function listOf(name: string, blocks: readonly string[]): string[] {
  if (blocks.length === 0) return [`  ${name}: [],`];
  return [`  ${name}: [`, ...blocks.map((one) => one.replace(/^/gm, "  ")), "  ],"];
}

function interfaceOf(service: ServiceModel, packageName: string): Lines {
  const { name, kind, base, documentation, bases, snapshot, errors, members } = service;
  return [
    "{",
    [
      ...properties({
        name,
        type: base,
        isFunction: kind === "function",
        documentation,
        bases: [...bases],
        snapshot,
        errors: [...errors],
      }),
      "members: [",
      members.flatMap((one) => memberOf(one, packageName)),
      "],",
    ],
    "},",
  ];
}

function memberOf(member: MemberModel, packageName: string): Lines {
  const { number, name, kind, style, idempotent, deprecated, parameters, result, documentation } = member;
  const given = parameters.flatMap(({ name: own, rest, field }) =>
    field ? [fieldText({ ...field, name: own }, packageName, { rest })] : [],
  );
  return [
    "{",
    [
      ...properties({ number, name, kind, oneWay: style === "oneWay", idempotent, deprecated, documentation }),
      ...(given.length <= 1
        ? [`parameters: [${given.join("")}],`]
        : ["parameters: [", given.map((one) => `${one},`), "],"]),
      ...(result ? [`result: ${fieldText(result, packageName, {})},`] : []),
    ],
    "},",
  ];
}

function messageType(message: Message, packageName: string): Lines {
  const { name, kind, documentation } = message;
  const tag = kind === "union" && message.distinguished.by === "tag" ? message.distinguished.property : undefined;
  const fields =
    kind === "union"
      ? message.cases.map(({ field, tests }) =>
          fieldText(field, packageName, tag === undefined ? {} : { when: tests.map(plainText) }),
        )
      : message.fields.map((field, i) =>
          fieldText(field, packageName, {
            rest: kind === "tuple" && message.rest && i === message.fields.length - 1,
          }),
        );
  return typeOf({ name, kind, tag, documentation }, fields);
}

function errorType({ name, documentation, fields }: ErrorModel, packageName: string): Lines {
  return typeOf(
    { name, kind: "error", documentation },
    fields.map((field) => fieldText(field, packageName, {})),
  );
}

function enumType({ name, documentation, values }: EnumModel): Lines {
  return typeOf(
    { name, kind: "enum", documentation },
    values.map((one) =>
      literal({ number: one.number, name: one.name, type: plainText(one.literal), documentation: one.documentation }),
    ),
  );
}

function typeOf(head: Readonly<Record<string, Property>>, fields: readonly string[]): Lines {
  const parts = properties(head);
  if (fields.length === 0) return [`{ ${parts.join(" ")} fields: [] },`];
  return ["{", [...parts, "fields: [", fields.map((one) => `${one},`), "],"], "},"];
}

function fieldText(
  field: Field,
  packageName: string,
  more: { readonly rest?: boolean; readonly when?: readonly string[] },
): string {
  const { shape } = field;
  const type = shape.kind === "stream" ? describeShape(shape, packageName) : describeField(field, packageName);
  return literal({
    number: crosses(field) ? field.number : 0,
    name: field.name,
    protoName: field.protoName === field.name ? undefined : field.protoName,
    type,
    entry: shape.kind === "map" ? shape.entry : undefined,
    nullNumber: field.nullNumber,
    emptyNumber: field.emptyNumber,
    rest: more.rest,
    late: field.late,
    deprecated: field.deprecated,
    when: more.when,
    demands: field.rule && ruleInWords(field.rule.rule),
    documentation: field.documentation,
  });
}

type Property = string | number | boolean | readonly string[] | undefined;

/** Without what says nothing; a number, a name and a type are always there. */
function properties(all: Readonly<Record<string, Property>>): string[] {
  return Object.entries(all).flatMap(([key, value]) => {
    const isEmpty = value === "" || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
    if (value === undefined || (isEmpty && !["number", "name", "type"].includes(key))) return [];
    return [`${key}: ${JSON.stringify(value)},`];
  });
}

function literal(all: Readonly<Record<string, Property>>): string {
  return `{ ${properties(all).join(" ").replace(/,$/, "")} }`;
}
