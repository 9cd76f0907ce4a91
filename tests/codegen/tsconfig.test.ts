/** The tsconfig of a project: what is wrong with it is told at its place, and so is what emitted code cannot live with. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ts } from "ts-morph";
import { peerwire } from "./support/command-line.js";
import { ROOT, type Workspace, workspace } from "./support/workspace.js";

const SOURCE = { "api.ts": "/** @remote */\nexport interface Api {\n  go(): Promise<void>;\n}\n" };

describe("a tsconfig that is wrong", () => {
  it.each([
    ['{\n  "compilerOptions": { "strict": true,\n', "tsconfig.json:3:1 - error PW1605: '}' expected"],
    ['{\n  "compilerOptions": { "strict": "yes" }\n}', "tsconfig.json:2:34 - error PW1605: Compiler option 'strict'"],
    ['{ "include": "src" }', "tsconfig.json:1:14 - error PW1605: Compiler option 'include'"],
    ['{ "extends": "./nope.json" }', "tsconfig.json:1:1 - error PW1605: Cannot read file"],
    ['{ "extends": "@tsconfig/nope" }', "tsconfig.json:1:14 - error PW1605: File '@tsconfig/nope' not found"],
    ['{ "extends": "./tsconfig.json" }', "tsconfig.json:1:1 - error PW1605: Circularity"],
    ["[]", "tsconfig.json:1:1 - error PW1605: The root value"],
  ])("%s is told with its place, and exits 2", async (text, place) => {
    const space = workspace({ ...SOURCE, "tsconfig.json": text });
    const { code, out, err } = await peerwire(space.folder, "generate");
    expect([code, err]).toEqual([2, ""]);
    expect(out).toContain(place);
  });

  it("is told all at once, as seen from where the command was typed", async () => {
    const space = workspace({
      "sub/api.ts": SOURCE["api.ts"],
      "sub/peerwire.config.json": '{ "sources": ["*.ts"] }',
      "sub/tsconfig.json": '{ "compilerOptions": { "strict": 1, "target": 2 } }',
    });
    const { out } = await peerwire(space.folder, "generate", "--project", "sub", "--format", "github");
    expect(out.trim().split("\n")).toEqual([
      expect.stringContaining("file=sub/tsconfig.json,line=1,col=34"),
      expect.stringContaining("file=sub/tsconfig.json,line=1,col=47"),
    ]);
  });

  it("is a folder", async () => {
    const space = workspace(SOURCE);
    rmSync(join(space.folder, "tsconfig.json"));
    mkdirSync(join(space.folder, "tsconfig.json"));
    expect(await peerwire(space.folder, "generate")).toMatchObject({
      code: 2,
      out: expect.stringContaining("tsconfig.json:1:1 - error PW1605: Cannot read file"),
    });
  });
});

/** What tsc says of the imports and exports of what was emitted. */
function saysTsc(space: Workspace): number[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { type: string };
  space.write({
    "node_modules/peerwire/package.json": JSON.stringify({ type: manifest.type, exports: { "./*": "./*.js" } }),
    "node_modules/peerwire/emitted-v1.d.ts": "export {};\n",
  });
  const { compilerOptions } = JSON.parse(space.read("tsconfig.json")) as { compilerOptions: unknown };
  const { options } = ts.convertCompilerOptionsFromJson(compilerOptions, space.folder);
  const program = ts.createProgram([join(space.folder, "generated/api.rpc.ts")], { ...options, noLib: true });
  const file = program.getSourceFile(join(space.folder, "generated/api.rpc.ts"));
  const ofModules = [1286, 1287, 1295, 1479, 1541, 2307];
  const codes = program.getSemanticDiagnostics(file).map((one) => one.code);
  return [...new Set(codes)].filter((code) => ofModules.includes(code)).sort();
}

const ESM = '"type": "module"';
const TO_ESM = 'write "type": "module" in package.json';

describe("a package that emitted code could not be compiled in", () => {
  it.each([
    ["CommonJS under node16", { module: "node16" }, "", [1479, 1541], '"module": "nodenext"'],
    ["CommonJS under node18", { module: "node18" }, "", [1479, 1541], '"module": "nodenext"'],
    ["an ES module under node16", { module: "node16" }, ESM, [], ""],
    ["CommonJS under node20", { module: "node20" }, "", [], ""],
    ["CommonJS under nodenext", { module: "nodenext" }, "", [], ""],
    ["CommonJS, verbatim", { module: "nodenext", verbatimModuleSyntax: true }, "", [1287], TO_ESM],
    ["an ES module, verbatim", { module: "nodenext", verbatimModuleSyntax: true }, ESM, [], ""],
    [
      "commonjs, verbatim",
      { module: "commonjs", moduleResolution: "bundler", verbatimModuleSyntax: true },
      ESM,
      [1287],
      "verbatimModuleSyntax",
    ],
    ["a bundler's", { module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true }, "", [], ""],
    ["commonjs with a bundler's resolution", { module: "commonjs", moduleResolution: "bundler" }, "", [], ""],
  ] as const)("%s: warned of where tsc minds", async (_, options, type, codes, hint) => {
    const space = workspace({
      ...SOURCE,
      "package.json": `{ "name": "acme"${type === "" ? "" : `, ${type}`} }`,
      "tsconfig.json": JSON.stringify({
        compilerOptions: { strict: true, types: [], lib: ["es2023", "esnext.disposable"], ...options },
      }),
    });
    const { code, out } = await peerwire(space.folder, "generate");
    expect(code).toBe(0);
    expect(saysTsc(space)).toEqual(codes);
    if (hint === "") expect(out).not.toContain("warning");
    else expect(out).toMatch(/^tsconfig\.json:1:\d+ - warning PW1606: /);
    expect(out).toContain(hint);
  });

  it("is one that knows nothing of exports", async () => {
    const space = workspace({
      ...SOURCE,
      "tsconfig.json": '{ "compilerOptions": { "lib": ["es5"], "types": [], "moduleResolution": "node10" } }',
    });
    const { out } = await peerwire(space.folder, "generate");
    expect(out).toContain("tsconfig.json:1:73 - warning PW1606: ");
    expect(out).toContain('write "moduleResolution": "bundler"');
  });

  it("is one by the package.json that is nearest to what is emitted", async () => {
    const space = workspace(
      {
        ...SOURCE,
        "tsconfig.json": '{ "compilerOptions": { "lib": ["es2023"], "types": [], "module": "node16" } }',
        "elsewhere/package.json": '{ "name": "other" }',
      },
      { out: "elsewhere/generated" },
    );
    expect((await peerwire(space.folder, "generate")).out).toContain("warning PW1606");
    space.write({ "elsewhere/package.json": '{ "type": "module" }', "package.json": '{ "name": "acme" }' });
    expect((await peerwire(space.folder, "generate")).out).not.toContain("warning");
  });

  it("is not one whose only sources are modules by their name", async () => {
    const space = workspace(
      {
        "api.mts": SOURCE["api.ts"],
        "package.json": '{ "name": "acme" }',
        "tsconfig.json": '{ "compilerOptions": { "lib": ["es2023"], "types": [], "module": "node16" } }',
      },
      { sources: ["*.mts"] },
    );
    expect((await peerwire(space.folder, "generate")).out).not.toContain("warning");
  });
});
