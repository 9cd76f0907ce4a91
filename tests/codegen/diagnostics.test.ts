/** Every code, at its exact place: `▶` stands where the diagnostic points. All of them are told in one run. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { type Diagnostic, formatDiagnostics } from "../../codegen/diagnostics.js";
import { ROOT, workspace } from "./support/workspace.js";

/** A remote interface with one method that takes `type`. */
const taking = (type: string, before = ""): string =>
  `${before}/** @remote */\nexport interface NAME {\n  use(value: ${type}): Promise<void>;\n}\n`;
/** One with these members. */
const having = (members: string): string => `/** @remote */\nexport interface NAME {\n  ${members}\n}\n`;

const CASES: readonly (readonly [code: string, what: string, source: string])[] = [
  ["PW1001", "a misspelt tag", "/**\n * Docs.\n * ▶@remot\n */\nexport interface NAME {\n  go(): Promise<void>;\n}\n"],
  ["PW1001", "a tag in capitals", "/** ▶@Remote */\nexport interface NAME {\n  go(): Promise<void>;\n}\n"],
  ["PW1002", "a tag that belongs to nothing", having("go(): Promise<void>; /** ▶@field 3 */")],
  ["PW1002", "a tag in a line comment", "// ▶@remote\nexport interface NAME {\n  go(): Promise<void>;\n}\n"],
  ["PW1002", "a tag in a plain comment", "/* ▶@remote */\nexport interface NAME {\n  go(): Promise<void>;\n}\n"],
  ["PW1101", "a file that does not parse", having("go(): Promise<void>▶>;")],
  ["PW1003", "@remote on a type", "/** ▶@remote */\nexport type NAME = { a: string };\n"],
  ["PW1003", "@error on an interface", "/** ▶@error */\nexport interface NAME {\n  a: string;\n}\n"],
  ["PW1002", "a constraint that belongs to nothing", taking("{ a: string; /** ▶@maxLength 3 */ b: string }")],
  ["PW1003", "@flags on an interface", "/** ▶@flags */\nexport interface NAME {\n  a: string;\n}\n"],
  ["PW1003", "@idempotent on an interface", "/** ▶@idempotent */\nexport interface NAME {\n  a: string;\n}\n"],
  ["PW1003", "@minimum on a method", having("/** ▶@minimum 3 */\n  go(): Promise<void>;")],
  [
    "PW1001",
    "a misspelt constraint",
    taking("NAMEData", "export interface NAMEData {\n  /** ▶@minimun 3 */\n  a: number;\n}\n"),
  ],
  ["PW1003", "@field on an interface", "/** ▶@field 3 */\nexport interface NAME {\n  a: string;\n}\n"],
  [
    "PW1104",
    "an interface that is not exported",
    "/** @remote */\ninterface ▶NAME {\n  go(): Promise<void>;\n}\nexport type Used = NAME;\n",
  ],
  [
    "PW1104",
    "an interface in a namespace",
    "export namespace NAMESpace {\n  /** @remote */\n  export interface ▶NAME {\n    go(): Promise<void>;\n  }\n}\n",
  ],
  ["PW1105", "a generic interface", "/** @remote */\nexport interface NAME<▶T> {\n  go(value: T): Promise<void>;\n}\n"],
  ["PW1107", "an error that is none", "/** @error */\nexport class ▶NAME {\n  a = 1;\n}\n"],
  [
    "PW1107",
    "an error that is not exported",
    "/** @error */\nclass ▶NAME extends Error {}\nexport const used: unknown = NAME;\n",
  ],
  [
    "PW1108",
    "a private field of an error",
    "/** @error */\nexport class NAME extends Error {\n  private ▶secret = 1;\n  get(): number {\n    return this.secret;\n  }\n}\n",
  ],
  [
    "PW1108",
    "a #field of an error",
    "/** @error */\nexport class NAME extends Error {\n  ▶#secret = 1;\n  get(): number {\n    return this.#secret;\n  }\n}\n",
  ],
  ...["then", "constructor", "toJSON", "dispose", "__proto__"].map(
    (name) => ["PW1201", `X03: a member named ${name}`, having(`▶${name}(): Promise<void>;`)] as const,
  ),
  ["PW1201", "$name", having("▶$with(): Promise<void>;")],
  ["PW1201", "toString", having("▶toString(): Promise<string>;")],
  ["PW1202", "a method that returns at once", having("go(): ▶number;")],
  ["PW1202", "a choice of promises", having("go(): ▶Promise<string> | Promise<number>;")],
  ["PW1202", "a value, or the promise of another", having("go(): ▶string | Promise<number>;")],
  ["PW1203", "overloads", having("▶go(a: string): Promise<void>;\n  go(a: number): Promise<void>;")],
  ["PW1204", "a generic method", having("▶go<T>(a: T): Promise<T>;")],
  ["PW1205", "an optional method", having("▶go?(): Promise<void>;")],
  ["PW1205", "an optional property", having("readonly ▶id?: Promise<string>;")],
  ["PW1206", "a property", having("▶id: string;")],
  ["PW1211", "a snapshot that holds a reference", having("readonly ▶parent: NAME;")],
  [
    "PW1211",
    "a snapshot that holds a callback further in",
    having("readonly ▶options: { on: { change: (a: string) => void }[] };"),
  ],
  ["PW1201", "a snapshot with a name that is taken", having("readonly ▶then: string;")],
  ["PW1206", "a promise that can be assigned", having("▶id: Promise<string>;")],
  ["PW1206", "a function with properties", having("readonly ▶go: { (): Promise<void>; more: string };")],
  ["PW1207", "a getter that returns at once", having("get id(): ▶string;")],
  ["PW1207", "a setter without a getter", having("set ▶id(value: string);")],
  ["PW1207", "a setter of another type", having("get id(): Promise<string>;\n  set id(value: ▶number);")],
  [
    "PW1207",
    "a setter beside a stream",
    having("get id(): AsyncIterable<string>;\n  set ▶id(value: AsyncIterable<string>);"),
  ],
  ["PW1208", "a class of something that is not remote", having("readonly Data: new (a: string) => ▶{ a: string };")],
  ["PW1208", "a class with two constructors", having("readonly ▶X: { new (): NAME; new (a: string): NAME };")],
  ["PW1208", "a class that can be assigned", having("▶X: new () => NAME;")],
  [
    "PW1402",
    "a method beside a setter of its name",
    having("get id(): Promise<string>;\n  set id(value: string);\n  ▶setId(value: string): Promise<void>;"),
  ],
  ["PW1208", "a construct signature", having("▶new (a: string): NAME;")],
  ["PW1208", "a call signature", having("▶(a: string): Promise<void>;")],
  ["PW1208", "an index signature", having("▶[key: string]: () => Promise<void>;")],
  ["PW1209", "a symbol member", having("▶[Symbol.iterator](): Promise<void>;")],
  ["PW1202", "this", having("go(): ▶this;")],
  ["PW1319", "this inside a result", having("go(): ▶Promise<this[]>;")],
  [
    "PW1402",
    "a member beside the setter of a base",
    having("get id(): Promise<string>;\n  set id(value: string);") +
      "export interface NAMEDerived extends NAME {\n  ▶setId(value: string): Promise<void>;\n}\n",
  ],
  [
    "PW1104",
    "an interface that extends a remote one, and is not exported",
    having("go(): Promise<void>;") +
      "interface ▶NAMEDerived extends NAME {\n  more(): Promise<void>;\n}\nexport type Used = NAMEDerived;\n",
  ],
  ["PW1210", "a type predicate", having("go(a: string | number): ▶a is string;")],
  ["PW1301", "object beside other types", taking("▶object | string")],
  ["PW1302", "an unresolved type", taking("▶Missing", 'import type { Missing } from "not-installed";\n')],
  ["PW1303", "never", taking("▶never")],
  ["PW1304", "symbol", taking("▶symbol")],
  ...["Number", "String", "Boolean", "BigInt", "Symbol", "Object", "Function"].map(
    (name) => ["PW1305", name, taking(`▶${name}`)] as const,
  ),
  ["PW1306", "WeakMap", taking("▶WeakMap<object, string>")],
  ["PW1306", "WeakSet", taking("▶WeakSet<object>")],
  ["PW1306", "a class of the platform", taking("▶File")],
  ["PW1306", "a stream to write to", taking("▶WritableStream<Uint8Array>")],
  ["PW1306", "a stream of other things than bytes", taking("▶ReadableStream<string>")],
  ["PW1306", "a stream of Node", taking("▶Duplex", 'import type { Duplex } from "node:stream";\n')],
  ["PW1306", "TypeError", taking("▶TypeError")],
  ["PW1306", "shared memory", taking("▶SharedArrayBuffer")],
  ["PW1306", "a view of shared memory", taking("▶Float32Array<SharedArrayBuffer>")],
  ["PW1306", "Blob", taking("▶Blob")],
  [
    "PW1307",
    "an error class in data",
    taking(
      "{ failure: ▶NAMEError }",
      "/** @error */\nexport class NAMEError extends Error {\n  readonly code = 1;\n}\n",
    ),
  ],
  [
    "PW1307",
    "an interface of an error",
    taking("▶NAMEError", "export interface NAMEError extends Error {\n  code: number;\n}\n"),
  ],
  ["PW1307", "a class with methods", taking("▶NAMEClass", "export class NAMEClass {\n  a = 1;\n  go(): void {}\n}\n")],
  [
    "PW1307",
    "a class with private fields",
    taking("▶NAMEClass", "export class NAMEClass {\n  #a = 1;\n  get b(): number {\n    return this.#a;\n  }\n}\n"),
  ],
  ["PW1307", "a class itself, as data", taking("▶typeof NAMEClass", "export class NAMEClass {\n  go(): void {}\n}\n")],
  ["PW1307", "something to construct, as data", taking("{ make: ▶new (a: string) => { a: string } }")],
  ["PW1308", "a method in data", taking("NAMEData", "export interface NAMEData {\n  ▶go(): Promise<void>;\n}\n")],
  ["PW1309", "a promise as a parameter", taking("▶Promise<string>")],
  ["PW1309", "a promise in data", taking("NAMEData", "export interface NAMEData {\n  a: ▶Promise<string>;\n}\n")],
  ["PW1310", "an index signature and properties", taking("▶{ a: string; [key: string]: string }")],
  ["PW1310", "a pattern", taking("▶{ [key: `x-${string}`]: string }")],
  ["PW1311", "objects that look alike", taking("▶{ a: string } | { a: string | number; b?: Date }")],
  [
    "PW1311",
    "objects that share a tag and disagree",
    taking('▶{ k: "a"; v: string[] } | { k: "a"; v: number[]; w?: 1 }'),
  ],
  [
    "PW1311",
    "a member without a name that has more than 16 properties",
    taking(
      `▶{ a: number; b: string; ${Array.from({ length: 15 }, (_, i) => `p${i}: string`).join("; ")} } | { a: string; b: string }`,
    ),
  ],
  ["PW1311", "lists that share their items", taking('▶("a" | "b")[] | readonly string[]')],
  ["PW1311", "lists of objects that look alike", taking("▶{ a?: string }[] | { b?: string }[]")],
  ["PW1311", "tuples of one length", taking("▶[string, number?] | [string, string?]")],
  ["PW1311", "a remote object or data", taking("▶NAME | { a: string }")],
  ["PW1311", "a remote object or a date", taking("▶NAME | Date")],
  ["PW1312", "a callback that returns at once", taking("(a: string) => ▶number")],
  ["PW1312", "a callback that returns a stream", taking("() => ▶AsyncIterable<string>")],
  ["PW1313", "an overloaded callback", taking("▶{ (a: string): void; (a: number): void }")],
  ["PW1313", "a generic callback", taking("▶<T>(a: T) => void")],
  ["PW1315", "rest in the middle", taking("▶[...string[], number]")],
  ["PW1315", "a readonly rest parameter", having("go(...all: ▶readonly string[]): Promise<void>;")],
  ["PW1315", "rest parameters with a rest in the middle", having("go(...all: ▶[...string[], number]): Promise<void>;")],
  [
    "PW1316",
    "a selection of remote members",
    taking('▶Pick<NAMEOther, "go">', "/** @remote */\nexport interface NAMEOther {\n  go(): Promise<void>;\n}\n"),
  ],
  ["PW1317", "a signal in data", taking("{ signal: ▶AbortSignal }")],
  ["PW1318", "a generator's return value", having("go(): ▶AsyncGenerator<string, number>;")],
  ["PW1318", "a generator as a parameter", taking("▶AsyncGenerator<string>")],
  ["PW1320", "null or nothing", taking("{ a?: ▶null }")],
  [
    "PW1321",
    "an enum that is not exported",
    taking("▶NAMEEnum", "enum NAMEEnum {\n  A,\n}\nexport const used: unknown = NAMEEnum;\n"),
  ],
  ...(
    [
      ["@minimum 3", "string"],
      ["@maxLength 3", "number"],
      ["@pattern ^a$", "bigint"],
      ["@minItems 1", "string"],
      ["@format uuid", "Date"],
      ["@minLength 1", "number[]"],
      ["@maximum 1", '"a" | "b"'],
    ] as const
  ).map(
    ([tag, type]) =>
      [
        "PW1322",
        `${tag} on ${type}`,
        taking("NAMEData", `export interface NAMEData {\n  /** ▶${tag} */\n  a: ${type};\n}\n`),
      ] as const,
  ),
  ...["@minimum", "@minimum x", "@maximum 1 to 2"].map(
    (tag) =>
      ["PW1323", tag, taking("NAMEData", `export interface NAMEData {\n  /** ▶${tag} */\n  a: number;\n}\n`)] as const,
  ),
  ...["@format date", "@pattern [a", "@pattern", "@minLength -1"].map(
    (tag) =>
      ["PW1323", tag, taking("NAMEData", `export interface NAMEData {\n  /** ▶${tag} */\n  a: string;\n}\n`)] as const,
  ),
  [
    "PW1323",
    "a fraction for a bigint",
    taking("NAMEData", "export interface NAMEData {\n  /** ▶@minimum 0.5 */\n  a: bigint;\n}\n"),
  ],
  [
    "PW1323",
    "a range of nothing",
    taking(
      "NAMEData",
      "export interface NAMEData {\n  /**\n   * ▶@minimum 5\n   * @maximum 3\n   */\n  a: number;\n}\n",
    ),
  ],
  ["PW1322", "a constraint of a parameter", having("go(/** ▶@minimum 1 */ a: string): Promise<void>;")],
  ["PW1324", "a flag that is no bit", taking("NAMEFlags", "/** @flags */\nexport enum NAMEFlags {\n  ▶A = -1,\n}\n")],
  ["PW1324", "a flag that is a word", taking("NAMEFlags", '/** @flags */\nexport enum NAMEFlags {\n  ▶A = "a",\n}\n')],
  [
    "PW1401",
    "one name for two things",
    taking(
      "NAMEData & { b: NAMEDatum }",
      "export interface NAMEData {\n  aB: { c: string };\n  a: { b: ▶{ c: string } };\n}\nexport interface NAMEDatum {\n  x: NAMEData;\n}\n",
    ),
  ],
  [
    "PW1402",
    "fields that become one",
    taking("NAMEData", "export interface NAMEData {\n  userId: string;\n  ▶user_id: string;\n}\n"),
  ],
  ["PW1402", "methods that become one", having("go(): Promise<void>;\n  ▶Go(): Promise<void>;")],
  [
    "PW1402",
    "a companion",
    taking("NAMEData", "export interface NAMEData {\n  ▶a?: string | null;\n  aNull: string;\n}\n"),
  ],
  ["PW1403", "enum values that become one", taking('▶"a-b" | "a_b"')],
  ["PW1503", "@field 0", taking("NAMEData", "export interface NAMEData {\n  /** ▶@field 0 */\n  a: string;\n}\n")],
  [
    "PW1503",
    "@field 19000",
    taking("NAMEData", "export interface NAMEData {\n  /** ▶@field 19000 */\n  a: string;\n}\n"),
  ],
  [
    "PW1505",
    "one number for two",
    taking(
      "NAMEData",
      "export interface NAMEData {\n  /** @field 2 */\n  a: string;\n  /** @field 2 */\n  ▶b: string;\n}\n",
    ),
  ],
];

const named = CASES.map(([code, what, source], i) => {
  const text = source.replaceAll("NAME", `Case${i}`);
  const at = text.indexOf("▶");
  const before = text.slice(0, at).split("\n");
  return {
    code,
    what,
    file: `case${i}.ts`,
    source: text.replace("▶", ""),
    line: before.length,
    column: before.at(-1)!.length + 1,
  };
});

let found: readonly Diagnostic[];
const space = workspace(Object.fromEntries(named.map((one) => [one.file, one.source])), {}, ["node"]);

beforeAll(() => {
  const generated = space.generate();
  found = generated.diagnostics;
  expect(generated.files).toEqual([]);
});

describe("a diagnostic", () => {
  it.each(named.map((one) => [one.code, one.what, one] as const))(
    "%s: %s",
    (_code, _what, { code, file, line, column }) => {
      const here = found.filter((one) => one.location.file === file);
      expect(here.map((one) => [one.code, one.location.line, one.location.column])).toContainEqual([
        code,
        line,
        column,
      ]);
      for (const one of here) {
        expect(one.message).not.toBe("");
        expect(one.hint).not.toBe("");
      }
    },
  );

  it("comes alone, where one thing is wrong", () => {
    const several = named.filter((one) => found.filter((each) => each.location.file === one.file).length > 1);
    expect(several.map((one) => [one.code, one.what])).toEqual([]);
  });
});

/** Codes that need more than one file of TypeScript to be met: the test that meets each, with its place. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  PW1109: "traps.test.ts",
  PW1314: "traps.test.ts",
  PW1404: "traps.test.ts",
  PW1501: "evolution.test.ts",
  PW1502: "evolution.test.ts",
  PW1504: "evolution.test.ts",
  PW1506: "evolution.test.ts",
  PW1507: "evolution.test.ts",
  PW1508: "evolution.test.ts",
  PW1601: "cli.test.ts",
  PW1602: "cli.test.ts",
  PW1603: "cli.test.ts",
  PW1604: "cli.test.ts",
  PW1605: "tsconfig.test.ts",
  PW1606: "tsconfig.test.ts",
};

describe("every code of the generator", () => {
  const codegen = join(ROOT, "codegen");
  const sources = readdirSync(codegen, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const used = new Set(sources.flatMap((name) => readFileSync(join(codegen, name), "utf8").match(/PW\d{4}/g) ?? []));
  const here = new Set(CASES.map(([code]) => code));

  it("has a fixture with its exact place, or a test that is named here", () => {
    expect(used.size).toBeGreaterThan(40);
    expect([...used].filter((code) => !here.has(code) && ELSEWHERE[code] === undefined).sort()).toEqual([]);
    for (const [code, file] of Object.entries(ELSEWHERE))
      expect(readFileSync(join(ROOT, "tests/codegen", file), "utf8")).toContain(code);
  });

  it("is documented, in its range", () => {
    const documented = readFileSync(join(ROOT, "docs/codegen.md"), "utf8");
    const ranges = [...documented.matchAll(/^\| PW(\d{4}) - PW(\d{4}) \|/gm)].map(([, from, to]) => [
      Number(from),
      Number(to),
    ]);
    const number = (code: string): number => Number(code.slice(2));
    expect(
      [...used].filter((code) => !ranges.some(([from, to]) => number(code) >= from! && number(code) <= to!)),
    ).toEqual([]);
  });
});

describe("formatDiagnostics", () => {
  const one: Diagnostic = {
    code: "PW1202",
    severity: "error",
    message: "a method that returns at once",
    hint: "return Promise<number>",
    location: { file: "src/api.ts", line: 12, column: 9, length: 6 },
  };
  const options = { color: false, readLine: () => "  go(): number;" };

  it("prints a code frame, as tsc does", () => {
    expect(formatDiagnostics([one], "pretty", options)).toBe(
      "src/api.ts:12:9 - error PW1202: a method that returns at once\n\n12   go(): number;\n           ~~~~~~\n\n  hint: return Promise<number>\n\n",
    );
  });

  it("prints annotations for GitHub", () => {
    expect(formatDiagnostics([one], "github", options)).toBe(
      "::error file=src/api.ts,line=12,col=9,title=PW1202::a method that returns at once%0Ahint: return Promise<number>\n",
    );
  });

  it("escapes what GitHub would take for its own", () => {
    const odd = { ...one, message: "50%\r\nof it", location: { ...one.location, file: "a,b:c%.ts" } };
    expect(formatDiagnostics([odd], "github", options)).toBe(
      "::error file=a%2Cb%3Ac%25.ts,line=12,col=9,title=PW1202::50%25%0D%0Aof it%0Ahint: return Promise<number>\n",
    );
  });

  it("prints JSON", () => {
    expect(JSON.parse(formatDiagnostics([one], "json", options))).toEqual([one]);
  });
});
