/**
 * Types to shapes: from the declarations that discover found, everything that can be reached. The last pass to see the
 * compiler. It reports what has no shape and goes on, so that all problems are told at once.
 */
import { ts } from "ts-morph";
import type { Diagnostics } from "../diagnostics.js";
import type { ApiModel } from "../model/api-model.js";
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
