/**
 * Emits the client of one service. From   interface Bank { login(user: string): Promise<Session>; }
 *   export class BankStub extends RemoteStub implements Bank {
 *     login(user: string): SessionPromise { return callObject(this.$link, bankLogin, [user]); }
 *   }
 *   export type BankPromise = Promise<BankStub> & BankPipeline;
 */
import type { MemberModel, Parameter, ServiceModel } from "../model/api-model.js";
import { fieldsOf } from "../model/api-model.js";
import { text } from "../model/type-text.js";
import { typeOfField } from "./codec-emitter.js";
import { membersOf } from "../model/inheritance.js";
import { type ResultInside, type ResultList, givesReference, insideResult } from "../model/result-references.js";
import { setterName } from "../model/wire-names.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { jsdocBlock } from "./jsdoc.js";
import { access, isIdentifier, literalKey } from "./names.js";

export function stubClass(file: FileEmitter, service: ServiceModel): Lines[] {
  const { names } = file;
  const type = file.type(service.type);
  const stub = names.stub(service);
  const disposal: Lines = service.asyncDispose
    ? ["", "async [Symbol.asyncDispose](): Promise<void> {", ["this.dispose();"], "}"]
    : [];
  return [
    [
      `/** The members of {@link ${type}} that may be used on the promise of one. */`,
      ...pipelineType(file, service),
      `export type ${names.promise(service)} = Promise<${stub}> & ${names.pipeline(service)};`,
    ],
    [
      `/** A remote {@link ${type}}. */`,
      `export class ${stub} extends ${file.runtime("RemoteStub")} implements ${type} {`,
      [
        ...membersOf(file.index, service).flatMap(({ owner, member }, i) => [
          ...(i === 0 ? [] : [""]),
          ...memberOf(file, owner, member),
        ]),
        ...snapshotMembers(file, service),
        ...disposal,
      ],
      "}",
      ...createPromise(file, service),
    ],
  ];
}

/** What makes promises with its members: where a result leads to one. */
function createPromise(file: FileEmitter, service: ServiceModel): Lines {
  if (!file.usage.isResult(service.name)) return [];
  const { names } = file;
  const make = `/* @__PURE__ */ ${file.runtime("pipelinePromise")}(${names.stub(service)})`;
  return ["", `const ${names.createPromise(service)} = ${make};`];
}

/** What travels inside the reference is read at once. */
function snapshotMembers(file: FileEmitter, { snapshot }: ServiceModel): Lines {
  const message = snapshot === undefined ? undefined : file.index.messages.get(snapshot);
  if (!message) return [];
  const type = file.type(message.type);
  return fieldsOf(message).flatMap((field) => [
    "",
    ...jsdocBlock(field.documentation),
    `get ${memberName(field.name)}(): ${typeOfField(file, field)} {`,
    [`return this.$snapshot<${type}>()${access(field.name)};`],
    "}",
  ]);
}

/** A pick of the stub's members; what is written on it is typed by itself, because a pick forgets how. */
function pipelineType(file: FileEmitter, service: ServiceModel): Lines {
  const { names } = file;
  const members = membersOf(file.index, service).map((one) => one.member);
  const written = new Set(members.filter((one) => one.kind === "set").map((one) => one.name));
  const picked = members.flatMap((member) => {
    if (member.kind === "set") return [JSON.stringify(setterName(member.name))];
    return written.has(member.name) ? [] : [JSON.stringify(member.name)];
  });
  const line = `Pick<${names.stub(service)}, ${picked.length === 0 ? "never" : picked.join(" | ")}>`;
  const pick =
    line.length <= 80 ? line : `Pick<\n  ${names.stub(service)},\n${picked.map((one) => `  | ${one}\n`).join("")}>`;
  if (written.size === 0) return [`export type ${names.pipeline(service)} = ${pick};`];
  const accessors = members
    .filter((one) => written.has(one.name))
    .flatMap((member): Lines => {
      const name = memberName(member.name);
      return member.kind === "get"
        ? [...jsdocBlock(member.jsdoc), `get ${name}(): ${returnType(file, { ...member, givesThis: false })};`]
        : [`set ${name}(value: ${writtenType(file, member)});`];
    });
  return [`export type ${names.pipeline(service)} = ${pick} & {`, accessors, "};"];
}

function memberOf(file: FileEmitter, service: ServiceModel, member: MemberModel): Lines {
  const local = file.emitted(service.name, file.names.member(service, member));
  const name = memberName(member.name);
  const doc = jsdocBlock(member.jsdoc);
  switch (member.kind) {
    case "call":
      return methodOf(file, service, member);
    case "get":
      return [
        ...doc,
        `get ${name}(): ${returnType(file, member)} {`,
        [`return ${issue(file, member, `${local}, []`)};`],
        "}",
      ];
    case "set": {
      const [parameter] = member.parameters as [Parameter];
      const argument = argumentText(file, parameter, "value");
      return [
        ...doc,
        `set ${name}(value: ${writtenType(file, member)}) {`,
        [`this.$assign(${local}, value);`],
        "}",
        "",
        `/** Sets \`${member.name}\`, and settles when that is done. */`,
        `${memberName(setterName(member.name))}(${parameterText(file, parameter, "value")}): Promise<void> {`,
        [`return this.$call(${local}, [${argument}]);`],
        "}",
      ];
    }
    case "construct": {
      const parameters = member.parameters.map((one) => parameterText(file, one, one.name)).join(", ");
      const made = file.emitted(serviceOf(member), file.names.stub(serviceOf(member)), "type");
      const signal = member.parameters.findIndex((one) => !one.field && !one.rest);
      const list = signal === -1 ? local : `${local}, ${signal}`;
      return [
        ...doc,
        `get ${name}(): new (${parameters}) => ${made} {`,
        [`return ${file.runtime("remoteClass")}(this.$link, ${list});`],
        "}",
      ];
    }
  }
}

function writtenType(file: FileEmitter, member: MemberModel): string {
  const type = file.type(member.parameters[0]!.type);
  return `${type} | PromiseLike<${type}>`;
}

function serviceOf(member: MemberModel): string {
  const shape = member.result?.shape;
  if (shape?.kind !== "remote") throw new Error(`${member.name} gives no reference`);
  return shape.service;
}

/** What a call of the member has as its type in the stub: of a reference, the promise that has its members. */
function returnType(file: FileEmitter, member: MemberModel): string {
  if (!givesReference(member)) {
    const inside = insideResult(file.index, member);
    return file.type(member.resultType) + (isEmpty(inside) ? "" : ` & ${insideType(file, inside, 0)}`);
  }
  if (member.givesThis) return `Promise<this> & ${file.names.pipeline(serviceOf(member))}`;
  return file.emitted(serviceOf(member), file.names.promise(serviceOf(member)), "type");
}

function isEmpty({ references, lists }: ResultInside): boolean {
  return references.length + lists.length === 0;
}

/**
 * From references at `a` and at `b.c`, and a list at `d`
 *   { readonly a: SessionPromise; readonly b: { readonly c: SessionPromise }; readonly d: RemoteList<SessionPromise> }
 */
function insideType(file: FileEmitter, { references, lists }: ResultInside, depth: number): string {
  const whole = lists.find(({ properties }) => properties.length === depth);
  if (whole !== undefined) return `${file.runtimeType("RemoteList")}<${itemType(file, whole)}>`;
  const names = [...new Set([...references, ...lists].map(({ properties }) => properties[depth]!))];
  const parts = names.map((name) => {
    const inside = {
      references: references.filter(({ properties }) => properties[depth] === name),
      lists: lists.filter(({ properties }) => properties[depth] === name),
    };
    const reference = inside.references.find(({ properties }) => properties.length === depth + 1);
    const type =
      reference === undefined
        ? insideType(file, inside, depth + 1)
        : file.emitted(reference.service, file.names.promise(reference.service), "type");
    return `readonly ${literalKey(name)}: ${type}`;
  });
  return `{ ${parts.join("; ")} }`;
}

/** What stands for an item while a map is recorded: its promise. */
function itemType(file: FileEmitter, { element, items }: ResultList): string {
  if (element.kind === "remote") return file.emitted(element.service, file.names.promise(element.service), "type");
  return `Promise<${file.type(element.type)}> & ${insideType(file, { references: items, lists: [] }, 0)}`;
}

/** The expression that issues the call. */
function issue(file: FileEmitter, member: MemberModel, list: string): string {
  switch (member.style) {
    case "stream":
    case "generator":
      return `${file.runtime("iterateLater")}(this.$call(${list}))`;
    case "byteStream":
      return `${file.runtime("readLater")}(this.$call(${list}))`;
    case "oneWay":
      return `this.$send(${list})`;
    default:
      if (givesReference(member)) return `${file.runtime("callObject")}(this.$link, ${list})`;
      return isEmpty(insideResult(file.index, member))
        ? `this.$call(${list})`
        : `${file.runtime("callValue")}(this.$link, ${list})`;
  }
}

function memberName(name: string): string {
  return isIdentifier(name) ? name : `[${JSON.stringify(name)}]`;
}

function methodOf(file: FileEmitter, service: ServiceModel, member: MemberModel): Lines {
  const names = parameterNames(member.parameters);
  const parameters = member.parameters.map((one, i) => parameterText(file, one, names[i]!));
  const args = member.parameters.map((one, i) => argumentText(file, one, names[i]!));
  const signal = member.parameters.findIndex((one) => !one.field && !one.rest);
  const local = file.emitted(service.name, file.names.member(service, member));
  const list = `${local}, [${args.join(", ")}]${signal === -1 ? "" : `, ${names[signal]!}`}`;
  const name = memberName(member.name);
  const head = (type: string): string => {
    const generator = member.style === "generator" ? "async *" : "";
    const line = `${generator}${name}(${parameters.join(", ")}): ${type} {`;
    return line.length <= 116 || parameters.length === 0
      ? line
      : `${generator}${name}(\n${parameters.map((one) => `  ${one}${one.startsWith("...") ? "" : ","}\n`).join("")}): ${type} {`;
  };
  const keyword = member.style === "generator" ? "yield* " : member.style === "oneWay" ? "" : "return ";
  const body = `${keyword}${issue(file, member, list)};`;
  return [...jsdocBlock(member.jsdoc), head(returnType(file, member)), [body], "}"];
}

/** A parameter may be called what nothing else may be: `arguments` and the like cannot, in the author's file either. */
function parameterNames(parameters: readonly Parameter[]): string[] {
  return parameters.map((one) => one.name);
}

/** Whether the stub also takes the promise of one. */
function isRemote(parameter: Parameter): boolean {
  return parameter.field?.shape.kind === "remote" && !parameter.rest && !parameter.ofThis;
}

function parameterText(file: FileEmitter, parameter: Parameter, name: string): string {
  const type = file.type(parameter.type);
  if (parameter.rest) return `...${name}: ${type}`;
  const widened = isRemote(parameter) ? `${type} | PromiseLike<${file.type(parameter.field!.shape.type)}>` : type;
  return `${name}${parameter.optional ? "?" : ""}: ${widened}`;
}

function argumentText(file: FileEmitter, parameter: Parameter, name: string): string {
  if (parameter.rest) return `...${name}`;
  if (!isRemote(parameter)) return name;
  return `${name} as ${file.type(parameter.optional ? text(parameter.type, " | undefined") : parameter.type)}`;
}
