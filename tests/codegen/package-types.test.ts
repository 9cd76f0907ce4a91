/** Types that belong to a package, which their user cannot edit: what is refused says what can be written instead. */
import { describe, expect, it } from "@jest/globals";
import { type Workspace, workspace } from "./support/workspace.js";

const PACKAGE = `
export declare enum Words { A = "a", B = "b" }
export declare enum Bits { One = 1, Two = 2 }
export interface User { name: string; flags: Bits; word: Words }
export interface components { schemas: { issue: { id: number; never: never }; user: { id: number } } }
export interface Metadata { [key: string]: string | number }
export interface Charge { metadata: Metadata; more: { metadata?: Metadata | null } }
export interface Json { [key: string]: Json | string | Json[] }
export interface Sent { json: Json; again?: Json }
`;

const using = (types: readonly string[], imports = ""): Workspace =>
  workspace({
    "node_modules/pack/package.json":
      '{ "name": "pack", "version": "1.0.0", "type": "module", "exports": { ".": { "types": "./index.d.ts" } } }',
    "node_modules/pack/index.d.ts": PACKAGE,
    "api.ts": `${imports}/** @remote */\nexport interface Api {\n${types.map((type, i) => `  go${i}(value: ${type}): Promise<void>;\n`).join("")}}\n`,
  });
const sentences = (space: Workspace): string[] =>
  space.generate().diagnostics.map(({ message, hint }) => `${message}; ${hint}`);

describe("a type of a package", () => {
  it("that is an enum: what it may be assigned to is named", () => {
    expect(sentences(using(["Words", "Bits"], 'import type { Bits, Words } from "pack";\n'))).toEqual([
      "Words: the enum Words cannot be imported; it belongs to a package: write its words, `${Words}` in its place, or an enum of your own with its members",
      "Bits: the enum Bits cannot be imported; it belongs to a package: write number in its place, or an enum of your own with its members",
    ]);
    expect(sentences(using(["User"], 'import type { User } from "pack";\n'))).toEqual([
      'User.flags: the enum Bits cannot be imported; it belongs to a package: write number for it beside Omit<User, "flags">, or an enum of your own with its members',
      'User.word: the enum Words cannot be imported; it belongs to a package: write its words, `${Words}` for it beside Omit<User, "word">, or an enum of your own with its members',
    ]);
  });

  it("and what the hint says is carried", () => {
    const types = ["`${Words}`", 'Omit<User, "flags" | "word"> & { flags: number; word: `${Words}` }'];
    expect(sentences(using(types, 'import type { User, Words } from "pack";\n'))).toEqual([]);
  });

  it("that has no name is called as its user wrote it", () => {
    const types = ['components["schemas"]["issue"]', 'readonly components["schemas"]["issue"][]'];
    const issue = 'components["schemas"]["issue"]';
    const sentence = `${issue}.never: never has no values; it belongs to a package: leave it out with Omit<${issue}, "never">, or write an interface of your own with what is needed`;
    expect(sentences(using(types, 'import type { components } from "pack";\n'))).toEqual([sentence, sentence]);
  });

  it("that is a record has one message for its values, wherever it is used", () => {
    const space = using(["Charge", "Metadata", "Sent"], 'import type { Charge, Metadata, Sent } from "pack";\n');
    expect(sentences(space)).toEqual([]);
    const schema = space.read("generated/proto/acme/v1/acme.proto");
    expect(schema.match(/^message Metadata\w* /gm)).toEqual(["message MetadataValue "]);
  });
});

describe("a global that only a platform has", () => {
  it("says which types to install", () => {
    const space = workspace({
      "api.ts":
        "/** @remote */\nexport interface Api {\n  go(text: string, signal?: AbortSignal): Promise<void>;\n  to(gone: Gone): Promise<void>;\n}\n",
    });
    expect(sentences(space)).toEqual([
      'the type AbortSignal cannot be resolved; it belongs to the platform: install @types/node, or add "DOM" to lib in tsconfig.json',
      "the type Gone cannot be resolved; see what tsc says about this line; is the import right, is the package installed?",
    ]);
  });
});
