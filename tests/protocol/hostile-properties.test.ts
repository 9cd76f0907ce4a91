/**
 * A client that lies about what interfaces can have besides methods: properties, classes, bases and snapshots. Each lie
 * costs that call alone, reaches no member, and leaves nothing behind. Rows: C04, R14, R15.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { serve } from "peerwire";
import { BankImpl } from "../runtime/sample/bank-impl.js";
import { BankService, SessionService } from "../runtime/sample/bank.rpc.js";
import {
  ChannelService,
  DeviceService,
  InputService,
  MixerService,
  RackService,
} from "../runtime/studio/generated/studio.rpc.js";
import { MixerImpl, RackImpl } from "../runtime/studio/studio-impl.js";
import { type CallInit, type Visited, slotField, textField, visitBank } from "./foreign-client.js";

const [MIXER, RACK] = [2, 3]; // after the bank, in the order in which they are served
const [CALL, GET, SET, CONSTRUCT] = [1, 2, 3, 4] as const;
const [GET_VOLUME, SET_VOLUME, GET_MASTER, NEW_CHANNEL, LOG] = [1, 2, 5, 9, 10];
const [DECK, INSPECT] = [1, 2];
const [INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED] = [3, 5, 12];

const open: Visited[] = [];
afterEach(async () => {
  for (const { foreign, server } of open.splice(0)) {
    await foreign.session.close();
    await server.close();
  }
});
async function visit(mixer = new MixerImpl()): Promise<Visited> {
  const roots = [serve(BankService, new BankImpl()), serve(MixerService, mixer), serve(RackService, new RackImpl())];
  const visited = await visitBank({ roots });
  open.push(visited);
  return visited;
}

function at(root: number, member: number, more: CallInit = {}): CallInit {
  return { target: { case: "importId", value: root }, member, ...more };
}

/** A device of the client's, with a snapshot. */
function inspect(snapshot: readonly number[], interfaceId = DeviceService.interfaceId): CallInit {
  const shared = { reference: { case: "exportId", value: 1 }, interfaceId } as const;
  return at(RACK, INSPECT, {
    arguments: slotField(1),
    references: [{ ...shared, snapshot: new Uint8Array(snapshot) }],
  });
}

const NUMBER = new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 0]); // field 1, a double
/** What a device shows: a serial, of a maker and a date. */
const SNAPSHOT = [10, 5, 10, 1, 0x78, 18, 0];

describe("a wrong use fails alone", () => {
  const wrong: [name: string, code: number, call: CallInit][] = [
    ["C04: a getter that is called", UNIMPLEMENTED, at(MIXER, GET_VOLUME, { kind: CALL })],
    ["C04: a getter that is written", UNIMPLEMENTED, at(MIXER, GET_VOLUME, { kind: SET, arguments: NUMBER })],
    ["C04: a getter that is constructed", UNIMPLEMENTED, at(MIXER, GET_VOLUME, { kind: CONSTRUCT })],
    ["C04: a setter that is read", UNIMPLEMENTED, at(MIXER, SET_VOLUME, { kind: GET })],
    ["C04: a setter that is called", UNIMPLEMENTED, at(MIXER, SET_VOLUME, { kind: CALL, arguments: NUMBER })],
    ["C04: a property without a setter that is written", UNIMPLEMENTED, at(MIXER, GET_MASTER, { kind: SET })],
    ["C04: a class that is called", UNIMPLEMENTED, at(MIXER, NEW_CHANNEL, { kind: CALL })],
    ["C04: a class that is read", UNIMPLEMENTED, at(MIXER, NEW_CHANNEL, { kind: GET })],
    ["C04: a method that is constructed", UNIMPLEMENTED, at(MIXER, LOG, { kind: CONSTRUCT })],
    ["C04: a method that is written", UNIMPLEMENTED, at(MIXER, LOG, { kind: SET })],
    [
      "C04: a member by the id of an interface that is no base",
      UNIMPLEMENTED,
      at(MIXER, 1, { kind: CALL, interfaceId: DeviceService.interfaceId }),
    ],
    [
      "C04: a member by the id of an interface that derives from it",
      UNIMPLEMENTED,
      at(RACK, DECK, { interfaceId: InputService.interfaceId }),
    ],
    ["C04: a member by the id of no interface", UNIMPLEMENTED, at(RACK, DECK, { interfaceId: 0xdeadbeef })],
    [
      "R15: a constructor's argument that does not decode",
      INVALID_ARGUMENT,
      at(MIXER, NEW_CHANNEL, { kind: CONSTRUCT, arguments: new Uint8Array([10, 1, 0xff]) }),
    ],
    [
      "R15: a setter's value that ends inside its field",
      INVALID_ARGUMENT,
      at(MIXER, SET_VOLUME, { kind: SET, arguments: NUMBER.subarray(0, 4) }),
    ],
    ["R15: an object of an unrelated interface", INVALID_ARGUMENT, inspect(SNAPSHOT, SessionService.interfaceId)],
    ["R15: an object of the interface of its parts", INVALID_ARGUMENT, inspect(SNAPSHOT, ChannelService.interfaceId)],
    ["R15: no snapshot where one is required", INVALID_ARGUMENT, inspect([])],
    ["R15: a snapshot that ends inside a field", INVALID_ARGUMENT, inspect([10, 5, 1])],
    ["R15: a snapshot of bad UTF-8", INVALID_ARGUMENT, inspect([10, 3, 10, 1, 0xff])],
    ["R15: a snapshot with a field of another type", INVALID_ARGUMENT, inspect([8, 1])],
    ["R15: a snapshot of garbage", INVALID_ARGUMENT, inspect(Array<number>(64).fill(0xff))],
  ];

  it.each(wrong)("%s", async (_name, expected, call) => {
    const mixer = new MixerImpl();
    const { foreign, server } = await visit(mixer);
    const answer = await foreign.ask(call);
    expect(answer.case === "throw" ? answer.value.error!.code : "answered").toBe(expected);
    expect(mixer.events).toEqual([]);
    expect(await foreign.lives()).toBe(true);
    const nothing = { entries: 0, retains: 0 };
    expect(server.references()).toMatchObject({ exports: nothing, imports: nothing });
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("R14: an object of one session is nothing in another", async () => {
    const [one, other] = [await visit(), await visit()];
    const made = await one.foreign.ask(at(MIXER, NEW_CHANNEL, { kind: CONSTRUCT, arguments: textField(1, "mine") }));
    if (made.case !== "return") throw new Error(made.value.error?.message);
    const id = Number(made.value.references[0]!.reference.value);
    expect((await one.foreign.ask(at(id, 3))).case).toBe("return");
    const guessed = await other.foreign.ask(at(id, 3));
    expect(guessed.case === "throw" && guessed.value.error!.code).toBe(NOT_FOUND);
    expect(one.server.references().exports.entries).toBe(1);
  });
});

describe("a release that no writer writes ends the session", () => {
  const counts: [name: string, count: number[]][] = [
    ["-1", [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
    ["2^32", [128, 128, 128, 128, 16]],
    ["2^63", [128, 128, 128, 128, 128, 128, 128, 128, 128, 1]],
  ];

  it.each(counts)("R04: a count of %s", async (_name, count) => {
    const { foreign, thrownOut, server } = await visit();
    const made = await foreign.ask(at(MIXER, NEW_CHANNEL, { kind: CONSTRUCT, arguments: textField(1, "mine") }));
    if (made.case !== "return") throw new Error(made.value.error?.message);
    const released = [8, Number(made.value.references[0]!.reference.value), 16, ...count];
    const inner = [10, released.length, ...released];
    foreign.sendBytes(new Uint8Array([inner.length + 2, 58, inner.length, ...inner])); // Instruction.release
    expect(await thrownOut).toMatchObject({ code: 1, error: { code: "bad-instruction" } });
    expect(server.references().exports).toMatchObject({ entries: 0, retains: 0 });
  });
});
