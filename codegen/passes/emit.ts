/** Which emitters run for which file. Values in, text out; the disk is someone else's. */
import { posix } from "node:path";
import { messageCodec } from "../emit/codec-emitter.js";
import { errorDescriptor, functionDescriptor, membersMap, serviceDescriptor } from "../emit/descriptor-emitter.js";
import { descriptionFile, descriptionPath } from "../emit/description-emitter.js";
import { enumCodec } from "../emit/enum-emitter.js";
import { EmitMemory } from "../emit/emit-memory.js";
import { FileEmitter, type Layout, type Lines } from "../emit/file-emitter.js";
import { memberConstant } from "../emit/member-emitter.js";
import { protoFile, schemaHeader } from "../emit/proto-emitter.js";
import { Shared } from "../emit/shared.js";
import { stubClass } from "../emit/stub-emitter.js";
import type { ApiModel } from "../model/api-model.js";
import { GENERATED, fileNameOf, outputOf } from "../model/output-path.js";

export interface EmittedFile {
  /** Relative to the output folder, or to the folder of schemas. */
  readonly path: string;
  readonly in: "out" | "proto";
  readonly text: string;
}

export interface EmitOptions {
  /** How each source is called in the headers: relative to the folder of the config. */
  shownPath(source: string): string;
  /** Module specifier of a source, seen from the .rpc.ts of `from`. */
  specifierOf(source: string, from: string): string;
  /** Whether what the package declares is emitted too. */
  readonly description: boolean;
}

/** @param memory  of earlier runs: a file is emitted again where something that it depends on has changed. */
export function emit(model: ApiModel, options: EmitOptions, memory: EmitMemory = new EmitMemory()): EmittedFile[] {
  const shared = new Shared(model, memory.fingerprints);
  const layout: Layout = { outputOf, specifierOf: (source, from) => options.specifierOf(source, from) };
  const files: EmittedFile[] = model.sources.map((source) => ({
    path: outputOf(source),
    in: "out",
    text: memory.textOf(source, shared, (trace) =>
      rpcFile(new FileEmitter(source, trace, layout), options.shownPath(source)),
    ),
  }));
  if (model.sources.length > 0 || model.tombstones.length > 0) {
    files.push({
      path: protoPath(model.package),
      in: "proto",
      text: protoFile(
        model,
        model.sources.map((one) => options.shownPath(one)),
        memory.blocks,
      ),
    });
  }
  if (options.description && model.sources.length > 0) {
    const header = schemaHeader(model.sources.map((one) => options.shownPath(one)));
    files.push({
      path: descriptionPath(model.package),
      in: "out",
      text: descriptionFile(model, header, memory.described),
    });
  }
  return files;
}

/** `acme.bank.v1` is acme/bank/v1/bank.proto. */
export function protoPath(packageName: string): string {
  return posix.join(...packageName.split("."), `${fileNameOf(packageName)}.proto`);
}

function rpcFile(file: FileEmitter, shown: string): string {
  const here = file.here();
  const sections: Lines[] = [];
  for (const service of here.services.filter((one) => one.kind === "interface")) {
    const type = file.type(service.type);
    sections.push([`// ${service.base}`], ...serviceDescriptor(file, service));
    sections.push(...service.members.map((member) => memberConstant(file, service, member, type)));
    sections.push(...membersMap(file, service), ...stubClass(file, service));
  }
  const group = (title: string, lines: readonly Lines[]): void => {
    if (lines.length > 0) sections.push([`// ${title}`], ...lines);
  };
  group(
    "Functions",
    here.services.filter((one) => one.kind === "function").flatMap((one) => functionDescriptor(file, one)),
  );
  group(
    "Messages",
    here.messages.flatMap((one) => messageCodec(file, one)),
  );
  group(
    "Enums",
    here.enums.flatMap((one) => enumCodec(file, one)),
  );
  group(
    "Errors",
    here.errors.map((one) => errorDescriptor(file, one)),
  );
  group("What values must be", file.constants());
  // Words in the documentation would count as uses; the comma is what only code has behind it.
  if (sections.some(saysNothing)) {
    sections.push(["function nothing(): void {", ["// A message that has no fields yet."], "}"]);
  }
  return file.file(sections, `${GENERATED}${shown}. DO NOT EDIT.`);
}

function saysNothing(lines: Lines): boolean {
  return lines.some((line) => (typeof line === "string" ? line.includes(": nothing,") : saysNothing(line)));
}
