/**
 * Emits the client of one service. From   interface Bank { login(user: string): Promise<Session>; }
 *   export class BankStub extends RemoteStub implements Bank {
 *     login(user: string): SessionPromise { return this.$callObject(bankLogin, [user]); }
 *   }
 *   export type BankPromise = Promise<BankStub> & BankPipeline;
 */
import type { MemberModel, Parameter, ServiceModel } from "../model/api-model.js";
import { text } from "../model/api-model.js";
import type { FileEmitter, Lines } from "./file-emitter.js";
import { jsdocBlock } from "./jsdoc.js";
import { isIdentifier } from "./names.js";

export function stubClass(file: FileEmitter, service: ServiceModel): Lines[] {
  const { names } = file;
  const type = file.type(service.type);
  const stub = names.stub(service);
  const keys = service.members.map((member) => JSON.stringify(member.name)).join(" | ");
  const disposal: Lines = service.asyncDispose
    ? ["", "async [Symbol.asyncDispose](): Promise<void> {", ["this.dispose();"], "}"]
    : [];
  const pick = `Pick<${stub}, ${keys === "" ? "never" : keys}>`;
  return [
    [
      `/** The members of {@link ${type}} that may be used on the promise of one. */`,
      `export type ${names.pipeline(service)} = ${pick};`,
      `export type ${names.promise(service)} = Promise<${stub}> & ${names.pipeline(service)};`,
    ],
    [
      `/** A remote {@link ${type}}. */`,
      `export class ${stub} extends ${file.runtime("RemoteStub")} implements ${type} {`,
      [
        ...service.members.flatMap((member, i) => [...(i === 0 ? [] : [""]), ...methodOf(file, service, member)]),
        ...disposal,
      ],
      "}",
      "",
      `const ${names.createPromise(service)} = ${file.runtime("pipelinePromise")}(${stub});`,
    ],
  ];
}

function methodOf(file: FileEmitter, service: ServiceModel, member: MemberModel): Lines {
  const names = parameterNames(member.parameters);
  const parameters = member.parameters.map((one, i) => parameterText(file, one, names[i]!));
  const args = member.parameters.map((one, i) => argumentText(file, one, names[i]!));
  const signal = member.parameters.findIndex((one) => !one.field && !one.rest);
  const list = `${file.names.member(service, member)}, [${args.join(", ")}]${signal === -1 ? "" : `, ${names[signal]!}`}`;
  const name = isIdentifier(member.name) ? member.name : `[${JSON.stringify(member.name)}]`;
  const { result } = member;
  const head = (type: string): string => {
    const generator = member.style === "generator" ? "async *" : "";
    const line = `${generator}${name}(${parameters.join(", ")}): ${type} {`;
    return line.length <= 116
      ? line
      : `${generator}${name}(\n${parameters.map((one) => `  ${one},\n`).join("")}): ${type} {`;
  };
  const resultType = file.type(member.resultType);
  const doc = jsdocBlock(member.jsdoc);
  switch (member.style) {
    case "oneWay":
      return [...doc, head("void"), [`this.$send(${list});`], "}"];
    case "nothing":
      return [...doc, head(resultType), [`return this.$call(${list});`], "}"];
    case "stream":
      return [...doc, head(resultType), [`return this.$stream(${list});`], "}"];
    case "generator":
      return [...doc, head(resultType), [`yield* this.$stream(${list});`], "}"];
    case "byteStream":
      return [...doc, head(resultType), [`return this.$byteStream(${list});`], "}"];
    case "value": {
      if (result?.shape.kind === "remote" && !result.absent && !result.nullable) {
        const promise = file.emitted(result.shape.service, file.names.promise(result.shape.service), "type");
        return [...doc, head(promise), [`return this.$callObject(${list});`], "}"];
      }
      return [...doc, head(resultType), [`return this.$call(${list});`], "}"];
    }
  }
}

/** A parameter may be called what nothing else may be: `arguments` and the like cannot, in the author's file either. */
function parameterNames(parameters: readonly Parameter[]): string[] {
  return parameters.map((one) => one.name);
}

function isRemote(parameter: Parameter): boolean {
  return parameter.field?.shape.kind === "remote" && !parameter.rest;
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
