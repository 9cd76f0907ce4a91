/** What is emitted for peers that ask what a package declares: that it is whole, and only there where it is asked for. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import type { DescribedField, DescribedType, PackageDescription } from "peerwire/reflection";
import { readProto } from "../../codegen/proto/proto-reader.js";
import { workspace } from "./support/workspace.js";

const SOURCE = `
import type { int32, uint64 } from "peerwire/brands";

/** What an order is. */
export interface Order {
  /** Its name. @pattern ^o */
  id: string;
  customerName?: string | null;
  lines: { item: string; count: int32 }[];
  tags?: Set<string>;
  kind: "order";
  state: "open" | "closed";
  at: Date;
  by: Map<Date, number>;
  names: Record<string, uint64>;
  points: Float64Array;
  grid: number[][];
  "dash-key": boolean;
  __proto__: string;
  anything: unknown;
  pair: [left: string, right?: number, ...rest: Date[]];
  /** @deprecated */
  old?: Uint8Array;
  source: URL | string;
}
export type Happened = { type: "made"; order: Order } | { type: "gone"; id: string };
/** @error */
export class OutOfStock extends Error { constructor(readonly item: string) { super(item); } }

/** @remote */
export interface Named { readonly title: string; name(): Promise<string>; }
/** Where orders are. @remote */
export interface Shop extends Named {
  /**
   * Places one.
   * @throws {OutOfStock}
   */
  place(order: Order, onProgress?: (percent: number) => void, signal?: AbortSignal): Promise<Order>;
  watch(since: Date, ...ids: string[]): AsyncIterable<Happened>;
  note(text: string): void;
  readonly Cart: new (owner: string) => Named;
  get open(): Promise<boolean>;
  set open(value: boolean | Promise<boolean>);
  first(): Promise<Named>;
}
`;

const DESCRIPTION = "generated/acme.description.ts";
const SCHEMA = "generated/proto/acme/v1/acme.proto";

const generated = workspace({ "shop.ts": SOURCE }, { description: true }, ["node"]);
const problems = generated.generate().diagnostics;
const load = async (): Promise<PackageDescription> =>
  ((await import(join(generated.folder, DESCRIPTION))) as { acmeDescription: PackageDescription }).acmeDescription;

describe("what a package declares", () => {
  it("is emitted where the config asks for it, the same each time, and removed where it no longer does", () => {
    expect(problems).toEqual([]);
    expect(generated.generate()).toMatchObject({ changed: 0, obsolete: [] });
    const without = workspace({ "shop.ts": SOURCE }, { description: true }, ["node"]);
    without.generate();
    expect(existsSync(join(without.folder, DESCRIPTION))).toBe(true);
    without.write({ "peerwire.config.json": JSON.stringify({ sources: ["*.ts"], package: "acme.v1" }) });
    expect(without.generate().obsolete).toEqual([join(without.folder, DESCRIPTION)]);
    expect(existsSync(join(without.folder, DESCRIPTION))).toBe(false);
    without.write({ [DESCRIPTION]: "export const mine = 1;\n" });
    expect(without.generate().obsolete).toEqual([]);
  });

  it("is enough to print the schema: every message and every number of it", async () => {
    const description = await load();
    const lock = readProto(generated.read(SCHEMA));
    const printed = new Map<string, readonly string[]>();
    for (const type of description.types) {
      if (type.kind !== "enum")
        printed.set(
          type.name,
          type.fields.flatMap((one) => schemaLines(one, description)),
        );
    }
    for (const { name, members, isFunction } of description.interfaces) {
      for (const { name: member, kind, parameters, result } of members) {
        const [first = "", ...rest] = member;
        const prefix = { call: "", get: "Get", set: "Set", construct: "New" }[kind];
        const rpc = isFunction ? "Call" : prefix + first.toUpperCase() + rest.join("");
        // Parameters are called in the schema what they are called, and numbered by position.
        printed.set(
          `${name}${rpc}Request`,
          parameters.flatMap((one) => schemaLines(one, description)),
        );
        const items = description.types.find((one) => result?.type === `stream ${one.name}`);
        const response = items ? items.fields : result ? [result] : [];
        printed.set(
          `${name}${rpc}Response`,
          response.flatMap((one) => schemaLines(one, description)),
        );
        if (items) printed.delete(items.name);
      }
    }
    const committed = new Map(
      [...lock.messages].map(([name, { entries }]) => [
        name,
        [...entries].map(([field, one]) => `${one.label} ${one.type} ${field} = ${one.number}`.trim()).sort(),
      ]),
    );
    expect(new Map([...printed].map(([name, lines]) => [name, [...lines].sort()]))).toEqual(committed);
    for (const [name, { entries }] of lock.enums) {
      const type = description.types.find((one) => one.name === name)!;
      const values = type.fields.map((one) => one.number);
      expect([0, ...values]).toEqual([...entries.values()].map((one) => one.number));
    }
  });

  it("is enough to print a signature as the author wrote it", async () => {
    const { interfaces, types } = await load();
    const shop = interfaces.find((one) => one.type === "Shop")!;
    const signatures = shop.members.map(({ name, kind, parameters, result, oneWay }) => {
      const given = parameters.map((one) => `${one.rest ? "..." : ""}${one.name}: ${one.type}`).join(", ");
      return `${kind} ${name}(${given}): ${result?.type ?? (oneWay ? "nothing" : "done")}`;
    });
    expect(signatures.sort()).toEqual([
      "call first(): acme.v1.NamedService",
      "call note(text: string): nothing",
      "call place(order: Order, onProgress: acme.v1.ShopPlaceOnProgressFunction?): Order",
      "call watch(since: timestamp, ids: repeated string): stream ShopWatchItem".replace("ids", "...ids"),
      "construct Cart(owner: string): acme.v1.NamedService",
      "get open(): bool",
      "set open(value: bool): done",
    ]);
    expect(shop).toMatchObject({
      ...{ documentation: "Where orders are.", bases: ["NamedService"], errors: ["OutOfStock"] },
      snapshot: "ShopServiceSnapshot",
    });
    expect(interfaces.find((one) => one.isFunction)).toMatchObject({
      members: [{ number: 1, name: "", oneWay: true, parameters: [{ name: "percent", type: "double" }] }],
    });
    const fieldsOf = (name: string): readonly DescribedField[] => typeNamed(types, name).fields;
    expect(typeNamed(types, "Happened")).toMatchObject({
      ...{ kind: "union", tag: "type" },
      fields: [{ when: ['"made"'] }, { when: ['"gone"'] }],
    });
    expect(fieldsOf("Order").find((one) => one.name === "kind")).toMatchObject({ number: 0, type: '"order"' });
    expect(fieldsOf("Order").find((one) => one.name === "id")).toMatchObject({ demands: "pattern ^o" });
    expect(fieldsOf("Order").find((one) => one.name === "old")).toMatchObject({ deprecated: true });
    expect(fieldsOf("Order").map((one) => one.name)).toContain("__proto__");
    expect(typeNamed(types, "OrderPair").fields.map((one) => [one.type, one.rest ?? false])).toEqual([
      ["string", false],
      ["double?", false],
      ["repeated timestamp", true],
    ]);
    expect(typeNamed(types, "OutOfStock")).toMatchObject({ kind: "error", fields: [{ name: "item", type: "string" }] });
    expect(
      typeNamed(types, "OrderState")
        .fields.map((one) => one.type)
        .sort(),
    ).toEqual(['"closed"', '"open"']);
  });
});

function typeNamed(types: readonly DescribedType[], name: string): DescribedType {
  return types.find((one) => one.name === name)!;
}

const WORDS: Readonly<Record<string, string>> = {
  timestamp: "google.protobuf.Timestamp",
  url: "string",
  value: "peerwire.v1.Value",
  int53: "int64",
};

/** The lines of the schema that a field is. */
function schemaLines(field: DescribedField, { interfaces, name: packageName, types }: PackageDescription): string[] {
  if (field.number === 0) return [];
  const { protoName = field.name, nullNumber, emptyNumber, late } = field;
  const [, type = "", absent, nullable] = /^(.*?)(\?)?(\|null)?$/.exec(field.type) ?? [];
  const one = (word: string): string => {
    if (interfaces.some(({ name }) => `${packageName}.${name}` === word)) {
      const { isFunction } = interfaces.find(({ name }) => `${packageName}.${name}` === word)!;
      return isFunction ? "peerwire.v1.FunctionRef" : "peerwire.v1.ObjectRef";
    }
    return WORDS[word] ?? word.replace(/^enum /, "");
  };
  const isMessage = (word: string): boolean => types.some(({ name }) => name === word) || /\./.test(one(word));
  const line = (): string => {
    const list = /^(?:repeated|set) (.*)$/.exec(type)?.[1];
    if (list !== undefined) return `repeated ${one(list)}`;
    if (type === "Float64Array") return "repeated double";
    const [, key, value] = /^map<(.*), (.*)>$/.exec(type) ?? [];
    if (field.entry !== undefined) return `repeated ${field.entry}`;
    if (key !== undefined) return `map<${one(key)}, ${one(value!)}>`;
    const record = /^record<string, (.*)>$/.exec(type)?.[1];
    if (record !== undefined) return `map<string, ${one(record)}>`;
    const shows = absent !== undefined || nullable !== undefined || late === true;
    return `${shows && !isMessage(type) ? "optional " : ""}${one(type)}`;
  };
  return [
    `${line()} ${protoName} = ${field.number}`,
    ...(nullNumber === undefined ? [] : [`bool ${protoName}_null = ${nullNumber}`]),
    ...(emptyNumber === undefined ? [] : [`bool ${protoName}_empty = ${emptyNumber}`]),
  ];
}
