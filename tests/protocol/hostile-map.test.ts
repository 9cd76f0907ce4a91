/**
 * Recorded programs from a client that was written from schema/ alone, honest and not: what an honest one gets, and that
 * each lie is refused by itself, before anything runs, with nothing left behind. Rows: X02, X15, R06, R14, R15.
 */
import { type MessageInitShape, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "@jest/globals";
import { Peer, type PeerOptions, serve } from "peerwire";
import { Session, memoryTransportPair } from "peerwire/mux";
import {
  type MapResult,
  MapProgramSchema,
  MapResultSchema,
  type MapSourceSchema,
  type MapStepSchema,
} from "../../generated/wire/peerwire/v1/map_pb.js";
import { AccountService, LedgerService, PersonService } from "../runtime/ledger/generated/ledger.rpc.js";
import { LedgerImpl, PersonImpl } from "../runtime/ledger/ledger-impl.js";
import { until } from "../runtime/references/at-rest.js";
import { type Answer, type CallInit, ForeignClient, slotField, textField } from "./foreign-client.js";

type Step = MessageInitShape<typeof MapStepSchema>;
type StepFields = Exclude<Step, { $typeName: string }>;
type Source = MessageInitShape<typeof MapSourceSchema>;
type Program = MessageInitShape<typeof MapProgramSchema>;

const MAP = 5;
const numberOf = (service: { members: ReadonlyMap<number, { name: string; kind: string }> }, name: string): number =>
  [...service.members].find(([, member]) => member.name === name && member.kind !== "set")![0];
const ACCOUNTS = numberOf(LedgerService, "accounts");
const BALANCE = numberOf(AccountService, "balance");
const OWNER = numberOf(AccountService, "owner");
const IS_SAME = numberOf(AccountService, "isSame");
const ENTRIES = numberOf(AccountService, "entries");
const NAME = numberOf(PersonService, "name");

const ITEM: Source = {};
const step = (index: number, ...path: number[]): Source => ({ source: { case: "step", value: index }, path });
const capture = (index: number): Source => ({ source: { case: "capture", value: index } });
const call = (target: Source, member: number, more: Omit<StepFields, "target" | "member"> = {}): Step => ({
  target,
  member,
  kind: 1,
  ...more,
});

interface Visited {
  readonly foreign: ForeignClient;
  readonly server: Peer;
  readonly impl: LedgerImpl;
}
let visited: Visited | undefined;
afterEach(async () => {
  await visited?.foreign.session.close();
  await visited?.server.close();
  visited = undefined;
});

async function visit(options: PeerOptions = {}): Promise<Visited> {
  const [near, far] = memoryTransportPair();
  const impl = new LedgerImpl();
  const opening = Peer.open(far, "server", { roots: [serve(LedgerService, impl)], ...options });
  const foreign = new ForeignClient((onStream) => new Session(near, { role: "client", onStream }));
  foreign.hello();
  visited = { foreign, server: await opening, impl };
  return visited;
}

/** Maps a program over the accounts. */
async function mapOver(foreign: ForeignClient, program: Program, more: CallInit = {}): Promise<Answer> {
  const list = foreign.call({ member: ACCOUNTS, keepsResult: true });
  return foreign.ask({
    target: { case: "promised", value: { callId: list, path: [1] } },
    kind: MAP,
    arguments: toBinary(MapProgramSchema, create(MapProgramSchema, program)),
    ...more,
  });
}

function resultOf(answer: Answer): MapResult {
  if (answer.case === "throw") throw new Error(answer.value.error?.message);
  return fromBinary(MapResultSchema, answer.value.result);
}

describe("an honest program of another implementation", () => {
  it("is run for each item, and its results are response messages", async () => {
    const { foreign } = await visit();
    const steps = [call(ITEM, OWNER), call(step(0), NAME)];
    const { items } = resultOf(await mapOver(foreign, { steps, results: [step(1)] }));
    expect(items.map(({ results }) => results.map((one) => new Uint8Array(one)))).toEqual(
      [0, 1, 2].map((i) => [textField(1, `owner of a${i}`)]),
    );
  });

  it("gives references in the answer's own table, counted", async () => {
    const { foreign, server } = await visit();
    const answer = await mapOver(foreign, { steps: [call(ITEM, OWNER)], results: [step(0), ITEM] });
    expect(answer.value).toMatchObject({ references: { length: 6 } });
    const { items } = resultOf(answer);
    expect(items.map(({ results }) => results.map((one) => new Uint8Array(one)))).toEqual(
      [0, 1, 2].map((i) => [slotField(1, i * 2), slotField(1, i * 2 + 1)]),
    );
    expect(server.references().exports).toMatchObject({ entries: 6, retains: 9 });
  });

  it("may chain on what it gives: a position in each item is a field of its path", async () => {
    const { foreign } = await visit();
    const list = foreign.call({ member: ACCOUNTS, keepsResult: true });
    const target = (callId: number, path: number[]) => ({ case: "promised", value: { callId, path } }) as const;
    const program = (value: Program): Uint8Array => toBinary(MapProgramSchema, create(MapProgramSchema, value));
    const owners = foreign.call({
      target: target(list, [1]),
      kind: MAP,
      keepsResult: true,
      arguments: program({ steps: [call(ITEM, BALANCE), call(ITEM, OWNER)], results: [step(0), step(1)] }),
    });
    const names = await foreign.ask({
      target: target(owners, [1]),
      kind: MAP,
      arguments: program({ steps: [call({ path: [2, 1] }, NAME)], results: [step(0)] }),
    });
    expect(resultOf(names).items).toHaveLength(3);
  });
});

describe("a program that lies is refused before anything of it runs", () => {
  const one = [call(ITEM, BALANCE)];
  const same = (slot: Source): Step => call(ITEM, IS_SAME, { arguments: slotField(1), references: [slot] });
  const REFUSED: readonly (readonly [what: string, program: Program, code: number, words: RegExp, more?: CallInit])[] =
    [
      [
        "a step on a later step",
        { steps: [call(step(1), NAME), call(ITEM, OWNER)] },
        3,
        /step 0: uses step 1, and 0 come/,
      ],
      ["a step on itself", { steps: [call(step(0), NAME)] }, 3, /step 0: uses step 0, and 0 come before it/],
      ["an argument of a later step", { steps: [same(step(3))] }, 3, /step 0: uses step 3/],
      ["a step at 2^32 - 1", { steps: [call(step(0xffff_ffff), NAME)] }, 3, /uses step 4294967295/],
      ["a member that is not there", { steps: [call(ITEM, 999)] }, 12, /step 0: .* has no member 999 of kind 1/],
      ["member 0", { steps: [call(ITEM, 0)] }, 12, /has no member 0/],
      ["X02: a member of another interface", { steps: [call(ITEM, OWNER), call(step(0), 9)] }, 12, /step 1: .*Person/],
      ["a kind that does not fit", { steps: [call(ITEM, BALANCE, { kind: 2 })] }, 12, /of kind 2/],
      ["a kind that nobody knows", { steps: [call(ITEM, BALANCE, { kind: 99 as 1 })] }, 12, /of kind 99/],
      ["a map inside a map", { steps: [call(ITEM, 0, { kind: MAP })] }, 12, /of kind 5/],
      ["a base that it does not have", { steps: [call(ITEM, BALANCE, { interfaceId: 7 })] }, 12, /has no member/],
      ["a stream", { steps: [call(ITEM, ENTRIES)] }, 3, /gives a stream/],
      ["a path into the item that leads nowhere", { steps: [call({ path: [7, 7] }, BALANCE)] }, 3, /field 7\.7/],
      ["a path of 2^20 fields", { steps: [call({ path: Array(2 ** 16).fill(1) }, BALANCE)] }, 3, /the item has no/],
      [
        "a call on a result that is no reference",
        { steps: [...one, call(step(0), NAME)] },
        3,
        /step 1: step 0 is no ref/,
      ],
      [
        "R15: an argument of another interface",
        { steps: [call(ITEM, OWNER), same(step(0))] },
        3,
        /step 1: other: expec/,
      ],
      [
        "an argument that no slot has",
        { steps: [call(ITEM, IS_SAME, { arguments: slotField(1, 9) })] },
        3,
        /slot 9 of 0/,
      ],
      ["an argument left out", { steps: [call(ITEM, IS_SAME)] }, 3, /step 0: other: is missing/],
      [
        "arguments that do not decode",
        { steps: [call(ITEM, IS_SAME, { arguments: new Uint8Array([7]) })] },
        3,
        /step 0/,
      ],
      ["a capture that is not there", { steps: [same(capture(0))] }, 3, /uses capture 0 of 0/],
      ["a capture in no slot", { steps: [same(capture(0))], captures: [{ slot: 8 }] }, 3, /step 0: .*slot 8 of 0/],
      [
        "R14, R06: a capture of an object that was never shared",
        { steps: [same(capture(0))], captures: [{}] },
        3,
        /a reference that was released/,
        { references: [{ reference: { case: "importId", value: 65_535 } }] },
      ],
      [
        "R15: a capture of another interface",
        { steps: [same(capture(0))], captures: [{}] },
        3,
        /expected a reference to ledger\.v1\.AccountService, got one to ledger\.v1\.LedgerService/,
        { references: [{ reference: { case: "importId", value: 1 } }] },
      ],
      [
        "a call on an object of the client's own",
        { steps: [call(capture(0), BALANCE)], captures: [{}] },
        3,
        /capture 0 is no object of this side/,
        { references: [{ reference: { case: "exportId", value: 3 }, interfaceId: AccountService.interfaceId }] },
      ],
      ["a result of a step that is not there", { steps: one, results: [step(1)] }, 3, /result 0: uses step 1/],
      ["a capture as a result", { steps: one, results: [capture(0)], captures: [{}] }, 3, /a capture is no result/],
      ["more steps than may be", { steps: Array<Step>(257).fill(one[0]!) }, 8, /257 calls, and the limit is 256/],
      ["more results than may be", { steps: one, results: Array<Source>(257).fill(step(0)) }, 8, /limit is 256/],
    ];

  // Without the last one jest would put a callback in its place.
  it.each(REFUSED.map(([what, program, code, words, more = {}]) => [what, program, code, words, more] as const))(
    "%s",
    async (_, program, code, words, more) => {
      const { foreign, server, impl } = await visit();
      const live = PersonImpl.live;
      const answer = await mapOver(foreign, program, more);
      expect(answer).toMatchObject({
        case: "throw",
        value: { error: { code, message: expect.stringMatching(words), notDispatched: true } },
      });
      expect(impl.log).toEqual([]);
      expect(PersonImpl.live).toBe(live);
      // The session goes on, and holds what the list itself brought, and no more.
      expect(resultOf(await mapOver(foreign, { steps: one, results: [step(0)] })).items).toHaveLength(3);
      expect(server.references().exports.entries).toBe(3);
      expect(server.references().imports.retains).toBe(0);
      await until(() => server.stats().incomingCalls === 0);
    },
  );

  it("a program that does not decode", async () => {
    const { foreign } = await visit();
    const answer = await mapOver(foreign, {}, { arguments: new Uint8Array([10, 200, 1]) });
    expect(answer).toMatchObject({ case: "throw", value: { error: { code: 3 } } });
  });

  it.each([
    ["an object", { case: "importId", value: 1 }, 12, /has no member 0 of kind 5/],
    [
      "a result that is no list",
      { case: "promised", value: { callId: 1, path: [1, 1] } },
      3,
      /no reference at field 1\.1/,
    ],
    [
      "a list that was never asked for",
      { case: "promised", value: { callId: 77, path: [1] } },
      3,
      /no result that is kept/,
    ],
  ] as const)("a program for %s", async (_, target, code, words) => {
    const { foreign } = await visit();
    foreign.call({ member: ACCOUNTS, keepsResult: true });
    const answer = await foreign.ask({ target: target as NonNullable<CallInit["target"]>, kind: MAP });
    expect(answer).toMatchObject({
      case: "throw",
      value: { error: { code, message: expect.stringMatching(words), notDispatched: true } },
    });
  });

  it("an ordinary call on a list, and a kind of call that nobody knows yet", async () => {
    const { foreign } = await visit();
    const list = foreign.call({ member: ACCOUNTS, keepsResult: true });
    const target: CallInit["target"] = { case: "promised", value: { callId: list, path: [1] } };
    for (const asked of [
      { target, kind: 1 },
      { target, kind: 6 as 5 },
      { member: ACCOUNTS, kind: 6 as 5 },
    ] as const)
      expect(await foreign.ask(asked)).toMatchObject({ case: "throw", value: { error: { code: 12 } } });
  });
});
