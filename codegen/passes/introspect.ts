/**
 * Types to shapes: from the declarations that discover found, everything that can be reached. The last pass to see the
 * compiler. It reports what has no shape and goes on, so that all problems are told at once.
 */
import { ts } from "ts-morph";
import type { Diagnostics } from "../diagnostics.js";
import type { ApiModel } from "../model/api-model.js";
import { lineageOf } from "../model/inheritance.js";
import type { Sources } from "./discover.js";
import { Context } from "./introspect/context.js";
import { shapeOf } from "./introspect/shapes.js";
import { errorOf } from "./introspect/errors.js";
import { serviceOf } from "./introspect/members.js";

export function introspect(sources: Sources, packageName: string, problems: Diagnostics): ApiModel {
  const context = new Context(sources, problems, shapeOf);
  for (const declaration of sources.errors) {
    const error = errorOf(context, declaration);
    if (error) context.errors.push(error);
  }
  for (const declaration of sources.remotes) {
    const service = serviceOf(context, declaration, errorsFor(context, declaration.getSourceFile()));
    if (service) context.services.push(service);
  }
  for (const [symbol, place] of context.remotesMet) {
    if (symbol.declarations?.some((one) => sources.remotes.some((remote) => remote === one))) continue;
    const hint = "tag it @remote there, and let the sources of the config match that file";
    context.refuse(
      place,
      "PW1109",
      `the remote interface ${symbol.name} is declared in a file that is no source`,
      hint,
    );
  }
  // An object of a derived interface has its bases' members, and may throw what they may.
  const byServiceName = new Map(context.services.map((one) => [one.name, one]));
  for (const [i, service] of context.services.entries()) {
    if (service.bases.length === 0) continue;
    const lineage = lineageOf({ services: byServiceName }, service);
    context.services[i] = { ...service, errors: [...new Set(lineage.flatMap((one) => one.errors))].sort() };
  }
  // A callback may throw what the methods of its file may throw.
  for (const [i, service] of context.services.entries()) {
    if (service.kind !== "function") continue;
    const errors = context.errors
      .filter((one) => one.home === service.home)
      .map((one) => one.name)
      .sort();
    context.services[i] = { ...service, errors };
  }
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const everything = [...context.services, ...context.messages, ...context.enums, ...context.errors];
  return {
    package: packageName,
    sources: [...new Set(everything.map((one) => one.home))].sort(),
    services: context.services.sort(byName),
    messages: context.messages.sort(byName),
    enums: context.enums.sort(byName),
    errors: context.errors.sort(byName),
    reserved: {},
    tombstones: [],
  };
}

/** The error classes of a file, and of the files that it imports. */
function errorsFor(context: Context, file: ts.SourceFile): string[] {
  const homes = new Set([context.project.pathOf(file)]);
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const module = context.checker.getSymbolAtLocation(statement.moduleSpecifier);
    const target = module?.declarations?.[0]?.getSourceFile();
    if (target) homes.add(context.project.pathOf(target));
  }
  return context.errors
    .filter((one) => homes.has(one.home))
    .map((one) => one.name)
    .sort();
}
