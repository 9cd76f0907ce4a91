/** `peerwire init`: a config and an example interface for an existing project. What is there already stays as it is. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { CONFIG_NAME, defaultPackage, projectFolder, startFolder } from "../config.js";
import { EXIT, type Terminal, shownPath } from "./terminal.js";

const EXAMPLE = `/**
 * Greets whoever asks. Each call crosses to the peer that serves it.
 * @remote
 */
export interface Greeter {
  greet(name: string): Promise<string>;
  /** Calls \`listener\` whenever somebody is greeted; it runs where it was written. */
  onGreeting(listener: (name: string) => void): Promise<void>;
}
`;

export function initCommand(project: string | undefined, terminal: Terminal): number {
  const start = startFolder(project, terminal.cwd);
  // An empty folder is the beginning of a project, whatever lies above it.
  const isAsked = project !== undefined || readdirSync(start).length === 0;
  const folder = isAsked ? start : projectFolder(start);
  const hasSrc = existsSync(join(folder, "src"));
  const source = join(folder, hasSrc ? "src" : "", "greeter.ts");
  const out = hasSrc ? "src/generated" : "generated";

  const steps: string[] = [];
  const add = (path: string, text: string): void => {
    if (existsSync(path)) {
      terminal.out(`kept ${shownPath(path, terminal)}: it is there already\n`);
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    terminal.out(`wrote ${shownPath(path, terminal)}\n`);
  };
  if (hasKey(folder)) terminal.out(`kept package.json: it has a "peerwire" key already\n`);
  else add(join(folder, CONFIG_NAME), configText(folder, hasSrc ? "src/**/*.ts" : "*.ts", out));
  add(source, EXAMPLE);

  const within = shownPath(folder, terminal);
  if (within !== ".") steps.push(`cd ${within}`);
  if (!isInstalled(folder, "peerwire")) steps.push("npm install peerwire");
  const missing = ["ts-morph", "typescript"].filter((one) => !isInstalled(folder, one));
  if (missing.length > 0) steps.push(`npm install --save-dev ${missing.join(" ")}`);
  steps.push("npx peerwire generate");
  terminal.out(`\nNext:\n${steps.map((one) => `  ${one}\n`).join("")}`);
  const stub = relative(folder, join(folder, out, basename(source, ".ts")))
    .split(sep)
    .join("/");
  terminal.out(`then serve GreeterService and call it, both from ${stub}.rpc.ts: README.md, "Your first call".\n`);
  terminal.out("Commit what is generated: the .proto is the record of the numbers that deployed peers know.\n");
  return EXIT.ok;
}

function configText(folder: string, sources: string, out: string): string {
  return `{
  // Files that may declare interfaces tagged /** @remote */.
  "sources": [${JSON.stringify(sources)}],
  // The protobuf package: part of every name on the wire. The last part is its version.
  "package": ${JSON.stringify(defaultPackage(folder))},
  // Where stubs, codecs and schema go; commit them.
  "out": ${JSON.stringify(out)}
}
`;
}

function hasKey(folder: string): boolean {
  try {
    return Object.hasOwn(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as object, "peerwire");
  } catch {
    return false;
  }
}

function isInstalled(start: string, name: string): boolean {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules", name))) return true;
    if (folder === dirname(folder)) return false;
  }
}
