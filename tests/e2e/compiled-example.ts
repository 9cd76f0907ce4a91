/**
 * The example as plain JavaScript in a folder of its own, for tests that need a second process: a clean clone has no
 * dist/. Each file is only stripped of its types, as jest does it too, so that this takes a second and not ten.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const SOURCES = ["runtime", "generated", "examples"];

export interface CompiledExample extends AsyncDisposable {
  /** Holds the sources and dist/, as the repository does after a build. */
  readonly folder: string;
  /** @returns the path of a compiled script of examples/files. */
  script(name: string): string;
}

export async function compileExample(): Promise<CompiledExample> {
  const folder = await mkdtemp(join(tmpdir(), "peerwire-compiled-"));
  await cp(join(REPOSITORY, "package.json"), join(folder, "package.json"));
  await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"), "junction");
  for (const source of SOURCES) {
    await cp(join(REPOSITORY, source), join(folder, source), { recursive: true });
    for (const path of await readdir(join(folder, source), { recursive: true })) {
      if (path.endsWith(".ts")) await compile(folder, join(source, path));
    }
  }
  execFileSync(process.execPath, [join(REPOSITORY, "scripts/bundle-for-node.mjs"), folder]);
  return {
    folder,
    script: (name) => join(folder, "dist", "examples", "files", name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function compile(folder: string, path: string): Promise<void> {
  const { outputText } = ts.transpileModule(await readFile(join(folder, path), "utf8"), {
    fileName: path,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  });
  const output = join(folder, "dist", path.replace(/\.ts$/, ".js"));
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, outputText);
}
