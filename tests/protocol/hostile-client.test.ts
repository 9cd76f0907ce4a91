/**
 * A real peer against a client that lies. Holds what a violation costs: of the protocol, the session, with GoAway(1) and
 * a reason; of an interface or a limit, that call alone; and that nothing is left behind either way.
 * Rows: F14-F18, C04, C20, D02, R03-R06, R14, R15, R18, O04-O06, X01, X02, X05, X14.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { Peer } from "peerwire";
import { Session, memoryTransportPair } from "peerwire/mux";
import type { ErrorCode } from "../../generated/wire/peerwire/v1/error_pb.js";
import { SessionImpl, BankImpl } from "../runtime/sample/bank-impl.js";
import { BankOnEventListener, BankService, SessionService } from "../runtime/sample/bank.rpc.js";
import { until } from "../runtime/sample/linked-bank.js";
import {
  type Answer,
  type AnyInstruction,
  type CallInit,
  ForeignClient,
  type Visited,
  slotField,
  textField,
  visitBank,
} from "./foreign-client.js";

const LOGIN = 1;
const ADD = 2;
const ECHO = 3;
const SAME = 4;
const NOTE = 5;
const ON_EVENT = 6;
const SLEEP = 11;
const SESSION_NAME = 3;
const BANK_INTERFACE = BankService.interfaceId;
const SESSION_INTERFACE = SessionService.interfaceId;

const CODES: Readonly<Record<string, ErrorCode>> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
};

let visited: Visited | undefined;
afterEach(async () => {
  await visited?.foreign.session.close();
  await visited?.server.close();
  visited = undefined;
});
async function visit(...options: Parameters<typeof visitBank>): Promise<Visited> {
  visited = await visitBank(...options);
  return visited;
}

function code(answer: Answer): ErrorCode | "answered" {
  return answer.case === "throw" ? answer.value.error!.code : "answered";
}

/** The id under which a login's session is shared. */
async function login(foreign: ForeignClient): Promise<number> {
  const answer = await foreign.ask({ member: LOGIN, arguments: textField(1, "ada") });
  if (answer.case !== "return") throw new Error(answer.value.error?.message);
  return Number(answer.value.references[0]!.reference.value);
}

function releaseOf(...references: { importId: number; count: number }[]): AnyInstruction {
  return { case: "release", value: { references } };
}

function exportOf(id: number, interfaceId = SESSION_INTERFACE) {
  return { reference: { case: "exportId", value: id }, interfaceId } as const;
}

describe("a violation of the protocol ends the session", () => {
  const violations: [name: string, reason: string, act: (foreign: ForeignClient) => void | Promise<void>][] = [
    [
      "R03: a release of an object that was never shared",
      "bad-release",
      (foreign) => foreign.send(releaseOf({ importId: 77, count: 1 })),
    ],
    [
      "R04: a release of 0",
      "bad-release",
      async (foreign) => foreign.send(releaseOf({ importId: await login(foreign), count: 0 })),
    ],
    [
      "R04: a release of one more than is held",
      "bad-release",
      async (foreign) => foreign.send(releaseOf({ importId: await login(foreign), count: 2 })),
    ],
    [
      "R04: a release of 2^32-1",
      "bad-release",
      async (foreign) => foreign.send(releaseOf({ importId: await login(foreign), count: 0xffffffff })),
    ],
    [
      "R04: a second release of what is gone",
      "bad-release",
      async (foreign) => {
        const importId = await login(foreign);
        foreign.send(releaseOf({ importId, count: 1 }), releaseOf({ importId, count: 1 }));
      },
    ],
    ["R04: a release of a root", "bad-release", (foreign) => foreign.send(releaseOf({ importId: 1, count: 1 }))],
    [
      "an answer to a call that was not made",
      "bad-instruction",
      (foreign) => foreign.send({ case: "return", value: { callId: 5 } }),
    ],
    [
      "an error for a call that was not made",
      "bad-instruction",
      (foreign) => foreign.send({ case: "throw", value: { callId: 5, error: { code: 2 } } }),
    ],
    ["a Throw without an error", "bad-instruction", (foreign) => foreign.send({ case: "throw", value: { callId: 5 } })],
    [
      "a call id that was used before",
      "bad-instruction",
      (foreign) => {
        foreign.call({ callId: 5, member: ADD });
        foreign.call({ callId: 5, member: ADD });
      },
    ],
    [
      "a call id that is smaller than the last",
      "bad-instruction",
      (foreign) => {
        foreign.call({ callId: 5, member: ADD });
        foreign.call({ callId: 4, member: ADD });
      },
    ],
    ["a second Hello", "bad-hello", (foreign) => foreign.hello()],
    ["an empty instruction", "bad-instruction", (foreign) => foreign.sendBytes(new Uint8Array([0]))],
    [
      "an instruction of a kind that version 1 does not have",
      "bad-instruction",
      (foreign) => foreign.sendBytes(new Uint8Array([2, 0x5a, 0])),
    ],
    [
      "a call without a target",
      "bad-instruction",
      (foreign) => foreign.send({ case: "call", value: { callId: 1, member: ADD } }),
    ],
    [
      "X08: an instruction that does not decode",
      "bad-instruction",
      (foreign) => foreign.sendBytes(new Uint8Array([3, 0x12, 5, 8])),
    ],
    ["X08: a size that is no varint", "bad-instruction", (foreign) => foreign.sendBytes(new Uint8Array(11).fill(0xff))],
    [
      "X05: an instruction of 5000 nested causes",
      "bad-instruction",
      (foreign) => {
        const sizes = [0];
        for (let i = 0; i < 4999; i++) sizes.push(1 + varint(sizes.at(-1)!).length + sizes.at(-1)!);
        const causes = sizes
          .reverse()
          .slice(1)
          .flatMap((size) => [0x32, ...varint(size)]);
        const thrown = [8, 1, 0x12, ...varint(causes.length), ...causes];
        foreign.sendBytes(new Uint8Array(delimited([0x22, ...varint(thrown.length), ...thrown])));
      },
    ],
    [
      "F15: an instruction larger than any honest one, on its size alone",
      "message-too-large",
      (foreign) => foreign.sendBytes(new Uint8Array([0xff, 0xff, 0xff, 0x7f])),
    ],
    [
      "F16: an instruction stream that ends in the middle of an instruction",
      "session-closed",
      (foreign) => {
        foreign.sendBytes(new Uint8Array([20, 0x12, 5]));
        foreign.endInstructions();
      },
    ],
    [
      "a stream of an unknown kind",
      "bad-stream-kind",
      (foreign) => {
        foreign.openRaw(new Uint8Array([0x70, 0x77, 1, 3]));
      },
    ],
    [
      "a stream of another protocol",
      "bad-stream-kind",
      (foreign) => {
        foreign.openRaw(Buffer.from("GET / HTTP/1.1\r\n"));
      },
    ],
    [
      "a second instruction stream",
      "bad-stream-kind",
      (foreign) => {
        foreign.openRaw(new Uint8Array([0x70, 0x77, 1, 1]));
      },
    ],
    [
      "a payload that two calls name",
      "bad-instruction",
      (foreign) => {
        foreign.call({ member: ECHO, argumentsPayloadId: 1 });
        foreign.call({ member: ECHO, argumentsPayloadId: 1 });
      },
    ],
    [
      "a payload named by a call and by a reference",
      "bad-instruction",
      (foreign) => {
        foreign.call({
          member: ECHO,
          argumentsPayloadId: 1,
          references: [{ reference: { case: "payloadId", value: 1 } }],
        });
      },
    ],
    [
      "a reference to payload 0",
      "bad-instruction",
      (foreign) => {
        foreign.call({ member: ADD, references: [{ reference: { case: "payloadId", value: 0 } }] });
      },
    ],
    [
      "a payload that begins twice",
      "bad-instruction",
      (foreign) => {
        foreign.call({ member: ECHO, argumentsPayloadId: 1 });
        foreign.payload({ payloadId: 1 });
        foreign.payload({ payloadId: 1 });
      },
    ],
    [
      "a payload that begins inside another",
      "bad-instruction",
      (foreign) => {
        foreign.payload({ payloadId: 1 }, { payloadId: 2 });
      },
    ],
    [
      "a payload record outside a payload",
      "bad-instruction",
      (foreign) => {
        foreign.payload({ value: new Uint8Array(5) });
      },
    ],
    [
      "R15: an object shared under two interfaces",
      "bad-reference",
      (foreign) => {
        foreign.call({
          member: ON_EVENT,
          arguments: slotField(1),
          references: [exportOf(9, BankOnEventListener.interfaceId)],
        });
        foreign.call({ member: SAME, arguments: slotField(1), references: [exportOf(9)] });
      },
    ],
  ];

  it.each(violations)("%s", async (_name, reason, act) => {
    const { foreign, thrownOut, server, impl } = await visit();
    await act(foreign);
    expect(await thrownOut).toMatchObject({
      code: reason === "session-closed" ? undefined : 1,
      error: { code: reason },
    });
    expect(server.references()).toMatchObject({
      exports: { entries: 0, retains: 0 },
      imports: { entries: 0, retains: 0 },
    });
    for (const session of impl.sessionsMade) expect(session.disposed).toBe(1);
  });

  it("R18: more objects than limits.maxImports", async () => {
    const { foreign, thrownOut } = await visit({ limits: { maxImports: 10 } });
    const references = Array.from({ length: 11 }, (_, i) => exportOf(i + 1));
    foreign.call({ member: ADD, references: references.slice(0, 10) });
    expect(await foreign.lives()).toBe(true);
    foreign.call({ member: ADD, references });
    expect(await thrownOut).toMatchObject({ code: 1, error: { code: "bad-reference" } });
  });

  it("an instruction before Hello", async () => {
    const error = await refused((foreign) => foreign.call({ member: ADD }));
    expect(error).toMatchObject({ code: "bad-hello" });
  });

  it("F15: a Hello past limits.maxHelloBytes, on its size alone", async () => {
    const error = await refused((foreign) => foreign.sendBytes(new Uint8Array([0xff, 0xff, 1])));
    expect(error).toMatchObject({ code: "message-too-large" });
  });
});

describe("a wrong call fails alone", () => {
  const wrong: [name: string, expected: keyof typeof CODES, call: CallInit][] = [
    ["R14: an object that was never shared", "NOT_FOUND", { target: { case: "importId", value: 4711 }, member: 1 }],
    ["C04: a member that the interface does not have", "UNIMPLEMENTED", { member: 99 }],
    ["C04: member 0", "UNIMPLEMENTED", { member: 0 }],
    ["C04: member 2^32-1", "UNIMPLEMENTED", { member: 0xffffffff }],
    ["C04: a method that is read like a property", "UNIMPLEMENTED", { member: ADD, kind: 2 }],
    ["C04: a kind of use that does not exist", "UNIMPLEMENTED", { member: ADD, kind: 17 as 1 }],
    ["C04: a member of another interface, by its id", "UNIMPLEMENTED", { member: ADD, interfaceId: SESSION_INTERFACE }],
    ["F17: no arguments where one is required", "INVALID_ARGUMENT", { member: SAME }],
    [
      "F18: garbage after the arguments",
      "INVALID_ARGUMENT",
      { member: LOGIN, arguments: new Uint8Array([10, 1, 0x61, 0x07]) },
    ],
    [
      "X08: arguments that end inside a field",
      "INVALID_ARGUMENT",
      { member: ECHO, arguments: new Uint8Array([10, 5, 1]) },
    ],
    ["X08: arguments of bad UTF-8", "INVALID_ARGUMENT", { member: LOGIN, arguments: new Uint8Array([10, 1, 0xff]) }],
    ["R15: data where a reference is expected", "INVALID_ARGUMENT", { member: SAME, arguments: textField(1, "\xff") }],
    ["R15: a slot that the table does not have", "INVALID_ARGUMENT", { member: SAME, arguments: slotField(1, 3) }],
    [
      "R15: slot 2^32-1",
      "INVALID_ARGUMENT",
      { member: SAME, arguments: new Uint8Array([10, 6, 8, 255, 255, 255, 255, 15]) },
    ],
    [
      "R15: a reference to another interface",
      "INVALID_ARGUMENT",
      { member: SAME, arguments: slotField(1), references: [exportOf(1, BANK_INTERFACE)] },
    ],
    [
      "R15: a stream where an object is expected",
      "INVALID_ARGUMENT",
      { member: SAME, arguments: slotField(1), references: [{ reference: { case: "payloadId", value: 9 } }] },
    ],
    [
      "R15: a reference to nothing",
      "INVALID_ARGUMENT",
      { member: SAME, arguments: slotField(1), references: [{ reference: { case: "none", value: true } }] },
    ],
    [
      "R15: our own root of another interface, sent home",
      "INVALID_ARGUMENT",
      { member: SAME, arguments: slotField(1), references: [{ reference: { case: "importId", value: 1 } }] },
    ],
    [
      "R06: an object that comes home after its release",
      "INVALID_ARGUMENT",
      { member: SAME, arguments: slotField(1), references: [{ reference: { case: "importId", value: 4711 } }] },
    ],
    [
      "O05: the result of a call that was never made",
      "INVALID_ARGUMENT",
      { target: { case: "promised", value: { callId: 4711 } }, member: 1 },
    ],
    [
      "O05: its own result as an argument",
      "INVALID_ARGUMENT",
      {
        callId: 50,
        member: SAME,
        keepsResult: true,
        arguments: slotField(1),
        references: [{ reference: { case: "promised", value: { callId: 50 } } }],
      },
    ],
    [
      "O05: its own result as the target",
      "INVALID_ARGUMENT",
      { callId: 50, keepsResult: true, target: { case: "promised", value: { callId: 50 } }, member: 1 },
    ],
    ["D02: a call nested 33 deep", "RESOURCE_EXHAUSTED", { member: ADD, depth: 33 }],
    [
      "X14: 65 entries of metadata",
      "RESOURCE_EXHAUSTED",
      { member: ADD, metadata: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ""])) },
    ],
    [
      "X14: 8 KiB of metadata, and one byte",
      "RESOURCE_EXHAUSTED",
      { member: ADD, metadata: { key: "x".repeat(8 * 1024 - 2) } },
    ],
    [
      "X14: metadata of 3-byte characters",
      "RESOURCE_EXHAUSTED",
      { member: ADD, metadata: { key: "\u20ac".repeat(3000) } },
    ],
    [
      "limit 24: 1001 references in one call",
      "RESOURCE_EXHAUSTED",
      { member: ADD, references: Array.from({ length: 1001 }, (_, i) => exportOf(i + 1)) },
    ],
  ];

  it.each(wrong)("%s: %s", async (_name, expected, call) => {
    const { foreign, server, impl } = await visit();
    expect(code(await foreign.ask(call))).toBe(CODES[expected]);
    expect(impl.log).toEqual([]);
    expect(await foreign.lives()).toBe(true);
    expect(server.references()).toMatchObject({
      exports: { entries: 0, retains: 0 },
      imports: { entries: 0, retains: 0 },
    });
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("R14: guesses at ids reach the roots and what was shared here, and nothing else", async () => {
    const { foreign, server } = await visit();
    const shared = await login(foreign);
    const calls = Array.from({ length: 2000 }, (_, id) => ({
      id,
      callId: foreign.call({ target: { case: "importId", value: id }, member: 3 }),
    }));
    const reached: number[] = [];
    for (const { id, callId } of calls) if (code(await foreign.answer(callId)) !== CODES["NOT_FOUND"]) reached.push(id);
    expect(reached).toEqual([0, 1, shared]);
    expect(server.references().exports.entries).toBe(1);
  });

  it("R06: an id is never given to another object", async () => {
    const { foreign } = await visit();
    const first = await login(foreign);
    foreign.send(releaseOf({ importId: first, count: 1 }));
    const second = await login(foreign);
    expect(second).toBeGreaterThan(first);
    expect(code(await foreign.ask({ target: { case: "importId", value: first }, member: SESSION_NAME }))).toBe(
      CODES["NOT_FOUND"],
    );
  });

  it("O06: a path leads to what crossed in the result, and nowhere else", async () => {
    const { foreign, impl } = await visit();
    const callId = foreign.call({ member: LOGIN, arguments: textField(1, "ada"), keepsResult: true });
    const at = async (path: number[], member = SESSION_NAME): Promise<ErrorCode | "answered"> =>
      code(await foreign.ask({ target: { case: "promised", value: { callId, path } }, member }));
    expect([await at([]), await at([1])]).toEqual(["answered", "answered"]);
    const astray = [[0], [2], [1, 1], [1, 0], [2 ** 32 - 1], [1, 2 ** 31, 3], Array<number>(32).fill(1)];
    for (const path of astray) expect(await at(path)).toBe(CODES["INVALID_ARGUMENT"]);
    for (const length of [33, 100_000])
      expect(await at(Array<number>(length).fill(1))).toBe(CODES["RESOURCE_EXHAUSTED"]);
    const argument = await foreign.ask({
      member: SAME,
      arguments: slotField(1),
      references: [{ reference: { case: "promised", value: { callId, path: [1, 1] } } }],
    });
    expect(code(argument)).toBe(CODES["INVALID_ARGUMENT"]);
    expect(impl.log).toHaveLength(1);
    foreign.send({ case: "finish", value: { callId } });
    expect(await at([1])).toBe(CODES["INVALID_ARGUMENT"]);
    expect(await foreign.lives()).toBe(true);
  });

  it("O06: a call on a result that is no reference", async () => {
    const { foreign, impl } = await visit();
    const callId = foreign.call({ member: ADD, keepsResult: true });
    const onData = await foreign.ask({ target: { case: "promised", value: { callId } }, member: 1 });
    expect(code(onData)).toBe(CODES["INVALID_ARGUMENT"]);
    expect(impl.log).toEqual(["add 0 0"]);
  });

  it("O05: a chain of 32 unknown results runs, one of 33 does not", async () => {
    const { foreign } = await visit();
    const chain: number[] = [];
    let gate!: () => void;
    visited!.impl.login = async () => {
      await new Promise<void>((resolve) => (gate = resolve));
      return new SessionImpl("s");
    };
    chain.push(foreign.call({ member: LOGIN, keepsResult: true }));
    for (let i = 0; i < 32; i++) {
      chain.push(
        foreign.call({
          target: { case: "promised", value: { callId: chain.at(-1)! } },
          member: 2,
          arguments: textField(1, "x"),
          keepsResult: true,
        }),
      );
    }
    expect(code(await foreign.answer(chain[32]!))).toBe(CODES["RESOURCE_EXHAUSTED"]);
    gate();
    expect(code(await foreign.answer(chain[31]!))).toBe("answered");
  });

  it("O05: 256 calls wait for one result, the next is refused", async () => {
    const { foreign, impl } = await visit();
    let gate!: () => void;
    impl.login = async () => {
      await new Promise<void>((resolve) => (gate = resolve));
      return new SessionImpl("s");
    };
    const base = foreign.call({ member: LOGIN, keepsResult: true });
    const target: CallInit["target"] = { case: "promised", value: { callId: base } };
    const calls = Array.from({ length: 257 }, () => foreign.call({ target, member: SESSION_NAME }));
    expect(code(await foreign.answer(calls[256]!))).toBe(CODES["RESOURCE_EXHAUSTED"]);
    gate();
    for (const callId of calls.slice(0, 256)) expect(code(await foreign.answer(callId))).toBe("answered");
  });

  it("X15: results that are named twice at each of 20 levels are 20 calls, not 2^20", async () => {
    const { foreign, impl } = await visit();
    const asked = [foreign.call({ member: LOGIN, arguments: textField(1, "x"), keepsResult: true })];
    for (let level = 1; level <= 20; level++) {
      const promised = { case: "promised" as const, value: { callId: asked.at(-1)! } };
      asked.push(
        foreign.call({
          target: promised,
          member: 2,
          arguments: textField(1, "x"),
          references: [{ reference: promised }, { reference: promised }],
          keepsResult: true,
        }),
      );
    }
    for (const callId of asked) expect(code(await foreign.answer(callId))).toBe("answered");
    expect(impl.log).toEqual(["login x - "]);
    expect(visited!.server.references().exports.entries).toBe(21);
  });

  it("X01, X02: names of the language are data, wherever a name may stand", async () => {
    const { foreign, impl } = await visit();
    const names = ["__proto__", "prototype", "constructor", "then", "toString", "valueOf", "hasOwnProperty", "toJSON"];
    for (const name of names) {
      const { case: kind } = await foreign.ask({
        member: LOGIN,
        arguments: textField(1, name),
        metadata: JSON.parse(`{"${name}": "polluted"}`) as Record<string, string>,
      });
      expect(kind).toBe("return");
    }
    expect(impl.log).toEqual(names.map((name) => `login ${name} - `));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("X02: the metadata key __proto__ is an entry of its own", async () => {
    let seen: Readonly<Record<string, string>> | undefined;
    const impl = new BankImpl();
    impl.add = async (...args: unknown[]) => {
      seen = (args[2] as { metadata: Readonly<Record<string, string>> }).metadata;
      return 0;
    };
    const { foreign } = await visit({}, impl);
    await foreign.ask({ member: ADD, metadata: JSON.parse('{"__proto__": "x"}') as Record<string, string> });
    expect(Object.entries(seen!)).toEqual([["__proto__", "x"]]);
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
  });
});

describe("what nobody asked for is given back", () => {
  it("R11: references of a call that is refused, that throws, that does not decode", async () => {
    const { foreign, server } = await visit();
    const references = [exportOf(1), exportOf(2), exportOf(2)];
    foreign.call({ member: 99, references });
    foreign.call({ member: SAME, arguments: slotField(1, 9), references });
    foreign.call({ target: { case: "importId", value: 99 }, member: 1, references });
    foreign.call({ callId: 0, member: 99, references });
    expect(await foreign.lives()).toBe(true);
    const released = new Map<number, number>();
    for (const { case: kind, value } of foreign.instructions)
      if (kind === "release")
        for (const { importId, count } of value.references)
          released.set(importId, (released.get(importId) ?? 0) + count);
    expect([...released]).toEqual([
      [1, 4],
      [2, 8],
    ]);
    expect(server.references().imports).toMatchObject({ entries: 0, retains: 0 });
  });

  it("the result of a one-way call is not shared", async () => {
    const { foreign, server, impl } = await visit();
    foreign.call({ callId: 0, member: LOGIN, arguments: textField(1, "ada") });
    foreign.call({ callId: 0, member: 10 }); // sessions(): a stream
    expect(await foreign.lives()).toBe(true);
    expect(impl.log).toContain("login ada - ");
    expect(server.references().exports.entries).toBe(0);
    expect(foreign.records).toEqual([]);
  });

  it("a call of a one-way member that asks for an answer is answered", async () => {
    const { foreign, impl, server } = await visit();
    expect(code(await foreign.ask({ member: NOTE, arguments: textField(1, "x") }))).toBe("answered");
    expect(impl.log).toEqual(["note x"]);
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("a large argument of a call that is refused does not hold its stream", async () => {
    const { foreign, server } = await visit();
    const { streams } = server.stats();
    for (let id = 1; id <= 5; id++) {
      foreign.call({ target: { case: "importId", value: 99 }, member: ECHO, argumentsPayloadId: id });
      foreign.payload({ payloadId: id }, { value: new Uint8Array(100_000) }, { end: {} }).end();
    }
    await until(() => server.stats().streams === streams);
    expect(await foreign.lives()).toBe(true);
  });

  it("F16: a call whose payload is cut off fails, and runs nothing", async () => {
    const { foreign, impl } = await visit();
    const callId = foreign.call({ member: ECHO, argumentsPayloadId: 1 });
    foreign.payload({ payloadId: 1, value: new Uint8Array([10, 3, 1]) }).end();
    expect((await foreign.answer(callId)).case).toBe("throw");
    const resetId = foreign.call({ member: ECHO, argumentsPayloadId: 2 });
    const stream = foreign.payload({ payloadId: 2, value: new Uint8Array([10, 3, 1]) });
    await foreign.ask({ target: { case: "importId", value: 0 }, member: 1 }); // another object's call passes
    stream.reset();
    expect((await foreign.answer(resetId)).case).toBe("throw");
    expect(impl.log.filter((line) => line.startsWith("echo"))).toEqual([]);
  });

  it("a call behind one whose payload never comes waits, and one on another object does not", async () => {
    const { foreign, impl } = await visit();
    const session = await login(foreign);
    const stuck = foreign.call({ member: ECHO, argumentsPayloadId: 7 });
    const behind = foreign.call({ member: ADD });
    const beside = foreign.call({ target: { case: "importId", value: session }, member: SESSION_NAME });
    expect(code(await foreign.answer(beside))).toBe("answered");
    expect(impl.log).toEqual(["login ada - "]);
    foreign.payload({ payloadId: 7, value: new Uint8Array([10, 0]) }, { end: {} });
    expect(code(await foreign.answer(stuck))).toBe("answered");
    expect(code(await foreign.answer(behind))).toBe("answered");
  });

  it("C20: calls past limits.maxWaitingCalls are refused, also those that wait for their arguments", async () => {
    const { foreign, server } = await visit({ limits: { maxWaitingCalls: 10, maxRunningCalls: 2 } });
    foreign.call({ member: ECHO, argumentsPayloadId: 7 });
    const calls = Array.from({ length: 30 }, () => foreign.call({ member: ADD }));
    expect(code(await foreign.answer(calls.at(-1)!))).toBe(CODES["RESOURCE_EXHAUSTED"]);
    expect(server.stats().incomingCalls).toBeLessThanOrEqual(12);
    for (let i = 0; i < 30; i++) foreign.call({ callId: 0, member: NOTE });
    foreign.payload({ payloadId: 7, value: new Uint8Array([10, 0]) }, { end: {} });
    expect(code(await foreign.answer(calls[0]!))).toBe("answered");
    expect(await foreign.lives()).toBe(true);
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("Cancel and Finish for calls that never were are ignored", async () => {
    const { foreign } = await visit();
    foreign.send(
      { case: "cancel", value: { callId: 99 } },
      { case: "finish", value: { callId: 99 } },
      { case: "cancel", value: { callId: 0 } },
      { case: "itemReferences", value: { payloadId: 99, references: [exportOf(5)] } },
      { case: "drain", value: { graceMs: 5n } },
    );
    expect(await foreign.lives()).toBe(true);
    expect(visited!.server.references().imports).toMatchObject({ entries: 0, retains: 0 });
  });

  it("results that are never finished are bounded", async () => {
    const { foreign } = await visit({ limits: { maxPendingCalls: 20 } });
    const answers: (ErrorCode | "answered")[] = [];
    for (let i = 0; i < 25; i++)
      answers.push(code(await foreign.ask({ member: LOGIN, arguments: textField(1, "ada"), keepsResult: true })));
    expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => "answered"));
    expect(answers.at(-1)).toBe(CODES["RESOURCE_EXHAUSTED"]);
  });

  it("Finish before the answer is harmless", async () => {
    const { foreign, impl, server } = await visit();
    let gate!: () => void;
    impl.login = async () => {
      await new Promise<void>((resolve) => (gate = resolve));
      return new SessionImpl("s");
    };
    const base = foreign.call({ member: LOGIN, keepsResult: true });
    const chained = foreign.call({ target: { case: "promised", value: { callId: base } }, member: SESSION_NAME });
    foreign.send({ case: "finish", value: { callId: base } });
    const late = foreign.call({ target: { case: "promised", value: { callId: base } }, member: SESSION_NAME });
    expect(code(await foreign.answer(late))).toBe(CODES["INVALID_ARGUMENT"]);
    gate();
    expect(code(await foreign.answer(chained))).toBe("answered");
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("payloads that no instruction ever names are bounded", async () => {
    const { foreign, thrownOut } = await visit({ limits: { maxWaitingCalls: 25, maxPendingCalls: 25 } });
    const stream = foreign.payload({ payloadId: 1, end: {} });
    for (let id = 2; id < 200; id++) foreign.write(stream, { payloadId: id, end: {} });
    expect(await thrownOut).toMatchObject({ code: 1, error: { code: "bad-instruction" } });
  });

  it("W02: large records that nobody reads are not taken in without end", async () => {
    const { foreign, server } = await visit({ limits: { maxWindowBytes: 256 * 1024 } });
    const stream = foreign.payload({ payloadId: 1 });
    const MiB = new Uint8Array(1 << 20);
    for (let i = 0; i < 12; i++) foreign.write(stream, { value: MiB });
    // Until rounds of calls are all that still arrives.
    for (let quiet = 0, last = 0; quiet < 10;) {
      expect(await foreign.lives()).toBe(true);
      const { bytesIn } = server.stats();
      quiet = bytesIn - last < 1000 ? quiet + 1 : 0;
      last = bytesIn;
    }
    expect(server.stats().bytesIn).toBeLessThan(2 << 20);
    server.destroy();
  });

  it("a sleeping one-way call is told when the client has gone", async () => {
    const { foreign, impl } = await visit();
    foreign.call({ callId: 0, member: SLEEP, arguments: new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0xf0, 0x40]) });
    expect(await foreign.lives()).toBe(true);
    await foreign.session.close();
    await until(() => impl.signals[0]?.aborted === true);
  });
});

/** What the server makes of a client that never says an honest Hello. */
async function refused(act: (foreign: ForeignClient) => void): Promise<unknown> {
  const [near, far] = memoryTransportPair();
  const opening = Peer.open(far, "server");
  act(new ForeignClient((onStream) => new Session(near, { role: "client", onStream })));
  return opening.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function delimited(message: number[]): number[] {
  return [...varint(message.length), ...message];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
