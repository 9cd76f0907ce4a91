/**
 * The evolution matrix: each edit that is compatible is so by the judgement of buf, and over a live connection, where a
 * peer that was generated before it talks to one that was generated after it, in both directions.
 */
import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { Peer, type ServiceDescriptor, memoryTransportPair, serve } from "peerwire";
import { ROOT, workspace } from "./support/workspace.js";

interface Edit {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  /** What the old version sends, and what comes back from the new one, which sends back what it got. */
  readonly old: readonly [sent: unknown, back: unknown];
  /** The same the other way round. */
  readonly now: readonly [sent: unknown, back: unknown];
}

const same = (value: unknown): readonly [unknown, unknown] => [value, value];

const EDITS: readonly Edit[] = [
  {
    what: "a field is added",
    before: "{ a: string }",
    after: "{ a: string; b?: number }",
    old: same({ a: "x" }),
    now: [{ a: "x", b: 1 }, { a: "x" }],
  },
  {
    what: "fields are reordered",
    before: "{ a: string; b: number }",
    after: "{ b: number; a: string }",
    old: same({ a: "x", b: 1 }),
    now: same({ a: "x", b: 1 }),
  },
  {
    what: "a field becomes optional",
    before: "{ a: string; z: number }",
    after: "{ a?: string; z: number }",
    old: same({ a: "", z: 0 }),
    now: same({ z: 1 }),
  },
  {
    what: "a field may be null",
    before: "{ a?: string }",
    after: "{ a?: string | null }",
    old: same({ a: "x" }),
    now: [{ a: null }, {}],
  },
  {
    what: "a list becomes optional",
    before: "{ a: string[] }",
    after: "{ a?: string[] }",
    old: same({ a: ["x"] }),
    // An old peer cannot say [] of what may be absent.
    now: [{ a: [] }, {}],
  },
  {
    what: "a map becomes optional",
    before: "{ a: Map<string, number> }",
    after: "{ a?: Map<string, number> }",
    old: same({ a: new Map([["x", 1]]) }),
    now: same({ a: new Map([["x", 1]]) }),
  },
  {
    what: "an optional field is removed",
    before: "{ a: string; b?: number }",
    after: "{ a: string }",
    old: [{ a: "x", b: 1 }, { a: "x" }],
    now: same({ a: "x" }),
  },
  {
    what: "a field is renamed with @was",
    before: "{ a: string; b: number }",
    after: "{\n/** @was a */\nc: string; b: number }",
    old: same({ a: "x", b: 1 }),
    now: same({ c: "x", b: 1 }),
  },
  {
    what: "an enum value is added",
    before: '{ a: "x" | "y" }',
    after: '{ a: "w" | "y" | "x" }',
    old: same({ a: "y" }),
    now: same({ a: "x" }),
  },
  {
    what: "an enum value is removed",
    before: '{ a: "x" | "y" | "z" }',
    after: '{ a: "z" | "x" }',
    old: same({ a: "z" }),
    now: same({ a: "z" }),
  },
  {
    what: "a case is added to a union",
    before: '{ k: "p"; n: number } | { k: "q" }',
    after: '{ k: "r" } | { k: "q" } | { k: "p"; n: number }',
    old: same({ k: "q" }),
    now: same({ k: "p", n: 2 }),
  },
  {
    what: "a member with a property of its own is added to a union",
    before: "{ a: string } | { b: number }",
    after: "{ c: boolean } | { b: number } | { a: string }",
    old: same({ b: 0 }),
    now: same({ a: "x" }),
  },
  {
    what: "members of a union that null tells apart get optional properties",
    before: "{ data: string; error: null } | { data: null; error: string }",
    after: "{ code?: number; data: null; error: string } | { aside?: string; data: string; error: null }",
    old: same({ data: null, error: "no" }),
    now: [
      { data: null, error: "no", code: 4 },
      { data: null, error: "no" },
    ],
  },
  {
    what: "a kind of value is added to a union",
    before: "string | number",
    after: "Date | number | string",
    old: same(""),
    now: same(0),
  },
  {
    what: "a list is added to a union of lists",
    before: "string[] | number[]",
    after: "string[] | boolean[] | number[]",
    old: same([1, 2]),
    now: same(["x", ""]),
  },
  {
    what: "a longer tuple is added to a union of tuples",
    before: "[number, number] | [number, number, number]",
    after: "[number, number] | [number, number, number] | [number, number, number, number]",
    old: same([1, 2]),
    now: same([1, 2, 3]),
  },
  {
    what: "a tuple with a literal of its own is added to a union of tuples",
    before: '["add", number] | ["del", string]',
    after: '["clear"] | ["add", number] | ["del", string]',
    old: same(["del", "x"]),
    now: same(["add", 0]),
  },
  {
    what: "a member is added to a union that is one message",
    before: "{ text: string; bold?: boolean } | { text: string; italic?: boolean }",
    after: "{ text: string; bold?: boolean } | { text: string; italic?: boolean } | { text: string; code?: string }",
    old: same({ text: "x", italic: false }),
    now: [{ text: "x", code: "y" }, { text: "x" }],
  },
  {
    what: "null becomes a value of a union",
    before: "{ a?: string | number }",
    after: "{ a?: string | number | null }",
    old: same({ a: 0 }),
    now: [{ a: null }, {}],
  },
  {
    what: "properties move to a base",
    before: "Whole",
    after: "Whole",
    old: same({ id: "x", n: 1 }),
    now: same({ id: "x", n: 1 }),
  },
];

const source = (side: "before" | "after"): string => {
  const whole =
    side === "before"
      ? "export interface Whole { id: string; n: number }\n"
      : "export interface Base { n: number }\nexport interface Whole extends Base { id: string }\n";
  const methods = EDITS.map((edit, i) => `  edit${i}(value: ${edit[side]}): Promise<${edit[side]}>;`);
  for (const [i, [, before, after]] of REFUSED.entries()) {
    const type = side === "before" ? before : after;
    methods.push(`  refused${i}(value: ${type}): Promise<{ all: (${type})[] }>;`);
  }
  const more =
    side === "before"
      ? [
          "  twice(a: string): Promise<string>;",
          "  gone(): Promise<void>;",
          "  maybe(a?: string): Promise<string | undefined>;",
        ]
      : [
          "  fresh(): Promise<string>;",
          "  twice(text: string, more?: string): Promise<string>;",
          "  maybe(a: string): Promise<string>;",
        ];
  return `${whole}/** @remote */\nexport interface Api {\n${[...methods, ...more].join("\n")}\n}\n`;
};

/** Edits after which what an old peer sends lacks something: it is refused, and never read as empty. */
const REFUSED: readonly (readonly [what: string, before: string, after: string, old: unknown, complete: unknown])[] = [
  ["a required string is added", "{ a: string }", "{ a: string; b: string }", { a: "x" }, { a: "x", b: "" }],
  ["a required number is added", "{ a: string }", "{ a: string; b: number }", { a: "x" }, { a: "x", b: 0 }],
  ["a required boolean is added", "{ a: string }", "{ a: string; b: boolean }", { a: "x" }, { a: "x", b: false }],
  ["a required enum is added", "{ a: string }", '{ a: string; b: "p" | "q" }', { a: "x" }, { a: "x", b: "p" }],
  [
    "required bytes are added",
    "{ a: string }",
    "{ a: string; b: Uint8Array }",
    { a: "x" },
    { a: "x", b: new Uint8Array() },
  ],
  ["a required list is added", "{ a: string }", "{ a: string; b: string[] }", { a: "x" }, { a: "x", b: [] }],
  [
    "a required typed array is added",
    "{ a: 1 }",
    "{ a: 1; b: Float64Array }",
    { a: 1 },
    { a: 1, b: new Float64Array() },
  ],
  ["a required Set is added", "{ a: 1 }", "{ a: 1; b: Set<number> }", { a: 1 }, { a: 1, b: new Set() }],
  ["a required Map is added", "{ a: 1 }", "{ a: 1; b: Map<Date, number> }", { a: 1 }, { a: 1, b: new Map() }],
  ["a required record is added", "{ a: 1 }", "{ a: 1; b: Record<string, number> }", { a: 1 }, { a: 1, b: {} }],
  ["a required field that may be null is added", "{ a: 1 }", "{ a: 1; b: string | null }", { a: 1 }, { a: 1, b: null }],
  ["a required list that may be null is added", "{ a: 1 }", "{ a: 1; b: number[] | null }", { a: 1 }, { a: 1, b: [] }],
  ["an optional field becomes required", "{ a: 1; b?: string }", "{ a: 1; b: string }", { a: 1 }, { a: 1, b: "" }],
  ["an optional list becomes required", "{ a: 1; b?: number[] }", "{ a: 1; b: number[] }", { a: 1 }, { a: 1, b: [] }],
  [
    "a field can no longer be null",
    "{ a: 1; b: number | null }",
    "{ a: 1; b: number }",
    { a: 1, b: null },
    { a: 1, b: 0 },
  ],
  ["a tuple becomes longer", "[a: string]", "[a: string, b: string]", ["x"], ["x", ""]],
];

type Api = Record<string, (...values: unknown[]) => Promise<unknown>>;

let before: ServiceDescriptor<Api>;
let after: ServiceDescriptor<Api>;
let breaking: string;
/** Of the new version. */
let folder: string;

beforeAll(async () => {
  const old = workspace({ "api.ts": source("before") });
  expect(old.generate().diagnostics).toEqual([]);
  const now = workspace({ "api.ts": source("after") }, {}, ["node"]);
  cpSync(join(old.folder, "generated"), join(now.folder, "generated"), { recursive: true });
  expect(now.generate().diagnostics.filter((one) => one.severity === "error")).toEqual([]);
  const serviceOf = async (folder: string): Promise<ServiceDescriptor<Api>> =>
    ((await import(join(folder, "generated/api.rpc.ts"))) as { ApiService: ServiceDescriptor<Api> }).ApiService;
  before = await serviceOf(old.folder);
  after = await serviceOf(now.folder);
  ({ folder } = now);

  old.write({ "generated/proto/buf.yaml": "version: v2\n" });
  now.write({ "generated/proto/buf.yaml": "version: v2\nbreaking:\n  use: [WIRE]\n" });
  const against = join(old.folder, "generated/proto");
  const { status, stdout, stderr } = spawnSync(
    join(ROOT, "node_modules/.bin/buf"),
    ["breaking", "--against", against],
    {
      cwd: join(now.folder, "generated/proto"),
      encoding: "utf8",
    },
  );
  if (status !== 0 && status !== 100) throw new Error(stderr);
  breaking = stdout;
});

/** Sends back what it gets. */
const echo = Object.fromEntries([
  ...EDITS.map((_, i) => [`edit${i}`, async (value: unknown) => value]),
  ...REFUSED.map((_, i) => [`refused${i}`, async (value: unknown) => ({ all: [value] })]),
  ["maybe", async (a: unknown) => a],
  ["twice", async (a: unknown, more: unknown) => `${String(a)}${typeof more === "string" ? more : String(a)}`],
  ["fresh", async () => "new"],
  ["gone", async () => undefined],
]) as Api;

async function between<T>(
  served: ServiceDescriptor<Api>,
  called: ServiceDescriptor<Api>,
  use: (api: Api) => Promise<T>,
): Promise<T> {
  const [near, far] = memoryTransportPair();
  const [client, server] = await Promise.all([
    Peer.open(near, "client"),
    Peer.open(far, "server", { roots: [serve(served, echo)] }),
  ]);
  try {
    return await use(await client.root(called));
  } finally {
    await Promise.all([client.close(), server.close()]);
  }
}

describe("old and new peers", () => {
  it("are compatible for buf", () => {
    expect(breaking).toBe("");
  });

  it("are of code that compiles", () => {
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  });

  it.each(EDITS.map((edit, i) => [edit.what, `edit${i}`, edit] as const))(
    "understand each other when %s",
    async (_, name, edit) => {
      const [fromOld, backToOld] = edit.old;
      expect(await between(after, before, (api) => api[name]!(fromOld))).toEqual(backToOld);
      const [fromNew, backToNew] = edit.now;
      expect(await between(before, after, (api) => api[name]!(fromNew))).toEqual(backToNew);
    },
  );

  it("understand each other when a parameter is renamed and another added", async () => {
    expect(await between(after, before, (api) => api["twice"]!("a"))).toBe("aa");
    expect(await between(before, after, (api) => api["twice"]!("a", "b"))).toBe("aa");
  });

  it.each(REFUSED.map((one, i) => [one[0], `refused${i}`, one[3], one[4], /\bb\??:/.test(one[1])] as const))(
    "refuse in words what is missing when %s, in both directions",
    async (_, name, old, complete, isKnown) => {
      // What an old peer calls with, and what an old peer answers with.
      await expect(between(after, before, (api) => api[name]!(old))).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^value(\.b|\[1\]|): .*(missing|required)/),
      });
      const answer = between(before, after, (api) => api[name]!(complete));
      // Who knows the field as optional sends it back.
      if (isKnown) expect(await answer).toEqual({ all: [complete] });
      else
        await expect(answer).rejects.toMatchObject({
          message: expect.stringMatching(/all\[0\](\.b|\[1\]|): .*(missing|required)/),
        });
      expect(await between(after, after, (api) => api[name]!(complete))).toEqual({ all: [complete] });
    },
  );

  it("refuse a parameter and a result that are missing where they were optional, and take those that are there", async () => {
    expect(await between(after, before, (api) => api["maybe"]!("x"))).toBe("x");
    expect(await between(before, after, (api) => api["maybe"]!(""))).toBe("");
    await expect(between(after, before, (api) => api["maybe"]!())).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("are told when a member is not there", async () => {
    await expect(between(before, after, (api) => api["fresh"]!())).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
    await expect(between(after, before, (api) => api["gone"]!())).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
  });
});
