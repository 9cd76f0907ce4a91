/**
 * A map against doing it by hand: whatever straight line of calls a callback makes, over a list here or through a bridge,
 * known or not, gives what the same callback gives for each item. And programs against protobuf-es, byte for byte.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MapProgramSchema } from "../../../generated/wire/peerwire/v1/map_pb.js";
import { DEFAULT_LIMITS } from "../../../runtime/base/limits.js";
import { writeProgram } from "../../../runtime/references/map-codec.js";
import { recordProgram } from "../../../runtime/references/recorder.js";
import type { ReferenceContext } from "../../../runtime/references/reference-context.js";
import { ValueWriter } from "../../../runtime/references/value-writer.js";
import { LedgerService, type AccountPromise, type LedgerStub } from "./generated/ledger.rpc.js";
import { LedgerImpl } from "./ledger-impl.js";
import type { Account } from "./ledger.js";
import { linkLedger } from "./linked-ledger.js";

/** One thing that a callback does with an item; it has the ledger and some account at hand. */
const STEPS: readonly ((item: AccountPromise, ledger: LedgerStub, other: Account) => unknown)[] = [
  (item) => item.balance(),
  (item) => item.limit,
  (item) => item.owner().name(),
  (item) => item.owner().boss().boss().name(),
  (item) => item.profile().owner.name(),
  (item) => item.isSame(item),
  (item, _, other) => item.isSame(other),
  (item, ledger) => ledger.audit(item, { text: "seen", at: new Date(7) }),
  (item) => ({ deep: [item.owner().name(), "constant"] }),
];
const steps = fc.array(fc.nat(STEPS.length - 1), { maxLength: 12 });

/** What a callback returned, with its promises awaited. */
async function settled(value: unknown): Promise<unknown> {
  const known: unknown = await value;
  if (Array.isArray(known)) return Promise.all(known.map(settled));
  if (typeof known !== "object" || known === null || Object.getPrototypeOf(known) !== Object.prototype) return known;
  const entries = Object.entries(known).map(async ([name, one]) => [name, await settled(one)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

describe("a map", () => {
  it.each([0, 1])("gives what the callback gives by hand, with %i bridges between", async (bridges) => {
    const linked = await linkLedger({ bridges, impl: new LedgerImpl(4) });
    const { ledger } = linked;
    try {
      await fc.assert(
        fc.asyncProperty(steps, fc.nat(3), fc.boolean(), async (chosen, pick, isKnown) => {
          const list = await ledger.accounts();
          const other = list[pick]!;
          const callback = (item: AccountPromise): unknown => chosen.map((one) => STEPS[one]!(item, ledger, other));
          const accounts = ledger.accounts();
          if (isKnown) await accounts;
          const [mapped, byHand] = await Promise.all([
            accounts.map(callback),
            Promise.all(list.map((item) => settled(callback(item as unknown as AccountPromise)))),
          ]);
          expect(mapped).toEqual(byHand);
        }),
        { numRuns: 40 },
      );
    } finally {
      await linked.close();
    }
  });
});

describe("a recorded program", () => {
  it("is MapProgram, as protobuf-es writes and reads it", () => {
    const references: unknown[] = [];
    const sink = {
      object: (_: unknown, value: object): number => references.push(value) - 1,
      stream: () => 0,
    };
    const [list] = [...LedgerService.members.values()].find(({ name }) => name === "accounts")!.lists!;
    const context = { limits: DEFAULT_LIMITS } as ReferenceContext;
    const ledger = new LedgerImpl() as unknown as LedgerStub;
    const other = new LedgerImpl().list[0]!;
    fc.assert(
      fc.property(steps, (chosen) => {
        const usable = chosen.filter((one) => one !== 7); // needs the ledger's stub
        const callback = (item: AccountPromise): unknown => usable.map((one) => STEPS[one]!(item, ledger, other));
        const program = recordProgram(context, list!, callback, undefined);
        const writer = new ValueWriter(sink, DEFAULT_LIMITS);
        writeProgram(writer, program);
        const bytes = writer.finish();
        const message = fromBinary(MapProgramSchema, bytes);
        expect(message.steps.map(({ member }) => member)).toEqual(program.steps.map(({ member }) => member.number));
        expect(message.results).toHaveLength(program.results.length);
        expect(new Uint8Array(toBinary(MapProgramSchema, message))).toEqual(new Uint8Array(bytes));
        references.length = 0;
      }),
    );
  });
});
