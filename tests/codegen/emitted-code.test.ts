/**
 * Emitted code in its users' projects: the compilers of three years under every strict flag, what it imports, and what a
 * bundler leaves of it. (The repository's own compiler sees it with everything else.)
 */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { ROOT, workspace } from "./support/workspace.js";

const PROJECTS = ["tests/runtime/studio/generated", "tests/runtime/sample/generated", "generated/examples"];
const emitted = PROJECTS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rpc.ts"))
    .map((name) => join(folder, name)),
);

const folder = mkdtempSync(join(realpathSync(tmpdir()), "peerwire-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("emitted code", () => {
  // The root's tsconfig has the flags: strict, verbatimModuleSyntax, isolatedDeclarations and the rest.
  it.each([["5.9", "typescript5"] as const, ["7", "typescript7"] as const])(
    "compiles under TypeScript %s",
    (_version, name) => {
      const config = join(folder, `${name}.json`);
      writeFileSync(
        config,
        JSON.stringify({
          extends: join(ROOT, "tsconfig.json"),
          compilerOptions: {
            rootDir: "/",
            typeRoots: [join(ROOT, "node_modules/@types")],
            paths: {
              "peerwire": [join(ROOT, "runtime/index.ts")],
              "peerwire/emitted-v1": [join(ROOT, "runtime/api/emitted-v1.ts")],
            },
          },
          files: emitted.map((file) => join(ROOT, file)),
          include: [],
          exclude: [],
        }),
      );
      const { stdout } = spawnSync(process.execPath, [join(ROOT, "node_modules", name, "bin/tsc"), "-p", config], {
        encoding: "utf8",
      });
      expect(stdout).toBe("");
    },
  );

  it.each([["5.9", "typescript5"] as const, ["7", "typescript7"] as const])(
    "of every shape is made in a project whose own compiler is TypeScript %s, and compiles there",
    (version, name) => {
      const space = workspace("shapes", { package: "acme.shapes.v1" }, ["node"]);
      mkdirSync(join(space.folder, "node_modules"));
      symlinkSync(join(ROOT, "node_modules", name), join(space.folder, "node_modules/typescript"), "dir");
      const tsc = (...flags: string[]): string =>
        spawnSync(process.execPath, [join(space.folder, "node_modules/typescript/bin/tsc"), ...flags], {
          cwd: space.folder,
          encoding: "utf8",
        }).stdout;
      expect(tsc("--version")).toContain(`Version ${version}.`);
      expect(space.generate().diagnostics).toEqual([]);
      // One source lets the compiler find its types: the flag is for what is emitted.
      const told = tsc("--noEmit", "-p", ".").replace(/^inferred\.ts.* with --isolatedDeclarations\.\n/gm, "");
      expect(told).toBe("");
    },
  );

  it.each(emitted)("%s imports the runtime's one entry, the author's files, and other emitted code", (file) => {
    const modules = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^(?:import|\}) .*from "([^"]+)";$/gm)];
    expect(modules.length).toBeGreaterThan(0);
    for (const [, module] of modules) expect(module).toMatch(/^(peerwire\/emitted-v1|\.{1,2}\/.*\.js)$/);
  });

  it("is left out of a bundle, except for what is used: one reader brings no stub and no descriptor", () => {
    const script = `
      import { build } from "esbuild";
      const entry = 'export { readTake } from "./tests/runtime/studio/generated/studio.rpc.ts";';
      const { outputFiles } = await build({
        stdin: { contents: entry, resolveDir: process.cwd(), loader: "ts" },
        bundle: true, format: "esm", write: false, external: ["peerwire", "peerwire/emitted-v1"],
      });
      process.stdout.write(outputFiles[0].text);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).toContain("function readTake");
    expect(stdout).not.toMatch(/Stub extends|Service\b|class /);
    expect(stdout.length).toBeLessThan(1000);
  });

  it("leaves a service out of a bundle that uses another one of its file", () => {
    const space = workspace({
      "api.ts":
        "export interface Data { a: string | Date }\n/** @remote */\nexport interface Used { go(): Promise<void>; }\n/** @remote */\nexport interface Unused { run(data: Data, on: (data: Data) => void): Promise<Unused>; new: Promise<string>; }\n".replace(
          "new:",
          "readonly new:",
        ),
    });
    expect(space.generate().diagnostics).toEqual([]);
    const script = `
      import { build } from "esbuild";
      const { outputFiles } = await build({
        stdin: { contents: 'export { UsedService } from "./generated/api.rpc.ts";', resolveDir: ${JSON.stringify(space.folder)}, loader: "ts" },
        bundle: true, format: "esm", write: false, external: ["peerwire/emitted-v1"],
      });
      process.stdout.write(outputFiles[0].text);`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).toContain("UsedService");
    expect(stdout).toContain("UsedStub");
    expect(stdout).not.toMatch(/unused|Data/i);
  });
});
