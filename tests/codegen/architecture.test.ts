/** The generator's own floors, and its one table of the runtime's names. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { RUNTIME_TYPES, RUNTIME_VALUES } from "../../codegen/emit/runtime-symbols.js";
import * as emittedV1 from "../../runtime/api/emitted-v1.js";
import { ROOT } from "./support/workspace.js";

const files = readdirSync(join(ROOT, "codegen"), { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);
const importsOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, "codegen", file), "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
    (one) => one[1]!,
  );

describe("codegen", () => {
  it("shows the compiler to load, discover and introspect alone", () => {
    const seers = files.filter((file) => importsOf(file).some((one) => one === "ts-morph" || one === "typescript"));
    expect(seers.filter((file) => !/^passes\/(load|discover|introspect)/.test(file))).toEqual([]);
  });

  it("imports nothing of runtime/", () => {
    expect(files.filter((file) => importsOf(file).some((one) => one.includes("/runtime/")))).toEqual([]);
  });

  it("knows names that peerwire/emitted-v1 has", () => {
    for (const name of RUNTIME_VALUES) expect(emittedV1).toHaveProperty(name);
    const text = readFileSync(join(ROOT, "runtime/api/emitted-v1.ts"), "utf8");
    for (const name of RUNTIME_TYPES) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
  });
});
