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
        "export interface N<T> { n?: N<T[]>; }\n/** @remote */\nexport interface Api { go(a: N<string>): Promise<void>; }\n",
    });
    expect(space.generate().diagnostics.map(({ code, location }) => [code, location.line, location.column])).toEqual([
      ["PW1314", 1, 29],
    ]);
  });

  it("an interface of a file that is no source is refused where it is used", () => {
    const space = workspace(
      {
        "api.ts":
          'import type { Other } from "./other.js";\n/** @remote */\nexport interface Api { go(other: Other): Promise<void>; }\n',
        "other.ts": "/** @remote */\nexport interface Other { go(): Promise<void>; }\n",
      },
      { sources: ["api.ts"] },
    );
    expect(space.generate().diagnostics.map(({ code, location }) => [code, location.line, location.column])).toEqual([
      ["PW1109", 3, 34],
    ]);
  });

  it("a.ts beside a.tsx would be emitted into one file: PW1404 at the first thing of the second", () => {
    const remote = (name: string): string => `/** @remote */\nexport interface ${name} { go(): Promise<void>; }\n`;
    const space = workspace(
      { "bank.ts": remote("Bank"), "bank.tsx": `\n\n${remote("Desk")}`, "other.mts": remote("Other") },
      { sources: ["*.ts", "*.tsx", "*.mts", "*.cts"] },
    );
    expect(space.generate().diagnostics).toMatchObject([
      {
        code: "PW1404",
        message: "what is emitted for bank.tsx and for bank.ts is one file, bank.rpc.ts",
        location: { file: "bank.tsx", line: 4, column: 18 },
      },
    ]);
    space.write({ "other.cts": remote("Third"), "bank.tsx": "export {};\n" });
    expect(space.generate().diagnostics.map((one) => [one.code, one.location.file])).toEqual([["PW1404", "other.mts"]]);
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

  it("the order of a union's members is what another file makes of it: numbers do not depend on it", () => {
    const api =
      'export type Kind = "a" | "b" | "c";\n/** @remote */\nexport interface Api { go(kind: Kind): Promise<void>; }\n';
    const alone = workspace({ "api.ts": api });
    const beside = workspace({
      "aaa.ts": 'export const first: "c" | "b" = "c";\nexport type Other = "b" | "a" | "c";\n',
      "api.ts": api,
    });
    const schema = "generated/proto/acme/v1/acme.proto";
    expect(alone.generate().diagnostics).toEqual([]);
    expect(beside.generate().diagnostics).toEqual([]);
    expect(beside.read(schema)).toBe(alone.read(schema));
    expect(alone.read(schema)).toContain("KIND_A = 1;\n  KIND_B = 2;\n  KIND_C = 3;");
  });

  it("what a type is does not depend on who refers to it first: not inside recursive records either", () => {
    const declarations = [
      "export interface Folder { entries: Entries; also: Deep }",
      "export type Entries = Record<string, Folder>;",
      "export type Deep = { [name: string]: Deeper };",
      "export type Deeper = { [name: string]: Deep | null };",
      "/** @remote */\nexport interface Api {\n  a(entries: Entries): Promise<Folder>;\n  b(deeper: Deeper): Promise<Deep>;\n}",
      "/** @remote */\nexport interface Other {\n  b(deep: Deep): Promise<Deeper>;\n  a(folder: Folder): Promise<Entries>;\n}",
    ];
    const space = workspace({ "api.ts": `${declarations.join("\n")}\n` });
    expect(space.generate().diagnostics).toEqual([]);
    const before = space.read("generated/proto/acme/v1/acme.proto");
    const another = workspace({ "api.ts": `${declarations.toReversed().join("\n")}\n` });
    another.generate();
    expect(another.read("generated/proto/acme/v1/acme.proto")).toBe(before);
  });

  it("a tag that the compiler attaches to nothing is an error, and not a tag that does nothing", () => {
    const space = workspace({
      "api.ts":
        "export interface Data { a: string; /** @field 4 */ b: string; /** @maxLength 3 */ c: string }\n/** @remote */\nexport interface Api { go(data: Data): Promise<void>; }\n",
    });
    expect(space.generate().diagnostics.map((one) => [one.code, one.location.column])).toEqual([
      ["PW1002", 40],
      ["PW1002", 67],
    ]);
  });

  it("a type that does not resolve is no `any`: it is refused, where `any` is carried", () => {
    const space = workspace({
      "api.ts":
        'import type { Gone } from "not-installed";\n/** @remote */\nexport interface Api { go(gone: Gone): Promise<any>; }\n',
    });
    expect(space.generate().diagnostics.map((one) => one.code)).toEqual(["PW1302"]);
  });

  it("inline types are never printed: emitted code names them by where they stand", () => {
    const space = workspace({
      "api.ts":
        "interface Hidden { a?: { b: string | undefined } }\nexport interface Data { hidden: Hidden; inline: { c?: number } }\n/** @remote */\nexport interface Api { go(data: Data): Promise<{ d: Hidden }>; }\n",
    });
    expect(space.generate().diagnostics).toEqual([]);
    const text = space.read("generated/api.rpc.ts");
    expect(text).toContain('v: Data["inline"]): void');
    expect(text).not.toContain("c?: number");
    expect(text).not.toMatch(/\bHidden\b[^"(O]*from/);
  });

  it("an alias keeps its name where null or undefined was taken from it", () => {
    const space = workspace({
      "api.ts":
        'export type Level = "low" | "high";\nexport type Id = number;\nexport interface Data { level?: Level | null; id: Id | null; levels: (Level | undefined)[] }\n/** @remote */\nexport interface Api { go(data: Data): Promise<Level | null>; }\n',
    });
    expect(space.generate().diagnostics).toEqual([]);
    const schema = space.read("generated/proto/acme/v1/acme.proto");
    expect(schema.match(/^enum .*/gm)).toEqual(["enum Level {"]);
    expect(schema).toContain("optional double id");
  });

  it("boolean is true | false inside unions, and one thing all the same", () => {
    const space = workspace({
      "api.ts":
        "export interface Data { a: boolean | string; b?: boolean; c: boolean | null; d?: string | undefined }\n/** @remote */\nexport interface Api { go(data: Data): Promise<void>; }\n",
    });
    expect(space.generate().diagnostics).toEqual([]);
    const schema = space.read("generated/proto/acme/v1/acme.proto");
    expect(schema).toContain("bool bool_value = 2;");
    expect(schema).toContain("optional bool b = 2;\n  optional bool c = 3;\n  optional string d = 4;");
    expect(schema).not.toContain("enum ");
  });

  it("type arguments that nobody wrote, symbols and destructured parameters are seen through", () => {
    const space = workspace(
      {
        "api.ts":
          "export interface Data { bytes: Uint8Array; feed: AsyncIterable<Uint8Array> }\n/** @remote */\nexport interface Api {\n  watch({ a }: { a: string }): AsyncIterable<Uint8Array>;\n  send(data: Data, [x, y]: [number, number]): Promise<Uint8Array>;\n  [Symbol.asyncDispose](): Promise<void>;\n}\n",
      },
      {},
      ["node"],
    );
    expect(space.generate().diagnostics).toEqual([]);
    const schema = space.read("generated/proto/acme/v1/acme.proto");
    expect(schema).toContain("rpc Watch(ApiServiceWatchRequest) returns (stream ApiServiceWatchResponse)");
    expect(schema).toContain("message ApiServiceWatchResponse {\n  bytes value = 1;\n}");
    expect(schema).toContain(" arg1 = 1;");
    expect(schema).toContain(" arg2 = 2;");
    expect(schema).toContain("rpc Send(ApiServiceSendRequest) returns (ApiServiceSendResponse)");
    expect(schema.match(/^ {2}rpc /gm)).toHaveLength(2);
    expect(space.read("generated/api.rpc.ts")).not.toMatch(/ArrayBufferLike|__@|__0|, any|, undefined>/);
  });

  it("a selection of remote members is refused: methods became properties", () => {
    const space = workspace({
      "api.ts":
        '/** @remote */\nexport interface Session { ping(): Promise<void>; id(): Promise<string>; }\n/** @remote */\nexport interface Api { a(one: Pick<Session, "ping">): Promise<void>; b(one: Partial<Session>): Promise<void>; }\n',
    });
    expect(space.generate().diagnostics.map((one) => one.code)).toContain("PW1316");
    expect(space.generate().files).toEqual([]);
  });
});
