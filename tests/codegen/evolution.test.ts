/** Numbers over the years: what may be edited, and what the generator then does or refuses. */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { ROOT, type Workspace, workspace } from "./support/workspace.js";

const api = (data: string, members = "use(value: Data): Promise<void>;"): Record<string, string> => ({
  "api.ts": `export interface Data {\n${data}\n}\n/** @remote */\nexport interface Api {\n${members}\n}\n`,
});

const SCHEMA = "generated/proto/acme/v1/acme.proto";
const LATE = "  // Required since a later version: what lacks it is refused.\n";

/** Generates `before`, then `after` on top of it. */
function edit(
  before: Record<string, string>,
  after: Record<string, string>,
  options: { allowBreaking?: boolean } = {},
) {
  const space = workspace(before);
  expect(space.generate().diagnostics).toEqual([]);
  cpSync(join(space.folder, "generated/proto"), join(space.folder, "before"), { recursive: true });
  space.write(after);
  const { diagnostics } = space.generate(options);
  return {
    space,
    codes: diagnostics.map((one) => one.code),
    messages: diagnostics.map((one) => one.message),
    schema: space.read(SCHEMA),
  };
}

function messageText(schema: string, name: string, kind = "message"): string {
  return new RegExp(`^${kind} ${name} \\{\\n([\\s\\S]*?)^\\}`, "m").exec(schema)?.[1] ?? "";
}

/** What buf says of the edit; "" where it is harmless. */
function bufBreaking(space: Workspace): string {
  space.write({
    "before/buf.yaml": "version: v2\n",
    "generated/proto/buf.yaml": "version: v2\nbreaking:\n  use: [WIRE, RPC_NO_DELETE]\n",
  });
  const buf = (folder: string, ...args: string[]): string => {
    const cwd = join(space.folder, folder);
    const { status, stdout, stderr } = spawnSync(join(ROOT, "node_modules/.bin/buf"), args, { cwd, encoding: "utf8" });
    // 100: violations. Anything else but 0 is a failure of the test itself.
    if (status !== 0 && status !== 100) throw new Error(stderr);
    return stdout;
  };
  const image = join(space.folder, "before.binpb");
  buf("before", "build", "-o", image);
  return buf("generated/proto", "breaking", "--against", image);
}

describe("a field", () => {
  it("keeps its number when others come before it", () => {
    const { schema } = edit(api("a: string; b: number;"), api("c: boolean; b: number; a: string;"));
    expect(messageText(schema, "Data")).toBe(`  string a = 1;\n  double b = 2;\n${LATE}  optional bool c = 3;\n`);
  });

  it("leaves its number and its name reserved when it goes, and neither is given again", () => {
    const { space, schema } = edit(api("a: string; b: number; c: string;"), api("a: string; c: string;"));
    expect(messageText(schema, "Data")).toBe('  reserved 2;\n  reserved "b";\n  string a = 1;\n  string c = 3;\n');
    space.write(api("a: string; b: number; c: string; d: string;"));
    // Who removed it by mistake is told what to do.
    expect(space.generate().diagnostics).toMatchObject([
      { code: "PW1508", severity: "warning", location: { line: 2, column: 12 }, hint: expect.stringContaining(SCHEMA) },
    ]);
    expect(messageText(space.read(SCHEMA), "Data")).toBe(
      `  reserved 2;\n  string a = 1;\n  string c = 3;\n${LATE}  optional double b = 4;\n${LATE}  optional string d = 5;\n`,
    );
  });

  it("keeps its number under a new name with @was", () => {
    const { space, schema, codes } = edit(
      api("a: string; oldName?: string | null;"),
      api("a: string;\n/** @was oldName */\nnewName?: string | null;"),
    );
    expect(codes).toEqual([]);
    expect(messageText(schema, "Data")).toContain("optional string new_name = 2;");
    expect(messageText(schema, "Data")).toContain("bool new_name_null = 3;");
    expect(messageText(schema, "Data")).not.toContain("reserved");
    expect(space.generate()).toMatchObject({ changed: 0, diagnostics: [] });
  });

  it("may be renamed with @was though its type is written in line, and is named by it", () => {
    const inline = (name: string, order: string): string => `${name}: { ${order} }[];`;
    const { space, schema, codes } = edit(
      api(inline("old", "n: number; kind: 'a' | 'b'")),
      api(`/** @was old */\n${inline("renamed", "kind: 'a' | 'b'; n: number")}`),
    );
    expect(codes).toEqual([]);
    expect(messageText(schema, "Data")).toBe("  repeated DataOldItem renamed = 1;\n");
    expect(messageText(schema, "DataOldItem")).toBe("  double n = 1;\n  DataOldItemKind kind = 2;\n");
    expect(bufBreaking(space)).toBe("");
  });

  it("that seems to have been renamed is asked about", () => {
    const { codes } = edit(api("a: string; b: string;"), api("a: string; c: string;"));
    expect(codes).toEqual(["PW1507"]);
  });

  it("cannot be @was what never was", () => {
    expect(edit(api("a: string;"), api("a: string;\n/** @was zzz */\nb: string;")).codes).toEqual(["PW1504"]);
  });

  it("takes the number that @field pins", () => {
    const { schema } = edit(api("a: string;"), api("a: string;\n/** @field 7 */\nb: string; c: string;"));
    expect(messageText(schema, "Data")).toBe(
      `  string a = 1;\n${LATE}  optional string b = 7;\n${LATE}  optional string c = 8;\n`,
    );
  });

  it("cannot be pinned to a number that is reserved, or away from its own", () => {
    expect(edit(api("a: string; b: number;"), api("a: string;\n/** @field 2 */\nc: string;")).codes).toContain(
      "PW1505",
    );
    expect(edit(api("a: string;"), api("/** @field 9 */\na: string;")).codes).toEqual(["PW1505"]);
  });

  const CHANGES: readonly (readonly [before: string, after: string])[] = [
    ["string", "number"],
    ["string", "string[]"],
    ["Date", "string"],
    ["string", "string | number"],
    ["{ x: string }", "string"],
    ["Map<string, string>", "Map<string, number>"],
    ['"a" | "b"', "string"],
    ["string[]", "string[][]"],
    ["int32", "bigint"],
  ];
  it("does not change its type, unless told to", () => {
    const all = (side: 0 | 1): Record<string, string> => {
      const { "api.ts": text } = api(CHANGES.map((one, i) => `p${i}: ${one[side]};`).join("\n"));
      return { "api.ts": `import type { int32 } from "peerwire/brands";\nexport type Used = int32;\n${text!}` };
    };
    const { codes, messages } = edit(all(0), all(1));
    expect(codes).toEqual(CHANGES.map(() => "PW1502"));
    for (const [i, message] of messages.entries()) {
      expect(message).toMatch(
        new RegExp(`^Data\\.p${i} was .+ and is now .+: peers that are deployed would misread it$`),
      );
    }
    expect(edit(all(0), all(1), { allowBreaking: true }).codes).toEqual([]);
  });

  it("does not become a union, or stop being one, unless told to", () => {
    const apart = api("a: { x: string } | { y: string };");
    const together = api("a: { x?: string; z?: number } | { x?: string; y?: string };");
    const one = api("a: { x: string; y?: string };");
    for (const [before, after, is] of [
      [apart, together, "one object"],
      [apart, one, "one object"],
      [one, apart, "a union"],
    ] as const) {
      const { codes, messages } = edit(before, after);
      expect(new Set(codes)).toEqual(new Set(["PW1502"]));
      const sentence = new RegExp(`^DataA was .+ and is now ${is}: peers that are deployed would misread it$`);
      expect(messages.filter((one) => sentence.test(one))).toHaveLength(1);
      expect(edit(before, after, { allowBreaking: true }).codes).toEqual([]);
    }
  });

  const HARMLESS: readonly (readonly [before: string, after: string])[] = [
    ["a: string;", "a?: string;"],
    ["a: string;", "a: string | null;"],
    ["a?: string;", "a?: string | null;"],
    ["a: string[];", "a?: string[];"],
    ["a: Map<string, string>;", "a?: Map<string, string> | null;"],
    ["a: Date;", "a?: Date;"],
    ['a: "x" | "y";', 'a: "z" | "y" | "x";'],
    ["a: { k: 1; p: string } | { k: 2 };", "a: { k: 3 } | { k: 2; q?: string } | { k: 1; p: string };"],
    ["a: string; b: string;", "b: string; a: string; c: { d: string };"],
    ["a: string; b: number;", "a: string;"],
  ];
  it("may become optional, nullable, one of more; buf agrees", () => {
    const all = (side: 0 | 1): Record<string, string> =>
      api(HARMLESS.map((one, i) => `p${i}: { ${one[side]} };`).join("\n"));
    const { space, codes } = edit(all(0), all(1));
    expect(codes).toEqual([]);
    expect(bufBreaking(space)).toBe("");
  });
});

describe("a required field that deployed peers may leave out", () => {
  const ADDED =
    "a: string; b: string; c: number[]; d: string | null; e: Date; f: Uint8Array; g: Map<string, number> | null;";

  it("shows its absence on the wire, for good; buf agrees", () => {
    const { space, schema } = edit(api("a: string;"), api(ADDED));
    const expected = `${[
      "  string a = 1;",
      `${LATE}  optional string b = 2;`,
      `${LATE}  repeated double c = 3;`,
      "  // Whether c is empty, rather than absent.",
      "  bool c_empty = 4;",
      `${LATE}  optional string d = 5;`,
      "  // Whether d is null, rather than absent.",
      "  bool d_null = 6;",
      "  google.protobuf.Timestamp e = 7;",
      `${LATE}  optional bytes f = 8;`,
      `${LATE}  map<string, double> g = 9;`,
      "  // Whether g is null, rather than absent.",
      "  bool g_null = 10;",
      "  // Whether g is empty, rather than absent.",
      "  bool g_empty = 11;",
    ].join("\n")}\n`;
    expect(messageText(schema, "Data")).toBe(expected);
    expect(space.generate()).toMatchObject({ changed: 0, diagnostics: [] });
    expect(bufBreaking(space)).toBe("");
  });

  it("is one that was optional, or could be null", () => {
    const { space, schema } = edit(
      api("a?: string; b?: string | null; c?: number[]; d: boolean | null; e: string | null;"),
      api("a: string; b: string | null; c: number[]; d: boolean; e: string | null;"),
    );
    const text = messageText(schema, "Data");
    expect(text.split(LATE)).toHaveLength(5);
    expect(text).toContain(
      `${LATE}  optional string b = 2;\n  // Whether b is null, rather than absent.\n  bool b_null = 3;`,
    );
    expect(text).toMatch(/[^.]\n {2}optional string e = 7;|bool d = 6;\n {2}optional string e = 7;/);
    expect(space.generate()).toMatchObject({ changed: 0, diagnostics: [] });
    expect(bufBreaking(space)).toBe("");
  });

  it("is a parameter, an element of a tuple, a result; and not what collects the rest", () => {
    const { space, schema } = edit(
      api("a: [string];", "use(value: Data): Promise<Data>; get(): Promise<string | undefined>;"),
      api(
        "a: [string, number, ...Date[]];",
        "use(value: Data, more: string, ...all: string[]): Promise<Data>; get(): Promise<string>;",
      ),
    );
    expect(messageText(schema, "ApiServiceUseRequest")).toBe(
      `  Data value = 1;\n${LATE}  optional string more = 2;\n  repeated string all = 3;\n`,
    );
    expect(messageText(schema, "ApiServiceGetResponse")).toBe(`${LATE}  optional string value = 1;\n`);
    expect(messageText(schema, "DataA")).toBe(
      `  string item1 = 1;\n${LATE}  optional double item2 = 2;\n  repeated google.protobuf.Timestamp item3 = 3;\n`,
    );
    expect(space.generate()).toMatchObject({ changed: 0, diagnostics: [] });
  });

  it("has no companion where a property of the author has its name", () => {
    const { space, schema } = edit(api("a: string;"), api("a: string; b: string[]; b_empty: boolean;"));
    expect(messageText(schema, "Data")).toBe(
      `  string a = 1;\n  repeated string b = 2;\n${LATE}  optional bool b_empty = 3 [json_name = "b_empty"];\n`,
    );
    expect(space.generate()).toMatchObject({ changed: 0, diagnostics: [] });
  });
});

describe("the order of things", () => {
  const DATA =
    "export interface Data { a: 'x' | 'y'; b: { k: 'p'; n: number } | { k: 'q' }; c: { l: string; m?: 1 } | { l: string; o?: Date } }\n";
  const MORE =
    "export interface More { d: string | Date | number[]; e: { r: string } | { s: string; t: number } | { s: string } }\n";
  const API =
    "/** @remote */\nexport interface Api { a(data: Data, more: More): Promise<void>; b(): Promise<string | Data | undefined>; }\n";
  const OTHER = "/** @remote */\nexport interface Other { c(): AsyncIterable<Other>; }\n";

  it("means nothing: of declarations, members, properties, union members and files", () => {
    const imports = (from: string): string => `import type { Data, More } from "./${from}.js";\n`;
    const space = workspace({ "data.ts": DATA + MORE, "api.ts": imports("data") + API + OTHER });
    expect(space.generate().diagnostics).toEqual([]);
    const before = space.read(SCHEMA);
    expect(space.generate()).toMatchObject({ changed: 0 });
    const turned = (text: string): string =>
      text
        .replace("'x' | 'y'", "'y' | 'x'")
        .replace("{ k: 'p'; n: number } | { k: 'q' }", "{ k: 'q' } | { n: number; k: 'p' }")
        .replace("{ l: string; m?: 1 } | { l: string; o?: Date }", "{ o?: Date; l: string } | { m?: 1; l: string }")
        .replace("string | Date | number[]", "number[] | Date | string")
        .replace(
          "{ r: string } | { s: string; t: number } | { s: string }",
          "{ s: string } | { t: number; s: string } | { r: string }",
        )
        .replace("string | Data | undefined", "undefined | Data | string");
    space.write({ "data.ts": turned(MORE + DATA), "api.ts": imports("data") + OTHER + turned(API) });
    expect(space.generate().diagnostics).toEqual([]);
    expect(space.read(SCHEMA)).toBe(before);
    // A file of its own that comes before all others: what is emitted moves, and no number does.
    space.write({ "aaa.ts": OTHER, "api.ts": imports("data") + turned(API) });
    expect(space.generate().diagnostics).toEqual([]);
    expect(space.read(SCHEMA).replace(/^\/\/ @generated .*/, "")).toBe(before.replace(/^\/\/ @generated .*/, ""));
  });
});

describe("what is said of numbers", () => {
  it("is said at its exact place", () => {
    const at = (before: Record<string, string>, after: Record<string, string>): unknown[] => {
      const space = workspace(before);
      space.generate();
      space.write(after);
      return space
        .generate()
        .diagnostics.map(({ code, location }) => [code, location.file, location.line, location.column]);
    };
    expect(at(api("a: string;"), api("a: number;"))).toEqual([["PW1502", "api.ts", 2, 1]]);
    expect(at(api("a: string;"), api("a: string;\n/** @was zzz */\nb: string;"))).toEqual([["PW1504", "api.ts", 4, 1]]);
    expect(at(api("a: string; b: string;"), api("a: string; c: string;"))).toEqual([["PW1507", "api.ts", 2, 12]]);
    const two = api("a: string; b: string;");
    const twice = workspace(two);
    twice.generate();
    const lock = twice.read(SCHEMA).replace("string b = 2;", "string b = 1;");
    const line = lock.slice(0, lock.indexOf("string b = 1;")).split("\n").length;
    expect(at(two, { [SCHEMA]: lock })).toEqual([
      ["PW1505", "api.ts", 2, 12],
      ["PW1501", SCHEMA, line, 1],
    ]);
    expect(at(two, { [SCHEMA]: "message {" })).toEqual([["PW1506", SCHEMA, 1, 1]]);
  });
});

describe("an enum value", () => {
  it("keeps its number, whatever comes and goes", () => {
    const { schema } = edit(api('a: "x" | "y" | "z";'), api('a: "w" | "z" | "x";'));
    expect(messageText(schema, "DataA", "enum")).toBe(
      '  reserved 2;\n  reserved "DATA_A_Y";\n  DATA_A_UNSPECIFIED = 0;\n  DATA_A_X = 1;\n  DATA_A_Z = 3;\n  DATA_A_W = 4;\n',
    );
  });
});

describe("a member", () => {
  const members = (text: string): Record<string, string> => api("a: string;", text);

  it("keeps its number, and leaves it reserved", () => {
    const { space, schema } = edit(
      members("a(): Promise<void>; b(): Promise<void>; c(): Promise<void>;"),
      members("d(): Promise<void>; c(): Promise<void>; a(): Promise<void>;"),
    );
    const service = messageText(schema, "ApiService", "service");
    expect(service).toContain(
      'option (peerwire.v1.reserved_member) = 2;\n  option (peerwire.v1.reserved_member_name) = "B";',
    );
    expect([...service.matchAll(/rpc (\w+)|member\) = (\d+)/g)].map((one) => one[1] ?? Number(one[2]))).toEqual([
      2,
      "A",
      1,
      "C",
      3,
      "D",
      4,
    ]);
    expect(bufBreaking(space)).toContain('"B"');
    expect(space.generate()).toMatchObject({ changed: 0 });
  });

  it("keeps its number under a new name with @was", () => {
    const { schema } = edit(
      members("a(): Promise<void>; b(): Promise<void>;"),
      members("a(): Promise<void>;\n/** @was b */\nc(): Promise<void>;"),
    );
    expect(messageText(schema, "ApiService", "service")).toContain(
      "rpc C(ApiServiceCRequest) returns (ApiServiceCResponse) {\n    option (peerwire.v1.member) = 2;",
    );
  });

  it("may be renamed with @was though what it takes is written in line: that keeps its numbers", () => {
    const { schema, codes } = edit(
      members("a(x: { n: number; s: string }): Promise<void>;"),
      members("/** @was a */\nb(x: { s: string; n: number }): Promise<void>;"),
    );
    expect(codes).toEqual([]);
    expect(messageText(schema, "ApiAX")).toBe("  double n = 1;\n  string s = 2;\n");
  });

  it("may rename a parameter and gain an optional one, but not change a type", () => {
    const { schema, codes } = edit(
      members("a(x: string): Promise<void>;"),
      members("a(y: string, z?: number): Promise<void>;"),
    );
    expect(codes).toEqual([]);
    expect(messageText(schema, "ApiServiceARequest")).toBe("  string y = 1;\n  optional double z = 2;\n");
    expect(edit(members("a(x: string): Promise<void>;"), members("a(x: number): Promise<void>;")).codes).toEqual([
      "PW1502",
    ]);
    expect(edit(members("a(): Promise<string>;"), members("a(): AsyncIterable<string>;")).codes).toEqual(["PW1502"]);
  });
});

describe("a member that is no method", () => {
  const members = (text: string, more = ""): Record<string, string> => {
    const { "api.ts": source } = api("a: string;", text);
    return { "api.ts": source! + more };
  };

  it("cannot become a method, or the other way round, unless told to", () => {
    const before = members("getA(): Promise<string>; newB(): Promise<Api>;");
    const after = members("get a(): Promise<string>; readonly B: new () => Api;");
    const { codes, messages } = edit(before, after);
    expect(codes).toEqual(["PW1502", "PW1502"]);
    expect(messages[0]).toContain("Api.a was a method and now is a property that is read");
    expect(edit(before, after, { allowBreaking: true }).codes).toEqual([]);
  });

  it("of a base keeps its number, however base and derived interface grow", () => {
    const derived = (own: string): string =>
      `\nexport interface Derived extends Api { ${own} }\n/** @remote */\nexport interface Root { derived(): Promise<Derived>; }\n`;
    const { schema, codes } = edit(
      members("a(): Promise<void>;", derived("x(): Promise<void>;")),
      members("b(): Promise<void>; a(): Promise<void>;", derived("y(): Promise<void>; x(): Promise<void>;")),
    );
    expect(codes).toEqual([]);
    const numbers = (service: string): string[] =>
      [...messageText(schema, service, "service").matchAll(/rpc (\w+)[^}]*member\) = (\d+)/g)].map(
        ([, name, number]) => `${name!} ${number!}`,
      );
    expect([numbers("ApiService"), numbers("DerivedService")]).toEqual([
      ["A 1", "B 2"],
      ["X 1", "Y 2"],
    ]);
    expect(messageText(schema, "DerivedService", "service")).toContain(
      'option (peerwire.v1.base) = "acme.v1.ApiService"',
    );
  });

  it("of a snapshot keeps its number", () => {
    const { schema } = edit(
      members("a(): Promise<void>; readonly id: string; readonly at: Date;"),
      members("a(): Promise<void>; readonly at: Date; readonly more: number; readonly id: string;"),
    );
    expect(messageText(schema, "ApiServiceSnapshot")).toBe(
      `  string id = 1;\n  google.protobuf.Timestamp at = 2;\n${LATE}  optional double more = 3;\n`,
    );
  });

  it("counts in the fingerprint: what it is, which bases there are, what travels inside references", () => {
    const sources = [
      members("a(): Promise<string>;"),
      members("readonly a: Promise<string>;"),
      members("readonly a: string;"),
      members("a(): Promise<string>;", "\n/** @remote */\nexport interface Base { b(): Promise<void>; }\n"),
    ];
    sources[3] = { "api.ts": sources[3]!["api.ts"]!.replace("interface Api {", "interface Api extends Base {") };
    const prints = sources.map((source) => {
      const space = workspace(source);
      expect(space.generate().diagnostics).toEqual([]);
      const text = space.read("generated/api.rpc.ts");
      return /fingerprint: (\w+)/.exec(text.slice(text.indexOf("export const ApiService")))![1];
    });
    expect(new Set(prints).size).toBe(4);
  });
});

describe("what is gone altogether", () => {
  const OLD = `export interface Data { a: string; b: number }
export interface Gone { x: string; y: "on" | "off" }
/** @remote */
export interface Left { put(gone: Gone): Promise<void>; get(): Promise<Gone>; }
`;
  const without: Record<string, string> = api("a: string; b: number;");

  it("leaves its name and its numbers reserved, and they are not given again", () => {
    const { space, codes, schema } = edit({ "api.ts": OLD }, without);
    expect(codes).toEqual([]);
    expect(messageText(schema, "Gone")).toBe('  reserved 1, 2;\n  reserved "x", "y";\n');
    expect(messageText(schema, "GoneY", "enum")).toBe(
      '  reserved 1, 2;\n  reserved "GONE_Y_OFF", "GONE_Y_ON";\n  GONE_Y_UNSPECIFIED = 0;\n',
    );
    expect(messageText(schema, "LeftService", "service")).toBe(
      [1, 2].map((one) => `  option (peerwire.v1.reserved_member) = ${one};\n`).join("") +
        ["Get", "Put"].map((one) => `  option (peerwire.v1.reserved_member_name) = "${one}";\n`).join(""),
    );
    expect(schema).not.toContain("LeftServicePutRequest");
    expect(space.generate()).toMatchObject({ changed: 0, diagnostics: [] });
    space.write({ "api.ts": `${without["api.ts"]!}${OLD.slice(OLD.indexOf("export interface Gone"))}` });
    expect(new Set(space.generate().diagnostics.map((one) => one.code))).toEqual(new Set(["PW1508"]));
    expect(messageText(space.read(SCHEMA), "Gone")).toBe(
      `  reserved 1, 2;\n${LATE}  optional string x = 3;\n  GoneY y = 4;\n`,
    );
    expect(messageText(space.read(SCHEMA), "LeftService", "service")).toContain("option (peerwire.v1.member) = 3;");
  });

  it("passes buf's own checks as it stands there", () => {
    const { space } = edit({ "api.ts": OLD }, without);
    expect(bufBreaking(space)).toMatch(/LeftService/);
  });
});

describe("the committed schema", () => {
  it("is refused where a merge gave one number twice", () => {
    const space = workspace(api("a: string; b: string;"));
    space.generate();
    space.write({ [SCHEMA]: space.read(SCHEMA).replace("string b = 2;", "string b = 1;") });
    expect(space.generate().diagnostics.map((one) => [one.code, one.location.file])).toEqual([
      ["PW1505", "api.ts"],
      ["PW1501", SCHEMA],
    ]);
  });

  it("is refused where it cannot be read", () => {
    const space = workspace(api("a: string;"));
    space.generate();
    space.write({ [SCHEMA]: `${space.read(SCHEMA)}\n<<<<<<< HEAD\n` });
    expect(space.generate().diagnostics.map((one) => one.code)).toEqual(["PW1506"]);
  });
});

describe("generated files", () => {
  it("do not change when nothing but the order of the source does", () => {
    const before = {
      "api.ts":
        'export type U = { k: "a"; x: string } | { k: "b" };\nexport interface D { u: U; l: "p" | "q"; m: string; }\n/** @remote */\nexport interface A { f(d: D): Promise<B>; g(): Promise<U>; }\n/** @remote */\nexport interface B { h(): Promise<void>; }\n',
    };
    const after = {
      "api.ts":
        '/** @remote */\nexport interface B { h(): Promise<void>; }\n/** @remote */\nexport interface A { g(): Promise<U>; f(d: D): Promise<B>; }\nexport interface D { m: string; l: "q" | "p"; u: U; }\nexport type U = { k: "b" } | { k: "a"; x: string };\n',
      // Mentioning the members in another order elsewhere used to turn unions around.
      "zzz.ts": 'export type Other = { l: "q" | "p" };\n',
    };
    const space = workspace(before);
    expect(space.generate().changed).toBe(4);
    expect(space.generate().changed).toBe(0);
    space.write(after);
    expect(space.generate().changed).toBe(0);
  });

  it("change their fingerprint with anything that two peers must agree on, and with nothing else", () => {
    const fingerprint = (space: Workspace): string =>
      /fingerprint: (\w+)/.exec(space.read("generated/api.rpc.ts"))![1]!;
    const space = workspace(api("a: string;"));
    space.generate();
    const first = fingerprint(space);
    space.write(api("/** Documented. */\na: string;"));
    space.generate();
    expect(fingerprint(space)).toBe(first);
    space.write(api("a: string; b?: string;"));
    space.generate();
    expect(fingerprint(space)).not.toBe(first);
  });
});
