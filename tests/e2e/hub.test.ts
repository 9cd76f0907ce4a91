/** `npm run hub`, as a user runs it: four processes, of which one is killed. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { type CompiledExample, compileExample } from "./compiled-example.js";

let example: CompiledExample;
beforeAll(async () => {
  example = await compileExample();
});
afterAll(async () => {
  await example[Symbol.asyncDispose]();
});

async function run(script: string, ...words: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const child = spawn(process.execPath, [example.script(`../hub/${script}`), ...words], { stdio: "pipe" });
  const exit = once(child, "exit") as Promise<[number | null]>;
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, errors };
}

describe("npm run hub", () => {
  it("shows facts that are all true, one plugin crashing and coming back among them", async () => {
    const { code, out, errors } = await run("start.js");
    expect({ code, errors, wrong: out.split("\n").filter((line) => line.includes("✗")) }).toEqual({
      code: 0,
      errors: "",
      wrong: [],
    });
    expect(out).toContain("✓ three, on one port\n");
    expect(out).toContain("✓ the hub knows why translator is gone\n");
    expect(out).toContain("✓ started again, it is found by its name\n");
  });

  it("says how a plugin is started", async () => {
    expect(await run("plugin.js", "nobody")).toMatchObject({ code: 2, errors: expect.stringContaining("usage: ") });
  });
});
