/**
 * Compiles small programs against the runtime and the example's generated code, under the repository's own flags, and
 * tells what tsc says about each. All in one go: most of the time goes into the libraries that they share.
 */
import { dirname, join } from "node:path";
import ts from "typescript";

const HERE = import.meta.dirname;
const REPOSITORY = join(HERE, "..", "..");

/** What every snippet may use. */
const PRELUDE = `
import { CallError, type CallContext, type Peer, type PeerOptions, RemoteStub, serve } from "peerwire";
import { connect, listen } from "peerwire/node";
import type { Change, Entry, File, Folder, Match, Stat, Volume, Watch } from "../../examples/files/volume.js";
import { FileService, type FileStub, FolderService, type FolderStub, VolumeService, type VolumeStub } from "../../generated/examples/files/volume.rpc.js";
declare const peer: Peer;
declare const volume: VolumeStub;
declare const folder: FolderStub;
declare const file: FileStub;
`;

export interface Complaint {
  /** TypeScript's number: 2345 for an argument of the wrong type. */
  readonly code: number;
  readonly message: string;
}

/** @returns for each snippet, in order, what keeps it from compiling. */
export function compileSnippets(snippets: readonly string[]): Complaint[][] {
  const options = readOptions();
  const texts = new Map(
    snippets.map((text, i) => [join(HERE, `snippet-${i}.ts`), `${PRELUDE}\n${text}\nexport {};\n`]),
  );
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.fileExists = (path) => texts.has(path) || onDisk.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? onDisk.readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? onDisk.getSourceFile(path, ...rest) : ts.createSourceFile(path, text, rest[0], true);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts.keys()].map((path) => {
    const source = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (diagnostic) => ({
        code: diagnostic.code,
        message: ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"),
      }),
    );
  });
}

function readOptions(): ts.CompilerOptions {
  const path = join(REPOSITORY, "tsconfig.json");
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(path));
  // The prelude offers more than each snippet uses.
  return { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false, isolatedDeclarations: false };
}
