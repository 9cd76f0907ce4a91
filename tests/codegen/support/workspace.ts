/**
 * A project of its own in a temporary folder, as a user would have it: sources, tsconfig, and the package by its name.
 * Generates in this process; the disk is written as the command line writes it.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "@jest/globals";
import { readConfig } from "../../../codegen/config.js";
import { type Generated, generate, parseJson } from "../../../codegen/generate.js";
import { removeFiles, staleFiles, writeFiles } from "../../../codegen/passes/write.js";

export const ROOT: string = fileURLToPath(new URL("../../../", import.meta.url));
export const FIXTURES: string = join(ROOT, "tests/codegen/fixtures");

const TSCONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    rootDir: "/",
    // A user may have enums, and parameter properties.
    erasableSyntaxOnly: false,
    types: [],
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: {
      "peerwire": [join(ROOT, "runtime/index.ts")],
      "peerwire/emitted-v1": [join(ROOT, "runtime/api/emitted-v1.ts")],
      "peerwire/brands": [join(ROOT, "runtime/api/brands.ts")],
    },
  },
  include: ["."],
  exclude: [],
};

export class Workspace {
  readonly folder: string;

  /**
   * @param files by path; a name alone is a folder of fixtures.
   * @param types packages of global types: the compiler needs a while for Node's.
   */
  constructor(files: Readonly<Record<string, string>> | string, config: object = {}, types: readonly string[] = []) {
    this.folder = mkdtempSync(join(realpathSync(tmpdir()), "peerwire-"));
    this.write({
      "package.json": JSON.stringify({ name: "acme", type: "module" }),
      "tsconfig.json": JSON.stringify({
        ...TSCONFIG,
        compilerOptions: { ...TSCONFIG.compilerOptions, types },
      }),
      "buf.yaml": "version: v2\nmodules:\n  - path: generated/proto\n",
      "peerwire.config.json": JSON.stringify({ sources: ["*.ts"], package: "acme.v1", ...config }),
    });
    if (typeof files === "string") cpSync(join(FIXTURES, files), this.folder, { recursive: true });
    else this.write(files);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Generates, and writes where there are no errors. */
  generate(options: { allowBreaking?: boolean } = {}): Generated & { changed: number } {
    const config = readConfig(this.folder, this.folder, parseJson);
    const generated = generate(config, { allowBreaking: options.allowBreaking ?? false });
    const stale = staleFiles(generated.files);
    writeFiles(stale);
    removeFiles(generated.obsolete);
    return { ...generated, changed: stale.length };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const open: Workspace[] = [];

/** A workspace that is removed after the tests of the file. */
export function workspace(
  files: Readonly<Record<string, string>> | string,
  config?: object,
  types?: readonly string[],
): Workspace {
  const one = new Workspace(files, config, types);
  open.push(one);
  return one;
}

afterAll(() => {
  for (const one of open.splice(0)) one.remove();
});
