/** Traps of the compiler that once were fallen into, each with the project in which it bites. */
import { describe, expect, it } from "@jest/globals";
import { workspace } from "./support/workspace.js";

describe("the compiler's traps", () => {
  it("ESM-only packages resolve, though ts-morph does not understand nodenext", () => {
    const space = workspace({
      "node_modules/esm-only/package.json":
        '{ "name": "esm-only", "version": "1.0.0", "type": "module", "exports": { ".": { "types": "./index.d.ts", "default": "./index.js" } } }',
      "node_modules/esm-only/index.d.ts":
        "export interface Money {\n  /** In cents. */\n  amount: bigint;\n  currency?: string;\n}\n",
      "api.ts":
        'import type { Money } from "esm-only";\n/** @remote */\nexport interface Api { pay(money: Money): Promise<Money[]>; }\n',
    });
    expect(space.generate().diagnostics).toEqual([]);
    expect(space.read("generated/proto/acme/v1/acme.proto")).toContain(
      "message Money {\n  // In cents.\n  int64 amount = 1;\n  optional string currency = 2;\n}",
    );
  });

  it("anonymous types are named by their owner: the compiler shares one type between two properties", () => {
    const space = workspace({
      "api.ts":
        "export interface A { x: { n: number }; y: { n: number }; }\n/** @remote */\nexport interface Api { go(a: A): Promise<void>; }\n",
    });
    space.generate();
    const schema = (): string => space.read("generated/proto/acme/v1/acme.proto");
    expect(schema()).toContain("AX x = 1;\n  AY y = 2;");
    space.write({ "api.ts": space.read("api.ts").replace("x: { n: number }; ", "") });
    expect(space.generate().diagnostics).toEqual([]);
    expect(schema()).toContain("AY y = 2;");
  });

  it("an instantiation without end is refused, and ends", () => {
    const space = workspace({
      "api.ts":
        "export interface N<T> { value: T; n?: N<T[]>; }\n/** @remote */\nexport interface Api { go(a: N<string>): Promise<void>; }\n",
    });
    expect(space.generate().diagnostics.map((one) => one.code)).toEqual(["PW1314"]);
  });

  it("two files may import each other; the schema is one file", () => {
    const space = workspace({
      "a.ts":
        'import type { B } from "./b.js";\nexport interface Data { b: B; }\n/** @remote */\nexport interface A { b(data: Data): Promise<B>; }\n',
      "b.ts":
        'import type { A, Data } from "./a.js";\n/** @remote */\nexport interface B { a(a: A): Promise<Data>; }\n',
    });
    expect(space.generate().diagnostics).toEqual([]);
    expect(space.read("generated/b.rpc.ts")).toContain('import { AService, readData, writeData } from "./a.rpc.js";');
  });

  it("an alias that holds null keeps its name", () => {
    const space = workspace({
      "api.ts":
        "export type Tree = { left: Tree; right: Tree } | null;\n/** @remote */\nexport interface Api { go(tree: Tree): Promise<Tree>; }\n",
    });
    expect(space.generate().diagnostics).toEqual([]);
    expect(space.read("generated/proto/acme/v1/acme.proto")).toContain(
      "message Tree {\n  Tree left = 1;\n  Tree right = 2;\n}",
    );
  });

  it("user types that are called like ours, or like the library's, are told apart", () => {
    const space = workspace({
      "api.ts":
        "export interface Member { a: string }\nexport interface Reader { b: Map<string, Member> }\n/** @remote */\nexport interface BankService { go(a: Member): Promise<Reader>; }\n",
    });
    expect(space.generate().diagnostics).toEqual([]);
    const text = space.read("generated/api.rpc.ts");
    expect(text).toContain(
      'import type { BankService as ApiBankService, Member as ApiMember, Reader as ApiReader } from "../api.js";',
    );
    expect(text).toContain("export const BankService: ServiceDescriptor<ApiBankService, BankServiceStub>");
  });

  it("is not fooled by tags in strings", () => {
    const space = workspace({
      "api.ts":
        'export const text = "/** @remote */";\n/** @remote */\nexport interface Api { go(): Promise<void>; }\n',
    });
    expect(space.generate().diagnostics).toEqual([]);
  });
});
