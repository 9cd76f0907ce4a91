/** What emitted codecs refuse, and in which words; and errors that cross as themselves. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
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
const nowhere = { object: () => 0, stream: () => 0, byteStream: () => 0 };
const noSource = {
  object: () => ({}),
  stream: (): never => {
    throw new Error();
  },
  byteStream: (): never => {
    throw new Error();
  },
};
let shop: ServiceDescriptor;
let api: Record<string, new (id: number) => Error & { id: number }>;

beforeAll(async () => {
  expect(space.generate().diagnostics).toEqual([]);
  shop = ((await import(join(space.folder, "generated/api.rpc.ts"))) as { ShopService: ServiceDescriptor }).ShopService;
  api = (await import(join(space.folder, "api.ts"))) as typeof api;
}, 30_000);

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
