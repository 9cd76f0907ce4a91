/**
 * What README and docs show compiles against this checkout, after the generator has turned README's interface into code.
 * That the programs print what README says is seen by scripts/test-package.mjs, which needs a registry.
 */
import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { ROOT, workspace } from "../codegen/support/workspace.js";

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const files = [...readme.matchAll(/\*\*`([^`]+\.ts)`\*\*[^\n]*\n\n```ts\n([\s\S]*?)```/g)].map(
  ([, name = "", text = ""]) => [name, text] as const,
);

/** The first TypeScript of a page. */
function snippet(page: string): string {
  return /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, page), "utf8"))?.[1] ?? "";
}

/** Every TypeScript of a page, each a module of its own. */
function snippets(page: string): Record<string, string> {
  const found = [...readFileSync(join(ROOT, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)];
  const name = basename(page, ".md");
  return Object.fromEntries(found.map(([, text = ""], i) => [`${name}-${i + 1}.ts`, text]));
}

describe("README and docs", () => {
  it("show code that generates and compiles", () => {
    const news = "/** @remote */\nexport interface News {\n  headline(text: string): void;\n}\n"; // as docs/hub.md says
    const ledger = readFileSync(join(ROOT, "tests/runtime/ledger/ledger.ts"), "utf8"); // as docs/objects.md says
    const folder = workspace(
      { ...Object.fromEntries(files), "news.ts": news, "ledger.ts": ledger },
      { sources: ["greeter.ts", "news.ts", "ledger.ts"], package: "first.v1", description: true },
      ["node"],
    );
    expect(folder.generate().diagnostics).toEqual([]);
    const pages = {
      ...snippets("docs/connections.md"),
      ...snippets("docs/reflection.md"),
      ...snippets("docs/hub.md"),
      ...snippets("docs/objects.md"),
      ...snippets("docs/testing.md"),
      ...snippets("docs/transports.md"),
    };
    folder.write({
      ...pages,
      "intro.ts": `import type { Peer } from "peerwire";
import { GreeterService } from "./generated/greeter.rpc.js";
declare const peer: Peer;
${snippet("README.md")}`,
      "mux.ts": snippet("docs/mux.md"),
    });
    const paths = [...files.map(([name]) => name), "intro.ts", "mux.ts", ...Object.keys(pages)].map((name) =>
      join(folder.folder, name),
    );
    const program = ts.createProgram(paths, {
      target: ts.ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.asynciterable.d.ts"],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      paths: {
        "peerwire": [join(ROOT, "runtime/index.ts")],
        "peerwire/node": [join(ROOT, "runtime/node.ts")],
        "peerwire/hub": [join(ROOT, "runtime/hub.ts")],
        "peerwire/websocket": [join(ROOT, "runtime/websocket.ts")],
        "peerwire/mux": [join(ROOT, "runtime/mux.ts")],
        "peerwire/reflection": [join(ROOT, "runtime/reflection.ts")],
        "peerwire/testing": [join(ROOT, "runtime/testing.ts")],
        "peerwire/emitted-v1": [join(ROOT, "runtime/api/emitted-v1.ts")],
      },
    });
    const complaints = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
    expect(files.map(([name]) => name)).toEqual(["greeter.ts", "server.ts", "client.ts"]);
    expect(complaints).toEqual([]);
  });
});
