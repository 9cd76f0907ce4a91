/**
 * Code that was emitted years ago keeps running: `peerwire/emitted-v1` loses nothing. Beside this file stands such code
 * (frozen/generated, as the first version emitted it; never generated again), which must compile, and understand what is
 * emitted today.
 */
import { readFileSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { Peer, memoryTransportPair, serve } from "peerwire";
import * as emittedV1 from "peerwire/emitted-v1";
import { ValueReader } from "../../runtime/references/value-reader.js";
import { ValueWriter } from "../../runtime/references/value-writer.js";
import { type Door, type Everything, type House, Refused } from "./frozen/api.js";
import { HouseService } from "./frozen/generated/api.rpc.js";
import { ROOT, workspace } from "./support/workspace.js";

/** What code imports that was emitted once. Add to it what is new; take nothing away. */
const VALUES = `RemoteStub assign callObject callValue categoryOf checkRule construct createFunction invoke iterateLater
  mapping part pipelinePromise pipelining readAnyObject readBigint readBinary readByteStream readDate readError readFlags
  readLater readMatching readNodeBuffer readRegExp readStream readTypedArray readUrl readValue references remoteClass
  restoreError serving setOwn streams writeAnyObject writeBigint writeBinary writeByteStream writeDate writeError writeFlags
  writeMatching writeRegExp writeStream writeTypedArray writeUrl writeValue`;
const TYPES = `CallContext CallOptions Category ErrorDescriptor ItemOf KeyOf Member MemberKind MemberOf Merged Mutable
  PackageDescription Reader RemoteLink RemoteList ResultList ResultReference Rule ServiceDescriptor StreamDescriptor
  ValueOf Writer`;
/** What it calls on what it is given. */
const OF_READER = `bool bytes double element end enter enum fixed32 fixed64 float int32 int53 int64 leave missing more object
  packed refuse sfixed32 sfixed64 sint32 sint64 skip string strings tag uint32 uint64`;
const OF_WRITER = `array begin bool bytes double end enum fixed32 fixed64 float int32 int53 int64 invalid map object only packed
  plain record set sfixed32 sfixed64 sint32 sint64 string strings uint32 uint64`;

const words = (text: string): string[] => text.split(/\s+/);

describe("peerwire/emitted-v1", () => {
  it("has all that it ever had", () => {
    const known = new Set(Object.keys(emittedV1));
    expect(words(VALUES).filter((name) => !known.has(name))).toEqual([]);
    const text = readFileSync(join(ROOT, "runtime/api/emitted-v1.ts"), "utf8");
    expect(words(TYPES).filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
    const reader = new ValueReader(new Uint8Array(), { object: () => ({}), stream: () => ({}) as never });
    const writer = new ValueWriter({ object: () => 0, stream: () => 0 });
    expect(words(OF_READER).filter((name) => !(name in reader))).toEqual([]);
    expect(words(OF_WRITER).filter((name) => !(name in writer))).toEqual([]);
  });

  it("has nothing that is not listed here, so that it cannot vanish unnoticed", () => {
    expect(Object.keys(emittedV1).filter((name) => !words(VALUES).includes(name))).toEqual([]);
  });
});

class DoorImpl implements Door {
  readonly title: string;
  constructor(title: string) {
    this.title = title;
  }
  async name(): Promise<string> {
    return `door ${this.title}`;
  }
  async knock(times: number): Promise<number> {
    return times * 2;
  }
}

class HouseImpl implements House {
  #volume = 1;
  #told = "";
  readonly Door = DoorImpl;
  readonly #Refusal: typeof Refused;
  constructor(Refusal: typeof Refused) {
    this.#Refusal = Refusal;
  }
  echo = async (value: Everything): Promise<Everything> => value;
  events: House["events"] = async (list) => list;
  answer: House["answer"] = async (value) => value;
  part: House["part"] = async (value) => value;
  styled: House["styled"] = async (value) => value;
  door = async (title: string): Promise<Door> => new DoorImpl(title);
  doors = async (titles: string[]): Promise<Door[]> => titles.map((one) => new DoorImpl(one));
  pair: House["pair"] = async () => ({ left: new DoorImpl("left"), right: new DoorImpl("right") });
  open = async (door: Door): Promise<string> => `${door.title} ${await door.name()}`;
  each: House["each"] = async (list, use) => Promise.all(list.map((one) => use(one)));
  async *count(to: number): AsyncIterable<number> {
    for (let i = 1; i <= to; i++) yield i;
  }
  async *steps(to: number): AsyncGenerator<number> {
    yield* this.count(to);
  }
  async sum(values: AsyncIterable<number>): Promise<number> {
    let sum = 0;
    for await (const one of values) sum += one;
    return sum;
  }
  bytes(data: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    return data;
  }
  async refuse(code: string): Promise<void> {
    throw new this.#Refusal(code);
  }
  tell(text: string): void {
    this.#told = text;
  }
  get told(): Promise<string> {
    return Promise.resolve(this.#told);
  }
  get volume(): Promise<number> {
    return Promise.resolve(this.#volume);
  }
  set volume(value: number | Promise<number>) {
    this.#volume = value as number;
  }
}

const EVERYTHING = (): Everything => ({
  ...{ text: "x", count: 1, size: 2n, huge: 10n ** 30n, at: new Date(5), where: new URL("https://a.example/b") },
  ...{ rule: /a+/u, why: new Error("no"), any: [1, new Map([[1n, "x"]])], thing: { a: 1 }, bytes: Uint8Array.of(1, 2) },
  ...{
    buffer: Uint8Array.of(3).buffer,
    node: Buffer.from("n"),
    points: Float32Array.of(1.5),
    ...(JSON.parse(`{ "rights": 2 }`) as Pick<Everything, "rights">),
  },
  ...{ id: "id-7", state: "closed", tags: [], flags: [true, false], names: new Set(["n"]), ages: new Map([["a", 3]]) },
  ...{ dates: new Map([[new Date(6), "d"]]), record: { k: 1 }, grid: [[1], []], pair: ["p"], note: null, short: "s" },
  ["__proto__"]: "own",
});

async function useAll(house: House): Promise<void> {
  const sent = EVERYTHING();
  expect(await house.echo(sent)).toEqual(sent);
  expect(await house.events([{ type: "made", id: "1" }, { type: "gone" }])).toEqual([
    { type: "made", id: "1" },
    { type: "gone" },
  ]);
  for (const value of ["a", 0, new Date(1)]) expect(await house.answer(value)).toEqual(value);
  expect(await house.part({ data: null, error: "e" })).toEqual({ data: null, error: "e" });
  expect(await house.styled({ text: "t", italic: true })).toEqual({ text: "t", italic: true });
  expect(await house.door("a").then((door) => [door.title])).toEqual(["a"]);
  expect(await Promise.all((await house.doors(["b", "c"])).map((door) => door.knock(2)))).toEqual([4, 4]);
  expect(await (await house.pair()).right.name()).toBe("door right");
  expect(await house.open(new DoorImpl("mine"))).toBe("mine door mine");
  expect(await house.each(["a", "b"], async (one) => `${one}!`)).toEqual(["a!", "b!"]);
  const counted: number[] = [];
  for await (const one of house.count(3)) counted.push(one);
  for await (const one of house.steps(2)) counted.push(one);
  expect(counted).toEqual([1, 2, 3, 1, 2]);
  expect(await house.sum(new HouseImpl(Refused).count(4))).toBe(10);
  const streamed = house.bytes(new Blob(["bytes"]).stream());
  expect(await new Response(streamed).text()).toBe("bytes");
  await expect(house.refuse("c")).rejects.toMatchObject({ code: "c", message: "refused: c" });
  house.tell("it");
  expect(await house.told).toBe("it");
  house.volume = 7;
  expect(await house.volume).toBe(7);
  expect(await new house.Door("made").name()).toBe("door made");
}

async function between(served: typeof HouseService, called: typeof HouseService, Refusal = Refused): Promise<void> {
  const [near, far] = memoryTransportPair();
  const [client, server] = await Promise.all([
    Peer.open(near, "client"),
    Peer.open(far, "server", { roots: [serve(served, new HouseImpl(Refusal))] }),
  ]);
  try {
    await useAll(await client.root(called));
  } finally {
    await Promise.all([client.close(), server.close()]);
  }
}

describe("code that was emitted by the first version", () => {
  let today: typeof HouseService;
  let TodaysRefused: typeof Refused;

  beforeAll(async () => {
    const source = readFileSync(join(ROOT, "tests/codegen/frozen/api.ts"), "utf8").replace(
      'from "peerwire"',
      'from "peerwire/brands"',
    );
    const space = workspace({ "api.ts": source }, { package: "frozen.v1" }, ["node"]);
    mkdirSync(join(space.folder, "generated"), { recursive: true });
    cpSync(join(ROOT, "tests/codegen/frozen/generated/proto"), join(space.folder, "generated/proto"), {
      recursive: true,
    });
    expect(space.generate().diagnostics).toEqual([]);
    const emitted = (await import(join(space.folder, "generated/api.rpc.ts"))) as { HouseService: typeof HouseService };
    today = emitted.HouseService;
    ({ Refused: TodaysRefused } = (await import(join(space.folder, "api.ts"))) as { Refused: typeof Refused });
  });

  it("runs", async () => {
    await between(HouseService, HouseService);
  });

  it("is told apart from what is emitted today by nothing: fingerprint and numbers are the same", () => {
    expect(today.fingerprint).toBe(HouseService.fingerprint);
    expect([...today.members.keys()]).toEqual([...HouseService.members.keys()]);
  });

  it.each(["serves", "calls"])("%s what is emitted today", async (what) => {
    await (what === "serves" ? between(HouseService, today) : between(today, HouseService, TodaysRefused));
  });
});
