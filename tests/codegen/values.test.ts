/** What emitted codecs refuse, and in which words; and errors that cross as themselves. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { DEFAULT_LIMITS } from "../../runtime/base/limits.js";
import { readValue, writeValue } from "../../runtime/references/any-value.js";
import type { ErrorDescriptor, ServiceDescriptor } from "../../runtime/references/service.js";
import { ValueReader } from "../../runtime/references/value-reader.js";
import { ValueWriter } from "../../runtime/references/value-writer.js";
import { workspace } from "./support/workspace.js";

const API = `
export interface Order { lines: Line[]; kind: "new" | "old"; at?: Date; point: [number, number]; size: Size; note: Note }
export interface Line { price: number; tag: "line" }
export type Size = { s: "small"; cm: number } | { s: "large" };
export type Note = { text: string } | { image: Uint8Array };
/** @remote */
export interface Shop { order(order: Order): Promise<void>; any(value: string | number | Order): Promise<void> }
/** @error */
export class NoSuchOrder extends Error {
  override readonly name = "NoSuchOrder";
  readonly id: number;
  readonly why?: "gone" | "never";
  constructor(id: number) { super("no order " + id); this.id = id; }
}
/** @error */
export class Closed extends Error {}
`;

const space = workspace({ "api.ts": API });
const nowhere = { object: () => 0, stream: () => 0 };
const noSource = {
  object: () => ({}),
  stream: (): never => {
    throw new Error();
  },
};
let shop: ServiceDescriptor;
let api: Record<string, new (id: number) => Error & { id: number }>;

beforeAll(async () => {
  expect(space.generate().diagnostics).toEqual([]);
  shop = ((await import(join(space.folder, "generated/api.rpc.ts"))) as { ShopService: ServiceDescriptor }).ShopService;
  api = (await import(join(space.folder, "api.ts"))) as typeof api;
});

const ORDER = {
  lines: [{ price: 1, tag: "line" }],
  kind: "new",
  point: [1, 2],
  size: { s: "large" },
  note: { text: "hi" },
};

function encode(member: number, value: unknown): Uint8Array {
  const writer = new ValueWriter(nowhere);
  shop.members.get(member)!.writeArguments(writer, [value]);
  return writer.finish();
}

describe("an emitted codec", () => {
  it.each([
    ["a list that is none", { lines: "x" }, 'order.lines: expected an array, got the string "x"'],
    [
      "a number that is none",
      { lines: [{ price: "3", tag: "line" }] },
      'order.lines[0].price: expected a number, got the string "3"',
    ],
    ["a missing number", { lines: [{ tag: "line" }] }, "order.lines[0].price: expected a number, got undefined"],
    ["another literal", { kind: "odd" }, 'order.kind: expected "new" or "old", got the string "odd"'],
    [
      "another constant",
      { lines: [{ price: 1, tag: "x" }] },
      'order.lines[0].tag: expected "line", got the string "x"',
    ],
    ["an invalid date", { at: new Date(Number.NaN) }, "order.at: expected a valid Date, got an object (Date)"],
    ["null for what is optional", { at: null }, "order.at: expected a valid Date, got null"],
    ["a tuple that is too short", { point: [1] }, "order.point: expected 2 elements, got an array of 1"],
    ["an unknown case", { size: { s: "huge" } }, 'order.size.s: expected "large" or "small", got the string "huge"'],
    [
      "two cases at once",
      { note: { text: "a", image: new Uint8Array() } },
      'order.note: expected an object with one of "text", "image", got an object (Object)',
    ],
    ["a string for an object", { note: "x" }, 'order.note: expected an object, got the string "x"'],
  ])("refuses %s", (_what, change, message) => {
    expect(() => encode(1, { ...ORDER, ...change })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message }),
    );
  });

  it("refuses what no member of a union is", () => {
    expect(() => encode(2, true)).toThrow("value: expected one of number, object, string, got the boolean true");
  });

  it("refuses an enum number that it does not know, rather than taking another", () => {
    const read = (bytes: number[]): unknown =>
      shop.members.get(1)!.readArguments(new ValueReader(new Uint8Array(bytes), noSource), {} as never);
    expect(() => read([10, 2, 16, 9])).toThrow('order.kind: expected "new" or "old", got the number 9');
    expect(() => read([])).toThrow("order: is missing");
    expect(() => read([10, 0])).toThrow("order.kind: is missing");
  });

  it("skips fields from a newer peer", () => {
    const bytes = [...encode(1, ORDER), 0xf2, 0x3f, 1, 65];
    expect(shop.members.get(1)!.readArguments(new ValueReader(new Uint8Array(bytes), noSource), {} as never)).toEqual([
      ORDER,
    ]);
  });
});

describe("a union that is told apart by what is there", () => {
  const UNIONS = `
export interface Edit { range: [number, number]; text: string }
export interface Annotated extends Edit { annotation: string }
export type Result = { data: string; error: null } | { data: null; error: { message: string } };
export type Style = { text: string; italic: Date; size?: number; bold?: boolean } | { text: string; italic?: Date; size: number; bold?: boolean };
export type Bold = { text: string; bold: boolean } | { text: string; italic: Date } | { text: string };
export type Way = { to: string; back?: number } | { from: string; at?: Date };
export type Box = [number, number] | [number, number, number];
/** @remote */
export interface Paper { edit(edit: Edit | Annotated): Promise<void>; result(result: Result): Promise<void>; style(style: Style): Promise<void>; box(box: Box): Promise<void>; lists(lists: string[] | number[]): Promise<void>; bold(bold: Bold): Promise<void>; way(way: Way): Promise<void> }
`;
  const unions = workspace({ "paper.ts": UNIONS });
  let paper: ServiceDescriptor;
  beforeAll(async () => {
    expect(unions.generate().diagnostics).toEqual([]);
    const module = (await import(join(unions.folder, "generated/paper.rpc.ts"))) as { PaperService: ServiceDescriptor };
    paper = module.PaperService;
  });
  const pass = (member: number, value: unknown): unknown => {
    const writer = new ValueWriter(nowhere);
    paper.members.get(member)!.writeArguments(writer, [value]);
    return paper.members.get(member)!.readArguments(new ValueReader(writer.finish(), noSource), {} as never);
  };

  it.each([
    ["an edit without its range", 1, { text: "a" }, "edit.range: expected an array, got undefined"],
    [
      "an annotation that is none",
      1,
      { range: [1, 2], text: "a", annotation: 3 },
      "edit.annotation: expected a string, got the number 3",
    ],
    ["a result that failed and did not", 2, { data: "a", error: { message: "b" } }, "result.error: expected null"],
    [
      "a style of nothing",
      3,
      { text: "a" },
      'style: expected an object with "italic" or "size", got an object (Object)',
    ],
    ["a box of four", 4, [1, 2, 3, 4], "box: expected 3 elements, got an array of 4"],
    ["a list of two kinds", 5, ["a", 1], "lists[1]: expected a string, got the number 1"],
  ])("refuses %s", (_what, member, value, message) => {
    expect(() => pass(member, value)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("refuses to read what no member would be", () => {
    const bytes = new Uint8Array([10, 3, 10, 1, 97]);
    expect(() => paper.members.get(3)!.readArguments(new ValueReader(bytes, noSource), {} as never)).toThrow(
      'style: nothing that is "italic" or "size"',
    );
  });

  it("carries what has the properties of several members", () => {
    const both = { text: "a", bold: true, italic: new Date(0), size: 3 };
    expect(pass(3, both)).toEqual([both]);
    expect(pass(5, [])).toEqual([[]]);
    expect(() => pass(6, { text: "a", bold: true, italic: new Date(0) })).toThrow(
      "bold.italic: expected nothing, beside another member of the union, got an object (Date)",
    );
    expect(() => pass(7, { to: "a", at: new Date(0) })).toThrow("way.at: expected nothing, beside another member");
  });
});

describe("a declared error", () => {
  const cross = (error: Error, descriptor: ErrorDescriptor): Error => {
    const writer = new ValueWriter(nowhere);
    descriptor.writeFields(writer, error);
    return descriptor.readFields(new ValueReader(writer.finish(), noSource), error.message);
  };

  it("arrives as its class, with its fields and its name", () => {
    const descriptor = shop.errors.find((one) => one.fullName === "acme.v1.NoSuchOrder")!;
    const error = cross(Object.assign(new api["NoSuchOrder"]!(7), { why: "gone" }), descriptor);
    expect(error).toBeInstanceOf(api["NoSuchOrder"]);
    expect(error).toMatchObject({ name: "NoSuchOrder", message: "no order 7", id: 7, why: "gone" });
  });

  it("is listed by every service of its file", () => {
    expect(shop.errors.map((one) => one.fullName)).toEqual(["acme.v1.Closed", "acme.v1.NoSuchOrder"]);
  });
});

describe("unknown", () => {
  const write = (value: unknown): Uint8Array => {
    const writer = new ValueWriter(nowhere);
    writeValue(writer, 10, value, "value");
    return writer.finish();
  };
  const read = (bytes: Uint8Array): unknown => {
    const reader = new ValueReader(bytes, noSource);
    reader.tag();
    return readValue(reader, "value");
  };

  class Point {
    x = 1;
  }
  it.each([
    ["an instance of a class", { a: [new Point()] }, "value.a[0]: an instance of Point would arrive without its class"],
    ["a symbol", { a: Symbol("x") }, "value.a: expected a value that can cross, got a symbol"],
    ["a promise", [Promise.resolve()], "value[0]: an instance of Promise would arrive without its class"],
    ["a property named by a symbol", { [Symbol("tag")]: 1 }, "value: the property Symbol(tag) is named by a symbol"],
    ["an invalid date", new Map([["at", new Date(Number.NaN)]]), 'value["at"]: expected a valid Date'],
    ["a bigint past the limit", 10n ** 1024n, "value: a bigint of 1025 digits, and the limit is 1024"],
    ["a boxed number", { a: new Number(1) }, "value.a: an instance of Number would arrive without its class"],
  ])("refuses %s", (_what, value, message) => {
    expect(() => write(value)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("X05: carries 99 levels, and refuses more and what contains itself", () => {
    const nested = (depth: number): unknown => (depth === 0 ? "end" : { next: nested(depth - 1) });
    expect(read(write(nested(99)))).toEqual(nested(99));
    expect(() => write(nested(100))).toThrow("nested deeper than 100 (limits.maxNesting)");
    const self: { me?: unknown } = {};
    self.me = self;
    expect(() => write(self)).toThrow("does the value contain itself?");
  });

  it("X06: counts elements on both sides", () => {
    const writer = new ValueWriter(nowhere, { ...DEFAULT_LIMITS, maxElements: 3 });
    expect(() => {
      writeValue(writer, 10, { a: [1, 2], b: [3] }, "value");
    }).toThrow(expect.objectContaining({ code: "RESOURCE_EXHAUSTED" }));
    const reader = new ValueReader(write([1, 2, 3, 4]), noSource, { ...DEFAULT_LIMITS, maxElements: 3 });
    reader.tag();
    expect(() => readValue(reader, "value")).toThrow("value: more than 3 elements in one message (limits.maxElements)");
  });

  it("X02: hostile names are own properties, and nothing else", () => {
    const hostile = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":1},"then":1,"toString":2,"hasOwnProperty":3}',
    ) as Record<string, unknown>;
    const back = read(write(hostile)) as Record<string, unknown>;
    expect(Object.keys(back)).toEqual(Object.keys(hostile));
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(JSON.stringify(back)).toBe(JSON.stringify(hostile));
  });

  it("refuses a kind that this side does not know, and arrays of unknown types", () => {
    expect(() => read(new Uint8Array([10, 0]))).toThrow("value: a kind of value that this side does not know");
    expect(() => read(new Uint8Array([10, 3, 0xf8, 0x06, 1]))).toThrow("a kind of value that this side does not know");
    const array = [10, 5, 106, 3, 10, 1, 65];
    expect(() => read(new Uint8Array(array))).toThrow('value.type: the array "A", which this side does not know');
  });

  it("X09: small bytes and strings do not keep the message alive", () => {
    const back = read(write({ small: new Uint8Array(6), floats: new Float32Array(2) })) as {
      small: Uint8Array;
      floats: Float32Array;
    };
    expect(back.small.buffer.byteLength).toBe(6);
    expect(back.floats.buffer.byteLength).toBe(8);
  });
});

describe("what tags demand", () => {
  const RULES = `
export interface Form {
  /** @minimum 1 @maximum 5 */
  stars: number;
  /** @exclusiveMinimum 0 */
  amount: bigint;
  /**
   * @minItems 1
   * @maxItems 3
   * @maxLength 4
   */
  tags: string[];
  /** @pattern ^[a-z]+$ */
  slug: string;
  /** @format uuid */
  id?: string;
  /** @format email */
  mail?: string | null;
  /** @format uri */
  home?: string;
  /** @maximum 9 */
  byName?: Map<string, number>;
  key: \`k-\${number}\`;
  rights: Rights;
}
/** @flags */
export enum Rights { Read = 1, Write = 2 }
/** @remote */
export interface Desk { file(form: Form): Promise<void>; }
`;
  const FORM = { stars: 3, amount: 1n, tags: ["a"], slug: "a", key: "k-1", rights: 3 };
  const rules = workspace({ "rules.ts": RULES });
  let desk: ServiceDescriptor;
  let lax: ServiceDescriptor;
  const encodeWith = (service: ServiceDescriptor, value: unknown): Uint8Array => {
    const writer = new ValueWriter(nowhere);
    service.members.get(1)!.writeArguments(writer, [value]);
    return writer.finish();
  };

  beforeAll(async () => {
    expect(rules.generate().diagnostics).toEqual([]);
    const load = async (folder: string): Promise<ServiceDescriptor> =>
      ((await import(join(folder, "generated/rules.rpc.ts"))) as { DeskService: ServiceDescriptor }).DeskService;
    desk = await load(rules.folder);
    // A peer that demands nothing, with the same numbers: what it sends must be refused on arrival.
    const loose = RULES.replace(/^\s*(\/\*\*|\*|\*\/) ?@?(min|max|excl|pattern|format).*$/gm, "")
      .replace(/\/\*\*\s+\*\//g, "")
      .replace("`k-${number}`", "string")
      .replace("rights: Rights", "rights: uint32");
    const other = workspace({ "rules.ts": `import type { uint32 } from "peerwire/brands";${loose}` });
    expect(other.generate().diagnostics).toEqual([]);
    lax = await load(other.folder);
  });

  it.each([
    ["stars", 0, "form.stars: expected at least 1, got the number 0"],
    ["stars", 6, "form.stars: expected at most 5, got the number 6"],
    ["stars", Number.NaN, "form.stars: expected at least 1, got the number NaN"],
    ["amount", 0n, "form.amount: expected more than 0, got the bigint 0n"],
    ["tags", [], "form.tags: expected at least 1 items, got an array of 0"],
    ["tags", ["a", "b", "c", "d"], "form.tags: expected at most 3 items, got an array of 4"],
    ["tags", ["a", "abcde"], 'form.tags[1]: expected at most 4 characters, got the string "abcde"'],
    ["slug", "A1", 'form.slug: expected a string that matches /^[a-z]+$/u, got the string "A1"'],
    ["id", "x", 'form.id: expected a string of format uuid, got the string "x"'],
    ["mail", "a@b", 'form.mail: expected a string of format email, got the string "a@b"'],
    ["home", "not a uri", 'form.home: expected a string of format uri, got the string "not a uri"'],
    ["byName", new Map([["x", 10]]), 'form.byName["x"]: expected at most 9, got the number 10'],
    ["key", "k-x", "form.key: expected a string that matches "],
    ["rights", 4, "form.rights: expected bits of 0x3, got the number 4"],
  ])("%s: refuses %p, when written and when read", (name, value, message) => {
    const form = { ...FORM, [name]: value };
    const refused = expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
    expect(() => encodeWith(desk, form)).toThrow(refused);
    const bytes = encodeWith(lax, form);
    expect(() => desk.members.get(1)!.readArguments(new ValueReader(bytes, noSource), {} as never)).toThrow(refused);
  });

  it("takes what obeys, and leaves what is absent alone", () => {
    const form = { ...FORM, mail: null, home: "urn:isbn:1", id: "00000000-0000-4000-8000-00000000000f" };
    const bytes = encodeWith(desk, form);
    expect(desk.members.get(1)!.readArguments(new ValueReader(bytes, noSource), {} as never)).toEqual([form]);
  });

  it("refuses another type before it asks for more", () => {
    expect(() => encodeWith(desk, { ...FORM, stars: "3" })).toThrow(
      'form.stars: expected a number, got the string "3"',
    );
  });

  it("stands in the schema, for people", () => {
    const schema = rules.read("generated/proto/acme/v1/acme.proto");
    expect(schema).toContain("  // Demands: minimum 1, maximum 5.\n  double stars = 1;");
    expect(schema).toContain("  // Demands: minItems 1, maxItems 3, of each item: maxLength 4.\n");
    expect(schema).toContain("  // Bits of 0x3.\n  uint32 rights");
  });
});

describe("hostile names", () => {
  const MAPS = `
export interface Item { a: number }
export interface Held { items: Record<string, Item>; byName: Map<string, Item>; words: Record<string, Word>; __proto__: Item; constructor: string; then?: string }
export type Word = "constructor" | "__proto__" | "then" | "default" | "42" | "e" | "r" | "hasOwnProperty" | "toString";
/** @remote */
export interface Store { put(__proto__: Held, constructor: string, then: Word, e: string, r: number, w: boolean, v: string): Promise<Held>; }
`;
  const maps = workspace({ "store.ts": MAPS });
  let store: ServiceDescriptor;
  beforeAll(async () => {
    expect(maps.generate().diagnostics).toEqual([]);
    const module = (await import(join(maps.folder, "generated/store.rpc.ts"))) as { StoreService: ServiceDescriptor };
    store = module.StoreService;
  });

  it("X02, X04: __proto__ and its kin are keys, values and parameters like any other; no prototype changes", () => {
    const hostile = ["__proto__", "constructor", "then", "hasOwnProperty", "toString", "42"];
    const items = Object.fromEntries(hostile.map((name, i) => [name, { a: i }]));
    const held = Object.fromEntries([
      ["items", items],
      ["byName", new Map(Object.entries(items))],
      ["words", Object.fromEntries(hostile.map((name) => [name, name]))],
      ["__proto__", { a: 7 }],
      ["constructor", "c"],
    ]);
    const args = [held, "constructor", "then", "e", 1, true, "v"];
    const writer = new ValueWriter(nowhere);
    store.members.get(1)!.writeArguments(writer, args);
    const back = store.members.get(1)!.readArguments(new ValueReader(writer.finish(), noSource), {} as never) as [
      { items: object },
    ];
    expect(back).toEqual(args);
    expect(Object.keys(back[0].items).sort()).toEqual([...hostile].sort());
    for (const one of [back[0], back[0].items]) expect(Object.getPrototypeOf(one)).toBe(Object.prototype);
    expect((Object.prototype as { a?: number }).a).toBeUndefined();
  });

  it("are refused where another value is meant: names out of Object.prototype are no words of an enum", () => {
    for (const word of ["valueOf", "prototype", "isPrototypeOf"])
      expect(() => {
        store.members
          .get(1)!
          .writeArguments(new ValueWriter(nowhere), [
            { items: {}, byName: new Map(), words: { x: word }, constructor: "", ["__proto__"]: { a: 1 } },
          ]);
      }).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
