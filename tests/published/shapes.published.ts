/**
 * Types of published packages, as a new user would pass them: each is carried, and then its emitted code compiles under
 * every strict flag and random values survive it; or it is refused, with a sentence that says what to write instead.
 * Generated here, and by the command of the package as it is packed, which the emitted code is compiled against too.
 * Run by `npm run test:published`, after `npm ci --prefix tests/published`.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import ts from "typescript";
import type { Member, ServiceDescriptor } from "../../runtime/references/service.js";
import { ValueReader } from "../../runtime/references/value-reader.js";
import { ValueWriter } from "../../runtime/references/value-writer.js";
import type { Generated } from "../../codegen/generate.js";
import { Arbitraries } from "../codegen/support/arbitrary.js";
import { Slots } from "../codegen/support/slots.js";
import { ROOT, type Workspace, workspace } from "../codegen/support/workspace.js";

interface Shape {
  readonly module: string;
  /** What is imported from it. */
  readonly imports: string;
  readonly type: string;
  /** The first sentence by which it is refused, with its hint; without it the type is carried. */
  readonly refused?: string;
}

const HERE = join(ROOT, "tests/published");
const SHAPES = JSON.parse(readFileSync(join(HERE, "shapes.json"), "utf8")) as readonly Shape[];

const STRICT = {
  target: "es2023",
  module: "nodenext",
  lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
};

const folder = mkdtempSync(join(realpathSync(tmpdir()), "peerwire-packed-"));
/** The package as npm would install it. */
const PACKED = join(folder, "node_modules/peerwire");
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(() => {
  const run = (command: string, ...args: string[]): void => void execFileSync(command, args, { cwd: ROOT });
  run("npm", "pack", "--silent", "--pack-destination", folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  mkdirSync(PACKED, { recursive: true });
  run("tar", "-xzf", join(folder, tarball), "--strip-components=1", "-C", PACKED);
  mkdirSync(join(folder, "node_modules/@bufbuild"));
  for (const name of ["@bufbuild/protobuf", "ts-morph"])
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name), "dir");
}, 120_000);

const carried: Workspace[] = [];

function project({ module, imports, type }: Shape): Workspace {
  const space = workspace({
    "tsconfig.json": JSON.stringify({ compilerOptions: STRICT }),
    "api.ts": `import type { ${imports} } from "${module}";
/** @remote */
export interface Api {
  send(value: ${type}): Promise<void>;
}
`,
  });
  const installed = join(HERE, "node_modules");
  mkdirSync(join(space.folder, "node_modules"));
  for (const name of readdirSync(installed).filter((one) => !one.startsWith(".")))
    symlinkSync(join(installed, name), join(space.folder, "node_modules", name), "dir");
  symlinkSync(PACKED, join(space.folder, "node_modules/peerwire"), "dir");
  return space;
}

async function expectRoundTrip(space: Workspace, { model }: Generated): Promise<void> {
  const module = (await import(join(space.folder, "generated/api.rpc.ts"))) as Record<string, unknown>;
  const { members } = module["ApiService"] as ServiceDescriptor;
  const [member] = model.services.find((one) => one.name === "ApiService")!.members;
  const codec = members.get(member!.number) as Member<object, unknown[]>;
  const values = new Arbitraries(model, new Map()).field(member!.parameters[0]!.field!);
  fc.assert(
    fc.property(values, (value) => {
      const slots = new Slots();
      const writer = new ValueWriter(slots);
      codec.writeArguments(writer, [value]);
      const reader = new ValueReader(writer.finish(), slots.source);
      expect(codec.readArguments(reader, { signal: undefined } as never)).toEqual([value]);
    }),
    { numRuns: 10 },
  );
}

describe("a type of a published package", () => {
  it.each(SHAPES.map((shape) => [`${shape.module}: ${shape.type}`, shape] as const))("%s", async (_, shape) => {
    const space = project(shape);
    const generated = space.generate();
    const errors = generated.diagnostics.filter((one) => one.severity === "error");
    // Where the packages are installed is no part of what is said.
    const sentences = errors.map(({ message, hint }) => `${message}; ${hint}`.replace(/\S*node_modules\//g, ""));
    if (shape.refused !== undefined) {
      expect(sentences).toContain(shape.refused);
      expect(generated.files).toEqual([]);
      return;
    }
    expect(sentences).toEqual([]);
    await expectRoundTrip(space, generated);
    carried.push(space);
  });

  it("is generated as here by the command of the packed package", async () => {
    const run = promisify(execFile);
    const left = [...carried];
    const worker = async (): Promise<void> => {
      for (let space = left.pop(); space; space = left.pop()) {
        const bin = join(space.folder, "node_modules/peerwire/dist/codegen/bin.js");
        await run(process.execPath, [bin, "generate", "--check"], { cwd: space.folder });
      }
    };
    await Promise.all([worker(), worker()]);
  }, 300_000);

  it("compiles under every strict flag against the packed package, where it is carried", () => {
    const files = carried.map((space) => join(space.folder, "generated/api.rpc.ts"));
    expect(files.length).toBeGreaterThan(0);
    const { options } = ts.parseJsonConfigFileContent(
      { compilerOptions: STRICT, files: [] },
      ts.sys,
      carried[0]!.folder,
    );
    const found = ts.getPreEmitDiagnostics(ts.createProgram(files, options)).map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${file?.fileName ?? ""}:${line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
    expect(found).toEqual([]);
  });
});
