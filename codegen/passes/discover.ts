/**
 * Finds what a file offers: interfaces tagged `@remote`, classes tagged `@error`. The compiler drops a JSDoc comment that
 * it cannot attach to anything, and knows no misspelt tag, so every comment of the file is looked at.
 */
import { ts } from "ts-morph";
import { editDistance } from "../base/nearest.js";
import { Diagnostics } from "../diagnostics.js";
import type { LoadedProject } from "./load.js";
import { CONSTRAINT_TAGS } from "./constraint-tags.js";
import { locationOf, isRemoteInterface, locationOfSpan, tagsOf } from "./introspect/nodes.js";

export interface Sources {
  readonly project: LoadedProject;
  readonly remotes: readonly ts.InterfaceDeclaration[];
  readonly errors: readonly ts.ClassDeclaration[];
}

const DECLARING_TAGS: readonly string[] = ["remote", "error", "field", "was", "flags", "idempotent"];
const OUR_TAGS: readonly string[] = [...DECLARING_TAGS, ...CONSTRAINT_TAGS];
/** Tags of JSDoc and TSDoc that stand near ours and mean something else. */
const THEIR_TAGS = new Set([
  "file",
  "yield",
  "yields",
  "event",
  "events",
  "remarks",
  "return",
  "returns",
  "throws",
  "var",
  "private",
]);

/** What the syntax of each file says. A file that has changed is another object. */
export type DiscoverMemory = WeakMap<ts.SourceFile, Discovered>;

interface Discovered {
  /** Tagged, or perhaps derived from one that is. */
  readonly interfaces: readonly ts.InterfaceDeclaration[];
  readonly errors: readonly ts.ClassDeclaration[];
  readonly told: Diagnostics;
}

export function discover(
  project: LoadedProject,
  problems: Diagnostics,
  memory: DiscoverMemory = new WeakMap(),
): Sources {
  const remotes: ts.InterfaceDeclaration[] = [];
  const errors: ts.ClassDeclaration[] = [];
  for (const file of project.sources) {
    let found = memory.get(file);
    if (!found) memory.set(file, (found = discoverIn(file, project)));
    problems.addAll(found.told);
    remotes.push(...found.interfaces.filter((one) => isRemote(one, project)));
    errors.push(...found.errors);
  }
  return { project, remotes, errors };
}

function discoverIn(file: ts.SourceFile, project: LoadedProject): Discovered {
  const told = new Diagnostics();
  const interfaces: ts.InterfaceDeclaration[] = [];
  const errors: ts.ClassDeclaration[] = [];
  const attached = new Set<number>();
  const visit = (node: ts.Node): void => {
    for (const doc of (node as { jsDoc?: ts.JSDoc[] }).jsDoc ?? []) attached.add(doc.pos);
    judgeTags(node, project, told);
    if (ts.isInterfaceDeclaration(node) && (hasTag(node, "remote") || node.heritageClauses)) interfaces.push(node);
    if (ts.isClassDeclaration(node) && hasTag(node, "error")) errors.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  reportUnattached(file, attached, project, told);
  reportPlainComments(file, project, told);
  return { interfaces, errors, told };
}

/** Tagged, or derived from an interface that is. */
function isRemote(node: ts.InterfaceDeclaration, { checker }: LoadedProject): boolean {
  return hasTag(node, "remote") || isRemoteInterface(checker.getSymbolAtLocation(node.name), checker);
}

export function hasTag(node: ts.Node, tag: string): boolean {
  return tagsOf(node).some((one) => one.name === tag);
}

/** Our tags where they mean nothing, and tags that were probably meant to be ours. */
function judgeTags(node: ts.Node, project: LoadedProject, problems: Diagnostics): void {
  for (const { name, node: tag } of tagsOf(node)) {
    const at = locationOf(tag, project);
    if (!OUR_TAGS.includes(name)) {
      const meant = OUR_TAGS.find((ours) => isNear(name, ours));
      if (meant)
        problems.error(
          "PW1001",
          at,
          `unknown tag @${name}`,
          `write @${meant}, or another word if that is not what you mean`,
        );
    } else if (name === "remote" && !ts.isInterfaceDeclaration(node)) {
      problems.error(
        "PW1003",
        at,
        "@remote stands on something that is not an interface",
        "put it on an exported interface",
      );
    } else if (name === "error" && !ts.isClassDeclaration(node)) {
      problems.error(
        "PW1003",
        at,
        "@error stands on something that is not a class",
        "put it on an exported class that extends Error",
      );
    } else if (name === "idempotent" && !ts.isMethodSignature(node)) {
      problems.error(
        "PW1003",
        at,
        "@idempotent stands on something that is not a method",
        "put it on a method of a remote interface that does no harm when it runs twice",
      );
    } else if (name === "flags" && !ts.isEnumDeclaration(node)) {
      problems.error("PW1003", at, "@flags stands on something that is not an enum", "put it on an exported enum");
    } else if (CONSTRAINT_TAGS.includes(name) && holdsNoValue(node)) {
      problems.error(
        "PW1003",
        at,
        `@${name} stands on something that holds no value`,
        "put it on a property or a parameter",
      );
    } else if ((name === "field" || name === "was") && !isNumbered(node)) {
      problems.error(
        "PW1003",
        at,
        `@${name} stands on something that has no number`,
        "put it on a property, a method or an enum member",
      );
    }
  }
}

function holdsNoValue(node: ts.Node): boolean {
  return (
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isEnumMember(node) ||
    ts.isMethodSignature(node)
  );
}

function isNumbered(node: ts.Node): boolean {
  return (
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isAccessor(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isEnumMember(node)
  );
}

function reportUnattached(
  file: ts.SourceFile,
  attached: Set<number>,
  project: LoadedProject,
  problems: Diagnostics,
): void {
  const pattern = /\/\*\*[\s\S]*?\*\//g;
  for (const comment of file.text.matchAll(pattern)) {
    if (attached.has(comment.index) || isInsideLiteral(file, comment.index)) continue;
    for (const tag of comment[0].matchAll(/@(\w+)/g)) {
      if (!OUR_TAGS.includes(tag[1]!)) continue;
      const at = locationOfSpan(file, comment.index + tag.index, tag[0].length, project);
      problems.error(
        "PW1002",
        at,
        `@${tag[1]!} belongs to nothing`,
        "put the comment at the beginning of a line, directly before what it is about",
      );
    }
  }
}

/** `// @remote`, `/* @remote *\/`: to the compiler no JSDoc, to its author a tag. */
function reportPlainComments(file: ts.SourceFile, project: LoadedProject, problems: Diagnostics): void {
  for (const found of file.text.matchAll(/^([ \t]*(?:\/\/|\/\*)[ \t]*)@(\w+)/gm)) {
    const [, before, name] = found;
    const start = found.index + before!.length;
    if (!DECLARING_TAGS.includes(name!) || isInsideLiteral(file, start)) continue;
    problems.error(
      "PW1002",
      locationOfSpan(file, start, name!.length + 1, project),
      `@${name!} stands in a comment that is not JSDoc`,
      `write /** @${name!} */, or another word if that is not what you mean`,
    );
  }
}

function isInsideLiteral(file: ts.SourceFile, position: number): boolean {
  let inside = false;
  const visit = (node: ts.Node): void => {
    if (position < node.getStart(file) || position >= node.end) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      inside = true;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return inside;
}

function isNear(name: string, ours: string): boolean {
  if (THEIR_TAGS.has(name)) return false;
  const lower = name.toLowerCase();
  if (lower === ours) return true;
  return ours.length >= 5 && editDistance(lower, ours) <= (ours.length >= 6 ? 2 : 1);
}
