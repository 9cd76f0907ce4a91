/** Which parts of the runtime emitted code brings along: those that its interfaces need, and no others (docs/bundle.md). */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Member, ServiceDescriptor } from "../../runtime/references/service.js";
import { workspace } from "./support/workspace.js";

const API = `
/** @remote */
export interface Passed { ping(): Promise<void> }
/** @remote */
export interface InData { ping(): Promise<void> }
/** @remote */
export interface InItems { ping(): Promise<void> }
/** @remote */
export interface Assigned { ping(): Promise<void> }
/** @remote */
export interface Returned { ping(): Promise<void> }
export interface Order { notify?: (text: string) => void; parts: Map<string, InData[]> }
/** @remote */
export interface Shop {
  plain(text: string, at: Date): Promise<number[]>;
  take(passed: Passed): Promise<void>;
  order(order: Order): Promise<void>;
  feed(items: AsyncIterable<{ item: InItems }>): Promise<void>;
  get front(): Promise<string>;
  set back(value: Assigned);
  get back(): Promise<Assigned>;
  give(): Promise<Returned>;
  giveMaybe(): Promise<Returned | undefined>;
  list(): Promise<{ all: Returned[] }>;
  any(): Promise<unknown>;
  failure(): Promise<Error>;
  bytes(): ReadableStream<Uint8Array>;
  items(): AsyncIterable<Returned>;
  tail(): Promise<{ lines: AsyncIterable<string> }>;
}
`;

const space = workspace({ "api.ts": API }, {}, ["node"]);
let emitted: Record<string, ServiceDescriptor>;
beforeAll(async () => {
  expect(space.generate().diagnostics).toEqual([]);
  emitted = (await import(join(space.folder, "generated/api.rpc.ts"))) as typeof emitted;
});

/** The members that bring it. */
function bringing(part: keyof Member<never>): string[] {
  return [...emitted["ShopService"]!.members.values()].filter((one) => one[part] !== undefined).map((one) => one.name);
}

describe("emitted code brings", () => {
  it("what shares objects, with the interfaces and functions that stand in arguments", () => {
    const services = Object.values(emitted).filter((one) => typeof one === "object");
    const shared = services
      .filter((one) => one.serving !== undefined)
      .map(({ fullName }) => fullName.split(".").at(-1));
    expect(shared.sort()).toEqual([
      "AssignedService",
      "InDataService",
      "InItemsService",
      "OrderNotifyFunction",
      "PassedService",
    ]);
  });

  it("what receives objects, with the members whose results may hold some", () => {
    expect(bringing("references")).toEqual(["back", "give", "giveMaybe", "list", "any", "failure", "items"]);
  });

  it("streams, with the members whose results are or hold some", () => {
    expect(bringing("streams")).toEqual(["bytes", "items", "tail"]);
  });

  it("chained calls, with the members whose results always hold an object, or a list of some", () => {
    expect(bringing("pipelining")).toEqual(["back", "give", "list"]);
  });

  it("promises that have members, for interfaces that stand in results", () => {
    expect(emitted["ReturnedService"]!.createPromise).toBeDefined();
    expect(emitted["PassedService"]!.createPromise).toBeUndefined();
  });
});
