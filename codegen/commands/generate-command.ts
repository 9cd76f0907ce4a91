/** `peerwire generate`: the generator, once or for as long as sources change, and what it says about it. */
import { join, resolve } from "node:path";
import { CONFIG_NAME, type Config, readConfig } from "../config.js";
import type { Format } from "../diagnostics.js";
import { type Generated, generate, parseJson } from "../generate.js";
import { Memory } from "../memory.js";
import { removeFiles, staleFiles, writeFiles } from "../passes/write.js";
import { formatReport, reportOf } from "../report.js";
import { EXIT, type Terminal, printDiagnostics, printFailure, relocate, sayer, shownPath } from "./terminal.js";
import { watchSources } from "./watch.js";

export interface GenerateFlags {
  readonly project?: string;
  readonly check: boolean;
  readonly watch: boolean;
  readonly report: boolean;
  readonly allowBreaking: boolean;
  readonly format: Format;
}

export async function generateCommand(flags: GenerateFlags, terminal: Terminal): Promise<number> {
  const config = readConfig(flags.project, terminal.cwd, parseJson);
  if (flags.watch) return watch(config, flags, terminal);
  return runOnce(config, undefined, flags, terminal).code;
}

interface Ran {
  readonly code: number;
  /** Every file that is ours. */
  readonly files: readonly string[];
}

function runOnce(config: Config, memory: Memory | undefined, flags: GenerateFlags, terminal: Terminal): Ran {
  const { format } = flags;
  const say = sayer(format, terminal);
  const generated = generate(config, { allowBreaking: flags.allowBreaking, ...(memory && { memory }) });
  const diagnostics = relocate(generated.diagnostics, config.folder, terminal);
  if (flags.report && format === "json") {
    terminal.out(`${JSON.stringify({ diagnostics, report: reportOf(generated) }, null, 2)}\n`);
  } else {
    const shown = (file: string): string => shownPath(resolve(config.folder, file), terminal);
    if (flags.report) terminal.out(formatReport(reportOf(generated), shown));
    if (diagnostics.length > 0 || format === "json") printDiagnostics(diagnostics, format, terminal);
  }
  const files = [...generated.files.map((one) => one.path), ...generated.obsolete];
  const errors = diagnostics.filter((one) => one.severity === "error").length;
  if (errors > 0) {
    say(`Found ${errors} ${errors === 1 ? "error" : "errors"}; nothing was written.\n`);
    return { code: EXIT.sources, files };
  }
  if (files.length === 0) {
    say(
      `peerwire: nothing to do: no file ${sourcesInWords(config, terminal)} has an interface tagged /** @remote */.\n`,
    );
    return { code: EXIT.ok, files };
  }
  return { code: flags.check ? check(generated, say, terminal) : write(generated, say, terminal), files };
}

function sourcesInWords({ sources, tsconfig, folder }: Config, terminal: Terminal): string {
  if (sources) return 'that "sources" names';
  return `of ${shownPath(tsconfig ?? folder, terminal)}`;
}

function check({ files, obsolete }: Generated, say: (text: string) => void, terminal: Terminal): number {
  const stale = staleFiles(files);
  for (const file of stale) say(`stale: ${shownPath(file.path, terminal)}\n`);
  for (const path of obsolete) say(`stale: ${shownPath(path, terminal)} (it is no longer generated)\n`);
  const count = stale.length + obsolete.length;
  say(
    count === 0 ? `${counted(files.length)} as they should be.\n` : `${counted(count)} stale: run peerwire generate.\n`,
  );
  return count === 0 ? EXIT.ok : EXIT.stale;
}

function write({ files, obsolete }: Generated, say: (text: string) => void, terminal: Terminal): number {
  const stale = staleFiles(files);
  writeFiles(stale);
  removeFiles(obsolete);
  for (const file of stale) say(`wrote ${shownPath(file.path, terminal)}\n`);
  for (const path of obsolete) say(`removed ${shownPath(path, terminal)}: it is no longer generated\n`);
  say(`${counted(files.length)} generated, ${stale.length + obsolete.length} changed.\n`);
  return EXIT.ok;
}

async function watch(first: Config, flags: GenerateFlags, terminal: Terminal): Promise<number> {
  let config = first;
  let memory = new Memory(config);
  const say = sayer(flags.format, terminal);
  const run = (): readonly string[] => {
    const started = performance.now();
    let files: readonly string[] = [];
    try {
      const next = readConfig(flags.project, terminal.cwd, parseJson);
      if (JSON.stringify(next) !== JSON.stringify(config)) {
        config = next;
        memory = new Memory(config);
      }
      files = runOnce(config, memory, flags, terminal).files;
    } catch (error) {
      printFailure(error, flags.format, terminal);
    }
    say(`Watching for changes (${Math.round(performance.now() - started)} ms); Ctrl+C ends it.\n`);
    return files;
  };
  await watchSources({
    signal: terminal.signal,
    files: () => [...memory.loader.files, ...configFiles(config)],
    folders: () => [config.folder],
    run,
  });
  return EXIT.ok;
}

/** Those that configure a run, and those that would if they were there. */
function configFiles({ folder, file, tsconfig }: Config): string[] {
  const names = [CONFIG_NAME, "package.json", "tsconfig.json"].map((name) => join(folder, name));
  return [...names, file, tsconfig].filter((one) => one !== undefined);
}

function counted(files: number): string {
  return `${files} ${files === 1 ? "file" : "files"}`;
}
