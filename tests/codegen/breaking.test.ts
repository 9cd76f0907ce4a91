/** `peerwire breaking`: every kind of change, and what it is said to do to those who are deployed. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Change, Verdict } from "../../codegen/compare/change.js";
import { peerwire } from "./support/command-line.js";
import { type Workspace, workspace } from "./support/workspace.js";

const data = (members: string): string => `export interface NAMEData { ${members} }
/** @remote */
export interface NAME { use(value: NAMEData): Promise<NAMEData>; }
`;
const having = (members: string): string => `/** @remote */
export interface NAMEOther { stop(): Promise<void>; }
/** @remote */
export interface NAME { ${members} }
`;

type Row = readonly [verdict: Verdict, what: string];
const MEANING = "changes meaning";
const SOURCE = "breaks source";

/** NAME is the name of the case. What is expected: in any order, and nothing else. */
const CASES: readonly (readonly [before: string, after: string, ...expected: Row[]])[] = [
  [data("a: string;"), data("a: string; b?: number;"), ["safe", "NAMEData.b is new, and optional"]],
  [data("a: string;"), data("a: string; b: number;"), [MEANING, "NAMEData.b is new, and required"]],
  [data("a: string; b?: number;"), data("a: string;"), [SOURCE, "NAMEData.b is gone"]],
  [data("a: string; b: number;"), data("a: string;"), [MEANING, "NAMEData.b is gone, and was required"]],
  [data("a?: string;"), data("a: string;"), [MEANING, "NAMEData.a was optional and is now required"]],
  [data("a: string;"), data("a?: string;"), [SOURCE, "NAMEData.a became optional"]],
  [data("a: string;"), data("a: string | null;"), [SOURCE, "NAMEData.a may now be null"]],
  [data("a: string | null;"), data("a: string;"), [MEANING, "NAMEData.a could be null and no longer can"]],
  [data("a: string;"), data("a: number;"), [MEANING, "NAMEData.a was string and is now double"]],
  [data("a: string[];"), data("a: Set<string>;"), [SOURCE, "NAMEData.a was repeated string and is now set string"]],
  [
    data("a: (text: string) => void;"),
    data("a: { text: string };"),
    [MEANING, "NAMEData.a went by reference and now goes by value: acme.v1.NAMEDataAFunction, NAMEDataA"],
  ],
  [
    data("a: NAME;"),
    data("a: string;"),
    [MEANING, "NAMEData.a went by reference and now goes by value: acme.v1.NAMEService, string"],
  ],
  [
    data("a: [string, number];"),
    data("a: { x: string; y: number };"),
    [MEANING, "NAMEData.a was a tuple and is now an object"],
  ],
  [
    data('k: "a"; b: string;'),
    data('k: "c"; b: string;'),
    [MEANING, 'NAMEData.k was always "a" and is now always "c"'],
  ],
  [data('k: "a"; b: string;'), data('k: "a" | "c"; b: string;'), [MEANING, "NAMEData.k did not cross and now does"]],
  [data('a: "x" | "y";'), data('a: "x" | "y" | "z";'), ["safe", 'NAMEDataA: "z" is new']],
  [
    data('a: "x" | "y";'),
    data('a: "x";  b?: string;'),
    [MEANING, "NAMEData.a crossed and no longer does"],
    ["safe", "NAMEData.b is new, and optional"],
  ],
  [data('a: "x" | "y" | "z";'), data('a: "x" | "y";'), [SOURCE, 'NAMEDataA: "z" is gone']],
  [
    data('a: { k: "x" } | { k: "y" };'),
    data('a: { k: "x" } | { k: "z" } | { k: "y"; n?: number };'),
    ["safe", "NAMEDataA, case z is new"],
    ["safe", "NAMEDataAY.n is new, and optional"],
  ],
  [
    data('a: { k: "x" } | { k: "y" } | { k: "z" };'),
    data('a: { k: "x" } | { k: "z" };'),
    [SOURCE, "NAMEDataA, case y is gone"],
  ],
  [data("a: string;"), data("\n/** @was a */\nb: string;"), [SOURCE, "NAMEData.a is now called b"]],
  [data("b: string; a: string;"), data("\n/** Words. */\na: string; b: string;")],
  [having("go(): Promise<void>;"), having("go(): Promise<void>; more(): Promise<void>;"), ["safe", "NAME.more is new"]],
  [
    having("go(): Promise<void>; more(): Promise<void>;"),
    having("go(): Promise<void>;"),
    [SOURCE, "NAME.more is gone"],
  ],
  [
    having("go(): Promise<void>;"),
    having("\n/** @was go */\nrun(): Promise<void>;"),
    [SOURCE, "NAME.go is now called run"],
  ],
  [having("go(a: string): Promise<void>;"), having("go(b: string): Promise<void>;")],
  [
    having("go(): Promise<void>;"),
    having("go(a?: string): Promise<void>;"),
    ["safe", "NAME.go: parameter a is new, and optional"],
  ],
  [
    having("go(): Promise<void>;"),
    having("go(a: string): Promise<void>;"),
    [MEANING, "NAME.go: parameter a is new, and required"],
  ],
  [having("go(a: string): Promise<void>;"), having("go(): Promise<void>;"), [SOURCE, "NAME.go: parameter a is gone"]],
  [
    having("go(a?: string): Promise<void>;"),
    having("go(a: string): Promise<void>;"),
    [MEANING, "NAME.go: parameter a was optional and is now required"],
  ],
  [
    having("go(a: string): Promise<void>;"),
    having("go(a?: string): Promise<void>;"),
    ["safe", "NAME.go: parameter a became optional"],
  ],
  [
    having("go(a: (text: string) => void): Promise<void>;"),
    having("go(a: string): Promise<void>;"),
    [MEANING, "NAME.go: parameter a went by reference and now goes by value: acme.v1.NAMEGoAFunction, string"],
  ],
  [
    having("go(): Promise<string>;"),
    having("go(): Promise<string | undefined>;"),
    [SOURCE, "NAME.go: the result became optional"],
  ],
  [
    having("go(): Promise<void>;"),
    having("go(): Promise<string>;"),
    ["safe", "NAME.go gave only that it was done and now gives one value"],
  ],
  [
    having("go(): Promise<string>;"),
    having("go(): Promise<void>;"),
    [SOURCE, "NAME.go gave one value and now gives only that it was done"],
  ],
  [
    having("go(): Promise<string>;"),
    having("go(): AsyncIterable<string>;"),
    [MEANING, "NAME.go gave one value and now gives a stream"],
  ],
  [
    having("go(): void;"),
    having("go(): Promise<void>;"),
    [MEANING, "NAME.go was one-way and now gives only that it was done"],
  ],
  [
    having("go(): Promise<NAMEOther>;"),
    having("go(): Promise<string>;"),
    [MEANING, "NAME.go: the result went by reference and now goes by value: acme.v1.NAMEOtherService, string"],
  ],
  [
    having("readonly id: string;"),
    having("readonly id: string; readonly no: number | undefined;"),
    ["safe", "NAME.no is new, and optional"],
  ],
  [
    having("go(): Promise<void>;"),
    having("go(): Promise<void>; readonly id: string;"),
    [MEANING, "NAME.id is new, and required"],
  ],
  [
    having("go(): Promise<void>; readonly id: string;"),
    having("go(): Promise<void>;"),
    [MEANING, "NAME.id is gone, and was required"],
  ],
  [having("readonly id: string;"), having("readonly id: number;"), [MEANING, "NAME.id was string and is now double"]],
  [having("readonly id: string;"), having("readonly id: string | null;"), [SOURCE, "NAME.id may now be null"]],
  [
    having("readonly id: string;"),
    having("\n/** @was id */\nreadonly key: string;"),
    [SOURCE, "NAME.id is now called key"],
  ],
  [
    having("go(): Promise<void>;"),
    having("go(): Promise<void>;").replace("NAME {", "NAME extends NAMEOther {"),
    [MEANING, "NAME now extends NAMEOther"],
  ],
  [
    having("go(): Promise<void>;").replace("NAME {", "NAME extends NAMEOther {"),
    having("go(): Promise<void>;"),
    [MEANING, "NAME no longer extends NAMEOther"],
  ],
  [
    data("\n/** @minimum 1 */\na: number;"),
    data("\n/** @minimum 2 */\na: number;"),
    [MEANING, "NAMEData.a demanded minimum 1 and now demands minimum 2"],
  ],
  [
    data("\n/** @exclusiveMaximum 9 */\na: bigint;"),
    data("\n/** @maximum 9 */\na: bigint;"),
    ["safe", "NAMEData.a demanded exclusiveMaximum 9 and now demands maximum 9"],
  ],
  [
    data("\n/**\n * @minLength 2\n * @maxLength 5\n */\na: string;"),
    data("\n/** @maxLength 9 */\na: string;"),
    ["safe", "NAMEData.a demanded minLength 2, maxLength 5 and now demands maxLength 9"],
  ],
  [
    data("\n/** @maxLength 5 */\na: string[];"),
    data("\n/**\n * @maxItems 3\n * @maxLength 6\n */\na: string[];"),
    [MEANING, "NAMEData.a demanded of each item: maxLength 5 and now demands maxItems 3, of each item: maxLength 6"],
  ],
  [
    data("\n/** @pattern ^a */\na: string;"),
    data("\n/** @pattern ^b */\na: string;"),
    [MEANING, "NAMEData.a demanded pattern ^a and now demands pattern ^b"],
  ],
  [
    data("\n/** @format uuid */\na: string;"),
    data("a: string;"),
    ["safe", "NAMEData.a demanded format uuid and now demands nothing"],
  ],
  [
    having("go(a: string): Promise<void>;"),
    having("go(a: `id-${string}`): Promise<void>;"),
    [MEANING, "NAME.go: parameter a demanded nothing and now demands a match of ^(?:id-[^]*)$"],
  ],
  [
    "/** @remote */\nexport interface NAME { go(): Promise<void>; }\n",
    "export {};\n",
    [SOURCE, "the interface NAME is gone"],
  ],
  [
    "export {};\n",
    "/** @remote */\nexport interface NAME { go(): Promise<void>; }\n",
    ["safe", "the interface NAME is new"],
  ],
];

const numbered = CASES.map(([before, after, ...expected], i) => {
  const name = `Case${i}`;
  const named = (text: string): string => text.replaceAll("NAME", name);
  return {
    name,
    before: named(before),
    after: named(after),
    expected: expected.map(([verdict, what]) => [verdict, named(what)]),
  };
});

const folders: string[] = [];
function copyOf(space: Workspace): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "peerwire-old-"));
  folders.push(folder);
  cpSync(space.folder, folder, { recursive: true });
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("peerwire breaking", () => {
  let changes: readonly Change[];
  beforeAll(async () => {
    const space = workspace(Object.fromEntries(numbered.map((one) => [`${one.name}.ts`, one.before])));
    expect(space.generate().diagnostics).toEqual([]);
    const old = copyOf(space);
    space.write(Object.fromEntries(numbered.map((one) => [`${one.name}.ts`, one.after])));
    const { code, out } = await peerwire(space.folder, "breaking", "--against", old, "--format", "json");
    expect([code, out]).toEqual([3, expect.not.stringContaining('"severity"')]);
    changes = JSON.parse(out) as Change[];
  });

  it.each(numbered.map((one) => [one.expected.map(([, what]) => what).join("; ") || "nothing", one] as const))(
    "%s",
    (_, { name, expected }) => {
      const here = changes.filter((one) => one.location.file === `${name}.ts`);
      expect(here.map((one) => [one.verdict, one.what]).sort()).toEqual(expected.toSorted());
    },
  );

  const BEFORE =
    "/** @remote */\nexport interface Api {\n  go(a?: string): Promise<void>;\n  stop(): Promise<void>;\n}\n";
  const AFTER =
    "/** @remote */\nexport interface Api {\n  go(a: string): Promise<void>;\n  more(): Promise<void>;\n  all(): Promise<void>;\n}\n";

  it("says it in words, the worst first, and exits 3", async () => {
    const space = workspace({ "api.ts": BEFORE });
    space.generate();
    const old = copyOf(space);
    expect(await peerwire(space.folder, "breaking", "--against", old)).toEqual({
      code: 0,
      err: "",
      out: "Nothing has changed.\n",
    });
    space.write({ "api.ts": AFTER });
    expect(await peerwire(space.folder, "breaking", "--against", old)).toEqual({
      code: 3,
      err: "",
      out: `api.ts:3:6 - changes meaning: Api.go: parameter a was optional and is now required
  what deployed peers send without it is refused
api.ts:4:3 - breaks source: Api.stop is gone
  deployed callers are told that it is not there
api.ts:4:3 - safe: Api.more is new
api.ts:5:3 - safe: Api.all is new
1 that change the meaning, 1 that break callers' source, 2 that are safe.
`,
    });
    const { out } = await peerwire(space.folder, "breaking", "--against", old, "--format", "github");
    expect(out).toContain("::error file=api.ts,line=3,col=6,title=changes meaning::Api.go: parameter a was");
    space.write({ "api.ts": BEFORE.replace("stop", "extra(): Promise<void>; stop") });
    expect((await peerwire(space.folder, "breaking", "--against", old)).code).toBe(0);
  });

  it("compares with a commit, in a project beneath the repository's root", async () => {
    const space = workspace({
      "sub/api.ts": BEFORE,
      "sub/peerwire.config.json": '{ "package": "sub.v1", "sources": ["*.ts"] }',
    });
    const git = (...args: string[]): void => {
      const identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"];
      execFileSync("git", [...identity, ...args], { cwd: space.folder, stdio: "ignore" });
    };
    git("init");
    await peerwire(space.folder, "generate", "--project", "sub");
    git("add", "sub", "tsconfig.json");
    git("commit", "-m", "one");
    space.write({ "sub/api.ts": AFTER });
    const { code, out } = await peerwire(join(space.folder, "sub"), "breaking", "--against", "HEAD");
    expect(code).toBe(3);
    expect(out).toContain("api.ts:3:6 - changes meaning");
    const wrong = await peerwire(join(space.folder, "sub"), "breaking", "--against", "v9");
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("v9: neither a folder nor a commit")]);
  });

  it("says that there is no such folder, where no git could know a commit either", async () => {
    const { folder } = workspace({ "api.ts": BEFORE });
    expect(await peerwire(folder, "breaking", "--against", "nowhere")).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^peerwire: nowhere: no such folder, and no commit either, as .* is in no git repository/,
      ),
    });
  });

  it("exits 1 where the sources have errors, 2 where it is not told what to compare with", async () => {
    const space = workspace({ "api.ts": BEFORE.replace("Promise<void>", "symbol") });
    expect((await peerwire(space.folder, "breaking", "--against", ".")).code).toBe(1);
    expect(await peerwire(space.folder, "breaking")).toMatchObject({
      code: 2,
      err: expect.stringContaining("needs --against"),
    });
  });
});
