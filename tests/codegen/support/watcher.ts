/** A generator that remembers, beside one that knows nothing: what the two give must be the same. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { readConfig } from "../../../codegen/config.js";
import { type Generated, generate, parseJson } from "../../../codegen/generate.js";
import { Memory } from "../../../codegen/memory.js";
import { removeFiles, staleFiles, writeFiles } from "../../../codegen/passes/write.js";
import { editedProject } from "./random-edits.js";
import type { Workspace } from "./workspace.js";

/** A generator that remembers, over a project on the disk. */
export class Watcher {
  readonly #space: Workspace;
  memory: Memory;
  #config = "";

  constructor(space: Workspace) {
    this.#space = space;
    this.memory = new Memory(this.#read());
  }

  #read() {
    return readConfig(this.#space.folder, this.#space.folder, parseJson);
  }

  /** Generates with what is remembered, and without; writes where there are no errors. */
  run(options = { allowBreaking: false }): { remembered: Generated; fresh: Generated } {
    const config = this.#read();
    const text = JSON.stringify(config);
    if (this.#config !== "" && this.#config !== text) this.memory = new Memory(config);
    this.#config = text;
    const remembered = generate(config, { ...options, memory: this.memory });
    const fresh = generate(config, options);
    if (fresh.diagnostics.every((one) => one.severity === "warning")) {
      writeFiles(staleFiles(remembered.files));
      removeFiles(remembered.obsolete);
    }
    return { remembered, fresh };
  }
}

/** What was generated, what was told, the model. */
export function expectSame({ remembered, fresh }: { remembered: Generated; fresh: Generated }): void {
  expect(remembered.diagnostics).toEqual(fresh.diagnostics);
  expect(new Map(remembered.files.map((one) => [one.path, one.text]))).toEqual(
    new Map(fresh.files.map((one) => [one.path, one.text])),
  );
  expect(remembered).toEqual(fresh);
}

/** Edits the project of edited-project.ts at random. */
export function expectSameAfterEdits(
  seed: number,
  edits: number,
  makeSpace: (files: Record<string, string>, config?: object) => Workspace,
): void {
  const project = editedProject(seed);
  const space = makeSpace({ ...project.files }, { description: true });
  const watcher = new Watcher(space);
  expectSame(watcher.run());
  for (let i = 0; i < edits; i++) {
    const edit = project.edit();
    for (const { path, text } of edit) {
      if (text === undefined)
        rmSync(join(space.folder, path), { force: true }); // it may not be there yet
      else space.write({ [path]: text });
    }
    try {
      expectSame(watcher.run({ allowBreaking: true }));
    } catch (error) {
      const what = edit.map(({ path, text }) => `${path}:\n${text ?? "(removed)"}`).join("\n");
      throw new Error(`PEERWIRE_SEED=${seed}, edit ${i}\n${what}`, { cause: error });
    }
  }
}
