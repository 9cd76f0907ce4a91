/** Node requires an ES module only where nothing of it awaits at the top level: docs/decisions/0013. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "@jest/globals";
import { ts } from "ts-morph";

const root = fileURLToPath(new URL("../../", import.meta.url));

function awaitsAtTopLevel(text: string): boolean {
  const visit = (node: ts.Node): boolean => {
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return false;
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
    return ts.forEachChild(node, (child) => visit(child) || undefined) ?? false;
  };
  return visit(ts.createSourceFile("one.ts", text, ts.ScriptTarget.Latest));
}

describe("what a CommonJS program requires", () => {
  it("awaits nothing at the top level", () => {
    expect(awaitsAtTopLevel("const a = 1;\nexport const b = async () => await a;\n")).toBe(false);
    expect(awaitsAtTopLevel("const a = await import('x');\n")).toBe(true);
    const files = ["runtime", "generated/wire"].flatMap((folder) =>
      readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    );
    const sources = files.filter((name) => name.endsWith(".ts"));
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((name) => awaitsAtTopLevel(readFileSync(root + name, "utf8")))).toEqual([]);
  });

  it("is not kept from it by a condition of package.json", () => {
    const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { exports: Record<string, unknown> };
    const entries = Object.entries(exports).filter(([, entry]) => typeof entry === "object");
    for (const [name, entry] of entries)
      expect([name, Object.keys(entry as object)]).toEqual([name, ["types", "node", "default"]]);
  });
});
