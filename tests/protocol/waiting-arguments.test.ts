/**
 * Large arguments of calls that wait for others: what a session holds of them is bounded (limits 12 and 21 together), and
 * the bound never keeps apart what waits for each other.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import { type Limits, type Peer, serve } from "peerwire";
import { connect, listen } from "peerwire/node";
import type { Throw } from "../../generated/wire/peerwire/v1/call_pb.js";
import type { ErrorCode } from "../../generated/wire/peerwire/v1/error_pb.js";
import { PayloadRecordSchema } from "../../generated/wire/peerwire/v1/payload_pb.js";
import { gate } from "../runtime/references/at-rest.js";
import { BankImpl } from "../runtime/sample/bank-impl.js";
import { BankService } from "../runtime/sample/bank.rpc.js";
import { linkBank, until } from "../runtime/sample/linked-bank.js";
import { VirtualClock } from "../../runtime/testing/virtual-clock.js";
import { type Answer, type ForeignClient, type Visited, visitBank } from "./foreign-client.js";

const ECHO = 3;
const DEADLINE_EXCEEDED: ErrorCode = 4;
const RESOURCE_EXHAUSTED: ErrorCode = 8;

let visited: Visited | undefined;
afterEach(async () => {
  await visited?.foreign.session.close();
  await visited?.server.close();
  visited = undefined;
});
async function visit(limits: Partial<Limits>, clock?: VirtualClock): Promise<Visited> {
  visited = await visitBank({ limits, ...(clock && { clock }) });
  return visited;
}

function code(answer: Answer): ErrorCode | "answered" {
  return answer.case === "throw" ? answer.value.error!.code : "answered";
}

/** Arguments of a call of `echo`, `bytes` in all: at most 127, or from 16 KiB to 2 MiB. */
function argumentsOf(bytes: number): Uint8Array {
  const head = [10];
  let length = bytes - 1 - (bytes > 2 ** 14 ? 3 : 1);
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  const all = new Uint8Array(bytes);
  all.set(head);
  return all;
}

function echo(foreign: ForeignClient, payloadId: number, bytes: number): number {
  const callId = foreign.call({ member: ECHO, argumentsPayloadId: payloadId });
  foreign.payload({ payloadId }, { value: argumentsOf(bytes) }, { end: {} });
  return callId;
}

describe("limits.maxWaitingArgumentBytes", () => {
  it("as many bytes wait; a call with one more is refused, with both numbers, and no other", async () => {
    for (const excess of [0, 1]) {
      const { foreign, impl, server } = await visit({ maxWaitingArgumentBytes: 100_000 });
      const first = foreign.call({ member: ECHO, argumentsPayloadId: 1 }); // all others wait behind it
      const calls = [echo(foreign, 2, 50_000), echo(foreign, 3, 50_000 + excess)];
      if (excess > 0) {
        const answer = await foreign.answer(calls[1]!);
        expect(code(answer)).toBe(RESOURCE_EXHAUSTED);
        const { error } = answer.value as Throw;
        expect(error?.message).toContain(
          "arguments of 50001 bytes, where those of calls that wait hold 50000 and the limit is 100000 (limits.maxWaitingArgumentBytes)",
        );
        expect(error?.notDispatched).toBe(true);
      }
      await quiet(server);
      foreign.payload({ payloadId: 1 }, { value: argumentsOf(50) }, { end: {} });
      for (const callId of [first, ...calls.slice(0, 2 - excess)])
        expect(code(await foreign.answer(callId))).toBe("answered");
      expect(impl.log).toHaveLength(3 - excess);
      expect(code(await foreign.answer(echo(foreign, 4, 100_001)))).toBe("answered"); // all room has come back
      await foreign.session.close();
    }
  });

  it("the call that all others wait for gets its arguments, however full it is", async () => {
    const { foreign, impl } = await visit({ maxWaitingArgumentBytes: 1_000_000 });
    const first = foreign.call({ member: ECHO, argumentsPayloadId: 1 });
    const calls = Array.from({ length: 10 }, (_, i) => echo(foreign, 2 + i, 210_000));
    expect(code(await foreign.answer(calls[9]!))).toBe(RESOURCE_EXHAUSTED);
    foreign.payload({ payloadId: 1 }, { value: argumentsOf(2_000_000) }, { end: {} });
    expect(code(await foreign.answer(first))).toBe("answered");
    const codes = await Promise.all(calls.map(async (callId) => code(await foreign.answer(callId))));
    expect(codes.filter((one) => one === "answered")).toHaveLength(4);
    expect(impl.log).toHaveLength(5);
    expect(visited!.server.stats()).toMatchObject({ incomingCalls: 0 });
  });

  it("a record that would not fit while another arrives is not read, and its window holds the sender", async () => {
    const { foreign, server } = await visit({ maxWaitingArgumentBytes: 1_000_000, maxWindowBytes: 256 * 1024 });
    const whole = argumentsOf(900_000);
    const record = Buffer.from(sizeDelimitedEncode(PayloadRecordSchema, create(PayloadRecordSchema, { value: whole })));
    const first = foreign.call({ member: ECHO, argumentsPayloadId: 1 });
    const slow = foreign.payload({ payloadId: 1 });
    slow.write(new Uint8Array(record.subarray(0, 100_000)));
    const second = echo(foreign, 2, 900_000);
    await quiet(server);
    expect(server.stats().bytesIn).toBeLessThan(400_000);
    slow.write(new Uint8Array(record.subarray(100_000)));
    foreign.write(slow, { end: {} });
    expect(code(await foreign.answer(first))).toBe("answered");
    expect(code(await foreign.answer(second))).toBe("answered");
  });

  it("a cancelled call, and one whose stream is lost, give their room back", async () => {
    const { foreign, impl, server } = await visit({ maxWaitingArgumentBytes: 100_000 });
    const first = foreign.call({ member: ECHO, argumentsPayloadId: 1 });
    for (const [i, how] of (["cancel", "reset", "cancel", "reset"] as const).entries()) {
      const callId = foreign.call({ member: ECHO, argumentsPayloadId: 10 + i });
      const stream = foreign.payload({ payloadId: 10 + i }, { value: argumentsOf(60_000) });
      await quiet(server);
      if (how === "reset") stream.reset();
      else foreign.send({ case: "cancel", value: { callId } });
      expect(code(await foreign.answer(callId))).not.toBe(RESOURCE_EXHAUSTED);
    }
    const last = echo(foreign, 20, 60_000);
    foreign.payload({ payloadId: 1 }, { value: argumentsOf(50) }, { end: {} });
    expect([code(await foreign.answer(first)), code(await foreign.answer(last))]).toEqual(["answered", "answered"]);
    expect(impl.log).toHaveLength(2);
  });

  it("a handler gets the large answer that it waits for, behind arguments that find no room", async () => {
    const { bank, client, server, impl } = await linkBank(
      {},
      { limits: { maxRunningCalls: 1, maxWaitingArgumentBytes: 1_000_000 } },
    );
    const asked = gate();
    impl.echo = async (blob) => {
      await asked.opened;
      return blob;
    };
    const large = "x".repeat(500_000);
    const answer = bank.ask(async () => {
      await asked.opened;
      return large;
    }, "?");
    const echoes = Array.from({ length: 20 }, () =>
      bank.echo(new Uint8Array(600_000)).then(
        () => "answered",
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    expect(await echoes[19]).toBe("RESOURCE_EXHAUSTED");
    asked.open();
    expect((await answer).length).toBe(large.length + "answer ".length);
    expect(new Set(await Promise.all(echoes))).toEqual(new Set(["answered", "RESOURCE_EXHAUSTED"]));
    await Promise.all([client.close(), server.close()]);
  });
});

describe("limits.maxWaitingArgumentBytes, of arguments that come with their calls", () => {
  const inline = (foreign: ForeignClient, bytes: number): number =>
    foreign.call({ member: ECHO, arguments: argumentsOf(bytes) });

  it("as many bytes wait in an object's order; a call with one more is refused, with both numbers", async () => {
    for (const excess of [0, 1]) {
      const { foreign, impl } = await visit({ maxWaitingArgumentBytes: 50_000 });
      const first = foreign.call({ member: ECHO, argumentsPayloadId: 1 }); // all others wait behind it
      const calls = [30_000, 20_000 + excess].map((bytes) => inline(foreign, bytes));
      if (excess > 0) {
        const { value } = await foreign.answer(calls[1]!);
        expect((value as Throw).error).toMatchObject({ code: RESOURCE_EXHAUSTED, notDispatched: true });
        expect((value as Throw).error?.message).toContain(
          "arguments of 20001 bytes, where those of calls that wait hold 30000 and the limit is 50000 (limits.maxWaitingArgumentBytes)",
        );
      }
      foreign.payload({ payloadId: 1 }, { value: argumentsOf(50) }, { end: {} });
      for (const callId of [first, ...calls.slice(0, 2 - excess)])
        expect(code(await foreign.answer(callId))).toBe("answered");
      expect(impl.log).toHaveLength(3 - excess);
      expect(code(await foreign.answer(inline(foreign, 30_000)))).toBe("answered");
      expect(visited!.server.stats()).toMatchObject({ incomingCalls: 0 });
      await foreign.session.close();
    }
  });

  it("as many bytes wait for a place to run; one more is refused, and room comes back as they start", async () => {
    for (const excess of [0, 1]) {
      const { foreign, impl } = await visit({ maxWaitingArgumentBytes: 50_000, maxRunningCalls: 1 });
      const held = gate();
      impl.echo = async (blob) => {
        impl.log.push(`echo ${blob.length}`);
        await held.opened;
        return new Uint8Array();
      };
      const calls = [30_000, 30_000, 20_000 + excess].map((bytes) => inline(foreign, bytes));
      if (excess > 0) {
        const { value } = await foreign.answer(calls[2]!);
        expect((value as Throw).error).toMatchObject({ code: RESOURCE_EXHAUSTED, notDispatched: true });
      }
      held.open();
      for (const callId of calls.slice(0, 3 - excess)) expect(code(await foreign.answer(callId))).toBe("answered");
      expect(impl.log).toHaveLength(3 - excess);
      const more = [30_000, 30_000, 20_000].map((bytes) => inline(foreign, bytes));
      for (const callId of more) expect(code(await foreign.answer(callId))).toBe("answered");
      expect(visited!.server.stats()).toMatchObject({ incomingCalls: 0 });
      await foreign.session.close();
    }
  });
});

describe("small arguments that wait", () => {
  it("stay what they were, however often the memory that they were read into is used again", async () => {
    let answered: Promise<Uint8Array[]> | undefined;
    const server = await listen("tcp://127.0.0.1:0", {
      onPeer: (peer) => {
        const sent = [300_000, 100, 1000, 300_000, 10].map((length, i) => new Uint8Array(length).fill(i + 1));
        answered = peer.root(BankService).then((bank) => Promise.all(sent.map((blob) => bank.echo(blob))));
      },
    });
    const client = await connect(server.address, { roots: [serve(BankService, new BankImpl())] });
    try {
      await until(() => answered !== undefined);
      const echoes = await answered!;
      expect(echoes.map((echo) => [echo.length, new Set(echo)])).toEqual(
        [300_000, 100, 1000, 300_000, 10].map((length, i) => [length, new Set([i + 1])]),
      );
    } finally {
      await client.close();
      await server.close();
    }
  });
});

describe("limits.argumentsTimeoutMs (limit 32)", () => {
  it("a call whose arguments never come is refused, and gives its place to those behind it", async () => {
    const clock = new VirtualClock();
    const { foreign, impl, server } = await visit(
      { argumentsTimeoutMs: 60_000, keepaliveIdleMs: 1e9, openTimeoutMs: 1e9 },
      clock,
    );
    const never = foreign.call({ member: ECHO, argumentsPayloadId: 1 });
    const behind = echo(foreign, 2, 50);
    await quiet(server);
    clock.advance(59_999);
    await quiet(server);
    expect(server.stats().incomingCalls).toBe(2);
    clock.advance(60_001);
    const answer = await foreign.answer(never);
    expect(code(answer)).toBe(DEADLINE_EXCEEDED);
    expect((answer.value as Throw).error?.message).toContain("60000 ms (limits.argumentsTimeoutMs)");
    expect((answer.value as Throw).error?.notDispatched).toBe(true);
    expect(code(await foreign.answer(behind))).toBe("answered");
    expect(impl.log).toHaveLength(1);
    expect(server.stats().incomingCalls).toBe(0);
  });

  it("one whose arguments come slowly, or behind others, is waited for", async () => {
    const clock = new VirtualClock();
    const { foreign, server } = await visit(
      { argumentsTimeoutMs: 60_000, keepaliveIdleMs: 1e9, openTimeoutMs: 1e9 },
      clock,
    );
    const record = sizeDelimitedEncode(PayloadRecordSchema, create(PayloadRecordSchema, { value: argumentsOf(50) }));
    const behind = foreign.call({ member: ECHO, argumentsPayloadId: 2 });
    const slow = foreign.call({ member: ECHO, argumentsPayloadId: 1 });
    const stream = foreign.payload({ payloadId: 1 });
    for (const byte of record) {
      stream.write(Uint8Array.of(byte));
      await quiet(server);
      clock.advance(59_999);
    }
    foreign.write(stream, { end: {} });
    foreign.write(stream, { payloadId: 2 }, { value: argumentsOf(50) }, { end: {} });
    expect(code(await foreign.answer(behind))).toBe("answered");
    expect(code(await foreign.answer(slow))).toBe("answered");
  });

  it("one that finds no room here is waited for as long as that takes", async () => {
    const clock = new VirtualClock();
    const limits = {
      argumentsTimeoutMs: 60_000,
      keepaliveIdleMs: 1e9,
      openTimeoutMs: 1e9,
      maxWaitingArgumentBytes: 1_000_000,
    };
    const { foreign, impl, server } = await visit({ ...limits, maxRunningCalls: 1 }, clock);
    const hold = gate();
    impl.echo = async (blob) => {
      await hold.opened;
      return blob;
    };
    const running = echo(foreign, 1, 50);
    const held = echo(foreign, 2, 900_000);
    await quiet(server);
    for (let i = 0; i < 5; i++) {
      clock.advance(59_999);
      await quiet(server);
    }
    hold.open();
    expect(code(await foreign.answer(running))).toBe("answered");
    expect(code(await foreign.answer(held))).toBe("answered");
  });
});

/** Until nothing arrives any more. */
async function quiet(server: Peer): Promise<void> {
  for (let turns = 0, last = -1; turns < 20; turns++) {
    await new Promise(setImmediate);
    const { bytesIn } = server.stats();
    if (bytesIn !== last) turns = 0;
    last = bytesIn;
  }
}
